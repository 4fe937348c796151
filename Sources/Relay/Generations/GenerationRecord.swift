import ChatFormats
import HTTPServer
import Loop
import Wire

/// A generation as one line of the history file.
extension Generation {
    /// Appends the record, without the line's end.
    func appendRecord(
        totalMilliseconds: Int,
        retries: Int,
        into out: inout [UInt8]
    ) {
        out.append(literal: "{\"id\":")
        JSONText.appendString(id, into: &out)
        append("conversation", request.conversation, into: &out)
        append("user", request.user, into: &out)
        out.append(literal: ",\"started_at\":\"")
        Timestamp.append(milliseconds: startedAt, into: &out)
        out.append(literal: "\",\"ended_at\":\"")
        Timestamp.append(milliseconds: startedAt + totalMilliseconds, into: &out)
        out.append(literal: "\",\"upstream\":")
        JSONText.appendString(upstream.configuration.name, into: &out)
        out.append(literal: ",\"model\":")
        JSONText.appendString(model, into: &out)
        appendMessages(into: &out)
        appendContent(into: &out)
        appendTiming(totalMilliseconds, retries, into: &out)
        out.append(literal: ",\"error\":")
        appendError(into: &out)
        out.append(literal: "}")
    }

    private func appendMessages(into out: inout [UInt8]) {
        out.append(literal: ",\"messages\":[")
        var isFirst = true
        if let system = request.system {
            append(.init(role: .system, text: system), into: &out)
            isFirst = false
        }
        for message in request.messages {
            if !isFirst { out.append(UInt8(ascii: ",")) }
            isFirst = false
            append(message, into: &out)
        }
        out.append(literal: "]")
    }

    private func append(_ message: ChatRequest.Message, into out: inout [UInt8]) {
        if let original = message.original { return original.write(into: &out) }
        out.append(literal: "{\"role\":")
        JSONText.appendString(message.role.rawValue, into: &out)
        out.append(literal: ",\"content\":")
        JSONText.appendString(message.text, into: &out)
        out.append(literal: "}")
    }

    private func appendContent(into out: inout [UInt8]) {
        out.append(literal: ",\"content\":\"")
        appendEscaped(.text, into: &out)
        out.append(literal: "\"")
        if log.count(of: .reasoning) > 0 {
            out.append(literal: ",\"reasoning\":\"")
            appendEscaped(.reasoning, into: &out)
            out.append(literal: "\"")
        }
        if log.count(of: .refusal) > 0 {
            out.append(literal: ",\"refusal\":\"")
            appendEscaped(.refusal, into: &out)
            out.append(literal: "\"")
        }
        if log.count(of: .toolCall) > 0 {
            out.append(literal: ",\"tool_calls\":")
            log.appendToolCalls(into: &out)
        }
        out.append(literal: ",\"status\":")
        JSONText.appendString((log.ending ?? .interrupted).rawValue, into: &out)
        append("finish_reason", finishReason, into: &out)
        out.append(literal: ",\"usage\":")
        if let usage { usage.append(into: &out) } else { out.append(literal: "null") }
    }

    private func appendEscaped(_ kind: EntryKind, into out: inout [UInt8]) {
        log.appendEscaped(kind, into: &out)
    }

    private func appendTiming(_ total: Int, _ retries: Int, into out: inout [UInt8]) {
        out.append(literal: ",\"timing\":{\"ttft_ms\":")
        if let first = firstTokenMilliseconds {
            out.append(decimal: first)
        } else {
            out.append(literal: "null")
        }
        out.append(literal: ",\"total_ms\":")
        out.append(decimal: total)
        out.append(literal: ",\"tokens\":")
        out.append(decimal: log.textEntryCount)
        out.append(literal: ",\"retries\":")
        out.append(decimal: retries)
        out.append(literal: "}")
    }

    private func appendError(into out: inout [UInt8]) {
        guard let failure else { return out.append(literal: "null") }
        failure.problem.appendObject(into: &out)
    }

    private func append(_ name: StaticString, _ value: String?, into out: inout [UInt8]) {
        out.append(literal: ",\"")
        out.append(literal: name)
        out.append(literal: "\":")
        if let value {
            JSONText.appendString(value, into: &out)
        } else {
            out.append(literal: "null")
        }
    }

    /// How it went, for the request's line in the log.
    func appendOutcome(to note: inout [UInt8]) {
        note.append(literal: " status=")
        note.append(text: log.ending?.rawValue ?? "running")
        note.append(literal: " tokens=")
        note.append(decimal: log.textEntryCount)
        guard let first = firstTokenMilliseconds else { return }
        note.append(literal: " ttft=")
        note.append(decimal: first)
        note.append(literal: "ms")
    }
}
