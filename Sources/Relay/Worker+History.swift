import ChatFormats
import HTTPServer
import Loop
import Storage
import Wire

/// What is asked of the history, on its queue.
typealias HistoryQuestion =
    @Sendable (inout HistoryCatalog) throws(HistoryQueryError) -> HistoryAnswer

extension Service {
    /// Puts a loop's question to the history, once it has the records of all that has ended.
    fileprivate func ask(_ question: @escaping HistoryQuestion, for ticket: Ticket<HistoryAnswer>) {
        recorder.afterRecords { [self] in
            history.read { catalog in
                var answer = HistoryAnswer()
                do throws(HistoryQueryError) {
                    answer = try question(&catalog)
                } catch {
                    if case .storage(let error) = error {
                        self.log.write(.error, "the history cannot be read: \(error)")
                    }
                    answer.problem = Problem(error)
                }
                ticket.answer(answer)
            }
        }
    }
}

/// Requests about what was said before, and the past of a conversation for a new request.
///
/// The history reads its files on a queue of its own; no loop waits for a disk.
extension Worker {
    /// Puts a question to the history.
    ///
    /// - Parameters:
    ///   - question: runs on the history's queue.
    ///   - use: takes the answer, on this loop; a client may be gone by then.
    func askHistory(
        _ question: @escaping HistoryQuestion,
        then use: @escaping (HistoryAnswer) -> Void
    ) {
        service.ask(question, for: Ticket(self, use))
    }

    private func respond(_ exchange: Exchange, _ question: @escaping HistoryQuestion) {
        askHistory(question, then: Self.response(on: exchange))
    }

    /// Answers with what the history has and what still runs.
    ///
    /// What runs is read first: an answer that ends meanwhile is in both, and told once. The other
    /// way round it would be in neither.
    ///
    /// - Parameters:
    ///   - exchange: the client's.
    ///   - conversation: the one that the answers belong to; nil for all conversations.
    ///   - question: runs on the history's queue.
    private func respond(
        _ exchange: Exchange,
        withRunningIn conversation: String?,
        _ question:
            @escaping @Sendable (inout HistoryCatalog, RunningAnswers) throws(HistoryQueryError) ->
            HistoryAnswer
    ) {
        let ticket = Ticket(self, Self.response(on: exchange))
        let service = service
        service.gather {
            $0.generations.all.compactMap { $0.runningAnswer(in: conversation) }
        } then: { answers in
            let running = RunningAnswers(answers)
            service.ask(
                { catalog throws(HistoryQueryError) in try question(&catalog, running) },
                for: ticket
            )
        }
    }

    private static func response(on exchange: Exchange) -> (HistoryAnswer) -> Void {
        { answer in
            if let problem = answer.problem { return exchange.respond(problem) }
            exchange.respond(.ok, json, body: answer.bytes)
        }
    }

    // MARK: Routes

    func history(_ exchange: Exchange) throws(Problem) {
        let query = try HistoryQuery(exchange.request.head)
        if query.isExport {
            return HistoryExport(query.filter, worker: self).start(on: exchange)
        }
        respond(exchange) { catalog throws(HistoryQueryError) in
            let page = try catalog.records(
                query.filter,
                before: query.before,
                limit: query.limit,
                maxBytes: HistoryAnswers.maxBytes
            )
            return HistoryAnswer(bytes: HistoryAnswers.records(page))
        }
    }

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

    func conversation(_ exchange: Exchange, _ id: String) throws(Problem) {
        let query = try HistoryQuery(exchange.request.head, defaultLimit: HistoryQuery.maxLimit)
        var filter = query.filter
        filter.conversation = id
        let wanted = filter
        respond(exchange, withRunningIn: id) { catalog, running throws(HistoryQueryError) in
            // They come after all that is recorded, and so are on the newest page.
            let answers = query.before == nil ? try running.awaited(by: &catalog, wanted) : []
            let page = try catalog.records(
                wanted,
                before: query.before,
                limit: query.limit,
                maxBytes: HistoryAnswers.maxBytes
            )
            guard !page.lines.isEmpty || !answers.isEmpty || query.before != nil else {
                return HistoryAnswer(
                    problem: Problem(
                        .notFound,
                        type: "not_found_error",
                        message: "there is no conversation with this id",
                        code: "unknown_conversation"
                    )
                )
            }
            return HistoryAnswer(bytes: HistoryAnswers.conversation(id, page, answers))
        }
    }

    /// Deletes a conversation; what of it still runs is stopped, and what is kept for clients that
    /// come back is let go.
    func deleteConversation(_ exchange: Exchange, _ id: String) {
        let time = Guarded(0)
        let ticket = Ticket<Problem?>(self) { problem in
            if let problem { return exchange.respond(problem) }
            exchange.respond(.noContent, [:])
        }
        let service = service
        service.history.delete(
            conversation: id,
            at: {
                let now = wallMilliseconds()
                time.withLock { $0 = now }
                var text: [UInt8] = []
                Timestamp.append(milliseconds: now, into: &text)
                return String(decoding: text, as: UTF8.self)
            }
        ) { failure in
            var problem: Problem?
            if let failure {
                service.log.write(.error, "a conversation cannot be deleted: \(failure)")
                problem = Problem(
                    .serviceUnavailable,
                    type: "storage_error",
                    message: "the conversation cannot be deleted at the moment",
                    code: "history_not_writable"
                )
            } else {
                let deleted = time.withLock { $0 }
                service.postToAll { $0.forget(conversation: id, upTo: deleted) }
            }
            ticket.answer(problem)
        }
    }

    private func forget(conversation: String, upTo time: Int) {
        for generation in generations.all
        where generation.startedAt <= time
            && generation.conversation.map({ equals($0, conversation) }) ?? false
        {
            generation.stop()
            generations.remove(generation)
        }
    }

    // MARK: The past of a new request

    /// Whether the upstream is asked with more than the request itself says.
    func wantsPast(_ request: ChatRequest) -> Bool {
        PastMessages.isWanted(request, budget: configuration.contextTokens)
    }

    /// Reads the past of a request's conversation and then lets its answer begin upstream.
    ///
    /// - Parameters:
    ///   - request: names the conversation, and the user whose records alone count.
    ///   - model: who is asked.
    ///   - provider: the protocol of the upstream's request.
    ///   - id: the generation that waits.
    func fetchPast(_ request: ChatRequest, model: String, _ provider: Provider, for id: String) {
        let budget = configuration.contextTokens
        askHistory { catalog throws(HistoryQueryError) in
            var past = PastMessages(request, budget: budget)
            let filter = HistoryFilter(
                conversation: request.conversation,
                user: request.user ?? ""
            )
            try catalog.visit(filter) { past.add($0) }
            var answer = HistoryAnswer()
            do throws(ChatRequestError) {
                let whole = past.requestWithPast()
                try provider.writeBody(whole, model: model, into: &answer.bytes)
            } catch {
                answer.problem = Problem(error, isVendorShape: false)
            }
            return answer
        } then: { [unowned self] answer in
            guard let generation = generations[id] else { return }
            if let problem = answer.problem { return generation.failed(.past(problem), usage: nil) }
            generation.proceed(answer.bytes)
        }
    }
}

/// What the query of a history route asks for.
struct HistoryQuery {
    static let maxLimit = 1000

    let filter: HistoryFilter
    let limit: Int
    let before: String?
    /// Whether all of it is wanted, as lines.
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
