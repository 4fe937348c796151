import Access
import ChatFormats
import Generations
import HTTPServer
import Storage

/// Adds the past of a conversation to the request that an upstream is sent.
struct ConversationPast {
    let history: HistoryDesk
    /// In tokens, as estimated; 0 for no past.
    let budget: Int
    /// They may have a prefix for the system prompt.
    let filters: FilterList?

    /// Whether the upstream is sent more than the request itself holds.
    func isWanted(by request: ChatRequest) -> Bool {
        PastMessages.isWanted(request, budget: budget)
    }

    /// Reads the past of a request's conversation, and gives the whole request to the call that
    /// waits.
    ///
    /// - Parameters:
    ///   - request: names the conversation, and the user, whose records alone count.
    ///   - caller: who asks.
    ///   - candidate: who is asked first; the body may be long, so it is written on the history's
    ///     queue.
    ///   - call: the one whose upstream is asked.
    func gather(
        _ request: ChatRequest,
        _ caller: Caller,
        _ candidate: ModelTable.Candidate,
        for call: UpstreamCall
    ) {
        let budget = budget
        let filters = filters
        let provider = candidate.upstream.configuration.provider
        let quirks = candidate.upstream.configuration.style.quirks
        let model = candidate.model
        history.ask { catalog throws(HistoryQueryError) in
            var past = PastMessages(request, budget: budget, for: provider)
            let filter = HistoryFilter(
                conversation: request.conversation,
                user: request.user ?? "",
                owner: .only(caller.id)
            )
            try catalog.visit(filter) { past.add($0) }
            var answer = HistoryAnswer(request: past.requestWithPast())
            if let filters { answer.request = answer.request.map(filters.prefixing) }
            do throws(ChatRequestError) {
                try answer.request.map { whole throws(ChatRequestError) in
                    try provider.writeBody(whole, model: model, quirks, into: &answer.bytes)
                }
            } catch {
                answer.problem = Problem(error)
            }
            return answer
        } then: { [weak call] answer in
            if let problem = answer.problem {
                call?.notGathered(.past(problem))
            } else if let whole = answer.request {
                call?.gathered(Question(whole, body: answer.bytes, for: candidate))
            }
        }
    }
}

extension UpstreamFailure {
    /// The past of the conversation cannot be had, and without it the answer would be another.
    static func past(_ problem: Problem) -> UpstreamFailure {
        UpstreamFailure(
            .upstreamError,
            problem.status,
            type: problem.type,
            message: problem.message,
            code: problem.code
        )
    }
}
