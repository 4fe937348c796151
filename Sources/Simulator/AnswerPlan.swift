/// The answer to one call, as planned.
struct AnswerPlan {
    /// The behaviour for this call.
    let behaviour: Behaviour
    /// The tokens.
    var answer: TokenSource
    /// Why the answer ends.
    let finish: Behaviour.Finish
    /// The calls of tools with which it ends.
    let toolCalls: [ToolCall]

    /// Plans the answer to call number `call` of the request's model string.
    init(_ request: ModelRequest, call: Int) {
        behaviour = request.behaviour.forCall(call)
        let calls = request.tools.calls(wanted: behaviour.calls)
        let isMadeUp = calls.isEmpty && behaviour.finish == .toolCalls
        toolCalls = isMadeUp ? [.madeUp] : calls
        var answer = Answer.tokens(for: behaviour, request, calls: calls)
        var isCut = false
        // The option `tokens` wins over the bound in the request.
        if behaviour.tokens == nil, let limit = request.maxTokens {
            isCut = TokenSource.count(answer.text.span) > limit
            answer = TokenSource(answer.text, limit: limit)
        }
        self.answer = answer
        let end: Behaviour.Finish = calls.isEmpty ? .stop : .toolCalls
        finish = behaviour.finish ?? (isCut ? .length : end)
    }

    /// The same answer as the steps of a stream.
    func script(_ vendor: Vendor, _ facts: AnswerFacts) -> any AnswerScript {
        let framing = EventFraming(behaviour)
        let facts = facts.of(self)
        switch vendor {
        case .openAI, .completions:
            return Script(
                behaviour,
                OpenAIEvents(facts, framing),
                answer: answer,
                finish: finish
            )
        case .anthropic:
            return Script(
                behaviour,
                AnthropicEvents(facts, framing),
                answer: answer,
                finish: finish
            )
        }
    }
}
