import Glibc
import Loop

/// How a figure changes as something grows by powers of ten.
struct Series: Sendable {
    struct Point: Sendable {
        let size: Int
        let summary: Summary
    }

    let key: String
    let title: String
    /// The name of what grows.
    let sizeName: String
    let unit: String
    let digits: Int
    var points: [Point] = []
}

/// Measures whether cost and memory of our daemon stay flat; each point is a daemon of its own.
struct Growth {
    /// The tokens per second of all streams together, whatever their number.
    static let tokensPerSecond = 2000
    /// How long all streams of a point run at once.
    private static let steadySeconds = 8
    /// How long answers of one length follow each other, at least.
    private static let answerSeconds = 3
    /// The pause between two tokens of an answer: each token takes a turn of its own, as in a short
    /// answer, and 100,000 of them end in time.
    private static let answerInterval = 100

    let bench: Bench
    let ours: OurDaemonKind
    let rounds: Int
    let isSmall: Bool
    /// How many streams the limit of descriptors allows.
    let maxStreams: Int

    /// Measures processor time per token, by the number of streams that share one rate.
    func streams() async throws -> Series {
        var series = Series(
            key: "streams",
            title: "CPU per token, \(Self.tokensPerSecond) tokens/s over all streams",
            sizeName: "streams",
            unit: "µs",
            digits: 2
        )
        let sizes = (isSmall ? [10, 100, 1000] : [10, 100, 1000, 10_000])
            .map { min($0, maxStreams) }
        let table = try await inRounds(series.key, sizes) { size in
            let outcome = try await outcome(of: Self.load(streams: size), ours)
            return [outcome.steadyMicrosecondsPerToken ?? .nan]
        }
        series.points = sizes.map { Series.Point(size: $0, summary: Summary(table[$0]?[0] ?? [])) }
        return series
    }

    /// Measures processor time per token, by the length of an answer.
    ///
    /// The cost of a 1-token answer is subtracted from each, so that the tokens' own cost remains.
    func tokens() async throws -> Series {
        var series = Series(
            key: "tokens",
            title: "CPU per token, one answer at a time, a token every 0.1 ms",
            sizeName: "tokens in the answer",
            unit: "µs",
            digits: 2
        )
        let sizes = isSmall ? [10, 100, 1000, 10_000] : [10, 100, 1000, 10_000, 100_000]
        let table = try await inRounds(series.key, [1] + sizes) { size in
            let outcome = try await outcome(of: Self.load(answersOf: size), ours)
            return [Double(outcome.processorTime) / 1e3 / Double(max(1, outcome.answers))]
        }
        let shortest = table[1]?[0] ?? []
        series.points = sizes.map { size in
            let costs = zip(table[size]?[0] ?? [], shortest).map { whole, one in
                Self.costPerToken(of: whole, tokens: size, oneToken: one)
            }
            return Series.Point(size: size, summary: Summary(costs))
        }
        return series
    }

    /// Measures start time, memory and processor time per token, by the records in the history.
    func history() async throws -> [Series] {
        let names = [
            ("history-start", "start to first answer", "ms", 1),
            ("history-resident", "resident after start", "MB", 2),
            ("history-tokens", "CPU per token, 100 streams x 20 tokens/s", "µs", 2),
        ]
        let sizes = isSmall ? [0, 10_000] : [0, 1_000_000]
        var folders: [Int: String] = [:]
        defer { for folder in folders.values { Leftovers.shared.removeFolder(folder) } }
        for size in sizes where size > 0 { folders[size] = try HistoryFolder.make(records: size) }
        let table = try await inRounds("history", sizes) { size in
            var kind = ours
            kind.dataFolder = folders[size]
            let begin = monotonicNow()
            let contestant = try kind.start(workers: 1, upstreamPort: bench.upstreamPort)
            defer { contestant.end() }
            let milliseconds = Double(monotonicNow() - begin) / 1e6
            usleep(50_000)
            let resident = Double(try contestant.use.residentBytes()) / 1e6
            let outcome = await bench.run(Self.load(streams: 100, seconds: 2), contestant)
            try Self.check(outcome)
            return [milliseconds, resident, outcome.steadyMicrosecondsPerToken ?? .nan]
        }
        return names.enumerated().map { index, name in
            Series(
                key: name.0,
                title: name.1,
                sizeName: "records in the history",
                unit: name.2,
                digits: name.3,
                points: sizes.map { size in
                    Series.Point(size: size, summary: Summary(table[size]?[index] ?? []))
                }
            )
        }
    }

    /// The cost of one more token, given that of a whole answer and of an answer of one token.
    static func costPerToken(of whole: Double, tokens: Int, oneToken: Double) -> Double {
        tokens > 1 ? (whole - oneToken) / Double(tokens - 1) : .nan
    }

    static func load(streams: Int, seconds: Int = steadySeconds) -> StreamLoad {
        let interval = streams * 1_000_000 / tokensPerSecond
        let ramp = min(3_000_000, max(200_000, streams * 300))
        // One more interval, so that all run for as long after the last stream's first token.
        let tokens = (seconds * 1_000_000 + ramp) / interval + 3
        return StreamLoad(
            streams: streams,
            tokens: tokens,
            intervalMicroseconds: interval,
            ramp: Nanoseconds(ramp) * 1000
        )
    }

    private static func load(answersOf tokens: Int) -> StreamLoad {
        StreamLoad(
            streams: 1,
            tokens: tokens,
            intervalMicroseconds: answerInterval,
            repetition: .seconds(answerSeconds),
            patience: .seconds(30)
        )
    }

    /// Measures every size once in each round.
    ///
    /// - Returns: by size, the rounds of each figure.
    private func inRounds(
        _ name: String,
        _ sizes: [Int],
        _ measure: (Int) async throws -> [Double]
    ) async throws -> [Int: [[Double]]] {
        var table: [Int: [[Double]]] = [:]
        for round in 0..<rounds {
            for size in sizes {
                let values = try await measure(size)
                var figures = table[size] ?? values.map { _ in [] }
                for (index, value) in values.enumerated() { figures[index].append(value) }
                table[size] = figures
            }
            Progress.say("growth, \(name): round \(round + 1) of \(rounds)")
        }
        return table
    }

    private func outcome(
        of load: StreamLoad,
        _ kind: OurDaemonKind
    ) async throws -> FleetOutcome {
        let contestant = try kind.start(workers: 1, upstreamPort: bench.upstreamPort)
        defer { contestant.end() }
        let outcome = await bench.run(load, contestant)
        try Self.check(outcome)
        return outcome
    }

    private static func check(_ outcome: FleetOutcome) throws(BenchError) {
        guard let first = outcome.failures.first else { return }
        let all = outcome.answers + outcome.failures.count
        throw .streamsFailed(outcome.failures.count, of: all, first: first)
    }
}
