/// The figures of a load's outcome.
extension FleetOutcome {
    /// All figures except for memory.
    ///
    /// - Parameter load: the load whose outcome this is.
    /// - Returns: the figures for which there was something to count.
    func figures(of load: StreamLoad) -> [Metric: Double] {
        var figures = rates(of: load).merging(delays) { _, delay in delay }
        let asked = answers + failures.count
        figures[.served] = asked > 0 ? Double(answers) * 100 / Double(asked) : 0
        if let slowest = durations.max(), load.repetition == nil {
            let middle = Median.of(durations.map { Double($0) })
            figures[.slowestToMedian] = Double(slowest) / middle
        }
        return figures
    }

    private func rates(of load: StreamLoad) -> [Metric: Double] {
        var rates: [Metric: Double] = [:]
        let seconds = Double(elapsed) / 1e9
        let microseconds = Double(processorTime) / 1e3
        if tokens > 0 {
            rates[.processorPerToken] = microseconds / Double(tokens)
            rates[.tokensPerSecond] = Double(tokens) / seconds
        }
        if load.repetition != nil, answers > 0 {
            rates[.processorPerRequest] = microseconds / Double(answers)
            rates[.requestsPerSecond] = Double(answers) / seconds
        }
        return rates
    }

    private var delays: [Metric: Double] {
        var delays: [Metric: Double] = [:]
        if !latencies.isEmpty {
            let sorted = latencies.sorted()
            delays[.latencyP50] = Percentile.of(0.5, in: sorted)
            delays[.latencyP99] = Percentile.of(0.99, in: sorted)
            delays[.latencyP999] = Percentile.of(0.999, in: sorted)
        }
        if !firstTokenDelays.isEmpty {
            delays[.firstTokenP50] = Percentile.of(0.5, in: firstTokenDelays.sorted())
        }
        return delays
    }
}
