import Loop

/// The ways in which a connection ends or leaves its loop because somebody else wants it.
extension Connection {
    /// Closes a connection that waits between requests: the server is going down.
    ///
    /// A request that has arrived but was not read yet is still answered.
    func closeIfIdle() {
        if isIdle { receive() }
        if isIdle { close() }
    }

    func abort() {
        guard let number = socket.number else { return }
        SocketIO.resetOnClose(number)
        close()
    }

    func detach(_ request: Request) -> DetachedExchange? {
        guard let descriptor = socket.take() else { return nil }
        let input = input
        leave()
        return DetachedExchange(descriptor: descriptor, request: request, input: input)
    }
}
