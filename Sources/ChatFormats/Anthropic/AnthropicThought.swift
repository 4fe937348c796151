import Wire

/// What the model thought before it called a tool, which Anthropic wants back with its signature.
enum AnthropicThought {
    /// The thinking of an assistant's message, by any of the names under which clients keep it.
    ///
    /// Thinking without a signature is left out: Anthropic refuses it.
    static func blocks(_ message: JSON) -> [JSON] {
        let reasoning =
            message["reasoning_content"]?.stringValue ?? message["reasoning"]?.stringValue ?? ""
        var blocks = (message["thinking_blocks"]?.arrayValue ?? []).filter(isSigned).map(known)
        if blocks.isEmpty {
            blocks = (message["reasoning_details"]?.arrayValue ?? []).compactMap(block)
        }
        // In a stream the text comes before the signature, as another member.
        let empty = blocks.indices.filter { blocks[$0]["thinking"]?.stringValue == "" }
        guard !empty.isEmpty, !reasoning.isEmpty else { return blocks }
        guard empty.count == 1, blocks.count(where: { AnthropicTurn.isOf("thinking", $0) }) == 1,
            !hasLostSignature(message)
        else {
            // Nobody knows where one text ends and the next begins, and a signature covers its own.
            return []
        }
        blocks[empty[0]] = blocks[empty[0]].setting("thinking", to: .string(reasoning))
        return blocks
    }

    /// Whether a filter has changed the text of a block, which then has an empty signature.
    private static func hasLostSignature(_ message: JSON) -> Bool {
        ["thinking_blocks", "reasoning_details"].contains { name in
            message[name]?.arrayValue?.contains { $0["signature"]?.stringValue == "" } ?? false
        }
    }

    /// Whether Anthropic takes a block of thinking.
    static func isSigned(_ block: JSON) -> Bool {
        let isRedacted = AnthropicTurn.isOf("redacted_thinking", block)
        guard isRedacted || AnthropicTurn.isOf("thinking", block) else { return false }
        guard isRedacted || block["thinking"]?.stringValue != nil else { return false }
        return block[isRedacted ? "data" : "signature"]?.stringValue?.isEmpty == false
    }

    /// A block without what a proxy has added: Anthropic refuses what it does not know.
    private static func known(_ block: JSON) -> JSON {
        let names = ["type", "thinking", "signature", "data"]
        return .object((block.members ?? []).filter { $0.isNamed(oneOf: names) })
    }

    /// An element of OpenRouter's `reasoning_details`, unless it is another vendor's.
    private static func block(_ detail: JSON) -> JSON? {
        guard detail["format"]?.stringValue?.hasPrefix("anthropic") ?? true else { return nil }
        let block: JSON
        switch detail["type"]?.stringValue {
        case "reasoning.text":
            block = .having([
                "type": .string("thinking"),
                "thinking": .string(detail["text"]?.stringValue ?? ""),
                "signature": detail["signature"] ?? .null,
            ])
        case "reasoning.encrypted":
            block = .having([
                "type": .string("redacted_thinking"), "data": detail["data"] ?? .null,
            ])
        default: return nil
        }
        return isSigned(block) ? block : nil
    }
}
