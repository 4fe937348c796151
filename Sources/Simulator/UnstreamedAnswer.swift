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
        let facts = facts.of(plan)
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
        case .completions:
            appendCompletion(facts, plan, text: reasoning + text, tokens, into: &out)
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
        OpenAIAdditions.appendMembers(of: facts, into: &out)
        for (number, call) in facts.toolCalls.enumerated() {
            out.append(literal: number == 0 ? ",\"tool_calls\":[{\"id\":\"" : ",{\"id\":\"")
            facts.appendCallID("call_", number, into: &out)
            out.append(literal: "\",\"type\":\"function\",\"function\":{\"name\":")
            JSONText.appendString(call.name, into: &out)
            out.append(literal: ",\"arguments\":")
            JSONText.appendString(call.arguments, into: &out)
            out.append(literal: "}}")
        }
        if !facts.toolCalls.isEmpty { out.append(literal: "]") }
        out.append(literal: "},\"logprobs\":")
        if facts.has(.logprobs) {
            OpenAIAdditions.appendLogprobs(of: text.span, into: &out)
        } else {
            out.append(literal: "null")
        }
        out.append(literal: ",\"finish_reason\":\"")
        JSONText.appendEscaped(facts.finishWord ?? plan.finish.rawValue, into: &out)
        out.append(literal: "\"}]")
        if facts.hasUsage {
            out.append(literal: ",\"usage\":")
            let thoughts = plan.behaviour.reasoningTokens
            OpenAIEvents.appendUsage(facts, tokens: tokens, reasoningTokens: thoughts, into: &out)
        }
        OpenAIAdditions.appendChunkMembers(of: facts, into: &out)
        out.append(literal: "}\n")
    }

    private static func appendCompletion(
        _ facts: AnswerFacts,
        _ plan: AnswerPlan,
        text: [UInt8],
        _ tokens: Int,
        into out: inout [UInt8]
    ) {
        OpenAIEvents.appendIdentity(facts, object: "text_completion", into: &out)
        out.append(literal: ",\"choices\":[{\"index\":0,\"text\":")
        JSONText.appendString(text.span, into: &out)
        out.append(literal: ",\"logprobs\":null,\"finish_reason\":\"")
        JSONText.appendEscaped(facts.finishWord ?? plan.finish.rawValue, into: &out)
        out.append(literal: "\"}]")
        if facts.hasUsage {
            out.append(literal: ",\"usage\":")
            OpenAIEvents.appendUsage(facts, tokens: tokens, reasoningTokens: 0, into: &out)
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
        AnthropicAdditions.forEachBlock(of: facts) { block in
            out.append(contentsOf: block)
            out.append(literal: ",")
        }
        if !reasoning.isEmpty {
            out.append(literal: "{\"type\":\"thinking\",\"thinking\":")
            JSONText.appendString(reasoning.span, into: &out)
            out.append(literal: ",\"signature\":\"c2ltdWxhdG9y\"},")
        }
        out.append(literal: "{\"type\":\"text\",\"text\":")
        JSONText.appendString(text.span, into: &out)
        if facts.has(.citations) {
            out.append(literal: ",\"citations\":[")
            AnthropicAdditions.appendCitation(into: &out)
            out.append(literal: "]")
        }
        out.append(literal: "}")
        for (number, call) in facts.toolCalls.enumerated() {
            out.append(literal: ",{\"type\":\"tool_use\",\"id\":\"")
            facts.appendCallID("toolu_", number, into: &out)
            out.append(literal: "\",\"name\":")
            JSONText.appendString(call.name, into: &out)
            out.append(literal: ",\"input\":")
            out.append(text: call.arguments)
            out.append(literal: "}")
        }
        out.append(literal: "],\"stop_reason\":\"")
        JSONText.appendEscaped(
            facts.finishWord ?? AnthropicEvents.stopReason(plan.finish),
            into: &out
        )
        out.append(literal: "\",\"stop_sequence\":null")
        if facts.hasUsage {
            out.append(literal: ",\"usage\":{\"input_tokens\":")
            out.append(decimal: facts.promptTokens)
            AnthropicAdditions.appendCached(facts, into: &out)
            out.append(literal: ",\"output_tokens\":")
            out.append(decimal: tokens)
            out.append(literal: "}")
        }
        out.append(literal: "}\n")
    }
}
