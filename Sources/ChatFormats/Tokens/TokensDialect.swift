import Wire

/// `event: newToken` with raw text and `event: end`, after `event: finish` where it is not
/// complete.
enum TokensDialect {
    static func append(
        _ frame: Frame,
        _ payload: Span<UInt8>,
        of log: [UInt8],
        _ context: FrameContext,
        into out: inout [UInt8]
    ) {
        switch frame.kind {
        case .text, .refusal: Block.appendText(payload, "newToken", frame, context, into: &out)
        case .finish: EventsDialect.appendEnd("end", frame, payload, of: log, context, into: &out)
        case .failure: EventsDialect.appendFailure(frame, payload, context, into: &out)
        case .start, .reasoning, .toolCall, .usage, .members, .restart: break
        }
    }
}
