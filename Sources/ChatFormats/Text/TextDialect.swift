import Wire

/// `data: <text>` and `data: [DONE]`: nothing but the answer, and how it ended where it is not
/// complete.
enum TextDialect {
    static func append(
        _ frame: Frame,
        _ payload: Span<UInt8>,
        of log: [UInt8],
        _ context: FrameContext,
        into out: inout [UInt8]
    ) {
        switch frame.kind {
        case .text, .refusal: Block.appendText(payload, nil, frame, context, into: &out)
        case .finish:
            guard context.hasIDs else {
                // A whole block is shown as text there, its name too.
                return Block.appendDone(nil, .only, frame, context, into: &out)
            }
            EventsDialect.appendEnd(nil, frame, payload, of: log, context, into: &out)
        case .failure:
            Block.begin("error", .only, frame, context, into: &out)
            out.append(literal: "data: {")
            Block.appendError(payload, into: &out)
            out.append(literal: "}\n\n")
        case .start, .reasoning, .toolCall, .usage, .members, .restart: break
        }
    }
}
