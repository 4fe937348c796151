import Wire

/// `event: newToken` with raw text and `event: end`.
enum TokensDialect {
    static func append(
        _ frame: Frame,
        _ payload: Span<UInt8>,
        _ context: FrameContext,
        into out: inout [UInt8]
    ) {
        switch frame.kind {
        case .text, .refusal: Block.appendText(payload, "newToken", frame, context, into: &out)
        case .finish: Block.appendDone("end", .only, frame, context, into: &out)
        case .failure: EventsDialect.appendFailure(frame, payload, context, into: &out)
        case .start, .reasoning, .toolCall, .usage: break
        }
    }
}
