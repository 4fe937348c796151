import Wire

/// OpenAI's answer in one piece, for clients that did not ask for a stream.
package enum OpenAICompletion {
    /// Appends the `chat.completion` object of an ended log.
    ///
    /// A cut answer never looks whole: its reason is `length`, the one that clients know for it, and
    /// `status` and `error` say what cut it. Most, and what was stopped, are
    /// answered with an error status instead.
    package static func append(
        log: borrowing EntryLog,
        context: FrameContext,
        into out: inout [UInt8]
    ) {
        out.append(UInt8(ascii: "{"))
        appendHead("chat.completion", context, into: &out)
        if context.repeatsContent {
            out.append(literal: ",\"content\":\"")
            log.appendEscaped(.text, into: &out)
            log.appendEscaped(.refusal, into: &out)
            out.append(UInt8(ascii: "\""))
        }
        out.append(literal: ",\"choices\":[{\"index\":0,\"message\":")
        appendMessage(log, into: &out)
        out.append(literal: ",\"logprobs\":null,\"finish_reason\":\"")
        let ending = log.ending ?? .complete
        out.append(literal: ending.isFinish ? ending.openAIFinishReason : "length")
        out.append(literal: "\"}],\"usage\":")
        let bytes = log.bytes
        if let usage = context.usage {
            usage.append(into: &out)
        } else if let range = log.usageRange {
            out.append(contentsOf: bytes[range])
        } else {
            out.append(literal: "null")
        }
        if !ending.isFinish {
            out.append(literal: ",\"status\":")
            JSONText.appendString(ending.rawValue, into: &out)
            out.append(literal: ",\"error\":")
            log.appendError(into: &out)
        }
        out.append(UInt8(ascii: "}"))
    }

    /// Appends the members that all of OpenAI's chat objects begin with.
    static func appendHead(
        _ object: StaticString,
        _ context: FrameContext,
        into out: inout [UInt8]
    ) {
        out.append(literal: "\"id\":\"chatcmpl-")
        JSONText.appendEscaped(context.generation, into: &out)
        out.append(literal: "\",\"object\":\"")
        out.append(literal: object)
        out.append(literal: "\",\"created\":")
        out.append(decimal: context.created)
        out.append(literal: ",\"model\":")
        JSONText.appendString(context.model, into: &out)
    }

    private static func appendMessage(_ log: borrowing EntryLog, into out: inout [UInt8]) {
        let calls = ToolCalls(log)
        out.append(literal: "{\"role\":\"assistant\",\"content\":")
        let hasText = log.count(of: .text) > 0
        if hasText || (calls.isEmpty && log.count(of: .refusal) == 0) {
            appendJoined(.text, log, into: &out)
        } else {
            out.append(literal: "null")
        }
        out.append(literal: ",\"refusal\":")
        if log.count(of: .refusal) > 0 {
            appendJoined(.refusal, log, into: &out)
        } else {
            out.append(literal: "null")
        }
        if log.count(of: .reasoning) > 0 {
            out.append(literal: ",\"reasoning_content\":")
            appendJoined(.reasoning, log, into: &out)
        }
        if !calls.isEmpty {
            out.append(literal: ",\"tool_calls\":")
            calls.json.write(into: &out)
        }
        out.append(UInt8(ascii: "}"))
    }

    /// Appends the payloads of one kind as one JSON string.
    private static func appendJoined(
        _ kind: EntryKind,
        _ log: borrowing EntryLog,
        into out: inout [UInt8]
    ) {
        out.append(UInt8(ascii: "\""))
        log.appendEscaped(kind, into: &out)
        out.append(UInt8(ascii: "\""))
    }
}
