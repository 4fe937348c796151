import Access
import Generations
import HTTPServer
import Loop
import Storage
import Wire

/// Requests about what was said before.
struct HistoryRoutes {
    let history: HistoryDesk
    let post: LoopPost
    let audit: Audit

    /// Records, a page of them or all as lines.
    func records(_ exchange: Exchange, _ caller: Caller) throws(Problem) {
        let query = try HistoryQuery(exchange.request.head, caller)
        if query.isExport {
            let conversation = query.filter.conversation
            audit.did(
                .exported,
                exchange,
                by: caller,
                conversation: conversation,
                of: query.whose
            )
            return HistoryExport(query.filter, of: history).start(on: exchange)
        }
        audit.read(
            exchange,
            by: caller,
            conversation: query.filter.conversation,
            of: query.whose
        )
        history.ask { catalog throws(HistoryQueryError) in
            let page = try catalog.records(
                query.filter,
                before: query.before,
                limit: query.limit,
                maxBytes: HistoryAnswers.maxBytes
            )
            return HistoryAnswer(bytes: HistoryAnswers.records(page))
        } then: {
            Self.respond($0, on: exchange)
        }
    }

    /// The list of conversations.
    func conversations(_ exchange: Exchange, _ caller: Caller) throws(Problem) {
        let query = try HistoryQuery(exchange.request.head, caller)
        audit.read(exchange, by: caller, of: query.whose)
        respond(exchange, withRunningIn: nil) { catalog, running throws(HistoryQueryError) in
            let (list, next) = try running.list(
                with: &catalog,
                query.filter,
                before: query.before,
                limit: query.limit
            )
            let showsOwners = query.filter.owner == .any
            return HistoryAnswer(
                bytes: HistoryAnswers.conversations(list, next: next, showsOwners: showsOwners)
            )
        }
    }

    /// The messages of one conversation.
    func conversation(
        _ exchange: Exchange,
        _ id: String,
        _ caller: Caller
    ) throws(Problem) {
        let head = exchange.request.head
        let query = try HistoryQuery(head, caller, defaultLimit: HistoryQuery.maxLimit)
        audit.read(exchange, by: caller, conversation: id, of: query.whose)
        respond(exchange, withRunningIn: id) { catalog, running throws(HistoryQueryError) in
            for name in query.names(id) {
                let answer = try Self.conversation(name, query, &catalog, running)
                if let answer { return answer }
            }
            return HistoryAnswer(problem: Self.unknownConversation)
        }
    }

    /// The messages of a conversation of one owner; nil where there is none.
    private static func conversation(
        _ name: ConversationName,
        _ query: HistoryQuery,
        _ catalog: inout HistoryCatalog,
        _ running: RunningAnswers
    ) throws(HistoryQueryError) -> HistoryAnswer? {
        var wanted = query.filter
        wanted.conversation = name.id
        wanted.owner = .only(name.owner)
        // Running answers come after all records, and so are on the newest page.
        let answers = query.before == nil ? try running.awaited(by: &catalog, wanted) : []
        let page = try catalog.records(
            wanted,
            before: query.before,
            limit: query.limit,
            maxBytes: HistoryAnswers.maxBytes
        )
        guard !page.lines.isEmpty || !answers.isEmpty || query.before != nil else { return nil }
        return HistoryAnswer(bytes: HistoryAnswers.conversation(name.id, page, answers))
    }

    /// Deletes a conversation; its running answers are stopped, and its ended ones that are kept
    /// for clients that come back are dropped.
    func delete(
        _ exchange: Exchange,
        _ id: String,
        _ caller: Caller
    ) throws(Problem) {
        let names = try HistoryQuery(exchange.request.head, caller).names(id)
        guard names.count > 1 else { return delete(names[0], exchange, caller) }
        // The one that a GET shows.
        let found = Guarded(names[0])
        history.ask { catalog throws(HistoryQueryError) in
            for name in names where try catalog.conversation(name) != nil {
                found.withLock { $0 = name }
                break
            }
            return HistoryAnswer()
        } then: { answer in
            if let problem = answer.problem { return exchange.respond(problem) }
            delete(found.withLock { $0 }, exchange, caller)
        }
    }

    private func delete(_ name: ConversationName, _ exchange: Exchange, _ caller: Caller) {
        let post = post
        history.delete(name) { last in
            post.postToAll { $0.store.forget(name, upTo: last) }
        } then: { failure in
            if failure != nil { return exchange.respond(Self.notDeleted) }
            audit.did(
                .deleted,
                exchange,
                by: caller,
                conversation: name.id,
                of: .owner(name.owner)
            )
            exchange.respond(.noContent, [:])
        }
    }

    /// Answers with what the history has and what still runs.
    ///
    /// What runs is read first: an answer that ends meanwhile is in both, and is listed once. In
    /// the other order it could be in neither.
    ///
    /// - Parameters:
    ///   - exchange: the client's.
    ///   - conversation: the one that the answers belong to; nil for all.
    ///   - question: runs on the history's queue.
    private func respond(
        _ exchange: Exchange,
        withRunningIn conversation: String?,
        _ question:
            @escaping @Sendable (inout HistoryCatalog, RunningAnswers) throws(HistoryQueryError) ->
            HistoryAnswer
    ) {
        let line = history.line
        let ticket = history.ticket { Self.respond($0, on: exchange) }
        post.gather {
            $0.store.all.compactMap { RunningAnswer($0.live, in: conversation) }
        } then: { answers in
            let running = RunningAnswers(answers)
            line.ask(
                { catalog throws(HistoryQueryError) in try question(&catalog, running) },
                for: ticket
            )
        }
    }

    private static func respond(_ answer: HistoryAnswer, on exchange: Exchange) {
        if let problem = answer.problem { return exchange.respond(problem) }
        exchange.respond(.ok, .freshJSON, body: answer.bytes)
    }

    private static let unknownConversation = Problem(
        .notFound,
        type: "not_found_error",
        message: "there is no conversation with this id",
        code: "unknown_conversation"
    )

    private static let notDeleted = Problem(
        .serviceUnavailable,
        type: "storage_error",
        message: "the conversation cannot be deleted at the moment",
        code: "history_not_writable"
    )
}
