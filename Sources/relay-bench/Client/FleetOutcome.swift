import Loop

/// The outcome of a fleet's streams.
struct FleetOutcome: Sendable {
    /// The counts at one end of the steady window.
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
    /// How many tokens were received at any time.
    var tokens = 0
    /// How many answers came whole.
    var answers = 0
    /// Why streams failed, one line for each, including those cut off when time was up.
    var failures: [String] = []
    /// From the first start to the last end.
    var elapsed: Nanoseconds = 0
    /// Whether time was up before all had ended.
    var isCutOff = false
    /// The contestant's processor time over the whole load.
    var processorTime: Nanoseconds = 0
    /// The contestant's largest resident memory, if it was watched.
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
