import ChatFormats
import Generations
import HTTPServer
import Storage

/// Adds the past of its conversation to what is asked of an upstream.
struct ConversationPast {
    let history: HistoryDesk
    /// In tokens, as estimated; 0 for no past.
    let budget: Int

    /// Whether the upstream is asked with more than the request itself says.
    func isWanted(by request: ChatRequest) -> Bool {
        PastMessages.isWanted(request, budget: budget)
    }

    /// Reads the past of a request's conversation, and gives the whole to the call that waits.
    ///
    /// - Parameters:
    ///   - request: names the conversation, and the user whose records alone count.
    ///   - call: whose upstream is asked.
    func gather(_ request: ChatRequest, for call: UpstreamCall) {
        let budget = budget
        history.ask { catalog throws(HistoryQueryError) in
            var past = PastMessages(request, budget: budget)
            let filter = HistoryFilter(
                conversation: request.conversation,
                user: request.user ?? ""
            )
            try catalog.visit(filter) { past.add($0) }
            return HistoryAnswer(request: past.requestWithPast())
        } then: { [weak call] answer in
            if let problem = answer.problem {
                call?.notGathered(.past(problem))
            } else if let whole = answer.request {
                call?.gathered(Question(whole))
            }
        }
    }
}

extension UpstreamFailure {
    /// The past of its conversation is not to be had, and without it the answer would be another.
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
