import HTTPServer
import Storage
import Wire

/// What the query of a history route asks for.
struct HistoryQuery {
    static let maxLimit = 1000

    let filter: HistoryFilter
    let limit: Int
    let before: String?
    /// Whether all records are wanted, as lines.
    let isExport: Bool

    init(_ head: RequestHead, defaultLimit: Int = 50) throws(Problem) {
        let query = try ChatCall.query(head)
        func item(_ name: String) -> String? { query[name].flatMap { $0.isEmpty ? nil : $0 } }
        filter = HistoryFilter(conversation: item("conversation"), user: item("user"))
        before = item("before")
        limit = try Self.limit(item("limit"), defaultLimit)
        switch item("format") {
        case nil, "json": isExport = false
        case "jsonl": isExport = true
        default: throw .invalid("format", expected: "json or jsonl")
        }
    }

    private static func limit(_ text: String?, _ fallback: Int) throws(Problem) -> Int {
        guard let text else { return fallback }
        guard let limit = parseDecimal(text), (1...maxLimit).contains(limit) else {
            throw .invalid("limit", expected: "a number from 1 to \(maxLimit)")
        }
        return limit
    }
}
