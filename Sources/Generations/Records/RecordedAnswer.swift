import ChatFormats
import Wire

/// An ended answer as its record has it: the whole text is one entry, since a record does not say
/// where tokens met.
package struct RecordedAnswer: Sendable {
    package let id: String
    /// Who asked; nil where callers were not told apart.
    package let owner: String?
    package let model: String
    /// Seconds since 1970.
    package let created: Int
    /// The start, what was said, and the end.
    package let part: SharedLog

    /// Reads a record as it is in the file; nil where it is not ours.
    ///
    /// The texts go straight into the log: a tree would hold a long one a second time.
    package init?(_ line: [UInt8]) {
        do throws(JSONError) {
            let (record, texts) = try Self.read(line.span)
            guard let id = record["id"]?.stringValue else { return nil }
            self.id = id
            owner = record["owner"]?.stringValue
            model = record["model"]?.stringValue ?? ""
            created = record["started_at"]?.stringValue.flatMap(Timestamp.seconds) ?? 0
            var log = EntryLog()
            log.appendStart(id: id, model: model, created: created)
            var members = (record["members"]?.arrayValue ?? [])[...]
            if let position = texts["reasoning"] {
                try Self.appendReasoning(at: position, in: line.span, &members, to: &log)
            }
            for value in members { Self.append(members: value, to: &log) }
            for (name, kind) in Self.texts where kind != .reasoning {
                guard let position = texts[name] else { continue }
                try log.append(kind, textAt: position, in: line.span)
            }
            Self.append(record, to: &log)
            part = SharedLog(log)
        } catch {
            return nil
        }
    }

    /// Appends the reasoning, cut where a signature of what came before follows.
    ///
    /// - Parameters:
    ///   - position: where its value begins.
    ///   - line: the record.
    ///   - members: the entries that follow each other; those that belong before the end of the
    ///     reasoning are taken.
    ///   - log: is appended to.
    /// - Throws: what is wrong with the JSON.
    private static func appendReasoning(
        at position: Int,
        in line: Span<UInt8>,
        _ members: inout ArraySlice<JSON>,
        to log: inout EntryLog
    ) throws(JSONError) {
        guard members.contains(where: { $0["reasoning_bytes"] != nil }) else {
            return try log.append(.reasoning, textAt: position, in: line)
        }
        var reader = JSONReader(position: position)
        guard try reader.peek(line) == .string else { return }
        var text: [UInt8] = []
        try reader.readString(line, into: &text)
        var said = 0
        while let last = members.lastIndex(where: { $0["reasoning_bytes"] != nil }) {
            let value = members.removeFirst()
            if let end = value["reasoning_bytes"]?.intValue, end > said, end <= text.count {
                log.append(.reasoning, text.span.extracting(said..<end))
                said = end
            }
            append(members: value, to: &log)
            if members.startIndex > last { break }
        }
        if said < text.count { log.append(.reasoning, text.span.extracting(said...)) }
    }

    private static func append(members value: JSON, to log: inout EntryLog) {
        let kept = (value.members ?? []).filter { !equals($0.key, "reasoning_bytes") }
        guard !kept.isEmpty else { return }
        append(json: .object(kept), .members, to: &log)
    }

    /// The members that are texts, in the order of their entries.
    private static let texts: [(name: String, kind: EntryKind)] = [
        ("reasoning", .reasoning), ("content", .text), ("refusal", .refusal),
    ]

    /// Reads what a record has beside its texts and what was asked, and where the texts are.
    private static func read(
        _ line: Span<UInt8>
    ) throws(JSONError) -> (record: JSON, texts: [String: Int]) {
        var members: [JSON.Member] = []
        var positions: [String: Int] = [:]
        var reader = JSONReader()
        try reader.enterObject(line)
        while let range = try reader.nextKey(line) {
            var bytes: [UInt8] = []
            var name = JSONReader(position: range.lowerBound - 1)
            try name.readString(line, into: &bytes)
            let key = String(decoding: bytes, as: UTF8.self)
            // The value begins after the white space.
            _ = try reader.peek(line)
            let start = reader.position
            try reader.skip(line)
            if texts.contains(where: { equals($0.name, key) }) {
                positions[key] = start
            } else if !equals(key, "messages") {
                let value = try JSON.parse(line.extracting(start..<reader.position))
                members.append(.init(key: key, value: value))
            }
        }
        try reader.finish(line)
        return (.object(members), positions)
    }

    /// The entry that is the text of the answer, as far as it came; nil where there is none.
    package var text: Int? { part.log.numbers.first { part.log.kind($0) == .text } }

    private static func append(_ record: JSON, to log: inout EntryLog) {
        let ending =
            record["status"]?.stringValue.flatMap { Ending(rawValue: $0) } ?? .interrupted
        for (index, call) in (record["tool_calls"]?.arrayValue ?? []).enumerated() {
            let indexMember = JSON.Member(key: "index", value: .number("\(index)"))
            append(json: .object([indexMember] + (call.members ?? [])), .toolCall, to: &log)
        }
        if let usage = record["usage"], usage.members != nil {
            append(json: usage, .usage, to: &log)
        }
        if ending.isFinish {
            let reason = record["finish_reason"]?.stringValue
            let native = record["native_finish_reason"]?.stringValue
            log.appendFinish(ending, finishReason: reason ?? "stop", native: native)
        } else {
            let error = record["error"] ?? .null
            log.appendFailure(
                ending,
                type: error["type"]?.stringValue ?? ending.rawValue,
                message: error["message"]?.stringValue ?? "",
                code: error["code"]?.stringValue
            )
        }
    }

    private static func append(json: JSON, _ kind: EntryKind, to log: inout EntryLog) {
        var bytes: [UInt8] = []
        json.write(into: &bytes)
        log.append(kind, bytes.span)
    }
}
