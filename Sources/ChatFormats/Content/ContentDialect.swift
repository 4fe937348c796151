import Wire

/// `data: {"content":"…"}`, `data: {"error":"…"}` and always `data: [DONE]` at the end; a status
/// where the answer is not complete.
enum ContentDialect {
    static func append(
        _ frame: Frame,
        _ payload: Span<UInt8>,
        _ context: FrameContext,
        into out: inout [UInt8]
    ) {
        switch frame.kind {
        case .text, .refusal:
            Block.begin(nil, .only, frame, context, into: &out)
            out.append(literal: "data: {\"content\":\"")
            JSONText.appendEscaped(payload, into: &out)
            out.append(literal: "\"}\n\n")
        case .finish: appendFinish(frame, payload, context, into: &out)
        case .failure:
            Block.begin(nil, .first, frame, context, into: &out)
            out.append(literal: "data: {\"error\":")
            Payload.append("message", of: payload, into: &out)
            out.append(literal: ",\"status\":")
            Payload.append("status", of: payload, into: &out)
            out.append(literal: "}\n\n")
            Block.appendDone(nil, .last, frame, context, into: &out)
        case .start, .reasoning, .toolCall, .usage, .members, .restart: break
        }
    }

    private static func appendFinish(
        _ frame: Frame,
        _ payload: Span<UInt8>,
        _ context: FrameContext,
        into out: inout [UInt8]
    ) {
        guard Payload.ending(payload) != .complete else {
            return Block.appendDone(nil, .only, frame, context, into: &out)
        }
        Block.begin(nil, .first, frame, context, into: &out)
        out.append(literal: "data: {\"content\":\"\",\"status\":")
        Payload.append("status", of: payload, into: &out)
        out.append(literal: "}\n\n")
        Block.appendDone(nil, .last, frame, context, into: &out)
    }
}
