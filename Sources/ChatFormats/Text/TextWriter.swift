import Wire

extension Dialect {
    /// Unnamed events with raw text, for pages that only have `onmessage`.
    package static let text = Dialect(
        name: "text",
        media: .eventStream(ids: .forEventSources) { $1.append(literal: "data: \n\n") }
    ) { TextWriter(blocks: EventBlocks($0)) }
}

/// `data: <text>` and `data: [DONE]`: the answer alone, and how it ended where it is not complete.
struct TextWriter: EntryWriter {
    var blocks: EventBlocks

    mutating func append(
        _ frame: Frame,
        _ payload: Span<UInt8>,
        of log: [UInt8],
        _ context: FrameContext,
        into out: inout [UInt8]
    ) {
        switch frame.kind {
        case .text, .refusal: blocks.appendText(payload, nil, frame, context, into: &out)
        case .finish:
            guard context.hasIDs else {
                // These pages would show a whole block as text, its name included.
                return blocks.appendDone(nil, frame, context, into: &out)
            }
            blocks.appendUnshown(frame, context, into: &out)
            blocks.appendEnd(nil, frame, payload, of: log, context, into: &out)
        case .failure:
            if context.hasIDs { blocks.appendUnshown(frame, context, into: &out) }
            blocks.begin("error", .last, frame, context, into: &out)
            out.append(literal: "data: {")
            RelayError.append(payload, into: &out)
            out.append(literal: "}\n\n")
        case .start, .reasoning, .toolCall, .usage, .members, .restart: break
        }
    }
}
