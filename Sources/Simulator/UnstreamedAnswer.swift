import Wire

/// An answer in one piece, for callers that do not stream.
///
/// Of the misbehaviours, only refusals, `hang`, `first_ms` and `http=close` apply to it.
enum UnstreamedAnswer {
    /// The longest answer in one piece, which is built in memory; longer ones must be streamed.
    static let maxTokens = 100_000

    /// The answer's body.
    static func body(
        _ vendor: Vendor,
        _ facts: AnswerFacts,
        _ plan: AnswerPlan
    ) -> [UInt8] {
        var plan = plan
        var text: [UInt8] = []
        var tokens = plan.behaviour.reasoningTokens
        while let range = plan.answer.next() {
            text.append(span: plan.answer.text.span.extracting(range))
            tokens += 1
        }
        var thoughts = TokenSource(
            repeating: Answer.reasoning,
            count: plan.behaviour.reasoningTokens
        )
        var reasoning: [UInt8] = []
        while let range = thoughts.next() {
            reasoning.append(span: thoughts.text.span.extracting(range))
        }
        var out: [UInt8] = []
        switch vendor {
        case .openAI:
            appendOpenAI(facts, plan, text: text, reasoning: reasoning, tokens, into: &out)
        case .anthropic:
            appendAnthropic(facts, plan, text: text, reasoning: reasoning, tokens, into: &out)
        }
        return out
    }

    private static func appendOpenAI(
        _ facts: AnswerFacts,
        _ plan: AnswerPlan,
        text: [UInt8],
        reasoning: [UInt8],
        _ tokens: Int,
        into out: inout [UInt8]
    ) {
        OpenAIEvents.appendIdentity(facts, object: "chat.completion", into: &out)
        out.append(literal: ",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\"")
        out.append(literal: ",\"content\":")
        JSONText.appendString(text.span, into: &out)
        out.append(literal: ",\"refusal\":null")
        if !reasoning.isEmpty {
            out.append(literal: ",\"reasoning_content\":")
            JSONText.appendString(reasoning.span, into: &out)
        }
        if plan.finish == .toolCalls {
            out.append(literal: ",\"tool_calls\":[{\"id\":\"call_simulator_")
            out.append(decimal: facts.number)
            out.append(literal: "\",\"type\":\"function\",\"function\":{\"name\":\"")
            out.append(literal: AnswerFacts.toolName)
            out.append(literal: "\",\"arguments\":\"")
            for piece in AnswerFacts.toolArguments { out.append(literal: piece) }
            out.append(literal: "\"}}]")
        }
        out.append(literal: "},\"logprobs\":null,\"finish_reason\":\"")
        out.append(text: plan.finish.rawValue)
        out.append(literal: "\"}]")
        if facts.hasUsage {
            out.append(literal: ",\"usage\":")
            let thoughts = plan.behaviour.reasoningTokens
            OpenAIEvents.appendUsage(facts, tokens: tokens, reasoningTokens: thoughts, into: &out)
        }
        out.append(literal: "}\n")
    }

    private static func appendAnthropic(
        _ facts: AnswerFacts,
        _ plan: AnswerPlan,
        text: [UInt8],
        reasoning: [UInt8],
        _ tokens: Int,
        into out: inout [UInt8]
    ) {
        AnthropicEvents.appendIdentity(facts, into: &out)
        out.append(literal: ",\"content\":[")
        if !reasoning.isEmpty {
            out.append(literal: "{\"type\":\"thinking\",\"thinking\":")
            JSONText.appendString(reasoning.span, into: &out)
            out.append(literal: ",\"signature\":\"c2ltdWxhdG9y\"},")
        }
        out.append(literal: "{\"type\":\"text\",\"text\":")
        JSONText.appendString(text.span, into: &out)
        out.append(literal: "}")
        if plan.finish == .toolCalls {
            out.append(literal: ",{\"type\":\"tool_use\",\"id\":\"toolu_simulator_")
            out.append(decimal: facts.number)
            out.append(literal: "\",\"name\":\"")
            out.append(literal: AnswerFacts.toolName)
            out.append(literal: "\",\"input\":{\"city\": \"Köln\", \"unit\": \"°C\"}}")
        }
        out.append(literal: "],\"stop_reason\":\"")
        out.append(literal: AnthropicEvents.stopReason(plan.finish))
        out.append(literal: "\",\"stop_sequence\":null")
        if facts.hasUsage {
            out.append(literal: ",\"usage\":{\"input_tokens\":")
            out.append(decimal: facts.promptTokens)
            out.append(literal: ",\"output_tokens\":")
            out.append(decimal: tokens)
            out.append(literal: "}")
        }
        out.append(literal: "}\n")
    }
}
