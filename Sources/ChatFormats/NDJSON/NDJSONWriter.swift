import Wire

extension Dialect {
    /// The events of `events` as lines of JSON.
    package static let ndjson = Dialect(
        name: "ndjson",
        media: Media("application/x-ndjson", ids: .always) { $1.append(UInt8(ascii: "\n")) },
        restoration: NDJSONWriter.appendRestored
    ) { _ in NDJSONWriter() }
}

/// `{"event":…,"id":…,"data":…}` on one line for each event of `events`; without `id` where the
/// event has none.
///
/// Text in the event is a string here, and arrives unchanged: its line ends are escaped, and no
/// line of it can look like the end mark. A JSON document in the event is that document here, so
/// that a reader parses each line once. A document on several lines, which no version of ours has
/// written, is a string.
struct NDJSONWriter: EntryWriter {
    /// The id of each event up to its number; empty until it is needed.
    private var id: [UInt8] = []

    mutating func append(
        _ frame: Frame,
        _ payload: Span<UInt8>,
        of log: [UInt8],
        _ context: FrameContext,
        into out: inout [UInt8]
    ) {
        let start = out.count
        defer { LineSeparators.escape(in: &out, from: start) }
        switch frame.kind {
        case .start:
            begin("start", frame.number, context, into: &out)
            EventData.appendStart(context, into: &out)
            end(into: &out)
        case .text: appendText(payload, "token", frame, context, into: &out)
        case .reasoning: appendText(payload, "reasoning", frame, context, into: &out)
        case .refusal: appendText(payload, "refusal", frame, context, into: &out)
        case .toolCall:
            guard Self.isOnOneLine(payload) else {
                return appendText(payload, "tool_call", frame, context, into: &out)
            }
            begin("tool_call", frame.number, context, into: &out)
            out.append(span: payload)
            end(into: &out)
        case .members:
            guard Payload.isShown(payload) else { return }
            begin("extra", frame.number, context, into: &out)
            out.append(span: payload)
            end(into: &out)
        case .usage, .restart: break
        case .finish:
            begin("finish", nil, context, into: &out)
            EventData.appendFinish(frame, payload, of: log, context, into: &out)
            end(into: &out)
            begin("done", frame.number, context, into: &out)
            out.append(literal: "\"[DONE]\"")
            end(into: &out)
        case .failure:
            begin("error", frame.number, context, into: &out)
            EventData.appendFailure(payload, into: &out)
            end(into: &out)
        }
    }

    static func appendRestored(
        _ n: Int?,
        of log: borrowing EntryLog,
        _ context: FrameContext,
        into out: inout [UInt8]
    ) {
        let start = out.count
        defer { LineSeparators.escape(in: &out, from: start) }
        var writer = NDJSONWriter()
        writer.begin("restored", log.count - 2, context, into: &out)
        EventData.appendRestored(n, of: log, into: &out)
        writer.end(into: &out)
    }

    private mutating func appendText(
        _ text: Span<UInt8>,
        _ name: StaticString,
        _ frame: Frame,
        _ context: FrameContext,
        into out: inout [UInt8]
    ) {
        var start = 0
        while let cut = TextLine.cut(text, from: start, escapedTo: context.textBytes) {
            begin(name, nil, context, into: &out)
            JSONText.appendString(text.extracting(start..<cut), into: &out)
            end(into: &out)
            start = cut
        }
        begin(name, frame.number, context, into: &out)
        JSONText.appendString(text.extracting(start...), into: &out)
        end(into: &out)
    }

    /// Begins a line, up to the value of its data; only the last line of a frame has an id.
    private mutating func begin(
        _ name: StaticString,
        _ number: Int?,
        _ context: FrameContext,
        into out: inout [UInt8]
    ) {
        out.append(literal: "{\"event\":\"")
        out.append(literal: name)
        if let number, context.hasIDs {
            if id.isEmpty { context.appendIDPrefix(into: &id) }
            out.append(literal: "\",\"id\":\"")
            out.append(contentsOf: id)
            out.append(decimal: number)
        }
        out.append(literal: "\",\"data\":")
    }

    private func end(into out: inout [UInt8]) { out.append(literal: "}\n") }

    private static func isOnOneLine(_ document: Span<UInt8>) -> Bool {
        for index in document.indices {
            let byte = document[index]
            if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") { return false }
        }
        return !document.isEmpty
    }
}
