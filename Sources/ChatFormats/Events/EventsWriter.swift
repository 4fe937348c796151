import Wire

extension Dialect {
    /// Named events with raw text: what an `EventSource` page listens to.
    package static let events = Dialect(
        name: "events",
        media: .eventStream(ids: .always, place: EventsWriter.appendPlace),
        restoration: EventsWriter.appendRestored
    ) { EventsWriter(blocks: EventBlocks($0)) }
}

/// `event: token` with raw text, `event: done` with `[DONE]`, `event: error`.
struct EventsWriter: EntryWriter {
    var blocks: EventBlocks

    mutating func append(
        _ frame: Frame,
        _ payload: Span<UInt8>,
        of log: [UInt8],
        _ context: FrameContext,
        into out: inout [UInt8]
    ) {
        switch frame.kind {
        case .start:
            blocks.begin("start", .last, frame, context, into: &out)
            out.append(literal: "data: ")
            EventData.appendStart(context, into: &out)
            out.append(literal: "\n\n")
        case .text: blocks.appendText(payload, "token", frame, context, into: &out)
        case .reasoning: blocks.appendText(payload, "reasoning", frame, context, into: &out)
        case .refusal: blocks.appendText(payload, "refusal", frame, context, into: &out)
        case .toolCall:
            blocks.begin("tool_call", .last, frame, context, into: &out)
            EventWriter.appendData(payload, into: &out)
            EventWriter.endEvent(into: &out)
        case .members:
            guard Payload.isShown(payload) else { return }
            blocks.begin("extra", .last, frame, context, into: &out)
            EventWriter.appendData(payload, into: &out)
            EventWriter.endEvent(into: &out)
        case .usage, .restart: break
        case .finish:
            blocks.appendFinish(frame, payload, of: log, context, into: &out)
            blocks.appendDone("done", frame, context, into: &out)
        case .failure: blocks.appendFailure(frame, payload, context, into: &out)
        }
    }

    /// Appends the client's place in the upstream's queue.
    static func appendPlace(_ place: Int, into out: inout [UInt8]) {
        out.append(literal: "event: queued\ndata: {\"place\":")
        out.append(decimal: place)
        out.append(literal: "}\n\n")
    }

    static func appendRestored(
        _ n: Int?,
        of log: borrowing EntryLog,
        _ context: FrameContext,
        into out: inout [UInt8]
    ) {
        let frame = Frame(kind: .text, number: log.count - 2, usage: nil)
        var blocks = EventBlocks()
        blocks.begin("restored", .last, frame, context, into: &out)
        out.append(literal: "data: ")
        EventData.appendRestored(n, of: log, into: &out)
        out.append(literal: "\n\n")
    }
}

/// How an answer ended, as `events` writes it.
extension EventBlocks {
    /// Appends what a dialect could not show of an answer, before its end.
    mutating func appendUnshown(
        _ frame: Frame,
        _ context: FrameContext,
        into out: inout [UInt8]
    ) {
        guard !frame.unshown.isEmpty else { return }
        begin("extra", .before, frame, context, into: &out)
        out.append(literal: "data: {\"left_out\":")
        frame.unshown.append(into: &out)
        out.append(literal: "}\n\n")
    }

    /// Appends the end mark, after the finish event where the answer is not complete.
    mutating func appendEnd(
        _ mark: StaticString?,
        _ frame: Frame,
        _ payload: Span<UInt8>,
        of log: [UInt8],
        _ context: FrameContext,
        into out: inout [UInt8]
    ) {
        if Payload.ending(payload) != .complete {
            appendFinish(frame, payload, of: log, context, into: &out)
        }
        appendDone(mark, frame, context, into: &out)
    }

    /// Appends the event that comes before the end mark.
    mutating func appendFinish(
        _ frame: Frame,
        _ payload: Span<UInt8>,
        of log: [UInt8],
        _ context: FrameContext,
        into out: inout [UInt8]
    ) {
        begin("finish", .before, frame, context, into: &out)
        out.append(literal: "data: ")
        EventData.appendFinish(frame, payload, of: log, context, into: &out)
        out.append(literal: "\n\n")
    }

    /// Appends the last event of an answer that was cut, with its status; nothing comes after it.
    mutating func appendFailure(
        _ frame: Frame,
        _ payload: Span<UInt8>,
        _ context: FrameContext,
        into out: inout [UInt8]
    ) {
        begin("error", .last, frame, context, into: &out)
        out.append(literal: "data: ")
        EventData.appendFailure(payload, into: &out)
        out.append(literal: "\n\n")
    }
}
