import Generations
import HTTPServer
import Storage
import Wire

/// Requests about what was said before.
struct HistoryRoutes {
    let history: HistoryDesk
    let post: LoopPost

    /// Records, a page of them or all as lines.
    func records(_ exchange: Exchange) throws(Problem) {
        let query = try HistoryQuery(exchange.request.head)
        if query.isExport {
            return HistoryExport(query.filter, of: history).start(on: exchange)
        }
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
    func conversations(_ exchange: Exchange) throws(Problem) {
        let query = try HistoryQuery(exchange.request.head)
        respond(exchange, withRunningIn: nil) { catalog, running throws(HistoryQueryError) in
            let (list, next) = try running.list(
                with: &catalog,
                user: query.filter.user,
                before: query.before,
                limit: query.limit
            )
            return HistoryAnswer(bytes: HistoryAnswers.conversations(list, next: next))
        }
    }

    /// The messages of one conversation.
    func conversation(_ exchange: Exchange, _ id: String) throws(Problem) {
        let query = try HistoryQuery(exchange.request.head, defaultLimit: HistoryQuery.maxLimit)
        var filter = query.filter
        filter.conversation = id
        let wanted = filter
        respond(exchange, withRunningIn: id) { catalog, running throws(HistoryQueryError) in
            // Running answers come after all records, and so are on the newest page.
            let answers = query.before == nil ? try running.awaited(by: &catalog, wanted) : []
            let page = try catalog.records(
                wanted,
                before: query.before,
                limit: query.limit,
                maxBytes: HistoryAnswers.maxBytes
            )
            guard !page.lines.isEmpty || !answers.isEmpty || query.before != nil else {
                return HistoryAnswer(problem: Self.unknownConversation)
            }
            return HistoryAnswer(bytes: HistoryAnswers.conversation(id, page, answers))
        }
    }

    /// Deletes a conversation; its running answers are stopped, and its ended ones that are kept
    /// for clients that come back are dropped.
    func delete(_ exchange: Exchange, _ id: String) {
        let post = post
        history.delete(conversation: id) { time in
            post.postToAll { $0.store.forget(conversation: id, upTo: time) }
        } then: { failure in
            if failure != nil { return exchange.respond(Self.notDeleted) }
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
