import Loop

/// The ways in which a connection ends or leaves its loop because somebody else wants it.
extension Connection {
    /// Whether nothing has been asked that is not answered.
    var isIdle: Bool {
        guard case .reading = phase else { return false }
        return input.isEmpty
    }

    /// Closes a connection that waits between requests: the server is going down.
    ///
    /// A request that has arrived but was not read yet is still answered. The rest of a refused
    /// one, which has its answer, is not waited for.
    func closeIfIdle() {
        if case .dropping = phase { return linger() }
        if isIdle { receive() }
        if isIdle { close() }
    }

    func closeWhenFinished() {
        keepsAlive = false
    }

    /// Sends what is written and closes, without the end of the answer.
    func cutOff() {
        output.seal()
        output.isChunked = false
        keepsAlive = false
        scheduleTurnEnd()
    }

    func abort() {
        guard let number = socket.number else { return }
        SocketIO.resetOnClose(number)
        close()
    }

    func detach(_ exchange: Exchange) -> DetachedExchange? {
        guard case .responding = phase, let descriptor = socket.take() else { return nil }
        let input = Array(input.bytes[input.start...])
        leave()
        return DetachedExchange(descriptor: descriptor, of: exchange, input: input)
    }
}
