/// What will be answered to one call.
struct AnswerPlan {
    /// The weather of this call.
    let behaviour: Behaviour
    /// The words.
    var answer: TokenSource
    /// Why they end.
    let finish: Behaviour.Finish

    /// Decides for call number `call` of the request's model string.
    init(_ request: ModelRequest, call: Int) {
        behaviour = request.behaviour.forCall(call)
        var answer = Answer.tokens(for: behaviour, prompt: request.prompt)
        var isCut = false
        // A length that was asked for by name wins over the caller's usual bound.
        if behaviour.tokens == nil, let limit = request.maxTokens {
            isCut = TokenSource.count(answer.text.span) > limit
            answer = TokenSource(answer.text, limit: limit)
        }
        self.answer = answer
        finish = behaviour.finish ?? (isCut ? .length : .stop)
    }

    /// The same as a stream's steps.
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
