import Wire

/// All that was measured.
struct Report {
    let machine: Machine
    let binaryBytes: Int
    let start: StartCase.Result
    let streams: StreamCase.Result

    /// The rows of the latency table, in milliseconds.
    var latencies: [(name: String, values: Percentiles)] {
        let direct = streams.direct.map(\.latency)
        let relayed = streams.relayed.map(\.latency)
        return [
            ("direct", .median(of: direct)),
            ("relayed", .median(of: relayed)),
            // Round by round, since what disturbs a machine lasts longer than a round.
            ("added", .median(of: zip(relayed, direct).map { $0 - $1 })),
        ]
    }

    /// What the project promises, and what it only tells.
    var figures: [Figure] {
        let added = latencies.last?.values.values.first ?? .nan
        return [
            Figure(
                key: "binary_mb",
                name: "binary with the Swift library inside",
                value: Double(binaryBytes) / 1e6,
                unit: "MB",
                digits: 2,
                bound: 16
            ),
            Figure(
                key: "resident_after_start_mb",
                name: "resident after start",
                value: Median.of(start.residentBytes) / 1e6,
                unit: "MB",
                digits: 1,
                bound: 20
            ),
            Figure(
                key: "start_ms",
                name: "start to first answered request",
                value: Median.of(start.milliseconds),
                unit: "ms",
                digits: 1,
                bound: 100
            ),
            Figure(
                key: "added_latency_p50_ms",
                name: "added latency per token, p50",
                value: added,
                unit: "ms",
                digits: 3,
                bound: 0.3
            ),
            Figure(
                key: "processor_us_per_token",
                name: "CPU of the daemon per token",
                value: Median.of(streams.relayed.map(\.processorMicroseconds)),
                unit: "µs",
                digits: 1
            ),
            Figure(
                key: "added_first_token_p50_ms",
                name: "added time to first token, p50",
                value: Median.of(
                    zip(streams.relayed, streams.direct)
                        .map { ($0.firstToken - $1.firstToken).values[0] }
                ),
                unit: "ms",
                digits: 3
            ),
            Figure(
                key: "resident_after_streams_mb",
                name: "resident after all streams",
                value: Double(streams.residentBytes) / 1e6,
                unit: "MB",
                digits: 1
            ),
        ]
    }

    /// Cores that other programs kept busy, on average over all rounds.
    var coresOfOthers: Double {
        let rounds = streams.direct + streams.relayed
        return rounds.reduce(0) { $0 + $1.coresOfOthers } / Double(rounds.count)
    }
}
