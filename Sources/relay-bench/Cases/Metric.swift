/// A figure of a contestant; the raw value is the name in the JSON, which ends with the unit.
enum Metric: String, Sendable, CaseIterable {
    case processorPerToken = "cpu_us_per_token"
    case processorPerReaderToken = "cpu_us_per_reader_and_token"
    case processorPerRequest = "cpu_us_per_request"
    case requestsPerSecond = "requests_per_s"
    case tokensPerSecond = "tokens_per_s"
    case latencyP50 = "latency_p50_us"
    case latencyP99 = "latency_p99_us"
    case latencyP999 = "latency_p99_9_us"
    case firstTokenP50 = "first_token_p50_us"
    case addedP50 = "added_latency_p50_us"
    case addedP99 = "added_latency_p99_us"
    case addedP999 = "added_latency_p99_9_us"
    case addedFirstToken = "added_first_token_p50_us"
    case resumeP50 = "resume_p50_us"
    case resumeP99 = "resume_p99_us"
    case resumes = "resumes"
    case slowestToMedian = "slowest_to_median_finish"
    case served = "served_percent"
    case memoryPerStream = "memory_per_stream_kb"
    case memoryOfAll = "memory_of_all_mb"
    case memoryLeft = "memory_left_mb"
    case healthP50 = "healthz_p50_us"
    case healthP99 = "healthz_p99_us"
    case start = "start_ms"
    case residentAfterStart = "resident_after_start_mb"
    case binary = "binary_mb"

    /// The name for people.
    var name: String {
        switch self {
        case .processorPerToken: "CPU per token"
        case .processorPerReaderToken: "CPU per reader and token"
        case .processorPerRequest: "CPU per request"
        case .requestsPerSecond: "requests/s"
        case .tokensPerSecond: "tokens/s"
        case .latencyP50: "latency p50"
        case .latencyP99: "latency p99"
        case .latencyP999: "latency p99.9"
        case .firstTokenP50: "first token p50"
        case .addedP50: "added latency p50"
        case .addedP99: "added latency p99"
        case .addedP999: "added latency p99.9"
        case .addedFirstToken: "added first token p50"
        case .resumeP50: "request to missing token p50"
        case .resumeP99: "request to missing token p99"
        case .resumes: "times"
        case .slowestToMedian: "slowest / median finish"
        case .served: "streams served"
        case .memoryPerStream: "memory per stream"
        case .memoryOfAll: "memory of all"
        case .memoryLeft: "memory left after them"
        case .healthP50: "/healthz p50"
        case .healthP99: "/healthz p99"
        case .start: "start to first answer"
        case .residentAfterStart: "resident after start"
        case .binary: "stripped binary"
        }
    }

    var unit: String {
        switch self {
        case .processorPerToken, .processorPerReaderToken, .processorPerRequest, .latencyP50,
            .latencyP99, .latencyP999, .firstTokenP50, .addedP50, .addedP99, .addedP999,
            .addedFirstToken, .resumeP50, .resumeP99, .healthP50, .healthP99:
            "µs"
        case .requestsPerSecond, .tokensPerSecond: "/s"
        case .slowestToMedian: "x"
        case .resumes: ""
        case .served: "%"
        case .memoryPerStream: "kB"
        case .start: "ms"
        case .memoryOfAll, .memoryLeft, .residentAfterStart, .binary: "MB"
        }
    }

    /// How many decimals are shown.
    var digits: Int {
        switch self {
        case .processorPerToken, .processorPerReaderToken, .slowestToMedian: 2
        case .memoryPerStream, .memoryOfAll, .memoryLeft, .start, .residentAfterStart, .binary,
            .served:
            1
        default: 0
        }
    }

    /// A value with its unit.
    func text(_ value: Double) -> String {
        guard value.isFinite else { return "-" }
        let number = Format.grouped(value, digits)
        return unit.isEmpty || unit == "/s" ? number : "\(number) \(unit)"
    }

    /// The metric of a latency minus the same latency without a contestant.
    var added: Metric? {
        switch self {
        case .latencyP50: .addedP50
        case .latencyP99: .addedP99
        case .latencyP999: .addedP999
        case .firstTokenP50: .addedFirstToken
        default: nil
        }
    }
}
