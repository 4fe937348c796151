/// Why there are no figures.
enum BenchError: Error, CustomStringConvertible {
    case noSuchFile(String)
    /// The daemon ended by itself; with the end of its log.
    case daemonEnded(code: Int32, log: String)
    case noAnswer(seconds: Int, log: String)
    case unreadable(String)
    case notWritable(String, String)
    /// Some streams did not get all their tokens; the figures of the others would be too good.
    case streamsFailed(Int, of: Int, first: String)
    case historyIncomplete(records: Int, expected: Int)

    var description: String {
        switch self {
        case .noSuchFile(let path): "there is no file \(path)"
        case .daemonEnded(let code, let log): "the daemon ended with code \(code):\n\(log)"
        case .noAnswer(let seconds, let log):
            "the daemon did not answer within \(seconds) s:\n\(log)"
        case .unreadable(let path): "\(path) cannot be read, or makes no sense"
        case .notWritable(let path, let reason): "\(path) cannot be written: \(reason)"
        case .streamsFailed(let count, let all, let first):
            "\(count) of \(all) streams failed; the first: \(first)"
        case .historyIncomplete(let records, let expected):
            "the history has \(records) records of \(expected)"
        }
    }
}
