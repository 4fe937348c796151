import Wire

/// The data of events that carry JSON and not text, on one line.
enum EventData {
    static func appendStart(_ context: FrameContext, into out: inout [UInt8]) {
        out.append(literal: "{\"id\":")
        JSONText.appendString(context.generation, into: &out)
        out.append(literal: ",\"model\":")
        JSONText.appendString(context.model, into: &out)
        out.append(UInt8(ascii: "}"))
    }

    static func appendFinish(
        _ frame: Frame,
        _ payload: Span<UInt8>,
        of log: [UInt8],
        _ context: FrameContext,
        into out: inout [UInt8]
    ) {
        out.append(literal: "{\"status\":")
        Payload.append("status", of: payload, into: &out)
        out.append(literal: ",\"finish_reason\":")
        Payload.appendReasons(of: payload, into: &out)
        out.append(literal: ",\"usage\":")
        if !context.appendUsage(frame, of: log, into: &out) { out.append(literal: "null") }
        out.append(UInt8(ascii: "}"))
    }

    static func appendFailure(_ payload: Span<UInt8>, into out: inout [UInt8]) {
        out.append(UInt8(ascii: "{"))
        RelayError.append(payload, into: &out)
        out.append(literal: ",\"status\":")
        Payload.append("status", of: payload, into: &out)
        out.append(UInt8(ascii: "}"))
    }

    /// Appends the whole text so far; `n` is the number of the one entry that holds all of it.
    static func appendRestored(
        _ n: Int?,
        of log: borrowing EntryLog,
        into out: inout [UInt8]
    ) {
        out.append(literal: "{\"content\":\"")
        if let n {
            let bytes = log.bytes
            let range = log.range(n)
            // Leaves room for some escapes, since growing would copy the text.
            out.reserveCapacity(out.count + 512 + range.count + range.count / 8)
            JSONText.appendEscaped(bytes.span.extracting(range), into: &out)
        }
        out.append(literal: "\"")
        appendExtra(of: log, into: &out)
        out.append(literal: "}")
    }

    /// Appends what came beside the text as `extra`, if anything did.
    private static func appendExtra(of log: borrowing EntryLog, into out: inout [UInt8]) {
        let bytes = log.bytes
        var isFirst = true
        for n in log.answerNumbers where log.kind(n) == .members {
            let payload = bytes.span.extracting(log.range(n))
            guard Payload.isShown(payload) else { continue }
            out.append(literal: isFirst ? ",\"extra\":[" : ",")
            isFirst = false
            out.append(span: payload)
        }
        if !isFirst { out.append(literal: "]") }
    }
}
