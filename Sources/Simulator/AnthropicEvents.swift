import Wire

/// Anthropic's message events, which have names, and a block around each kind of text.
struct AnthropicEvents: VendorEvents {
    private enum Block { case none, thinking, text }

    private let framing: EventFraming
    private let facts: AnswerFacts
    /// The block that is open.
    private var block = Block.none
    /// The number of the open block, or of the next one if none is open.
    private var index = 0

    init(_ facts: AnswerFacts, _ framing: EventFraming) {
        self.facts = facts
        self.framing = framing
    }

    /// Appends the members with which a message begins, and the brace before them.
    static func appendIdentity(_ facts: AnswerFacts, into out: inout [UInt8]) {
        out.append(literal: "{\"id\":\"msg_simulator_")
        out.append(decimal: facts.number)
        out.append(literal: "\",\"type\":\"message\",\"role\":\"assistant\",\"model\":")
        JSONText.appendString(facts.model, into: &out)
    }

    /// The protocol's name for why an answer ends.
    static func stopReason(_ finish: Behaviour.Finish) -> String {
        switch finish {
        case .stop: "end_turn"
        case .length: "max_tokens"
        case .contentFilter: "refusal"
        case .toolCalls: "tool_use"
        }
    }

    mutating func appendOpening(into out: inout [UInt8]) {
        framing.begin("message_start", into: &out)
        out.append(literal: "{\"type\":\"message_start\",\"message\":")
        Self.appendIdentity(facts, into: &out)
        out.append(literal: ",\"content\":[],\"stop_reason\":null,\"stop_sequence\":null")
        if facts.hasUsage {
            out.append(literal: ",\"usage\":{\"input_tokens\":")
            out.append(decimal: facts.promptTokens)
            AnthropicAdditions.appendCached(facts, into: &out)
            out.append(literal: ",\"output_tokens\":1}")
        }
        out.append(literal: "}}")
        framing.endBlock(into: &out)
        framing.begin("ping", into: &out)
        out.append(literal: "{\"type\":\"ping\"}")
        framing.endBlock(into: &out)
        AnthropicAdditions.forEachBlock(of: facts) { content in
            beginBlock(into: &out)
            out.append(contentsOf: content)
            endBlockStart(into: &out)
            appendBlockStop(into: &out)
        }
    }

    mutating func appendTextStart(into out: inout [UInt8]) {
        beginTextDelta(into: &out)
        out.append(literal: "{\"type\":\"text_delta\",\"text\":\"")
    }

    func appendTextEnd(into out: inout [UInt8]) {
        out.append(literal: "\"}}")
        framing.endBlock(into: &out)
    }

    mutating func appendReasoningStart(into out: inout [UInt8]) {
        if block != .thinking {
            endOpenBlock(into: &out)
            beginBlock(#"{"type":"thinking","thinking":"","signature":""}"#, into: &out)
            endBlockStart(into: &out)
            block = .thinking
        }
        beginDelta(into: &out)
        out.append(literal: "{\"type\":\"thinking_delta\",\"thinking\":\"")
    }

    func appendTextEnd(of token: Span<UInt8>, into out: inout [UInt8]) {
        appendTextEnd(into: &out)
    }

    /// Appends the source of the text, in its block, and the search that found it before that.
    mutating func appendBeside(into out: inout [UInt8]) {
        guard facts.has(.citations) else { return }
        beginTextDelta(into: &out)
        out.append(literal: "{\"type\":\"citations_delta\",\"citation\":")
        AnthropicAdditions.appendCitation(into: &out)
        out.append(literal: "}}")
        framing.endBlock(into: &out)
    }

    func appendReasoningEnd(into out: inout [UInt8]) {
        appendTextEnd(into: &out)
    }

    func appendError(into out: inout [UInt8]) {
        framing.begin("error", into: &out)
        out.append(literal: "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",")
        out.append(literal: "\"message\":\"The simulator was asked to fail here.\"}}")
        framing.endBlock(into: &out)
    }

    func appendBrokenJSON(into out: inout [UInt8]) {
        beginDelta(into: &out)
        out.append(literal: "{\"type\":\"text_delta\",\"text\":\"brok")
        framing.endBlock(into: &out)
    }

    mutating func appendEnding(
        _ finish: Behaviour.Finish,
        tokens: Int,
        reasoningTokens: Int,
        into out: inout [UInt8]
    ) {
        endOpenBlock(into: &out)
        appendToolCalls(into: &out)
        framing.begin("message_delta", into: &out)
        out.append(literal: "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"")
        JSONText.appendEscaped(facts.finishWord ?? Self.stopReason(finish), into: &out)
        out.append(literal: "\",\"stop_sequence\":null}")
        if facts.hasUsage {
            out.append(literal: ",\"usage\":{\"output_tokens\":")
            out.append(decimal: tokens)
            out.append(literal: "}")
        }
        out.append(literal: "}")
        framing.endBlock(into: &out)
    }

    func appendLastMark(into out: inout [UInt8]) {
        framing.begin("message_stop", into: &out)
        out.append(literal: "{\"type\":\"message_stop\"}")
        framing.endBlock(into: &out)
    }

    // MARK: Blocks

    private mutating func appendToolCalls(into out: inout [UInt8]) {
        for (number, call) in facts.toolCalls.enumerated() {
            beginBlock("{\"type\":\"tool_use\",\"id\":\"", into: &out)
            facts.appendCallID("toolu_", number, into: &out)
            out.append(literal: "\",\"name\":")
            JSONText.appendString(call.name, into: &out)
            out.append(literal: ",\"input\":{}}")
            endBlockStart(into: &out)
            for piece in call.pieces {
                beginDelta(into: &out)
                out.append(literal: "{\"type\":\"input_json_delta\",\"partial_json\":\"")
                JSONText.appendEscaped(piece, into: &out)
                appendTextEnd(into: &out)
            }
            appendBlockStop(into: &out)
        }
    }

    private func beginBlock(_ content: StaticString = "", into out: inout [UInt8]) {
        framing.begin("content_block_start", into: &out)
        out.append(literal: "{\"type\":\"content_block_start\",\"index\":")
        out.append(decimal: index)
        out.append(literal: ",\"content_block\":")
        out.append(literal: content)
    }

    private func endBlockStart(into out: inout [UInt8]) {
        out.append(literal: "}")
        framing.endBlock(into: &out)
    }

    private func beginDelta(into out: inout [UInt8]) {
        framing.begin("content_block_delta", into: &out)
        out.append(literal: "{\"type\":\"content_block_delta\",\"index\":")
        out.append(decimal: index)
        out.append(literal: ",\"delta\":")
    }

    /// Begins a delta in a block of text, which is begun where none is open.
    private mutating func beginTextDelta(into out: inout [UInt8]) {
        if block != .text {
            endOpenBlock(into: &out)
            beginBlock("{\"type\":\"text\",\"text\":\"\"}", into: &out)
            endBlockStart(into: &out)
            block = .text
        }
        beginDelta(into: &out)
    }

    private mutating func endOpenBlock(into out: inout [UInt8]) {
        guard block != .none else { return }
        if block == .thinking {
            beginDelta(into: &out)
            out.append(literal: "{\"type\":\"signature_delta\",\"signature\":\"c2ltdWxhdG9y")
            appendTextEnd(into: &out)
        }
        appendBlockStop(into: &out)
        block = .none
    }

    private mutating func appendBlockStop(into out: inout [UInt8]) {
        framing.begin("content_block_stop", into: &out)
        out.append(literal: "{\"type\":\"content_block_stop\",\"index\":")
        out.append(decimal: index)
        out.append(literal: "}")
        framing.endBlock(into: &out)
        index += 1
    }
}
