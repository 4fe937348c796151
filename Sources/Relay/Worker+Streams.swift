import ChatFormats
import HTTPServer
import Loop
import Wire

/// Requests that name an answer: the second of two steps, coming back, reading along, stopping.
extension Worker {
    // MARK: Two steps

    private static let announceCookie = "relay_stream"

    func announce(_ exchange: Exchange) throws(Problem) {
        let head = exchange.request.head
        if let position = StreamPosition(head, try ChatCall.query(head)) {
            return try find(exchange, position.generation) { tell(exchange, of: $0.id) }
        }
        let ask = try ChatCall(exchange.request, .stream, configuration)
        let asked = try generation(for: ask, exchange, isVendorShape: false) { id in
            ifRecorded(id, under: ask.key, for: exchange) { [unowned self] _ in
                tell(exchange, of: id)
            }
        }
        if let asked { tell(exchange, of: asked.id) }
    }

    private func tell(_ exchange: Exchange, of id: String) {
        exchange.note = Array("id=\(id)".utf8)
        exchange.respond(
            .accepted,
            [
                "Content-Type": "application/json",
                "Cache-Control": "no-store",
                "X-Stream-Id": id,
                "Location": "/api/streaming?id=\(id)",
                "Set-Cookie":
                    "\(Self.announceCookie)=\(id); Path=/api/streaming; HttpOnly; SameSite=Strict",
            ],
            body: Array("{\"id\":\"\(id)\"}\n".utf8)
        )
    }

    func announced(_ exchange: Exchange) throws(Problem) {
        let head = exchange.request.head
        let query = try ChatCall.query(head)
        let dialect = try ChatCall.dialect(query) ?? .tokens
        if let position = StreamPosition(head, query) {
            return try resume(exchange, position, dialect)
        }
        let named = query["id"] ?? query["stream"]
        guard let id = named ?? Cookies.value(of: Self.announceCookie, in: head.fields) else {
            throw .invalid(
                "no stream: give the id that POST /api/streaming answered, as ?id= or in"
                    + " its cookie",
                code: "id"
            )
        }
        readAll(exchange, StreamPosition(generation: id), dialect)
    }

    // MARK: Answers by their ids

    func read(_ exchange: Exchange, _ id: String) throws(Problem) {
        let head = exchange.request.head
        let query = try ChatCall.query(head)
        let dialect = try ChatCall.dialect(query) ?? .events
        let position = StreamPosition(head, query) ?? StreamPosition(generation: id)
        guard equals(position.generation, id) else {
            throw .invalid(
                "Last-Event-ID belongs to another stream than the path names",
                code: "last_event_id"
            )
        }
        if position.next > 0 { return try resume(exchange, position, dialect) }
        readAll(exchange, position, dialect)
    }

    private func readAll(_ exchange: Exchange, _ position: StreamPosition, _ dialect: Dialect) {
        do throws(Problem) {
            try find(exchange, position.generation) { generation in
                attach(exchange, generation, from: 0, dialect, .stream)
            }
        } catch {
            tellRecorded(exchange, position, dialect, isBack: false)
        }
    }

    func stop(_ exchange: Exchange, _ id: String) throws(Problem) {
        try find(exchange, id) { generation in
            generation.stop()
            exchange.note = Array("id=\(id)".utf8)
            exchange.respond(.noContent, [:])
        }
    }

    /// Goes on after the last event that the client has.
    ///
    /// After the end a browser's EventSource is told 204, the one status on which it does not come
    /// back. What is not in memory any more is told from the history.
    func resume(
        _ exchange: Exchange,
        _ position: StreamPosition,
        _ dialect: Dialect
    ) throws(Problem) {
        // Of the record there is only what the history has, whatever is in memory.
        guard !position.isOfRecord else {
            return tellRecorded(exchange, position, dialect, isBack: true)
        }
        do throws(Problem) {
            try find(exchange, position.generation) { generation in
                let isPastEnd = generation.isEnded && position.next == generation.log.count
                if isPastEnd { return exchange.respond(.noContent, [:]) }
                // A reader that had more than the journal kept is told the end at least.
                let isAhead = position.next > generation.log.count
                let cursor = isAhead ? generation.log.count - 1 : position.next
                attach(exchange, generation, from: cursor, dialect, .stream)
            }
        } catch {
            tellRecorded(exchange, position, dialect, isBack: true)
        }
    }

    /// Finds an answer by its id, on whatever loop it lives; there, the request is handled anew.
    private func find(
        _ exchange: Exchange,
        _ id: String,
        _ use: (Generation) -> Void
    ) throws(Problem) {
        if let generation = generations[id] { return use(generation) }
        if let loop = service.loopIndex(of: id), loop != reactor.index,
            service.move(exchange, toLoop: loop)
        {
            return
        }
        throw Self.unknownStream
    }

    static let unknownStream = Problem(
        .notFound,
        type: "not_found_error",
        message: "there is no stream with this id, or it has been read to its end a while ago",
        code: "unknown_stream"
    )
}
