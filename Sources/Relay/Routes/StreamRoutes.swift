import Access
import ChatFormats
import Generations
import HTTPServer
import Wire

/// Requests that name an answer by its id: coming back, reading along, stopping.
struct StreamRoutes {
    let directory: AnswerDirectory
    let recorded: RecordedAnswers
    let audit: Audit

    func read(_ exchange: Exchange, _ id: String, _ caller: Caller) throws(Problem) {
        let head = exchange.request.head
        let query = try ChatCall.query(head)
        let dialect = try ChatCall.dialect(query) ?? .events
        _ = try ChatCall.smooth(query)
        let position = StreamPosition(head, query) ?? StreamPosition(generation: id)
        guard equals(position.generation, id) else {
            throw .invalid(
                "Last-Event-ID belongs to another stream than the path names",
                code: "last_event_id"
            )
        }
        if position.next > 0 { return resume(exchange, position, dialect, caller) }
        readAll(exchange, position, dialect, caller)
    }

    /// Reads an answer from its beginning.
    func readAll(
        _ exchange: Exchange,
        _ position: StreamPosition,
        _ dialect: Dialect,
        _ caller: Caller
    ) {
        switch directory.find(position.generation, for: exchange, caller) {
        case .here(let generation): read(generation, from: 0, dialect, on: exchange, caller)
        case .moved: return
        case .nowhere: recorded.serve(position, dialect, isBack: false, to: exchange, caller)
        }
    }

    func stop(_ exchange: Exchange, _ id: String, _ caller: Caller) throws(Problem) {
        switch directory.find(id, for: exchange, caller) {
        case .here(let generation):
            generation.stop()
            let owner = generation.live.head.owner
            audit.did(.stopped, exchange, by: caller, id: id, of: .owner(owner))
            exchange.note = LogFields("id", id)
            exchange.respond(.noContent, [:])
        case .moved: return
        case .nowhere: throw Self.unknownStream
        }
    }

    /// Goes on after the last event that the client has.
    ///
    /// After the end a browser's EventSource is sent 204, the one status after which it does not
    /// come back. An answer that is no longer in memory is served from the history.
    func resume(
        _ exchange: Exchange,
        _ position: StreamPosition,
        _ dialect: Dialect,
        _ caller: Caller
    ) {
        // Positions in a record are served only from the history, whatever is in memory.
        guard !position.isOfRecord else {
            return recorded.serve(position, dialect, isBack: true, to: exchange, caller)
        }
        switch directory.find(position.generation, for: exchange, caller) {
        case .here(let generation):
            let count = generation.live.log.count
            let isPastEnd = generation.isEnded && position.next == count
            if isPastEnd { return exchange.respond(.noContent, [:]) }
            // A reader that has more than the journal kept is at least sent the end.
            let cursor = position.next > count ? count - 1 : position.next
            read(generation, from: cursor, dialect, on: exchange, caller)
        case .moved: return
        case .nowhere: recorded.serve(position, dialect, isBack: true, to: exchange, caller)
        }
    }

    private func read(
        _ generation: Generation,
        from cursor: Int,
        _ dialect: Dialect,
        on exchange: Exchange,
        _ caller: Caller
    ) {
        let owner = generation.live.head.owner
        audit.read(exchange, by: caller, id: generation.id, of: .owner(owner))
        let reader = Reader(exchange, of: generation.live, from: cursor, dialect, .stream)
        // A wrong value was refused before.
        let query = try? ChatCall.query(exchange.request.head)
        let smooth =
            query.flatMap { try? ChatCall.smooth($0) } ?? generation.live.smoothMilliseconds
        reader.smoothing = smooth.map { Smoothing(milliseconds: $0, of: generation.live) }
        reader.start()
    }

    static let unknownStream = Problem(
        .notFound,
        type: "not_found_error",
        message: "there is no stream with this id, or it was read to its end a while ago",
        code: "unknown_stream"
    )
}
