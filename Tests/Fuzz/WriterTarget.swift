import ChatFormats
import Wire

extension FuzzTarget {
    /// Writers: begun at any entry, and in pieces of any size, a writer says what is left as one
    /// that began with the first; and clients read the text that the log has.
    static let writer = FuzzTarget(name: "writer") { input in
        let mode = input.byte()
        let size = 1 + input.number(below: 600)
        let place = input.number(below: 1 << 16)
        let context = FrameContext(
            generation: "0abc",
            model: "m\"1",
            created: 7,
            wantsUsage: mode & 1 == 1,
            usesFunctions: mode & 2 == 2,
            hasIDs: mode & 4 == 0,
            repeatsContent: mode & 8 == 8
        )
        let log = LogScript.read(&input)
        let start = place % log.count
        var sum = 0
        for dialect in Dialect.all {
            var frames: [[UInt8]] = []
            var writer = dialect.makeWriter(context)
            for n in 0..<log.count {
                var frame: [UInt8] = []
                _ = writer.write(n..<n + 1, of: log, context, upTo: .max, into: &frame)
                frames.append(frame)
            }
            let rest = Array(frames[start...].joined())
            let resumed = written(dialect, context, log, from: start, piece: size)
            promise(
                resumed == rest,
                "\(dialect) from \(start) in pieces of \(size): \(text(resumed)), not \(text(rest))"
            )
            let whole = Array(frames.joined())
            ClientText(log).check(dialect, whole)
            sum += whole.count
        }
        return sum
    }

    private static func written(
        _ dialect: Dialect,
        _ context: FrameContext,
        _ log: borrowing EntryLog,
        from start: Int,
        piece size: Int
    ) -> [UInt8] {
        var writer = dialect.makeWriter(context)
        var out: [UInt8] = []
        var next = start
        while next < log.count {
            let before = (next, out.count)
            next = writer.write(next..<log.count, of: log, context, upTo: size, into: &out)
            promise((next, out.count) > before, "\(dialect) writes nothing")
        }
        return out
    }

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}

/// Makes a log of an input: entries as decoders make them.
private enum LogScript {
    static func read(_ input: inout FuzzInput) -> EntryLog {
        var log = EntryLog()
        log.appendStart(id: "0abc", model: "m\"1", created: 7)
        var hasMembers = false
        while !input.isEmpty, log.count < 64 {
            let kind = input.byte()
            let text = String(decoding: input.bytes(Int(input.byte())), as: UTF8.self)
            switch kind % 8 {
            case 0, 1, 2: append(.text, text, to: &log)
            case 3: append(.reasoning, text, to: &log)
            case 4: append(.refusal, text, to: &log)
            case 5: append(.toolCall, call(Int(kind >> 3), text), to: &log)
            case 6:
                // Decoders name another model once, and it is the first that they add.
                let model = hasMembers ? "" : #""model":\#(quoted(text)),"#
                append(.members, #"{"chunk":{\#(model)"x":\#(quoted(text))}}"#, to: &log)
                hasMembers = true
            default:
                if !hasMembers { append(.restart, "", to: &log) }
            }
        }
        end(&log, input.isEmpty ? 0 : input.byte())
        return log
    }

    private static func end(_ log: inout EntryLog, _ kind: UInt8) {
        if kind & 1 == 1 { log.appendUsage(Usage(promptTokens: 1, completionTokens: 2)) }
        if kind & 2 == 2 {
            log.appendFailure(.truncated, type: "t", message: "cut \"off\"", code: "9")
        } else {
            log.appendFinish(.length, finishReason: "length", native: kind & 4 == 4 ? "n" : nil)
        }
    }

    private static func append(_ kind: EntryKind, _ text: String, to log: inout EntryLog) {
        // Decoders make no entry of an empty text.
        guard !text.isEmpty || kind == .restart else { return }
        let bytes = Array(text.utf8)
        log.append(kind, bytes.span)
    }

    private static func call(_ index: Int, _ text: String) -> String {
        let id = text.utf8.count % 2 == 0 ? #","id":"a\#(index)""# : ""
        return #"{"index":\#(index)\#(id),"function":{"name":"f","arguments":\#(quoted(text))}}"#
    }

    private static func quoted(_ text: String) -> String {
        var bytes: [UInt8] = []
        JSONText.appendString(text, into: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// The text of an answer, as clients of each dialect must read it.
private struct ClientText {
    /// All text and refusals as they are.
    private var exact = ""
    /// The same with the line ends of an event's data.
    private var lines = ""
    /// The text alone.
    private var answer = ""
    private let isFinished: Bool

    init(_ log: borrowing EntryLog) {
        isFinished = log.kind(log.count - 1) == .finish
        for n in 0..<log.count where log.kind(n) == .text || log.kind(n) == .refusal {
            let text = String(decoding: log.bytes[log.range(n)], as: UTF8.self)
            exact += text
            lines += String(decoding: withLineFeeds(Array(text.utf8)), as: UTF8.self)
            if log.kind(n) == .text { answer += text }
        }
    }

    func check(_ dialect: Dialect, _ stream: [UInt8]) {
        if dialect == .plain {
            return expect(dialect, String(decoding: stream, as: UTF8.self), exact)
        }
        guard dialect != .ndjson else { return checkLines(stream) }
        let reading = EventReading(pieces: [stream])
        let ends = reading.events.filter(\.isEndMark)
        promise(ends.count <= 1, "\(dialect): a text that looks like the end mark")
        promise(ends.isEmpty || reading.events.last?.isEndMark == true, "\(dialect): an early end")
        var found = ""
        for event in reading.events where !event.isEndMark { found += text(of: event, dialect) }
        switch dialect {
        case .content: expect(dialect, found, exact)
        case .openai: expect(dialect, found, answer)
        default: expect(dialect, found, lines)
        }
    }

    private func text(of event: ReadEvent, _ dialect: Dialect) -> String {
        let data = String(decoding: event.data, as: UTF8.self)
        switch (dialect, String(decoding: event.name, as: UTF8.self)) {
        case (.events, "token"), (.events, "refusal"), (.tokens, "newToken"), (.text, ""):
            return data
        case (.content, ""), (.openai, ""):
            let json = parsed(event.data)
            if dialect == .content { return json["content"]?.stringValue ?? "" }
            let delta = json["choices"]?.arrayValue?.first?["delta"]
            return delta?["content"]?.stringValue ?? ""
        default: return ""
        }
    }

    private func checkLines(_ stream: [UInt8]) {
        var found = ""
        for line in stream.split(separator: UInt8(ascii: "\n")) {
            let json = parsed(Array(line))
            guard let name = json["event"]?.stringValue, ["token", "refusal"].contains(name) else {
                continue
            }
            found += json["data"]?.stringValue ?? ""
        }
        expect(.ndjson, found, exact)
    }

    private func parsed(_ bytes: [UInt8]) -> JSON {
        let json = try? JSON.parse(bytes.span)
        promise(json != nil, "no JSON: \(String(decoding: bytes, as: UTF8.self))")
        return json ?? .null
    }

    private func expect(_ dialect: Dialect, _ found: String, _ expected: String) {
        promise(
            Array(found.utf8) == Array(expected.utf8),
            "\(dialect) says \(found.debugDescription), not \(expected.debugDescription)"
        )
    }
}

extension ReadEvent {
    /// Whether clients take it for the end: they trim a line before they compare it.
    fileprivate var isEndMark: Bool {
        data.split(separator: UInt8(ascii: "\n")).contains { line in
            let text = line.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
            return text.starts(with: "[DONE]".utf8)
        }
    }
}
