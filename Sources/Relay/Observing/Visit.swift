import Generations
import HTTPServer
import Loop
import Wire

/// What is known of a request when it is over; its line in the log is made from this.
struct Visit {
    private static let maxReasonLength = 1000

    /// Who asked what, and what became of it.
    var fields = LogFields()
    /// How many of the first fields people know by their place, as in any server's log.
    let unnamedCount: Int

    /// Gathers it.
    ///
    /// - Parameters:
    ///   - exchange: has ended.
    ///   - endedAt: when it was over.
    init(_ exchange: Exchange, endedAt: Nanoseconds) {
        let head = exchange.request.head
        unnamedCount = 4
        fields.add("client", .word) { exchange.clientAddress.append(to: &$0) }
        fields.add("method", head.method.name)
        // The query is left out: it may be somebody's prompt.
        let path = head.rawPath
        fields.add("path", exchange.reason == nil ? path : Redaction.clean(path))
        fields.add("status", exchange.status?.code ?? 0)
        fields.add("ms", Int((endedAt - exchange.startedAt) / 1_000_000))
        fields.add("bytes", exchange.contentBytes)
        if let user = exchange.user { fields.add("user", user) }
        if let id = exchange.requestID { fields.add("request_id", Redaction.clean(id)) }
        fields.add(exchange.note)
        if let reason = exchange.reason { fields.add("reason", Self.shown(reason)) }
    }

    /// Gathers what is known of a connection that was refused, or of what has no acceptable head.
    init(refused problem: Problem, from peer: PeerAddress) {
        unnamedCount = 1
        fields.add("client", "\(peer)")
        fields.add("status", problem.status.code)
        fields.add("reason", problem.message)
    }

    private static func shown(_ reason: String) -> String {
        Redaction.clean(String(reason.prefix(maxReasonLength)))
    }
}
