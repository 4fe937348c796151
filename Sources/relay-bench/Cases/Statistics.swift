/// The value in the middle.
enum Median {
    /// The mean of the two in the middle where their number is even; NaN of nothing.
    static func of(_ values: [Double]) -> Double {
        Quantile.of(values, 0.5)
    }
}

/// The value below which a share of all values lies.
enum Quantile {
    /// Interpolated between the two nearest; NaN of nothing.
    static func of(_ values: [Double], _ share: Double) -> Double {
        let sorted = values.sorted()
        guard let last = sorted.last else { return .nan }
        let place = share * Double(sorted.count - 1)
        let below = Int(place)
        guard below + 1 < sorted.count else { return last }
        let part = place - Double(below)
        // Not by a difference where both are the same: infinite ones would become NaN.
        guard part > 0 else { return sorted[below] }
        return sorted[below] * (1 - part) + sorted[below + 1] * part
    }
}

/// One figure of several rounds.
struct Summary: Sendable, Equatable {
    /// In the order of the rounds, those alone that gave a number.
    let values: [Double]
    let median: Double
    /// Half of what lies between the least and the greatest, in percent of the median.
    ///
    /// The true median is below the least of five rounds in one case of 32, and as seldom above the
    /// greatest: a second run has its own within these bounds, as it has not within the quartiles'.
    /// 0 of a single round.
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
