import HTTPServer
import Loop
import Wire

/// Something that somebody did, or was not let do, as the audit log has it.
///
/// It never has what was asked or answered, nor a key or a token.
struct AuditEvent {
    /// What was done.
    enum Kind: String, CaseIterable {
        /// An answer was begun, which may cost money.
        case began
        /// A request was passed on to an upstream as it came.
        case passed
        /// An answer was stopped before its end.
        case stopped
        /// A conversation was deleted.
        case deleted
        /// Records were handed out as lines.
        case exported
        /// What belongs to somebody else was read.
        case read
        /// A request was refused.
        case refused
        /// Somebody began a session, or was given a ticket.
        case login, ticket
    }

    /// Whose things something was done to.
    enum Whose {
        case everybody
        /// Nil where callers were not told apart.
        case owner(String?)
    }

    let kind: Kind
    /// Who did it; nil where that is not known.
    var owner: String?
    /// From where.
    var address: PeerAddress?
    /// The request, without its query, which may be somebody's prompt.
    var method: String?
    var path: String?
    /// The answer's id.
    var id: String?
    var conversation: String?
    var whose: Whose?
    /// What was answered.
    var status: Int?
    /// Why it was refused.
    var reason: String?
    /// How many requests were refused before without a line of their own.
    var passedOver = 0

    /// Something done by a request.
    init(_ kind: Kind, by owner: String?, _ exchange: Exchange) {
        self.kind = kind
        self.owner = owner
        address = exchange.clientAddress
        method = exchange.request.head.method.name
        path = exchange.request.head.rawPath
    }

    /// Something that is no request's.
    init(_ kind: Kind) { self.kind = kind }

    /// Appends one line of JSON without its newline.
    func append(milliseconds: Int, to line: inout [UInt8]) {
        line.append(literal: "{\"time\":\"")
        Timestamp.append(milliseconds: milliseconds, into: &line)
        line.append(literal: "\",\"event\":\"")
        line.append(text: kind.rawValue)
        line.append(literal: "\"")
        Self.append("owner", owner, to: &line)
        if let address {
            line.append(literal: ",\"address\":\"")
            address.append(to: &line)
            line.append(literal: "\"")
        }
        Self.append("method", method, to: &line)
        Self.append("path", path, to: &line)
        Self.append("id", id, to: &line)
        Self.append("conversation", conversation, to: &line)
        switch whose {
        case nil: break
        case .everybody?: line.append(literal: ",\"of\":\"*\"")
        case .owner(nil)?: line.append(literal: ",\"of\":null")
        case .owner(let owner?)?: Self.append("of", owner, to: &line)
        }
        Self.append("status", status, to: &line)
        Self.append("reason", reason, to: &line)
        if passedOver > 0 { Self.append("passed_over", passedOver, to: &line) }
        line.append(literal: "}")
    }

    private static func append(_ name: StaticString, _ text: String?, to line: inout [UInt8]) {
        guard let text else { return }
        line.append(literal: ",\"")
        line.append(literal: name)
        line.append(literal: "\":")
        LoggedText.append(text, to: &line)
    }

    private static func append(_ name: StaticString, _ number: Int?, to line: inout [UInt8]) {
        guard let number else { return }
        line.append(literal: ",\"")
        line.append(literal: name)
        line.append(literal: "\":")
        line.append(decimal: number)
    }
}
