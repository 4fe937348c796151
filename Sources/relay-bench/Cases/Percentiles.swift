import Loop

/// A percentile of spans.
enum Percentile {
    /// The smallest span that at least this share of all does not exceed, in microseconds.
    ///
    /// - Parameters:
    ///   - share: from 0 to 1.
    ///   - sorted: the spans, the shortest first.
    /// - Returns: NaN if there are none.
    static func of(_ share: Double, in sorted: [Nanoseconds]) -> Double {
        guard !sorted.isEmpty else { return .nan }
        let rank = Int((Double(sorted.count) * share).rounded(.up))
        return Double(sorted[min(max(rank, 1), sorted.count) - 1]) / 1e3
    }
}
