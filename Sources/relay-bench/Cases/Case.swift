import Loop

/// One situation in which contestants are compared.
struct Case: Sendable {
    /// The peers that take part besides our daemon.
    enum Peers: Sendable {
        /// All, including the slow ones.
        case all
        /// Those that relay as fast as the machine allows.
        case proxies
        /// The reference alone.
        case reference
        /// Our own daemon again, which keeps no journal.
        case withoutJournal
        /// No peer.
        case none

        /// Whether promises are measured against another relay.
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
        /// None reads, and the daemon is killed and started again.
        case restart
        /// Each asks for an answer without end, and reads nothing of it.
        case stall
    }

    /// The case's key, unique among cases with the same number of workers.
    let key: String
    /// The name for `--only`, if that is not the key.
    var part: String?
    var title: String
    var load: StreamLoad
    /// The metrics in the tables; the first is also shown during the measurement.
    let metrics: [Metric]
    var peers = Peers.proxies
    var method = Method.ask
    /// Whether the same streams are also read directly from the upstream, for comparison.
    var takesDirect = false
    /// Whether a contestant first serves some streams; not if memory is measured from the start.
    var warmsUp = true
    /// How many loops, workers or processes each contestant has.
    var workers = 1

    /// The cases at the size that the project's promises name, or smaller.
    static func all(isSmall: Bool) -> [Case] {
        [paced(isSmall), latency(isSmall), full(isSmall), short(isSmall), open(isSmall)]
            + [stalled(isSmall)] + neverLost(isSmall)
    }

    /// The cases with two workers, with the reference as the only peer.
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
                // With ramp and duration, a slow contestant has 25 seconds.
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
