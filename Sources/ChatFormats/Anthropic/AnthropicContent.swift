import Wire

/// Puts the parts of a message into Anthropic's content blocks.
enum AnthropicContent {
    /// The content of a message of the user or the assistant, without blank texts, which Anthropic
    /// refuses.
    static func blocks(
        _ message: ChatRequest.Message,
        _ path: String,
        _ ids: inout AnthropicToolIDs
    ) throws(ChatRequestError) -> [JSON] {
        guard let parts = message.original?["content"]?.arrayValue else {
            return AnthropicTurn.isBlank(message.text) ? [] : [AnthropicTurn.text(message.text)]
        }
        var blocks: [JSON] = []
        for (index, part) in parts.enumerated() {
            let block = try block(part, "\(path).content[\(index)]", &ids)
            if let block, !isBlank(block) { blocks.append(block) }
        }
        return blocks
    }

    /// The result of a tool's call, with the images in it.
    static func toolResult(
        _ message: ChatRequest.Message,
        _ path: String,
        _ ids: inout AnthropicToolIDs
    ) throws(ChatRequestError) -> JSON {
        let blocks = try blocks(message, path, &ids)
        let id = ids.answered(by: message.original)
        let result = JSON.having(["type": .string("tool_result"), "tool_use_id": .string(id)])
        // No content is a result, too.
        guard !blocks.isEmpty else { return result }
        let isText = blocks.allSatisfy {
            AnthropicTurn.text(of: $0) != nil && $0.members?.count == 2
        }
        return result.setting("content", to: isText ? .string(message.text) : .array(blocks))
    }

    private static func isBlank(_ block: JSON) -> Bool {
        AnthropicTurn.text(of: block).map(AnthropicTurn.isBlank) ?? false
    }

    /// - Returns: nil where a part says nothing to Anthropic.
    private static func block(
        _ part: JSON,
        _ path: String,
        _ ids: inout AnthropicToolIDs
    ) throws(ChatRequestError) -> JSON? {
        let type = part["type"]?.stringValue ?? ""
        switch type {
        case "text", "image", "document", "search_result": return part
        case "thinking", "redacted_thinking": return AnthropicThought.isSigned(part) ? part : nil
        case "tool_use": return ids.ownCall(part)
        case "tool_result": return ids.ownResult(part)
        case "server_tool_use", "mcp_tool_use", "container_upload": return part
        case _ where type.hasSuffix("_tool_result"): return part
        case "refusal": return AnthropicTurn.text(part["refusal"]?.stringValue ?? "")
        case "image_url": return try AnthropicFile.image(part, path)
        case "file": return try AnthropicFile.document(part, path)
        default: throw unsupported(part, path)
        }
    }

    static func unsupported(_ part: JSON, _ path: String) -> ChatRequestError {
        .unsupported(
            name: path,
            what: "a part of type \(JSON.found(part["type"]?.stringValue ?? ""))",
            by: AnthropicMessages.name
        )
    }
}
