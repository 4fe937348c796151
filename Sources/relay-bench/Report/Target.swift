/// What the project promises about one figure.
struct Target {
    enum Bound {
        /// Ours divided by the peer's.
        case ratioAtMost(Double)
        case ratioAtLeast(Double)
        /// The peer's divided by ours.
        case timesLess(Double)
        case atMost(Double)
        case below(Double)
        case atLeast(Double)
    }

    let caseKey: String
    let workers: Int
    let metric: Metric
    /// The peer of the ratio; nil for a bound on our own figure.
    let peer: String?
    let bound: Bound

    /// All promises, in the order of the table.
    static let all: [Target] =
        beside("nginx", workers: 1) + interpreted + beside("nginx", workers: 2) + start + stalled
        + neverLost

    private static func beside(_ peer: String, workers: Int) -> [Target] {
        func target(_ key: String, _ metric: Metric, _ bound: Bound) -> Target {
            Target(caseKey: key, workers: workers, metric: metric, peer: peer, bound: bound)
        }
        return [
            target("paced", .processorPerToken, .ratioAtMost(1.0)),
            target("latency", .processorPerToken, .ratioAtMost(1.1)),
            target("latency", .addedP50, .ratioAtMost(1.2)),
            target("latency", .addedP99, .ratioAtMost(1.5)),
            target("full-speed", .processorPerToken, .ratioAtMost(0.6)),
            own("full-speed", .slowestToMedian, .atMost(2), workers: workers),
            target("short", .requestsPerSecond, .ratioAtLeast(0.8)),
            target("short", .processorPerRequest, .ratioAtMost(1.5)),
            own("open", .served, .atLeast(100), workers: workers),
            target("open", .memoryPerStream, .ratioAtMost(1.0)),
        ]
    }

    private static let interpreted = [("FastAPI", 12.0), ("LiteLLM", 35.0)].map { peer, times in
        Target(
            caseKey: "paced",
            workers: 1,
            metric: .processorPerToken,
            peer: peer,
            bound: .timesLess(times)
        )
    }

    private static let start: [Target] = [
        own("start", .start, .below(50)), own("start", .residentAfterStart, .below(19)),
        own("start", .binary, .below(11)),
    ]

    private static let stalled: [Target] = [
        own("stalled", .memoryOfAll, .atMost(20)), own("stalled", .healthP99, .below(20_000)),
        own("stalled", .served, .atLeast(100)),
    ]

    private static let neverLost: [Target] =
        ["journal-paced", "journal-latency"].map { key in
            Target(
                caseKey: key,
                workers: 1,
                metric: .processorPerToken,
                peer: OurDaemonKind.withoutJournalName,
                bound: .ratioAtMost(1.15)
            )
        }
        + ["resume-20", "resume-10"].flatMap { key in
            [
                own(key, .resumeP50, .below(1000), workers: 2),
                own(key, .resumeP99, .below(5000), workers: 2),
            ]
        } + [
            own("fan-out", .processorPerReaderToken, .atMost(3)),
            own("restart", .start, .below(2000)),
        ]

    private static func own(
        _ key: String,
        _ metric: Metric,
        _ bound: Bound,
        workers: Int = 1
    ) -> Target {
        Target(caseKey: key, workers: workers, metric: metric, peer: nil, bound: bound)
    }

    /// The promise as text.
    var text: String {
        switch bound {
        case .ratioAtMost(let ratio): "≤ \(Format.shortest(ratio)) x \(peer ?? "")"
        case .ratioAtLeast(let ratio): "≥ \(Format.shortest(ratio)) x \(peer ?? "")"
        case .timesLess(let times): "≥ \(Format.fixed(times, 0)) x less"
        case .atMost(let value): "≤ \(Format.fixed(value, 0)) \(metric.unit)"
        case .below(let value): "< \(Format.grouped(value)) \(metric.unit)"
        case .atLeast(let value): "\(Format.fixed(value, 0)) \(metric.unit)"
        }
    }
}

/// A promise, together with what was measured.
struct Row {
    let target: Target
    let title: String
    let ours: Summary
    let theirs: Summary?
    /// The ratio that the promise means; nil without the peer.
    let ratio: Summary?

    /// Compares a promise with the results of a case; nil if it was not measured.
    init?(_ target: Target, _ result: CaseResult) {
        let daemon = OurDaemonKind.tableName
        guard let ours = result.summary(target.metric, of: daemon) else { return nil }
        self.target = target
        self.ours = ours
        title = result.measured.title
        theirs = target.peer.flatMap { result.summary(target.metric, of: $0) }
        guard let peer = target.peer, theirs != nil else {
            ratio = nil
            return
        }
        let own = result.rounds(target.metric, of: daemon)
        let other = result.rounds(target.metric, of: peer)
        if case .timesLess = target.bound {
            ratio = .ratio(other, to: own)
        } else {
            ratio = .ratio(own, to: other)
        }
    }

    /// Whether the promise is kept; nil if that was not measured.
    var isMet: Bool? {
        switch target.bound {
        case .ratioAtMost(let bound): ratio.map { $0.median <= bound }
        case .ratioAtLeast(let bound), .timesLess(let bound): ratio.map { $0.median >= bound }
        case .atMost(let bound): ours.median <= bound
        case .below(let bound): ours.median < bound
        // Every single round: a median would hide a lost stream.
        case .atLeast(let bound): ours.values.allSatisfy { $0 >= bound }
        }
    }
}
