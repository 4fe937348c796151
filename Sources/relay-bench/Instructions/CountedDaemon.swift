import Loop

/// A daemon whose instructions are counted from its start to its end.
final class CountedDaemon {
    /// How long a start may take: under valgrind everything takes about fifty times as long.
    private static let startSeconds = 30
    private static let stopLimit = Nanoseconds.seconds(20)

    let port: Int

    private let child: ChildProcess
    private let folder: String

    /// Starts the daemon and waits until it relays.
    init(_ setup: DaemonSetup) throws {
        let folder = try Leftovers.shared.makeFolder()
        self.folder = folder
        // An empty file, so that the user's .env is not read.
        try TextFile.write([], to: "\(folder)/empty.env")
        port = try Loopback.freePort()
        // The order of dictionaries is random, and decides some instructions.
        let environment =
            setup.environment(port: port, dataFolder: "\(folder)/data")
            + ["SWIFT_DETERMINISTIC_HASHING=1"]
        child = try ChildProcess(
            Callgrind.path,
            Callgrind.arguments(output: "\(folder)/callgrind")
                + [setup.binary, "--env-file", "\(folder)/empty.env"],
            environment: environment,
            log: "\(folder)/log"
        )
        let port = port
        try StreamProbe { .relay(port: port, model: $0) }.wait(
            for: child,
            seconds: Self.startSeconds,
            log: "\(folder)/log"
        )
    }

    /// Ends the daemon.
    ///
    /// - Returns: the instructions of its whole life.
    /// - Throws: if it did not end by itself when asked, so that nothing was counted.
    func end() throws -> UInt64 {
        defer { Leftovers.shared.removeFolder(folder) }
        child.end(within: Self.stopLimit)
        let output = "\(folder)/callgrind"
        guard let text = TextFile.read(output), let count = Callgrind.totalInstructions(text) else {
            throw BenchError.unreadable(output)
        }
        return count
    }

    /// Removes what is left of the daemon after a failure.
    func abandon() {
        child.end(within: 0)
        Leftovers.shared.removeFolder(folder)
    }
}
