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
            blocks.begin(nil, .last, frame, context, into: &out)
            out.append(literal: "data: {\"content\":\"")
            JSONText.appendEscaped(payload, into: &out)
            out.append(literal: "\"}\n\n")
        case .finish:
            if Payload.ending(payload) != .complete {
                blocks.begin(nil, .before, frame, context, into: &out)
                out.append(literal: "data: {\"content\":\"\",\"status\":")
                Payload.append("status", of: payload, into: &out)
                out.append(literal: "}\n\n")
            }
            blocks.appendDone(nil, frame, context, into: &out)
        case .failure:
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
}
