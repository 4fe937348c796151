import Wire

/// OpenAI's chat completion chunks.
struct OpenAIEvents: VendorEvents {
    private let framing: EventFraming
    private let facts: AnswerFacts
    /// The beginning of every chunk, up to its choices.
    private let head: [UInt8]
    /// What follows the delta in every chunk but the last.
    private let tail: [UInt8]

    init(_ facts: AnswerFacts, _ framing: EventFraming) {
        self.facts = facts
        self.framing = framing
        var head: [UInt8] = []
        Self.appendIdentity(
            facts,
            object: facts.isCompletion ? "text_completion" : "chat.completion.chunk",
            into: &head
        )
        head.append(literal: ",\"choices\":[")
        self.head = head
        var tail: [UInt8] = []
        tail.append(literal: Self.noLogprobs)
        tail.append(literal: ",\"finish_reason\":null}]")
        if facts.wantsUsage, facts.hasUsage { tail.append(literal: ",\"usage\":null") }
        tail.append(literal: "}")
        self.tail = tail
    }

    private static let noLogprobs: StaticString = ",\"logprobs\":null"

    /// Appends the members with which chunks and whole answers begin, and the brace before them.
    static func appendIdentity(
        _ facts: AnswerFacts,
        object: StaticString,
        into out: inout [UInt8]
    ) {
        out.append(literal: facts.isCompletion ? "{\"id\":\"cmpl-" : "{\"id\":\"chatcmpl-")
        out.append(literal: "simulator-")
        out.append(decimal: facts.number)
        out.append(literal: "\",\"object\":\"")
        out.append(literal: object)
        out.append(literal: "\",\"created\":")
        out.append(decimal: facts.created)
        out.append(literal: ",\"model\":")
        JSONText.appendString(facts.model, into: &out)
        guard facts.has(.fingerprint) else { return }
        out.append(literal: ",\"system_fingerprint\":\"fp_simulator\"")
        out.append(literal: ",\"service_tier\":\"default\"")
    }

    /// Appends the value of `usage`.
    static func appendUsage(
        _ facts: AnswerFacts,
        tokens: Int,
        reasoningTokens: Int,
        into out: inout [UInt8]
    ) {
        out.append(literal: "{\"prompt_tokens\":")
        out.append(decimal: facts.promptTokens)
        out.append(literal: ",\"completion_tokens\":")
        out.append(decimal: tokens)
        out.append(literal: ",\"total_tokens\":")
        out.append(decimal: facts.promptTokens + tokens)
        out.append(literal: ",\"prompt_tokens_details\":{\"cached_tokens\":")
        out.append(decimal: facts.has(.cost) ? facts.promptTokens : 0)
        out.append(literal: "},\"completion_tokens_details\":{\"reasoning_tokens\":")
        out.append(decimal: reasoningTokens)
        out.append(literal: "}")
        if facts.has(.cost) { out.append(literal: ",\"cost\":0.00042") }
        out.append(literal: "}")
    }

    func appendOpening(into out: inout [UInt8]) {
        // The first piece of a text has no role before it.
        if facts.isCompletion { return }
        appendDelta("{\"role\":\"assistant\",\"content\":\"\"}", into: &out)
    }

    func appendTextStart(into out: inout [UInt8]) {
        if facts.isCompletion { return beginText(into: &out) }
        beginDelta(into: &out)
        out.append(literal: "{\"content\":\"")
    }

    func appendTextEnd(into out: inout [UInt8]) {
        out.append(literal: facts.isCompletion ? "\"" : "\"}")
        endDelta(into: &out)
    }

    func appendTextEnd(of token: Span<UInt8>, into out: inout [UInt8]) {
        guard facts.has(.logprobs), !facts.isCompletion else { return appendTextEnd(into: &out) }
        out.append(literal: "\"},\"logprobs\":")
        OpenAIAdditions.appendLogprobs(of: token, into: &out)
        out.append(contentsOf: tail[Self.noLogprobs.utf8CodeUnitCount...])
        framing.endBlock(into: &out)
    }

    func appendBeside(into out: inout [UInt8]) {
        if facts.isCompletion { return }
        OpenAIAdditions.forEachDelta(of: facts) { members in
            beginDelta(into: &out)
            out.append(literal: "{")
            out.append(contentsOf: members)
            out.append(literal: "}")
            // The chunk's own members come last.
            out.append(span: tail.span.extracting(droppingLast: 1))
            OpenAIAdditions.appendChunkMembers(of: facts, into: &out)
            out.append(literal: "}")
            framing.endBlock(into: &out)
        }
    }

    func appendReasoningStart(into out: inout [UInt8]) {
        if facts.isCompletion { return beginText(into: &out) }
        beginDelta(into: &out)
        out.append(literal: "{\"reasoning_content\":\"")
    }

    func appendReasoningEnd(into out: inout [UInt8]) {
        appendTextEnd(into: &out)
    }

    func appendError(into out: inout [UInt8]) {
        framing.begin(into: &out)
        out.append(literal: "{\"error\":{\"message\":\"The simulator was asked to fail here.\",")
        out.append(literal: "\"type\":\"server_error\",\"param\":null,\"code\":null}}")
        framing.endBlock(into: &out)
    }

    func appendBrokenJSON(into out: inout [UInt8]) {
        beginDelta(into: &out)
        out.append(literal: "{\"content\":\"brok")
        framing.endBlock(into: &out)
    }

    func appendEnding(
        _ finish: Behaviour.Finish,
        tokens: Int,
        reasoningTokens: Int,
        into out: inout [UInt8]
    ) {
        if facts.isCompletion {
            beginText(into: &out)
            out.append(literal: "\"")
        } else {
            appendToolCalls(into: &out)
            beginDelta(into: &out)
            out.append(literal: "{}")
        }
        out.append(literal: ",\"logprobs\":null,\"finish_reason\":\"")
        JSONText.appendEscaped(facts.finishWord ?? finish.rawValue, into: &out)
        out.append(literal: "\"}]")
        if facts.wantsUsage, facts.hasUsage {
            out.append(literal: ",\"usage\":null}")
            framing.endBlock(into: &out)
            framing.begin(into: &out)
            out.append(contentsOf: head)
            out.append(literal: "],\"usage\":")
            Self.appendUsage(facts, tokens: tokens, reasoningTokens: reasoningTokens, into: &out)
        }
        out.append(literal: "}")
        framing.endBlock(into: &out)
    }

    func appendLastMark(into out: inout [UInt8]) {
        framing.begin(into: &out)
        out.append(literal: "[DONE]")
        framing.endBlock(into: &out)
    }

    private func appendToolCalls(into out: inout [UInt8]) {
        for (number, call) in facts.toolCalls.enumerated() {
            for (index, piece) in call.pieces.enumerated() {
                beginDelta(into: &out)
                out.append(literal: "{\"tool_calls\":[{\"index\":")
                out.append(decimal: number)
                if index == 0 {
                    out.append(literal: ",\"id\":\"")
                    facts.appendCallID("call_", number, into: &out)
                    out.append(literal: "\",\"type\":\"function\",\"function\":{\"name\":")
                    JSONText.appendString(call.name, into: &out)
                    out.append(literal: ",\"arguments\":")
                } else {
                    out.append(literal: ",\"function\":{\"arguments\":")
                }
                JSONText.appendString(piece, into: &out)
                out.append(literal: "}}]}")
                endDelta(into: &out)
            }
        }
    }

    private func appendDelta(_ delta: StaticString, into out: inout [UInt8]) {
        beginDelta(into: &out)
        out.append(literal: delta)
        endDelta(into: &out)
    }

    private func beginText(into out: inout [UInt8]) {
        framing.begin(into: &out)
        out.append(contentsOf: head)
        out.append(literal: "{\"index\":0,\"text\":\"")
    }

    private func beginDelta(into out: inout [UInt8]) {
        framing.begin(into: &out)
        out.append(contentsOf: head)
        out.append(literal: "{\"index\":0,\"delta\":")
    }

    private func endDelta(into out: inout [UInt8]) {
        out.append(contentsOf: tail)
        framing.endBlock(into: &out)
    }
}
