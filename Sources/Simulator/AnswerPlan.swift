/// The answer to one call, as planned.
struct AnswerPlan {
    /// The behaviour for this call.
    let behaviour: Behaviour
    /// The tokens.
    var answer: TokenSource
    /// Why the answer ends.
    let finish: Behaviour.Finish

    /// Plans the answer to call number `call` of the request's model string.
    init(_ request: ModelRequest, call: Int) {
        behaviour = request.behaviour.forCall(call)
        var answer = Answer.tokens(for: behaviour, prompt: request.prompt)
        var isCut = false
        // The option `tokens` wins over the bound in the request.
        if behaviour.tokens == nil, let limit = request.maxTokens {
            isCut = TokenSource.count(answer.text.span) > limit
            answer = TokenSource(answer.text, limit: limit)
        }
        self.answer = answer
        finish = behaviour.finish ?? (isCut ? .length : .stop)
    }

    /// The same answer as the steps of a stream.
    func script(_ vendor: Vendor, _ facts: AnswerFacts) -> any AnswerScript {
        let framing = EventFraming(behaviour)
        switch vendor {
        case .openAI:
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
