import Wire

/// The instructions of a conversation, which Anthropic takes apart from its turns.
enum AnthropicSystem {
    /// The request's own instructions, those of all system and developer messages, and ours.
    ///
    /// - Returns: one text; blocks where the client marked one for the vendor's cache; nil where
    ///   there are no instructions.
    static func json(
        _ request: ChatRequest,
        _ ours: [String]
    ) throws(ChatRequestError) -> JSON? {
        var messages: [[JSON]] = []
        if let system = request.system { messages.append([AnthropicTurn.text(system)]) }
        for (index, message) in request.messages.enumerated()
        where message.role == .system || message.role == .developer {
            messages.append(try blocks(message, "messages[\(index)]"))
        }
        messages += ours.map { [AnthropicTurn.text($0)] }
        messages = messages.map { $0.filter { !isBlank($0) } }.filter { !$0.isEmpty }
        let blocks = messages.flatMap { $0 }
        if blocks.isEmpty { return nil }
        if blocks.contains(where: { $0.given("cache_control") != nil }) { return .array(blocks) }
        let texts = messages.map { $0.compactMap(AnthropicTurn.text(of:)).joined() }
        return .string(texts.joined(separator: "\n\n"))
    }

    private static func blocks(
        _ message: ChatRequest.Message,
        _ path: String
    ) throws(ChatRequestError) -> [JSON] {
        var blocks = [AnthropicTurn.text(message.text)]
        if let parts = message.original?["content"]?.arrayValue {
            for (index, part) in parts.enumerated() where part["type"]?.stringValue != "text" {
                throw AnthropicContent.unsupported(part, "\(path).content[\(index)]")
            }
            blocks = parts
        }
        guard let mark = message.original?.given("cache_control"), let last = blocks.last else {
            return blocks
        }
        return blocks.dropLast() + [last.setting("cache_control", to: mark)]
    }

    private static func isBlank(_ block: JSON) -> Bool {
        AnthropicTurn.isBlank(block["text"]?.stringValue ?? "")
    }
}
