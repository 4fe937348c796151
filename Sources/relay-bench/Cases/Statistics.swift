/// The value in the middle.
enum Median {
    /// The mean of the two in the middle where their number is even; NaN of nothing.
    static func of(_ values: [Double]) -> Double {
        guard !values.isEmpty else { return .nan }
        let sorted = values.sorted()
        // The same one twice where their number is odd.
        return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
    }
}

/// One figure of several rounds.
struct Summary: Sendable, Equatable {
    /// In the order of the rounds, those alone that gave a number.
    let values: [Double]
    let median: Double
    /// Half of what lies between the least and the greatest, in percent of the median.
    ///
    /// It says how far this run's rounds lay apart, not where another run's median lies. 0 of a
    /// single round.
    let noisePercent: Double

    init(_ rounds: [Double]) {
        values = rounds.filter(\.isFinite)
        median = Median.of(values)
        let half = ((values.max() ?? 0) - (values.min() ?? 0)) / 2
        noisePercent = half == 0 ? 0 : abs(half / median) * 100
    }

    /// Round by round, one value divided by the other.
    ///
    /// What disturbs a machine lasts longer than a round, so it is in both and cancels out. A round
    /// without both, or with a divisor that is not above zero, gives no ratio.
    static func ratio(_ ours: [Int: Double], to peers: [Int: Double]) -> Summary {
        Summary(
            ours.keys.sorted().compactMap { round in
                guard let own = ours[round], let other = peers[round], other > 0 else { return nil }
                return own / other
            }
        )
    }
}
