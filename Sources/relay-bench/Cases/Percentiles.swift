import Loop

/// The percentiles of interest of one set of spans, in milliseconds.
struct Percentiles {
    static let shares: [(name: String, share: Double)] = [
        ("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999),
    ]

    /// In the order of `shares`.
    let values: [Double]

    /// The smallest value that at least the share of all spans does not exceed.
    init(of spans: [Nanoseconds]) {
        let sorted = spans.sorted()
        values = Self.shares.map { share in
            guard !sorted.isEmpty else { return .nan }
            let rank = Int((Double(sorted.count) * share.share).rounded(.up))
            return Double(sorted[min(max(rank, 1), sorted.count) - 1]) / 1e6
        }
    }

    private init(values: [Double]) {
        self.values = values
    }

    /// What one has more than the other.
    static func - (left: Percentiles, right: Percentiles) -> Percentiles {
        Percentiles(values: zip(left.values, right.values).map { $0 - $1 })
    }

    /// Each percentile's median over several rounds, so that one disturbed round does not count.
    static func median(of rounds: [Percentiles]) -> Percentiles {
        Percentiles(
            values: shares.indices.map { index in Median.of(rounds.map { $0.values[index] }) }
        )
    }
}

/// The value in the middle.
enum Median {
    /// The mean of the two in the middle where their number is even.
    static func of(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        guard let last = sorted.last else { return .nan }
        let middle = sorted.count / 2
        guard sorted.count > 1, sorted.count.isMultiple(of: 2) else {
            return sorted.count == 1 ? last : sorted[middle]
        }
        return (sorted[middle - 1] + sorted[middle]) / 2
    }
}
