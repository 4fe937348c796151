/// The figures of one contestant in one round.
struct Sample: Sendable {
    let contestant: String
    let round: Int
    var values: [Metric: Double]
    /// How many streams did not come whole, and why the first of them did not.
    let failures: Int
    let firstFailure: String?
    let coresOfOthers: Double
}

/// All rounds of one case.
struct CaseResult: Sendable {
    /// The name of the upstream itself among the samples.
    static let direct = "direct"

    let measured: Case
    private(set) var samples: [Sample] = []
    /// The peers that could not be measured, and why.
    private(set) var problems: [String] = []

    init(_ measured: Case) {
        self.measured = measured
    }

    /// Adds a whole round; what a relay adds to the upstream's latency is the difference within it.
    mutating func add(_ round: [Sample]) {
        let direct = round.first { $0.contestant == Self.direct }
        for var sample in round {
            if let direct, sample.contestant != Self.direct {
                for (metric, value) in sample.values {
                    guard let added = metric.added, let base = direct.values[metric] else {
                        continue
                    }
                    sample.values[added] = value - base
                }
            }
            samples.append(sample)
        }
    }

    mutating func add(problem: String) {
        problems.append(problem)
    }

    /// The contestants, in the order in which each was first measured.
    var contestants: [String] {
        var names: [String] = []
        for sample in samples where !names.contains(sample.contestant) {
            names.append(sample.contestant)
        }
        return names
    }

    /// A metric of a contestant by round.
    func rounds(_ metric: Metric, of contestant: String) -> [Int: Double] {
        var rounds: [Int: Double] = [:]
        for sample in samples where sample.contestant == contestant {
            rounds[sample.round] = sample.values[metric]
        }
        return rounds
    }

    /// A metric of a contestant over all rounds; nil if it has no figures.
    func summary(_ metric: Metric, of contestant: String) -> Summary? {
        let rounds = rounds(metric, of: contestant)
        guard !rounds.isEmpty else { return nil }
        return Summary(rounds.keys.sorted().compactMap { rounds[$0] })
    }

    /// A sentence about a contestant's failed streams; nil if none failed.
    func failures(of contestant: String) -> String? {
        let own = samples.filter { $0.contestant == contestant && $0.failures > 0 }
        guard let first = own.first else { return nil }
        let count = own.reduce(0) { $0 + $1.failures }
        return "\(measured.key), \(contestant): \(count) streams in \(own.count) rounds did not"
            + " come whole; the first: \(first.firstFailure ?? "unknown")"
    }
}
