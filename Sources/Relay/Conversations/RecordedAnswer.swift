import ChatFormats
import Wire

/// An ended answer as its record tells it: the whole text is one entry, since where tokens met is not
/// in a record.
struct RecordedAnswer: Sendable {
    let id: String
    let model: String
    /// Seconds since 1970.
    let created: Int
    private let record: JSON

    /// Reads a record as it stands in the file; nil where it is none of ours.
    init?(_ line: [UInt8]) {
        guard let record = try? JSON.parse(line.span), let id = record["id"]?.stringValue else {
            return nil
        }
        self.record = record
        self.id = id
        model = record["model"]?.stringValue ?? ""
        created = record["started_at"]?.stringValue.flatMap(Timestamp.seconds) ?? 0
    }

    /// The text of the answer, as far as it came.
    var text: String { record["content"]?.stringValue ?? "" }

    /// How it ended.
    var ending: Ending {
        record["status"]?.stringValue.flatMap { Ending(rawValue: $0) } ?? .interrupted
    }

    /// Its log: the start, what was said, and the end.
    func makeLog() -> EntryLog {
        var log = EntryLog()
        log.appendStart(id: id, model: model, created: created)
        for (name, kind) in [("reasoning", EntryKind.reasoning), ("content", .text)] {
            append(record[name]?.stringValue, kind, to: &log)
        }
        append(record["refusal"]?.stringValue, .refusal, to: &log)
        for (index, call) in (record["tool_calls"]?.arrayValue ?? []).enumerated() {
            let place = JSON.Member(key: "index", value: .number("\(index)"))
            append(json: .object([place] + (call.members ?? [])), .toolCall, to: &log)
        }
        if let usage = record["usage"], usage.members != nil {
            append(json: usage, .usage, to: &log)
        }
        if ending.isFinish {
            let reason = record["finish_reason"]?.stringValue
            log.appendFinish(ending, finishReason: reason ?? "stop")
        } else {
            let error = record["error"] ?? .null
            log.appendFailure(
                ending,
                type: error["type"]?.stringValue ?? ending.rawValue,
                message: error["message"]?.stringValue ?? "",
                code: error["code"]?.stringValue
            )
        }
        return log
    }

    private func append(_ text: String?, _ kind: EntryKind, to log: inout EntryLog) {
        guard let text, !text.isEmpty else { return }
        log.append(kind, Array(text.utf8).span)
    }

    private func append(json: JSON, _ kind: EntryKind, to log: inout EntryLog) {
        var bytes: [UInt8] = []
        json.write(into: &bytes)
        log.append(kind, bytes.span)
    }
}
