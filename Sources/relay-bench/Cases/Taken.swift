import Loop

/// What was measured of one load.
struct Taken {
    var values: [Metric: Double]
    /// Why streams failed, one line for each.
    var failures: [String] = []
    /// How many records the history must have of it.
    var answers: Int
    /// The contestant's largest resident memory, if it was watched.
    var peakResidentBytes = 0
    /// The processor time of processes that ended within the load.
    var endedProcessorTime: Nanoseconds = 0

    /// Makes the result of a daemon that is measured in another way.
    init(values: [Metric: Double], answers: Int) {
        self.values = values
        self.answers = answers
    }

    /// Makes the result of a fleet in which each stream was an answer of its own.
    init(_ outcome: FleetOutcome, of load: StreamLoad) {
        values = outcome.figures(of: load)
        failures = outcome.failures
        answers = outcome.answers
        peakResidentBytes = outcome.peakResidentBytes
    }
}
