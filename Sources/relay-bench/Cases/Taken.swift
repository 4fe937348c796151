import Loop

/// What one load came to.
struct Taken {
    var values: [Metric: Double]
    /// Why streams failed, one line for each.
    var failures: [String] = []
    /// Records that the history must have of it.
    var answers: Int
    /// Of the contestant when it was largest, where it was watched.
    var peakResidentBytes = 0
    /// What processes used that ended within the load.
    var endedProcessorTime: Nanoseconds = 0

    /// That of a daemon whose figures are taken otherwise.
    init(values: [Metric: Double], answers: Int) {
        self.values = values
        self.answers = answers
    }

    /// That of a fleet in which each stream was an answer of its own.
    init(_ outcome: FleetOutcome, of load: StreamLoad) {
        values = outcome.figures(of: load)
        failures = outcome.failures
        answers = outcome.answers
        peakResidentBytes = outcome.peakResidentBytes
    }
}
