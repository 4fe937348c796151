/// The value in the middle.
enum Median {
    /// The mean of the two in the middle if their number is even; NaN if there are none.
    static func of(_ values: [Double]) -> Double {
        guard !values.isEmpty else { return .nan }
        let sorted = values.sorted()
        // If their number is odd, both are the same one.
        return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
    }
}

/// One figure of several rounds.
struct Summary: Sendable, Equatable {
    /// The numbers in the order of the rounds; a round without one is left out.
    let values: [Double]
    let median: Double
    /// Half the distance between the least and the greatest, in percent of the median.
    ///
    /// It says how far apart this run's rounds were, not where another run's median will be. It is
    /// 0 for a single round.
    let noisePercent: Double

    init(_ rounds: [Double]) {
        values = rounds.filter(\.isFinite)
        median = Median.of(values)
        let half = ((values.max() ?? 0) - (values.min() ?? 0)) / 2
        noisePercent = half == 0 ? 0 : abs(half / median) * 100
    }

    /// One value divided by the other, round by round.
    ///
    /// A disturbance of the machine lasts longer than a round, so it is in both and cancels out. A
    /// round without both, or with a divisor that is not above zero, gives no ratio.
    static func ratio(_ ours: [Int: Double], to peers: [Int: Double]) -> Summary {
        Summary(
            ours.keys.sorted().compactMap { round in
                guard let own = ours[round], let other = peers[round], other > 0 else { return nil }
                return own / other
            }
        )
    }
}
