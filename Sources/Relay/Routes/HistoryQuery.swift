import Access
import HTTPServer
import Storage
import Wire

/// What the query of a history route asks for.
struct HistoryQuery {
    static let maxLimit = 1000

    let filter: HistoryFilter
    /// Whose conversation one may be that is asked for by its id, in the order in which they are
    /// looked for.
    let owners: [String?]
    let limit: Int
    let before: String?
    /// Whether all records are wanted, as lines.
    let isExport: Bool

    init(_ head: RequestHead, _ caller: Caller, defaultLimit: Int = 50) throws(Problem) {
        let query = try ChatCall.query(head)
        func item(_ name: String) -> String? { query[name].flatMap { $0.isEmpty ? nil : $0 } }
        let owner = item("owner")
        if let owner, !caller.maySee(answersOf: owner) { throw Self.foreignOwner }
        let seesAll = caller.scopes.allows(.admin)
        filter = HistoryFilter(
            conversation: item("conversation"),
            user: item("user"),
            owner: seesAll && owner == nil ? .any : .only(owner ?? caller.id)
        )
        // What was asked before callers were told apart has no owner.
        owners = seesAll && owner == nil ? [caller.id, nil] : [owner ?? caller.id]
        before = item("before")
        limit = try Self.limit(item("limit"), defaultLimit)
        switch item("format") {
        case nil, "json": isExport = false
        case "jsonl": isExport = true
        default: throw .invalid("format", expected: "json or jsonl")
        }
    }

    /// The conversations of this id that may be meant.
    func names(_ id: String) -> [ConversationName] {
        owners.map { ConversationName(id: id, owner: $0) }
    }

    /// Whose things it asks for.
    var whose: AuditEvent.Whose {
        switch filter.owner {
        case .any: .everybody
        case .only(let owner): .owner(owner)
        }
    }

    private static let foreignOwner = Problem(
        .forbidden,
        type: "permission_error",
        message: "owner: only a key with the scope admin may name another owner",
        code: "owner"
    )

    private static func limit(_ text: String?, _ fallback: Int) throws(Problem) -> Int {
        guard let text else { return fallback }
        guard let limit = parseDecimal(text), (1...maxLimit).contains(limit) else {
            throw .invalid("limit", expected: "a number from 1 to \(maxLimit)")
        }
        return limit
    }
}
