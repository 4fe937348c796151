import ChatFormats
import HTTPServer
import Loop
import Storage
import Wire

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
        _ question:
            @escaping @Sendable (inout HistoryCatalog) throws(HistoryQueryError) -> HistoryAnswer,
        then use: @escaping (HistoryAnswer) -> Void
    ) {
        let number = historyQuestions.add(use)
        let loop = reactor.index
        let service = service
        service.history.read { catalog in
            var answer = HistoryAnswer()
            do throws(HistoryQueryError) {
                answer = try question(&catalog)
            } catch {
                if case .storage(let error) = error {
                    service.log.write(.error, "the history cannot be read: \(error)")
                }
                answer.problem = Problem(error)
            }
            let result = answer
            service.post(toLoop: loop) { $0.historyQuestions.take(number)?(result) }
        }
    }

    private func respond(
        _ exchange: Exchange,
        _ question:
            @escaping @Sendable (inout HistoryCatalog) throws(HistoryQueryError) -> HistoryAnswer
    ) {
        askHistory(question) { answer in
            if let problem = answer.problem { return exchange.respond(problem) }
            exchange.respond(.ok, Self.json, body: answer.bytes)
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
        respond(exchange) { catalog throws(HistoryQueryError) in
            let found = try catalog.conversations(
                user: query.filter.user,
                before: query.before,
                limit: query.limit
            )
            return HistoryAnswer(bytes: HistoryAnswers.conversations(found.ends, next: found.next))
        }
    }

    func conversation(_ exchange: Exchange, _ id: String) throws(Problem) {
        let query = try HistoryQuery(exchange.request.head, defaultLimit: HistoryQuery.maxLimit)
        var filter = query.filter
        filter.conversation = id
        let wanted = filter
        respond(exchange) { catalog throws(HistoryQueryError) in
            let page = try catalog.records(
                wanted,
                before: query.before,
                limit: query.limit,
                maxBytes: HistoryAnswers.maxBytes
            )
            guard !page.lines.isEmpty || query.before != nil else {
                return HistoryAnswer(
                    problem: Problem(
                        .notFound,
                        type: "not_found_error",
                        message: "there is no conversation with this id",
                        code: "unknown_conversation"
                    )
                )
            }
            return HistoryAnswer(bytes: HistoryAnswers.conversation(id, page))
        }
    }

    /// Deletes a conversation; what of it still runs is stopped, and what is kept for clients that
    /// come back is let go.
    func deleteConversation(_ exchange: Exchange, _ id: String) {
        let now = wallMilliseconds()
        service.postToAll { $0.forget(conversation: id, upTo: now) }
        var time: [UInt8] = []
        Timestamp.append(milliseconds: now, into: &time)
        let number = historyQuestions.add { answer in
            if let problem = answer.problem { return exchange.respond(problem) }
            exchange.respond(.noContent, [:])
        }
        let loop = reactor.index
        let service = service
        service.history.delete(
            conversation: id,
            at: String(decoding: time, as: UTF8.self)
        ) { failure in
            var answer = HistoryAnswer()
            if let failure {
                service.log.write(.error, "a conversation cannot be deleted: \(failure)")
                answer.problem = Problem(
                    .serviceUnavailable,
                    type: "storage_error",
                    message: "the conversation cannot be deleted at the moment",
                    code: "history_not_writable"
                )
            }
            let result = answer
            service.post(toLoop: loop) { $0.historyQuestions.take(number)?(result) }
        }
    }

    private func forget(conversation: String, upTo time: Int) {
        for generation in generations.all
        where generation.conversation == conversation && generation.startedAt <= time {
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
        let query = try ChatAsk.query(head)
        func item(_ name: String) -> String? { query[name].flatMap { $0.isEmpty ? nil : $0 } }
        filter = HistoryFilter(conversation: item("conversation"), user: item("user"))
        before = item("before")
        limit = try Self.limit(item("limit"), defaultLimit)
        switch item("format") {
        case nil, "json": isExport = false
        case "jsonl": isExport = true
        default: throw Self.refused("format", "json or jsonl")
        }
    }

    private static func limit(_ text: String?, _ fallback: Int) throws(Problem) -> Int {
        guard let text else { return fallback }
        guard let limit = parseDecimal(text), (1...maxLimit).contains(limit) else {
            throw refused("limit", "a number from 1 to \(maxLimit)")
        }
        return limit
    }

    private static func refused(_ name: String, _ expected: String) -> Problem {
        Problem(
            .badRequest,
            type: "invalid_request_error",
            message: "\(name): expected \(expected)",
            code: name
        )
    }
}
