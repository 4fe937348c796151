import Loop

/// What came of a fleet's streams.
struct FleetOutcome: Sendable {
    /// The state of things at one end of the steady window.
    struct Mark: Sendable {
        let tokens: Int
        let processorTime: Nanoseconds
    }

    /// From the stamp to its arrival, for each token stamped within the window.
    var latencies: [Nanoseconds] = []
    /// From `connect` to the first token of each connection's first answer.
    var firstTokenDelays: [Nanoseconds] = []
    /// From `connect` to the end of each connection's first answer.
    var durations: [Nanoseconds] = []
    /// Tokens received at any time.
    var tokens = 0
    /// Answers that came whole.
    var answers = 0
    /// Why streams failed, one line for each; those that were cut off when time was up included.
    var failures: [String] = []
    /// From the first start to the last end.
    var elapsed: Nanoseconds = 0
    /// Whether time was up before all had ended.
    var isCutOff = false
    /// Of the contestant, over its whole load.
    var processorTime: Nanoseconds = 0
    /// Resident memory of the contestant when it was largest, where it was watched.
    var peakResidentBytes = 0
    var begin: Mark?
    var end: Mark?

    /// Microseconds of processor time for each token of the steady window; nil without one.
    var steadyMicrosecondsPerToken: Double? {
        guard let begin, let end, end.tokens > begin.tokens else { return nil }
        return Double(end.processorTime - begin.processorTime) / 1e3
            / Double(end.tokens - begin.tokens)
    }
}
