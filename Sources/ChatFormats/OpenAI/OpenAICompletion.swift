import Wire

/// OpenAI's answer in one piece, for clients that did not ask for a stream.
package enum OpenAICompletion {
    /// Appends the `chat.completion` object of an ended log.
    ///
    /// A cut answer never looks whole: its reason is `length`, the one that clients know for it,
    /// and `status` and `error` say what cut it. Most cut answers, and stopped ones, get an error
    /// status instead.
    package static func append(
        log: borrowing EntryLog,
        context: FrameContext,
        into out: inout [UInt8]
    ) {
        var outline = AnswerOutline()
        outline.add(log)
        append(outline, context, into: &out) { log.appendEscaped($0, into: &$1) }
    }

    /// The same for a log that is not in memory whole.
    ///
    /// - Parameters:
    ///   - outline: of the whole log.
    ///   - context: the same for all frames of the answer.
    ///   - out: the bytes that are appended to.
    ///   - appendText: appends all texts of one kind, joined and escaped for a JSON string, without
    ///     its quotes.
    /// - Throws: what `appendText` throws.
    package static func append<Failure: Error>(
        _ outline: borrowing AnswerOutline,
        _ context: FrameContext,
        into out: inout [UInt8],
        appendText: (EntryKind, inout [UInt8]) throws(Failure) -> Void
    ) throws(Failure) {
        let repeated = context.repeatsContent ? outline.contentRoomBytes : 0
        out.reserveCapacity(out.count + outline.roomBytes + repeated)
        let members = AnswerMembers(outline)
        out.append(UInt8(ascii: "{"))
        var model: [UInt8] = []
        members.model?.write(into: &model)
        appendHead("chat.completion", context, model, into: &out)
        if context.repeatsContent {
            out.append(literal: ",\"content\":\"")
            if outline.has(.text) { try appendText(.text, &out) }
            if outline.has(.refusal) { try appendText(.refusal, &out) }
            out.append(UInt8(ascii: "\""))
        }
        out.append(literal: ",\"choices\":[{\"index\":0,\"message\":")
        var message: [JSON.Member] = []
        if !outline.reasoningEnds.isEmpty {
            var reasoning: [UInt8] = []
            if members.repeatsReasoning { try appendText(.reasoning, &reasoning) }
            message = members.message(unescaped(reasoning))
        }
        try appendMessage(outline, message, context, into: &out, appendText)
        appendOutcome(outline.log, members, context, into: &out)
        append(members.top, into: &out)
        out.append(UInt8(ascii: "}"))
    }

    /// The text of a JSON string that has no quotes.
    private static func unescaped(_ text: [UInt8]) -> [UInt8] {
        var quoted: [UInt8] = [UInt8(ascii: "\"")]
        quoted += text
        quoted.append(UInt8(ascii: "\""))
        var bytes: [UInt8] = []
        var reader = JSONReader()
        // It was escaped by this module.
        do throws(JSONError) { try reader.readString(quoted.span, into: &bytes) } catch {}
        return bytes
    }

    /// Appends members, each after a comma.
    private static func append(_ members: [JSON.Member], into out: inout [UInt8]) {
        for member in members {
            out.append(UInt8(ascii: ","))
            JSONText.appendString(member.key, into: &out)
            out.append(UInt8(ascii: ":"))
            member.value.write(into: &out)
        }
    }

    /// Appends what comes after the message.
    private static func appendOutcome(
        _ log: borrowing EntryLog,
        _ members: AnswerMembers,
        _ context: FrameContext,
        into out: inout [UInt8]
    ) {
        append(members.ofChoice, into: &out)
        out.append(literal: ",\"logprobs\":")
        members.logprobs.write(into: &out)
        out.append(literal: ",\"finish_reason\":\"")
        let ending = log.ending ?? .complete
        out.append(literal: ending.isFinish ? context.finishReason(ending) : "length")
        let bytes = log.bytes
        out.append(UInt8(ascii: "\""))
        if ending.isFinish, log.isEnded {
            let finish = bytes.span.extracting(log.range(log.count - 1))
            Payload.appendNativeReason(of: finish, into: &out)
        }
        out.append(literal: "}")
        for choice in members.choices {
            out.append(UInt8(ascii: ","))
            choice.write(into: &out)
        }
        out.append(literal: "],\"usage\":")
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
    }

    /// Appends the members that all of OpenAI's chat objects begin with.
    ///
    /// - Parameters:
    ///   - object: which object it is.
    ///   - context: the same for all frames.
    ///   - model: the model that answers, as JSON; empty where it is the context's.
    ///   - out: the bytes that are appended to.
    static func appendHead(
        _ object: StaticString,
        _ context: FrameContext,
        _ model: [UInt8] = [],
        into out: inout [UInt8]
    ) {
        out.append(literal: "\"id\":\"chatcmpl-")
        JSONText.appendEscaped(context.generation, into: &out)
        out.append(literal: "\",\"object\":\"")
        out.append(literal: object)
        out.append(literal: "\",\"created\":")
        out.append(decimal: context.created)
        out.append(literal: ",\"model\":")
        guard model.isEmpty else { return out.append(contentsOf: model) }
        JSONText.appendString(context.model, into: &out)
    }

    private static func appendMessage<Failure: Error>(
        _ outline: borrowing AnswerOutline,
        _ members: [JSON.Member],
        _ context: FrameContext,
        into out: inout [UInt8],
        _ appendText: (EntryKind, inout [UInt8]) throws(Failure) -> Void
    ) throws(Failure) {
        let calls = ToolCalls(outline.log)
        out.append(literal: "{\"role\":\"assistant\",\"content\":")
        if outline.has(.text) {
            try appendString(.text, into: &out, appendText)
        } else {
            let isEmpty = calls.isEmpty && !outline.has(.refusal)
            out.append(literal: isEmpty ? "\"\"" : "null")
        }
        out.append(literal: ",\"refusal\":")
        if outline.has(.refusal) {
            try appendString(.refusal, into: &out, appendText)
        } else {
            out.append(literal: "null")
        }
        if outline.has(.reasoning) {
            out.append(literal: ",\"reasoning_content\":")
            try appendString(.reasoning, into: &out, appendText)
        }
        if !calls.isEmpty { append(calls.list, context, into: &out) }
        append(members, into: &out)
        out.append(UInt8(ascii: "}"))
    }

    /// Appends the calls; the form before calls had ids has room for the first one.
    private static func append(
        _ calls: [JSON],
        _ context: FrameContext,
        into out: inout [UInt8]
    ) {
        var calls = calls[...]
        if context.usesFunctions, let function = calls.first?["function"] {
            out.append(literal: ",\"function_call\":")
            function.write(into: &out)
            calls.removeFirst()
        }
        guard !calls.isEmpty else { return }
        out.append(literal: ",\"tool_calls\":")
        JSON.array(Array(calls)).write(into: &out)
    }

    private static func appendString<Failure: Error>(
        _ kind: EntryKind,
        into out: inout [UInt8],
        _ appendText: (EntryKind, inout [UInt8]) throws(Failure) -> Void
    ) throws(Failure) {
        out.append(UInt8(ascii: "\""))
        try appendText(kind, &out)
        out.append(UInt8(ascii: "\""))
    }
}
