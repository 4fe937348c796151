import Wire

extension Dialect {
    /// `newToken` events with raw text and an `end` event.
    package static let tokens = Dialect(
        name: "tokens",
        media: .eventStream(ids: .always)
    ) { TokensWriter(blocks: EventBlocks($0)) }
}

/// `event: newToken` with raw text and `event: end`, after `event: finish` where it is not
/// complete.
struct TokensWriter: EntryWriter {
    var blocks: EventBlocks

    mutating func append(
        _ frame: Frame,
        _ payload: Span<UInt8>,
        of log: [UInt8],
        _ context: FrameContext,
        into out: inout [UInt8]
    ) {
        switch frame.kind {
        case .text, .refusal: blocks.appendText(payload, "newToken", frame, context, into: &out)
        case .finish:
            blocks.appendUnshown(frame, context, into: &out)
            blocks.appendEnd("end", frame, payload, of: log, context, into: &out)
        case .failure:
            blocks.appendUnshown(frame, context, into: &out)
            blocks.appendFailure(frame, payload, context, into: &out)
        case .start, .reasoning, .toolCall, .usage, .members, .restart: break
        }
    }
}
