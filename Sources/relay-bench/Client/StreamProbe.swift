import Glibc
import Loop

/// Asks a server for a short stream until it relays a whole one.
struct StreamProbe {
    /// Two tokens, so that a server that holds each token back until the next is noticed.
    private static let tokens = 2
    private static let model = "probe?stamp=1&tokens=\(tokens)&interval_ms=0"
    /// The pause between two attempts.
    private static let pauseMicroseconds: UInt32 = 5_000

    private let target: StreamTarget

    /// - Parameter makeTarget: how the server is asked for a stream of a model.
    init(_ makeTarget: (String) -> StreamTarget) {
        target = makeTarget(Self.model)
    }

    /// Waits until a stream comes through.
    ///
    /// - Parameters:
    ///   - child: the server, which may end instead.
    ///   - seconds: how long to wait at most.
    ///   - log: the file with its output, for the error.
    /// - Throws: if it ended or did not answer in time.
    func wait(for child: ChildProcess, seconds: Int, log: String) throws(BenchError) {
        let deadline = monotonicNow() + .seconds(seconds)
        while monotonicNow() < deadline {
            if relays() { return }
            if let code = child.exitCode {
                throw .daemonEnded(code: code, log: TextFile.read(log) ?? "")
            }
            usleep(Self.pauseMicroseconds)
        }
        throw .noAnswer(seconds: seconds, log: TextFile.read(log) ?? "")
    }

    /// Asks once.
    private func relays() -> Bool {
        guard let connection = try? PlainConnection(port: target.port) else { return false }
        do {
            try connection.send(target.request)
            return try connection.readTokens(.stamped) == Self.tokens
        } catch {
            return false
        }
    }
}
