import Glibc
import Loop

/// How the daemon is started for measuring: its defaults, except where it listens and who answers.
struct DaemonSetup {
    let binary: String
    let upstreamURL: String
    let loops: Int

    func environment(port: Int, dataFolder: String) -> [String] {
        [
            "PATH=/usr/bin:/bin",
            "OPENAI_BASE_URL=\(upstreamURL)",
            "RELAY_LISTEN=127.0.0.1:\(port)",
            "RELAY_DATA_DIR=\(dataFolder)",
            "RELAY_LOOPS=\(loops)",
            // The page's folder depends on where this is started, and plays no part.
            "RELAY_STATIC_DIR=",
        ]
    }
}

/// A running daemon with a data folder of its own.
final class MeasuredDaemon {
    private static let startSeconds = 10
    private static let stopLimit = Nanoseconds.seconds(5)
    /// Between two attempts to connect: well below what is measured, and little work beside it.
    private static let pollMicroseconds: UInt32 = 100

    let port: Int
    let use: ProcessUse
    /// From `posix_spawn` to the first 200.
    let startTime: Nanoseconds

    private let child: ChildProcess
    private let folder: String

    /// Starts it and waits until it answers.
    init(_ setup: DaemonSetup) throws {
        let folder = try Leftovers.shared.makeFolder()
        self.folder = folder
        // An empty file, so that no .env of the user's is read.
        try TextFile.write([], to: "\(folder)/empty.env")
        port = try Loopback.freePort()
        let begin = monotonicNow()
        child = try ChildProcess(
            setup.binary,
            ["--env-file", "\(folder)/empty.env"],
            environment: setup.environment(port: port, dataFolder: "\(folder)/data"),
            log: "\(folder)/log"
        )
        use = try ProcessUse(of: child.pid)
        try Self.waitForAnswer(from: child, port: port, log: "\(folder)/log")
        startTime = monotonicNow() - begin
    }

    /// How many records the history holds.
    var historyRecords: Int {
        let text = TextFile.read("\(folder)/data/history.jsonl") ?? ""
        return text.utf8.count { $0 == UInt8(ascii: "\n") }
    }

    /// Ends it; what it has to write is written then.
    func end() {
        child.end(within: Self.stopLimit)
    }

    /// Removes what it has written.
    func clean() {
        end()
        Leftovers.shared.removeFolder(folder)
    }

    private static func waitForAnswer(
        from child: ChildProcess,
        port: Int,
        log: String
    ) throws(BenchError) {
        let deadline = monotonicNow() + .seconds(startSeconds)
        while monotonicNow() < deadline {
            if answers(port: port) { return }
            if let code = child.exitCode {
                throw .daemonEnded(code: code, log: TextFile.read(log) ?? "")
            }
            usleep(pollMicroseconds)
        }
        throw .noAnswer(seconds: startSeconds, log: TextFile.read(log) ?? "")
    }

    /// Asks once for the daemon's health.
    private static func answers(port: Int) -> Bool {
        // From another address than the daemon's: while nobody listens, a connection from the same
        // one may get the same port by chance and meet itself.
        guard let socket = try? Loopback.connect(port: port, blocks: true, source: 2) else {
            return false
        }
        var limit = timeval(tv_sec: 1, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(socket.number, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
        let request = Array("GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\n\r\n".utf8)
        guard send(socket.number, request, request.count, Int32(MSG_NOSIGNAL)) == request.count
        else { return false }
        let wanted = Array("HTTP/1.1 200".utf8)
        var answer = [UInt8](repeating: 0, count: 1024)
        return recv(socket.number, &answer, answer.count, 0) >= wanted.count
            && answer.starts(with: wanted)
    }
}
