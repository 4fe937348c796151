package import Wire

/// What the history file says of an ended log: what was answered, and how it ended.
extension EntryLog {
    /// Appends the members from `content` to `usage`, each after a comma.
    package func appendAnswer(into out: inout [UInt8]) {
        for member in RecordedText.all where member.isAlways || count(of: member.kind) > 0 {
            member.append(into: &out) { appendEscaped(member.kind, into: &$0) }
        }
        appendEnding(into: &out)
    }

    /// Appends the members after the texts, from `tool_calls` to `usage`, each after a comma.
    package func appendEnding(into out: inout [UInt8]) {
        if count(of: .toolCall) > 0 {
            out.append(literal: ",\"tool_calls\":")
            appendToolCalls(into: &out)
        }
        let bytes = bytes
        out.append(literal: ",\"status\":")
        JSONText.appendString((ending ?? .interrupted).rawValue, into: &out)
        out.append(literal: ",\"finish_reason\":")
        if let last = lastRange(.finish) {
            Payload.appendReasons(of: bytes.span.extracting(last), into: &out)
        } else {
            out.append(literal: "null")
        }
        out.append(literal: ",\"usage\":")
        if let usageRange {
            out.append(span: bytes.span.extracting(usageRange))
        } else {
            out.append(literal: "null")
        }
    }

    /// Within a record they are two levels deeper, and the record must be readable again.
    private static let membersLimits = JSONLimits(maxDepth: JSONReader.defaultMaxDepth - 2)

    /// Appends what an upstream sent and no other member holds, after a comma; appends nothing
    /// where there is none.
    ///
    /// - Parameters:
    ///   - reasoningEnds: how much reasoning came before each of them; nil where all of it is in
    ///     this log. A signature is of the reasoning before it, so the record says how much that
    ///     is.
    ///   - out: the bytes that are appended to.
    package func appendMembers(_ reasoningEnds: [Int]? = nil, into out: inout [UInt8]) {
        let bytes = bytes
        var isFirst = true
        var reasoning = 0
        var entry = 0
        for n in answerNumbers {
            if kind(n) == .reasoning { reasoning += range(n).count }
            guard kind(n) == .members else { continue }
            defer { entry += 1 }
            if let reasoningEnds { reasoning = reasoningEnds[entry] }
            // Another version wrote it: a payload that is not JSON, or has two lines, would break
            // the record.
            let payload = bytes.span.extracting(range(n))
            guard var value = try? JSON.parse(payload, limits: Self.membersLimits) else {
                continue
            }
            if value.isOfReasoning, let members = value.members {
                let end = JSON.Member(key: "reasoning_bytes", value: .number("\(reasoning)"))
                value = .object(members + [end])
            }
            out.append(literal: isFirst ? ",\"members\":[" : ",")
            isFirst = false
            value.write(into: &out)
        }
        if !isFirst { out.append(literal: "]") }
    }

    /// Appends the object that says why the answer is not whole; `null` where it is whole.
    package func appendError(into out: inout [UInt8]) {
        guard let last = lastRange(.failure) else { return out.append(literal: "null") }
        let bytes = bytes
        let payload = bytes.span.extracting(last)
        out.append(literal: "{\"type\":")
        Payload.append("type", of: payload, into: &out)
        out.append(literal: ",\"message\":")
        Payload.append("message", of: payload, into: &out)
        out.append(literal: ",\"code\":")
        Payload.append("code", of: payload, into: &out)
        out.append(literal: "}")
    }

    /// The failure that ended the log, as JSON with `type`, `message` and `code`.
    package var failure: JSON? {
        guard let last = lastRange(.failure) else { return nil }
        let bytes = bytes
        return try? JSON.parse(bytes.span.extracting(last))
    }

    /// Where the last entry's payload is, if the entry is of this kind.
    private func lastRange(_ kind: EntryKind) -> Range<Int>? {
        guard count > 0, self.kind(count - 1) == kind else { return nil }
        return range(count - 1)
    }
}

/// A member of a record that holds all texts of one kind, joined.
package struct RecordedText: Sendable {
    /// In the order in which a record has them.
    package static let all = [
        RecordedText(name: "content", kind: .text, isAlways: true),
        RecordedText(name: "reasoning", kind: .reasoning, isAlways: false),
        RecordedText(name: "refusal", kind: .refusal, isAlways: false),
    ]

    private let name: StaticString
    /// The kind of the entries that it joins.
    package let kind: EntryKind
    /// Whether the record has it even where there are no such entries.
    package let isAlways: Bool

    /// Appends it after a comma; `text` appends what goes between its quotes.
    package func append<Failure: Error>(
        into out: inout [UInt8],
        text: (inout [UInt8]) throws(Failure) -> Void
    ) throws(Failure) {
        out.append(literal: ",\"")
        out.append(literal: name)
        out.append(literal: "\":\"")
        try text(&out)
        out.append(literal: "\"")
    }
}
