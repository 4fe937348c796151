import Wire

/// OpenAI's chat completion chunks: no event names, one JSON object on one line.
enum OpenAIDialect {
    static func append(
        _ frame: Frame,
        _ payload: Span<UInt8>,
        of log: [UInt8],
        _ context: FrameContext,
        into out: inout [UInt8]
    ) {
        switch frame.kind {
        case .start:
            beginDelta(.only, frame, context, into: &out)
            out.append(literal: "\"role\":\"assistant\",\"content\":\"\"")
            endDelta(nil, context, into: &out)
        case .text: appendText("\"content\":", payload, frame, context, into: &out)
        case .reasoning:
            appendText("\"reasoning_content\":", payload, frame, context, into: &out)
        case .refusal: appendText("\"refusal\":", payload, frame, context, into: &out)
        case .toolCall:
            beginDelta(.only, frame, context, into: &out)
            out.append(literal: "\"tool_calls\":[")
            out.append(span: payload)
            out.append(UInt8(ascii: "]"))
            endDelta(nil, context, into: &out)
        case .usage, .members, .restart: break
        case .finish: appendFinish(frame, payload, of: log, context, into: &out)
        case .failure: appendFailure(frame, payload, context, into: &out)
        }
    }

    /// Appends a chunk whose text is empty.
    static func appendSilence(_ context: FrameContext, into out: inout [UInt8]) {
        let frame = Frame(kind: .text, number: 0, usage: nil)
        appendText("\"content\":", Span(), frame, context, into: &out)
    }

    private static func appendText(
        _ member: StaticString,
        _ payload: Span<UInt8>,
        _ frame: Frame,
        _ context: FrameContext,
        into out: inout [UInt8]
    ) {
        let isAnswer = frame.kind == .text || frame.kind == .refusal
        beginDelta(.only, frame, context, isAnswer ? payload : Span(), into: &out)
        out.append(literal: member)
        JSONText.appendString(payload, into: &out)
        endDelta(nil, context, into: &out)
    }

    private static func appendFinish(
        _ frame: Frame,
        _ payload: Span<UInt8>,
        of log: [UInt8],
        _ context: FrameContext,
        into out: inout [UInt8]
    ) {
        let ending = Payload.ending(payload) ?? .complete
        // None of OpenAI's reasons says so, and "stop" says that the model had no more to say.
        guard ending != .stopped else { return appendStopped(frame, context, into: &out) }
        beginDelta(.first, frame, context, into: &out)
        endDelta(ending.openAIFinishReason, context, into: &out)
        if context.wantsUsage { appendUsage(frame, of: log, context, into: &out) }
        Block.appendDone(nil, .last, frame, context, into: &out)
    }

    /// Appends the chunk without choices that a client asked for; none where nobody counted.
    private static func appendUsage(
        _ frame: Frame,
        of log: [UInt8],
        _ context: FrameContext,
        into out: inout [UInt8]
    ) {
        let start = out.count
        beginChunk([], frame, context, into: &out)
        out.append(literal: "],\"usage\":")
        guard context.appendUsage(frame, of: log, into: &out) else {
            out.removeSubrange(start...)
            return
        }
        out.append(literal: "}\n\n")
    }

    private static func appendStopped(
        _ frame: Frame,
        _ context: FrameContext,
        into out: inout [UInt8]
    ) {
        Block.begin(nil, .first, frame, context, into: &out)
        out.append(literal: "data: {\"error\":{\"message\":\"")
        out.append(literal: Ending.stoppedMessage)
        out.append(literal: "\",\"type\":\"stopped\",\"param\":null,\"code\":\"stopped\"}}\n\n")
        Block.appendDone(nil, .last, frame, context, into: &out)
    }

    private static func appendFailure(
        _ frame: Frame,
        _ payload: Span<UInt8>,
        _ context: FrameContext,
        into out: inout [UInt8]
    ) {
        Block.begin(nil, .first, frame, context, into: &out)
        out.append(literal: "data: {\"error\":{\"message\":")
        Payload.append("message", of: payload, into: &out)
        out.append(literal: ",\"type\":")
        Payload.append("type", of: payload, into: &out)
        out.append(literal: ",\"param\":null,\"code\":")
        Payload.append("code", of: payload, into: &out)
        out.append(literal: "}}\n\n")
        Block.appendDone(nil, .last, frame, context, into: &out)
    }

    /// Appends a chunk up to the opening bracket of its choices.
    ///
    /// - Parameters:
    ///   - place: the chunk's in the frame.
    ///   - frame: that it is of.
    ///   - context: of all frames.
    ///   - text: what it adds to the answer.
    ///   - out: what it is appended to.
    private static func beginChunk(
        _ place: Block.Place,
        _ frame: Frame,
        _ context: FrameContext,
        _ text: Span<UInt8> = Span(),
        into out: inout [UInt8]
    ) {
        Block.begin(nil, place, frame, context, into: &out)
        out.append(literal: "data: {")
        OpenAICompletion.appendHead("chat.completion.chunk", context, into: &out)
        if context.repeatsContent {
            out.append(literal: ",\"content\":")
            JSONText.appendString(text, into: &out)
        }
        out.append(literal: ",\"choices\":[")
    }

    private static func beginDelta(
        _ place: Block.Place,
        _ frame: Frame,
        _ context: FrameContext,
        _ text: Span<UInt8> = Span(),
        into out: inout [UInt8]
    ) {
        beginChunk(place, frame, context, text, into: &out)
        out.append(literal: "{\"index\":0,\"delta\":{")
    }

    private static func endDelta(
        _ finishReason: StaticString?,
        _ context: FrameContext,
        into out: inout [UInt8]
    ) {
        out.append(literal: "},\"logprobs\":null,\"finish_reason\":")
        if let finishReason {
            out.append(UInt8(ascii: "\""))
            out.append(literal: finishReason)
            out.append(UInt8(ascii: "\""))
        } else {
            out.append(literal: "null")
        }
        out.append(literal: context.wantsUsage ? "}],\"usage\":null}\n\n" : "}]}\n\n")
    }
}
