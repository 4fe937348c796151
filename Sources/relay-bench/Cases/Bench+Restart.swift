import Glibc
import Loop
import Wire

/// A daemon that is killed while many answers run.
extension Bench {
    /// How long the daemon may take to get all tokens that come before the answers' silence.
    private static let fillingLimit = Nanoseconds.seconds(30)
    /// How long the daemon may take to finish what a start left to do.
    private static let settlingLimit = Nanoseconds.seconds(10)

    /// Begins all answers of a load, kills the daemon, and times its next start.
    ///
    /// - Throws: if an answer, or a token of one, was not in the journal: the start would have had
    ///   less to read.
    func restart(_ load: StreamLoad, _ daemon: OurDaemon) throws -> Taken {
        let model = Self.unfinished(tokens: load.tokens)
        let models = Array(repeating: model, count: load.streams)
        _ = try Announcer(port: daemon.port).begin(models)
        daemon.use.waitUntilQuiet(within: Self.fillingLimit)
        let used = daemon.use.processorTime
        let span = try daemon.killAndStart()
        daemon.use.waitUntilQuiet(within: Self.settlingLimit)
        var taken = Taken(
            values: [
                .start: Double(span) / 1e6,
                .residentAfterStart: Double(try daemon.use.residentBytes()) / 1e6,
            ],
            answers: load.streams
        )
        taken.endedProcessorTime = used
        let found = Self.interrupted(in: daemon.history(), tokens: load.tokens)
        guard found == load.streams else {
            throw BenchError.historyIncomplete(records: found, expected: load.streams)
        }
        return taken
    }

    /// The model name of an answer that comes at once, except for its last token.
    static func unfinished(tokens: Int) -> String {
        "bench?stamp=1&tokens=\(tokens + 1)&interval_us=0&pause_after=\(tokens)&pause_ms=3600000"
    }

    /// How many records of a history say that the process ended after so many tokens.
    static func interrupted(in history: String, tokens: Int) -> Int {
        history.split(separator: "\n").count { line in
            guard let record = try? JSON.parse(Array(line.utf8).span) else { return false }
            return record["status"]?.stringValue == "interrupted"
                && record["timing"]?["tokens"]?.doubleValue == Double(tokens)
        }
    }
}
