import ChatFormats
import Wire

/// A request as the relay gets it, and what the client takes the answer for.
struct ClientRequest {
    /// What comes back if all goes well.
    enum Expected: Equatable {
        /// A stream, whose events have ids or have none.
        case stream(Dialect, Places)
        /// OpenAI's answer in one piece.
        case completion
        /// The id of an answer that is to be read elsewhere.
        case announcement
        /// Something whole that is no answer.
        case other
    }

    /// Whether events have ids, with which the client can come back.
    enum Places {
        case given
        case none
    }

    /// What is asked.
    let head: RequestHead
    /// The rest of it.
    let body: [UInt8]
    /// What comes back if all goes well.
    let expected: Expected

    /// Writes a request.
    ///
    /// - Parameters:
    ///   - method: its method.
    ///   - target: its path with the query.
    ///   - fields: field lines beside those that every request has.
    ///   - body: JSON, or nothing.
    ///   - expected: what comes back if all goes well.
    init(
        _ method: String,
        _ target: String,
        _ fields: HeaderFields = [:],
        body: [UInt8] = [],
        expected: Expected = .other
    ) {
        var text = "\(method) \(target) HTTP/1.1\r\nHost: localhost\r\n"
        for field in fields.fields { text += "\(field.name): \(field.value)\r\n" }
        if !body.isEmpty {
            text += "Content-Type: application/json\r\nContent-Length: \(body.count)\r\n"
        }
        text += "\r\n"
        var parser = RequestParser(limits: RequestLimits())
        guard let head = (try? parser.parse(text.utf8.span))??.head else {
            preconditionFailure("what the world's own clients write can be read")
        }
        self.head = head
        self.body = body
        self.expected = expected
    }
}

/// Requests about answers that are there.
extension ClientRequest {
    /// The second step of two: reads an announced answer.
    static func announced(_ generation: String, _ fields: HeaderFields, by chance: Chance) -> Self {
        var (target, fields) = ("/api/streaming", fields)
        switch chance.below(3) {
        case 0: target += "?id=\(generation)"
        case 1: target += "?stream=\(generation)"
        default: fields.append("Cookie", "theme=dark; relay_stream=\(generation)")
        }
        return Self("GET", target, fields, expected: .stream(.tokens, .given))
    }

    /// Reads along from the first event on.
    static func read(_ generation: String, in dialect: Dialect, _ fields: HeaderFields) -> Self {
        let target = "/chat/streams/\(generation)?format=\(dialect.name)"
        return Self("GET", target, fields, expected: .stream(dialect, places(dialect)))
    }

    /// Goes on after an event, by one of the routes that do so.
    ///
    /// - Parameters:
    ///   - place: the last event that the client has.
    ///   - dialect: what the client reads; the one before, or another.
    ///   - fields: what all of the client's requests have.
    ///   - chance: picks the route, and where the id is.
    /// - Returns: the request, which begins no answer.
    static func resume(
        after place: EntryPlace,
        in dialect: Dialect,
        _ fields: HeaderFields,
        by chance: Chance
    ) -> Self {
        var (query, fields) = ("?format=\(dialect.name)", fields)
        switch chance.below(4) {
        case 0: query += "&last_event_id=\(place.id)"
        case 1: query += "&lastEventId=\(place.id)"
        default: fields.append("Last-Event-ID", place.id)
        }
        let expected = Expected.stream(dialect, places(dialect))
        switch chance.below(4) {
        case 0: return Self("GET", "/chat/stream\(query)&prompt=again", fields, expected: expected)
        case 1: return Self("GET", "/api/streaming\(query)", fields, expected: expected)
        case 2:
            fields.append("Accept", "text/event-stream")
            let body = Array("{\"message\":\"again\"}".utf8)
            return Self("POST", "/chat/stream\(query)", fields, body: body, expected: expected)
        default:
            let target = "/chat/streams/\(place.generation)\(query)"
            return Self("GET", target, fields, expected: expected)
        }
    }

    /// All dialects but one have ids for a GET.
    private static func places(_ dialect: Dialect) -> Places {
        dialect == .plain ? .none : .given
    }

    /// Stops an answer.
    static func stop(_ generation: String, _ fields: HeaderFields) -> Self {
        Self("DELETE", "/chat/streams/\(generation)", fields)
    }
}

/// Requests about what was said before, and about the relay.
extension ClientRequest {
    /// Deletes a conversation.
    static func delete(_ conversation: String, _ fields: HeaderFields) -> Self {
        Self("DELETE", path(of: conversation), fields)
    }

    /// Asks for the messages of a conversation.
    static func messages(of conversation: String, _ fields: HeaderFields) -> Self {
        Self("GET", path(of: conversation), fields)
    }

    /// Asks for the list of conversations.
    static func conversations(_ fields: HeaderFields) -> Self {
        Self("GET", "/chat/conversations", fields)
    }

    /// Asks for records; all of them where there is no conversation.
    static func records(of conversation: String? = nil, _ fields: HeaderFields) -> Self {
        let query = conversation.map { "?conversation=\(PercentEncoding.encode($0))" } ?? ""
        return Self("GET", "/chat/history\(query)", fields)
    }

    /// Asks whether the relay can write.
    static var readiness: Self { Self("GET", "/readyz") }

    private static func path(of conversation: String) -> String {
        "/chat/conversations/\(PercentEncoding.encode(conversation))"
    }
}
