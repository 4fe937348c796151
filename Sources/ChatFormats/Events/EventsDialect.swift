import Wire

/// `event: token` with raw text, `event: done` with `[DONE]`, `event: error`.
enum EventsDialect {
    static func append(
        _ frame: Frame,
        _ payload: Span<UInt8>,
        of log: [UInt8],
        _ context: FrameContext,
        into out: inout [UInt8]
    ) {
        switch frame.kind {
        case .start: appendStart(frame, context, into: &out)
        case .text: Block.appendText(payload, "token", frame, context, into: &out)
        case .reasoning: Block.appendText(payload, "reasoning", frame, context, into: &out)
        case .refusal: Block.appendText(payload, "refusal", frame, context, into: &out)
        case .toolCall:
            Block.begin("tool_call", .only, frame, context, into: &out)
            EventWriter.appendData(payload, into: &out)
            EventWriter.endEvent(into: &out)
        case .usage, .members, .restart: break
        case .finish:
            appendFinish(frame, payload, of: log, context, into: &out)
            Block.appendDone("done", .last, frame, context, into: &out)
        case .failure: appendFailure(frame, payload, context, into: &out)
        }
    }

    private static func appendStart(
        _ frame: Frame,
        _ context: FrameContext,
        into out: inout [UInt8]
    ) {
        Block.begin("start", .only, frame, context, into: &out)
        out.append(literal: "data: {\"id\":")
        JSONText.appendString(context.generation, into: &out)
        out.append(literal: ",\"model\":")
        JSONText.appendString(context.model, into: &out)
        out.append(literal: "}\n\n")
    }

    /// Appends the mark of the end, after the finish event where the answer is not complete.
    static func appendEnd(
        _ mark: StaticString?,
        _ frame: Frame,
        _ payload: Span<UInt8>,
        of log: [UInt8],
        _ context: FrameContext,
        into out: inout [UInt8]
    ) {
        guard Payload.ending(payload) != .complete else {
            return Block.appendDone(mark, .only, frame, context, into: &out)
        }
        appendFinish(frame, payload, of: log, context, into: &out)
        Block.appendDone(mark, .last, frame, context, into: &out)
    }

    private static func appendFinish(
        _ frame: Frame,
        _ payload: Span<UInt8>,
        of log: [UInt8],
        _ context: FrameContext,
        into out: inout [UInt8]
    ) {
        Block.begin("finish", .first, frame, context, into: &out)
        out.append(literal: "data: {\"status\":")
        Payload.append("status", of: payload, into: &out)
        out.append(literal: ",\"finish_reason\":")
        Payload.append("finish_reason", of: payload, into: &out)
        out.append(literal: ",\"usage\":")
        if !context.appendUsage(frame, of: log, into: &out) { out.append(literal: "null") }
        out.append(literal: "}\n\n")
    }

    /// Appends the last word on an answer that is cut, with its status; nothing comes after it.
    static func appendFailure(
        _ frame: Frame,
        _ payload: Span<UInt8>,
        _ context: FrameContext,
        into out: inout [UInt8]
    ) {
        Block.begin("error", .only, frame, context, into: &out)
        out.append(literal: "data: {")
        Block.appendError(payload, into: &out)
        out.append(literal: ",\"status\":")
        Payload.append("status", of: payload, into: &out)
        out.append(literal: "}\n\n")
    }
}

extension FrameContext {
    /// Appends what the answer cost, from the context or from the log.
    ///
    /// - Returns: `false` where nobody counted; nothing is appended then.
    func appendUsage(_ frame: Frame, of log: [UInt8], into out: inout [UInt8]) -> Bool {
        if let usage {
            usage.append(into: &out)
            return true
        }
        guard let range = frame.usage else { return false }
        out.append(contentsOf: log[range])
        return true
    }
}
