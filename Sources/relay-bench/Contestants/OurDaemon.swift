import Glibc
import Loop

/// Our daemon.
struct OurDaemonKind: ContestantKind {
    static let tableName = "sse-relay"

    /// The name in the table of a daemon without a journal.
    static let withoutJournalName = "without journal"

    private(set) var name = tableName
    let version: String
    /// Its executable file.
    let binary: String
    /// A data folder that stays; nil for a new one at each start.
    var dataFolder: String?
    private var keepsJournal = true

    init(version: String, binary: String) {
        self.version = version
        self.binary = binary
    }

    /// The same daemon without a journal, to compare with.
    var withoutJournal: OurDaemonKind {
        var other = self
        other.name = Self.withoutJournalName
        other.keepsJournal = false
        return other
    }

    func start(workers: Int, upstreamPort: Int) throws -> any Contestant {
        let setup = DaemonSetup(
            binary: binary,
            upstreamURL: "http://127.0.0.1:\(upstreamPort)/v1",
            loops: workers,
            keepsJournal: keepsJournal
        )
        return try OurDaemon(setup, name: name, dataFolder: dataFolder)
    }
}

/// Our daemon, running.
final class OurDaemon: Contestant {
    private static let startSeconds = 20
    private static let stopLimit = Nanoseconds.seconds(5)
    /// The pause between two attempts to connect: well below a start's time, and yet little work.
    private static let pollMicroseconds: UInt32 = 100

    let name: String
    /// Its port on 127.0.0.1.
    let port: Int
    private(set) var use: ProcessTree

    private let setup: DaemonSetup
    private var child: ChildProcess
    private let folder: String
    private let dataFolder: String

    /// Starts it and waits until it answers.
    fileprivate init(_ setup: DaemonSetup, name: String, dataFolder: String?) throws {
        self.setup = setup
        self.name = name
        let folder = try Leftovers.shared.makeFolder()
        self.folder = folder
        self.dataFolder = dataFolder ?? "\(folder)/data"
        // An empty file, so that the user's .env is not read.
        try TextFile.write([], to: "\(folder)/empty.env")
        port = try Loopback.freePort()
        child = try Self.launch(setup, port: port, folder: folder, dataFolder: self.dataFolder)
        use = try ProcessTree(root: child.pid)
        try Self.waitForAnswer(from: child, port: port, log: "\(folder)/log")
    }

    private static func launch(
        _ setup: DaemonSetup,
        port: Int,
        folder: String,
        dataFolder: String
    ) throws(SystemCallError) -> ChildProcess {
        try ChildProcess(
            setup.binary,
            ["--env-file", "\(folder)/empty.env"],
            environment: setup.environment(port: port, dataFolder: dataFolder),
            log: "\(folder)/log"
        )
    }

    func target(model: String) -> StreamTarget {
        .relay(port: port, model: model)
    }

    func end() {
        child.end(within: Self.stopLimit)
        Leftovers.shared.removeFolder(folder)
    }

    /// Kills it in the middle of its work, and starts it again with the same data.
    ///
    /// - Returns: the time from the start until it answers.
    func killAndStart() throws -> Nanoseconds {
        child.endAtOnce()
        let begin = monotonicNow()
        child = try Self.launch(setup, port: port, folder: folder, dataFolder: dataFolder)
        use = try ProcessTree(root: child.pid)
        try Self.waitForAnswer(from: child, port: port, log: "\(folder)/log")
        return monotonicNow() - begin
    }

    /// Ends the process, which then writes what is left, and counts the records of its history.
    ///
    /// - Parameter records: how many answers it gave.
    /// - Throws: if the history does not have so many: figures of a daemon that lost answers would
    ///   be worthless.
    func checkHistory(records: Int) throws(BenchError) {
        let found = history().utf8.count { $0 == UInt8(ascii: "\n") }
        guard found == records else {
            throw .historyIncomplete(records: found, expected: records)
        }
    }

    /// Ends the process, and reads the records of all its answers.
    ///
    /// - Returns: the history, one JSON record per line.
    func history() -> String {
        child.end(within: Self.stopLimit)
        return TextFile.read("\(dataFolder)/history.jsonl") ?? ""
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
        // From another address than the daemon's: while no server listens, a connection from the
        // same address may get the same port by chance and connect to itself.
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
