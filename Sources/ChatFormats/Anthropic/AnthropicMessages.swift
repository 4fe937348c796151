import Wire

/// Puts a conversation into Anthropic's form: instructions apart, tools as blocks.
///
/// Consecutive turns of one role stay separate: Anthropic joins them itself.
enum AnthropicMessages {
    /// The protocol's name in errors.
    static let name = "the Anthropic protocol"

    /// Everything that the user, the assistant and the tools said.
    static func turns(
        _ messages: [ChatRequest.Message]
    ) throws(ChatRequestError) -> [AnthropicTurn] {
        var turns: [AnthropicTurn] = []
        var ids = AnthropicToolIDs()
        for (index, message) in messages.enumerated() {
            // Turns without content are left out, such as an answer that was stopped before its
            // first word: Anthropic refuses them.
            guard let turn = try turn(message, "messages[\(index)]", &ids), !turn.blocks.isEmpty
            else { continue }
            turns.append(turn)
        }
        turns = AnthropicRounds.whole(turns)
        if let last = turns.indices.last, turns[last].role == .assistant { turns[last].trimEnd() }
        guard !turns.isEmpty else {
            throw .missing(name: "messages", expected: "a message of the user for \(name)")
        }
        return turns
    }

    /// - Returns: nil for instructions, which go elsewhere.
    private static func turn(
        _ message: ChatRequest.Message,
        _ path: String,
        _ ids: inout AnthropicToolIDs
    ) throws(ChatRequestError) -> AnthropicTurn? {
        let role = message.original?["role"]?.stringValue ?? message.role.rawValue
        switch role {
        case "system", "developer": return nil
        case "user":
            let blocks = try AnthropicContent.blocks(message, path, &ids)
            return AnthropicTurn(role: .user, blocks: cached(blocks, message))
        case "assistant":
            let blocks = try assistantBlocks(message, path, &ids)
            return AnthropicTurn(role: .assistant, blocks: cached(blocks, message))
        case "tool", "function":
            let result = try AnthropicContent.toolResult(message, path, &ids)
            return AnthropicTurn(role: .user, blocks: cached([result], message))
        default:
            throw .unknownRole(name: "\(path).role", found: JSON.found(role))
        }
    }

    private static func assistantBlocks(
        _ message: ChatRequest.Message,
        _ path: String,
        _ ids: inout AnthropicToolIDs
    ) throws(ChatRequestError) -> [JSON] {
        var blocks = try AnthropicContent.blocks(message, path, &ids)
        guard let original = message.original else { return blocks }
        if !blocks.contains(where: AnthropicTurn.isThinking) {
            let thought = message.thought.isEmpty ? original : .object(message.thought)
            blocks.insert(contentsOf: AnthropicThought.blocks(thought), at: 0)
        }
        let isSilent = blocks.allSatisfy(AnthropicTurn.isThinking)
        if isSilent, let refusal = original["refusal"]?.stringValue,
            !AnthropicTurn.isBlank(refusal)
        {
            blocks.append(AnthropicTurn.text(refusal))
        } else if isSilent, original.given("audio") != nil {
            throw .unsupported(name: "\(path).audio", what: "this member", by: name)
        }
        for (index, call) in (original["tool_calls"]?.arrayValue ?? []).enumerated() {
            blocks.append(try ids.call(call, "\(path).tool_calls[\(index)]"))
        }
        if let call = original.given("function_call") {
            blocks.append(try ids.functionCall(call, "\(path).function_call"))
        }
        return blocks
    }

    /// Marks the last block where the client marked the message as a whole.
    private static func cached(_ blocks: [JSON], _ message: ChatRequest.Message) -> [JSON] {
        guard let mark = message.original?.given("cache_control"), let last = blocks.last,
            !AnthropicTurn.isThinking(last)
        else { return blocks }
        return blocks.dropLast() + [last.setting("cache_control", to: mark)]
    }
}
