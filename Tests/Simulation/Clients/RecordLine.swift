import ChatFormats
import Wire

/// What a line of the history says, or a record in an answer about it.
///
/// Its `status` is the ending that clients are told: `ToldEnding.fits` compares the two.
struct RecordLine: Equatable {
    /// The answer's id.
    let id: String
    /// The conversation, if it belongs to one.
    let conversation: String?
    /// The user whom the request named.
    let user: String?
    /// Who asked, by a credential.
    let owner: String?
    /// The key under which it was asked; only the file has it.
    let key: String?
    /// The text of the last message that was asked.
    let prompt: String
    /// How many messages the request had.
    let messageCount: Int
    /// The answer's text, as far as it came.
    let text: String
    /// What was thought before it.
    let reasoning: String
    /// How it ended; nil for a word that is none.
    let ending: Ending?
    /// OpenAI's word for a good end.
    let finishReason: String?
    /// The failure's code.
    let code: String?
    /// When it began, in milliseconds since 1970.
    let startedAt: Int
    /// When it ended.
    let endedAt: Int
    /// How many text entries there were.
    let tokens: Int?
    /// How many attempts failed and were repeated.
    let retries: Int?

    /// Reads a record; nil where it is none.
    init?(_ record: JSON) {
        guard let id = record["id"]?.stringValue,
            let startedAt = record["started_at"]?.stringValue.flatMap(Self.milliseconds),
            let endedAt = record["ended_at"]?.stringValue.flatMap(Self.milliseconds),
            let messages = record["messages"]?.arrayValue,
            let text = record["content"]?.stringValue
        else { return nil }
        self.id = id
        self.text = text
        self.startedAt = startedAt
        self.endedAt = endedAt
        conversation = record["conversation"]?.stringValue
        user = record["user"]?.stringValue
        owner = record["owner"]?.stringValue
        key = record["key"]?.stringValue
        prompt = messages.last?["content"]?.stringValue ?? ""
        messageCount = messages.count
        reasoning = record["reasoning"]?.stringValue ?? ""
        ending = record["status"]?.stringValue.flatMap { Ending(rawValue: $0) }
        finishReason = record["finish_reason"]?.stringValue
        code = record["error"]?["code"]?.stringValue
        tokens = record["timing"]?["tokens"]?.intValue
        retries = record["timing"]?["retries"]?.intValue
    }

    /// Reads a line of the file, without its end.
    init?(line: Span<UInt8>) {
        guard let record = try? JSON.parse(line) else { return nil }
        self.init(record)
    }

    /// Reads a file.
    ///
    /// - Parameter file: its bytes; a line without its end counts too.
    /// - Returns: the records, and how many lines are none.
    static func all(in file: [UInt8]) -> (records: [RecordLine], others: Int) {
        var records: [RecordLine] = []
        var others = 0
        var start = 0
        while start < file.count {
            let end = file[start...].firstIndex(of: UInt8(ascii: "\n")) ?? file.count
            if end > start {
                let line = file.span.extracting(start..<end)
                if let record = RecordLine(line: line) {
                    records.append(record)
                } else {
                    others += 1
                }
            }
            start = end + 1
        }
        return (records, others)
    }

    /// Reads the records of an answer to `GET /chat/history`; nil where it is none.
    static func all(inAnswer body: [UInt8]) -> [RecordLine]? {
        (try? JSON.parse(body.span))?["records"]?.arrayValue?.compactMap { RecordLine($0) }
    }

    private static func milliseconds(_ text: String) -> Int? {
        guard let seconds = Timestamp.seconds(text),
            let rest = parseDecimal(String(text.dropLast().suffix(3)))
        else { return nil }
        return seconds * 1000 + rest
    }
}
