import ChatFormats
import Wire

/// A recorded answer as a message that goes upstream again.
struct PastAnswer {
    private let text: String
    private let calls: [JSON]
    /// Members that belong to the calls: what was thought before them.
    private let thought: [JSON.Member]
    /// The ids of its calls; empty where one has none, since no result could name it.
    let callIDs: Set<String>

    /// Takes the answer of a turn.
    ///
    /// - Parameters:
    ///   - turn: the record.
    ///   - provider: Anthropic wants back what was thought, signed; others refuse such members.
    init(_ turn: ConversationTurn, for provider: Provider) {
        text = turn.answer
        calls = turn.toolCalls
        let ids = calls.compactMap { $0["id"]?.stringValue }
        callIDs = ids.count == calls.count ? Set(ids) : []
        let blocks = turn.thinkingBlocks
        guard provider == .anthropic, !blocks.isEmpty else {
            thought = []
            return
        }
        thought = [
            JSON.Member(key: "reasoning_content", value: .string(turn.reasoning)),
            JSON.Member(key: "thinking_blocks", value: .array(blocks)),
        ]
    }

    /// Whether messages have the results of all its calls.
    func isFollowed(by messages: [ChatRequest.Message]) -> Bool {
        !callIDs.isEmpty && callIDs.isSubset(of: messages.compactMap(\.toolCallID))
    }

    /// The message; nil where nothing was said: vendors refuse blank answers.
    func message(withCalls: Bool) -> ChatRequest.Message? {
        let isBlank = text.unicodeScalars.allSatisfy(\.properties.isWhitespace)
        guard withCalls, !callIDs.isEmpty else {
            return isBlank ? nil : ChatRequest.Message(role: .assistant, text: text)
        }
        let whole = [
            JSON.Member(key: "role", value: .string("assistant")),
            JSON.Member(key: "content", value: isBlank ? .null : .string(text)),
            JSON.Member(key: "tool_calls", value: .array(calls.map(Self.withType))),
        ]
        var message = ChatRequest.Message(
            role: .assistant,
            text: isBlank ? "" : text,
            original: .object(whole)
        )
        message.thought = thought
        return message
    }

    /// Some vendors send calls without the type that OpenAI requires.
    private static func withType(_ call: JSON) -> JSON {
        guard call["type"]?.stringValue == nil else { return call }
        let others = (call.members ?? []).filter { $0.key != "type" }
        return .object([JSON.Member(key: "type", value: .string("function"))] + others)
    }
}

extension ChatRequest.Message {
    /// The id of the call whose result it is; nil for other messages.
    var toolCallID: String? {
        role == .tool ? original?["tool_call_id"]?.stringValue : nil
    }
}
