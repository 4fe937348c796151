import Dispatch
import Glibc
import Loop
import Relay
import Storage

/// Answers what is asked of the relay on its machine, at a socket in its data folder.
final class ControlSocket {
    /// How long a line is waited for: who asks is a program of this machine.
    private static let patienceSeconds = 2

    private let listener: Descriptor
    private let source: any DispatchSourceRead
    private let path: String

    /// Listens; the history's lock is held, so a socket that is there is one that was left.
    ///
    /// - Throws: what keeps it from listening.
    init(folder: String, service: Service, history: HistoryFile, log: Log) throws(SystemCallError) {
        let address = ControlAddress(folder: folder)
        path = "\(folder)/\(ControlAddress.name)"
        var status = stat()
        // Nothing else is removed that may have the name.
        if lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK { unlink(path) }
        let listener = try ControlAddress.socket()
        let number = listener.number
        try address.call("bind") { bind(number, $0, $1) }
        _ = try check("chmod") { [path] in chmod(path, 0o600) }
        _ = try check("listen") { listen(number, 16) }
        _ = try check("fcntl") { fcntl(number, F_SETFL, O_NONBLOCK) }
        self.listener = listener
        let queue = DispatchQueue(label: "sse-relay.control")
        source = DispatchSource.makeReadSource(fileDescriptor: number, queue: queue)
        source.setEventHandler {
            Self.accept(number, service, history, log)
        }
        source.activate()
    }

    /// Stops listening, and removes the socket.
    func close() {
        source.cancel()
        unlink(path)
    }

    private static func accept(
        _ listener: Int32,
        _ service: Service,
        _ history: HistoryFile,
        _ log: Log
    ) {
        let number = Glibc.accept(listener, nil, nil)
        guard number >= 0 else { return }
        _ = fcntl(number, F_SETFD, FD_CLOEXEC)
        let connection = ControlConnection(Descriptor(owning: number))
        connection.bound(seconds: patienceSeconds)
        guard connection.isTrusted, let line = connection.line() else { return }
        guard let request = ControlRequest(line) else {
            let words = "it does not know what is asked; is the command of another version?"
            _ = connection.send(ControlAnswer.failed(words).line)
            return
        }
        let carried = Guarded<ControlConnection?>(connection)
        Task {
            let answer = await answer(request, service, history, log).line
            _ = carried.withLock { $0.take()?.send(answer) }
        }
    }

    private static func answer(
        _ request: ControlRequest,
        _ service: Service,
        _ history: HistoryFile,
        _ log: Log
    ) async -> ControlAnswer {
        switch request {
        case .delete(let name):
            do throws(HistoryQueryError) {
                guard try await service.delete(name) else { return .unknown }
                log.write(.info, "a conversation was deleted by sse-relay history")
                return .done
            } catch {
                return .failed("\(HistoryCommandError(error, folder: "its folder"))")
            }
        case .compact:
            let failure = await withCheckedContinuation { continuation in
                history.whenCompacted { continuation.resume(returning: $0) }
            }
            return failure.map { .failed("\($0)") } ?? .done
        }
    }
}
