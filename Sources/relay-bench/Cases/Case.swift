import Loop

/// One situation in which contestants are compared.
struct Case: Sendable {
    /// Who takes part beside our daemon.
    enum Peers: Sendable {
        /// All, the slow ones too.
        case all
        /// Those that relay as fast as the machine allows.
        case proxies
        /// The reference alone.
        case reference
        /// Our own daemon again, which keeps no journal.
        case withoutJournal
        /// Nobody.
        case none

        /// Whether promises are measured by another relay.
        var haveReference: Bool {
            switch self {
            case .all, .proxies, .reference: true
            case .withoutJournal, .none: false
            }
        }
    }

    /// What the clients of a load do.
    enum Method: Sendable {
        /// Each asks for an answer of its own and reads it.
        case ask
        /// All read along with one answer.
        case readAlong
        /// All read, and some leave and come back, again and again.
        case comeBack
        /// Nobody reads, and the daemon is killed and started again.
        case restart
        /// Each asks for an answer that never ends, and reads nothing of it.
        case stall
    }

    /// Of all cases with as many workers, one has it.
    let key: String
    /// As `--only` names it, where that is not the key.
    var part: String?
    var title: String
    var load: StreamLoad
    /// What the tables show; the first also while it is measured.
    let metrics: [Metric]
    var peers = Peers.proxies
    var method = Method.ask
    /// Whether the same streams are also taken from the upstream itself, for comparison.
    var takesDirect = false
    /// Whether a contestant has served some streams before; memory is looked at from the start.
    var warmsUp = true
    /// Loops, workers or processes of each contestant.
    var workers = 1

    /// The cases at the size that the project's promises name, or in small.
    static func all(isSmall: Bool) -> [Case] {
        [paced(isSmall), latency(isSmall), full(isSmall), short(isSmall), open(isSmall)]
            + [stalled(isSmall)] + neverLost(isSmall)
    }

    /// The same with two workers, beside the reference alone.
    static func allWithTwoWorkers(isSmall: Bool) -> [Case] {
        all(isSmall: isSmall).filter(\.peers.haveReference).map { one in
            var two = one
            two.part = "two-loops"
            two.workers = 2
            two.peers = .reference
            return two
        }
    }

    static func paced(_ isSmall: Bool) -> Case {
        Case(
            key: "paced",
            title: "1,000 streams x 20 tokens/s",
            load: StreamLoad(
                streams: 1000,
                tokens: isSmall ? 40 : 100,
                intervalMicroseconds: 50_000,
                ramp: .seconds(1),
                // With ramp and duration, what is slow has 25 seconds.
                patience: .seconds(19),
                timesTokens: true
            ),
            metrics: [.processorPerToken, .latencyP50, .latencyP99, .tokensPerSecond, .served],
            peers: .all
        )
    }

    static func latency(_ isSmall: Bool) -> Case {
        Case(
            key: "latency",
            title: "100 streams x 50 tokens/s",
            load: StreamLoad(
                streams: 100,
                tokens: isSmall ? 100 : 200,
                intervalMicroseconds: 20_000,
                ramp: .milliseconds(250),
                timesTokens: true
            ),
            metrics: [
                .processorPerToken, .addedP50, .addedP99, .addedP999, .addedFirstToken, .latencyP50,
                .latencyP99, .served,
            ],
            takesDirect: true
        )
    }

    private static func full(_ isSmall: Bool) -> Case {
        Case(
            key: "full-speed",
            title: "32 streams, no pauses",
            load: StreamLoad(
                streams: 32,
                tokens: isSmall ? 2000 : 5000,
                intervalMicroseconds: 0,
                patience: .seconds(25)
            ),
            metrics: [.processorPerToken, .tokensPerSecond, .slowestToMedian, .served]
        )
    }

    private static func short(_ isSmall: Bool) -> Case {
        Case(
            key: "short",
            title: "8 connections, 5 tokens each",
            load: StreamLoad(
                streams: 8,
                tokens: 5,
                intervalMicroseconds: 0,
                repetition: isSmall ? .seconds(1) : .seconds(2)
            ),
            metrics: [.requestsPerSecond, .processorPerRequest, .served]
        )
    }

    private static func open(_ isSmall: Bool) -> Case {
        Case(
            key: "open",
            title: isSmall ? "2,000 open streams" : "10,000 open streams",
            load: StreamLoad(
                streams: isSmall ? 2000 : 10_000,
                tokens: isSmall ? 2 : 5,
                intervalMicroseconds: 2_000_000,
                ramp: isSmall ? .seconds(1) : .seconds(3),
                watchesMemory: true
            ),
            metrics: [.memoryPerStream, .served],
            warmsUp: false
        )
    }

    private static func stalled(_ isSmall: Bool) -> Case {
        Case(
            key: "stalled",
            title: "50 clients that read nothing, no pauses",
            load: StreamLoad(
                streams: 50,
                tokens: 1_000_000_000,
                intervalMicroseconds: 0,
                repetition: isSmall ? .seconds(4) : .seconds(8)
            ),
            metrics: [.memoryOfAll, .memoryLeft, .healthP50, .healthP99, .served],
            peers: .none,
            method: .stall,
            warmsUp: false
        )
    }
}
