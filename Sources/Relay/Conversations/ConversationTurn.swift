import ChatFormats
import Wire

/// A record of the history as one turn of its conversation: what was asked, and what was answered.
struct ConversationTurn {
    let record: JSON
    /// The messages that are new in this turn.
    ///
    /// A client that manages its own past sends all of it every time; only what comes after the
    /// last answer in it was asked now.
    let asked: [JSON]
    /// The instructions that were sent with it.
    let instructions: [JSON]

    /// Reads a record as it is in the file; nil where the line is not one.
    init?(_ line: [UInt8]) {
        guard let record = try? JSON.parse(line.span), record.members != nil else { return nil }
        self.record = record
        let messages = record["messages"]?.arrayValue ?? []
        let lastAnswer = messages.lastIndex { Self.role($0) == .assistant }
        let new = messages[(lastAnswer.map { $0 + 1 } ?? 0)...]
        asked = new.filter { !Self.isInstruction($0) }
        instructions = messages.filter(Self.isInstruction)
    }

    /// All that was said before the answer, if this is the first turn.
    var beginning: [JSON] {
        (record["messages"]?.arrayValue ?? []).filter { !Self.isInstruction($0) }
    }

    var id: String { record["id"]?.stringValue ?? "" }
    var startedAt: String { record["started_at"]?.stringValue ?? "" }
    var updatedAt: String { record["ended_at"]?.stringValue ?? startedAt }
    /// The text of the answer, as far as it came.
    var answer: String { record["content"]?.stringValue ?? "" }
    /// The calls of tools in the answer, in the shape of OpenAI's `message.tool_calls`.
    var toolCalls: [JSON] { record["tool_calls"]?.arrayValue ?? [] }
    /// What the model thought, as far as it said so.
    var reasoning: String { record["reasoning"]?.stringValue ?? "" }
    /// The signatures under what it thought, as they came in the answer's deltas.
    var thinkingBlocks: [JSON] {
        (record["members"]?.arrayValue ?? [])
            .flatMap { $0["delta"]?["thinking_blocks"]?.arrayValue ?? [] }
    }
    /// Whether a fault cut the answer, so that asking again makes sense.
    var hasFailed: Bool {
        record["status"]?.stringValue.flatMap { Ending(rawValue: $0) }.map { !$0.isFinish } ?? false
    }

    static func role(_ message: JSON) -> ChatRequest.Role? {
        message["role"]?.stringValue.flatMap { ChatRequest.Role(rawValue: $0) }
    }

    private static func isInstruction(_ message: JSON) -> Bool {
        [.system, .developer].contains(role(message))
    }
}
