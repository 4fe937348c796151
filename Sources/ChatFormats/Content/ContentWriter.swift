import Wire

extension Dialect {
    /// Unnamed events with `{"content"}`, for pages that read with `fetch`.
    package static let content = Dialect(
        name: "content",
        media: .eventStream(ids: .forEventSources) {
            $1.append(literal: "data: {\"content\":\"\"}\n\n")
        }
    ) { ContentWriter(blocks: EventBlocks($0)) }
}

/// `data: {"content":"…"}`, `data: {"error":"…"}`, a status where the answer is not complete, and
/// always `data: [DONE]` at the end.
struct ContentWriter: EntryWriter {
    var blocks: EventBlocks

    mutating func append(
        _ frame: Frame,
        _ payload: Span<UInt8>,
        of log: [UInt8],
        _ context: FrameContext,
        into out: inout [UInt8]
    ) {
        switch frame.kind {
        case .text, .refusal:
            var start = 0
            while let cut = TextLine.cut(payload, from: start, escapedTo: context.textBytes) {
                appendText(payload.extracting(start..<cut), .before, frame, context, into: &out)
                start = cut
            }
            appendText(payload.extracting(start...), .last, frame, context, into: &out)
        case .finish:
            appendUnshown(frame, context, into: &out)
            if Payload.ending(payload) != .complete {
                blocks.begin(nil, .before, frame, context, into: &out)
                out.append(literal: "data: {\"content\":\"\",\"status\":")
                Payload.append("status", of: payload, into: &out)
                out.append(literal: "}\n\n")
            }
            blocks.appendDone(nil, frame, context, into: &out)
        case .failure:
            appendUnshown(frame, context, into: &out)
            blocks.begin(nil, .before, frame, context, into: &out)
            out.append(literal: "data: {\"error\":")
            Payload.append("message", of: payload, into: &out)
            out.append(literal: ",\"status\":")
            Payload.append("status", of: payload, into: &out)
            out.append(literal: "}\n\n")
            blocks.appendDone(nil, frame, context, into: &out)
        case .start, .reasoning, .toolCall, .usage, .members, .restart: break
        }
    }

    private mutating func appendText(
        _ text: Span<UInt8>,
        _ place: EventBlocks.Place,
        _ frame: Frame,
        _ context: FrameContext,
        into out: inout [UInt8]
    ) {
        blocks.begin(nil, place, frame, context, into: &out)
        out.append(literal: "data: {\"content\":\"")
        JSONText.appendEscaped(text, into: &out)
        out.append(literal: "\"}\n\n")
    }

    /// Appends what this dialect could not show of an answer, before its end.
    private mutating func appendUnshown(
        _ frame: Frame,
        _ context: FrameContext,
        into out: inout [UInt8]
    ) {
        guard !frame.unshown.isEmpty else { return }
        blocks.begin(nil, .before, frame, context, into: &out)
        out.append(literal: "data: {\"content\":\"\",\"left_out\":")
        frame.unshown.append(into: &out)
        out.append(literal: "}\n\n")
    }
}
