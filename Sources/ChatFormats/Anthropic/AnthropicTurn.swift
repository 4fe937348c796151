import Wire

/// One turn of a conversation in Anthropic's form: who speaks, in content blocks.
struct AnthropicTurn {
    enum Role: String {
        case user, assistant
    }

    let role: Role
    var blocks: [JSON]

    /// As it is sent: a single text without more is a string.
    var json: JSON {
        var content = JSON.array(blocks)
        if blocks.count == 1, blocks[0].members?.count == 2, let text = Self.text(of: blocks[0]) {
            content = .string(text)
        }
        return .having(["role": .string(role.rawValue), "content": content])
    }

    /// The ids of the tools' calls that it makes, in order.
    var calls: [String] {
        blocks.compactMap { Self.isOf("tool_use", $0) ? $0["id"]?.stringValue : nil }
    }

    /// Whether it begins with what was thought, as a turn that calls tools must while the model
    /// thinks.
    var beginsWithThinking: Bool { blocks.first.map(Self.isThinking) ?? false }

    static func isOf(_ type: String, _ block: JSON) -> Bool {
        block["type"]?.stringValue.map { equals($0, type) } ?? false
    }

    static func isThinking(_ block: JSON) -> Bool {
        isOf("thinking", block) || isOf("redacted_thinking", block)
    }

    static func text(_ text: String) -> JSON {
        .having(["type": .string("text"), "text": .string(text)])
    }

    static func text(of block: JSON) -> String? {
        isOf("text", block) ? block["text"]?.stringValue : nil
    }

    /// Whether a text is nothing but white space, which Anthropic refuses as it does an empty one.
    static func isBlank(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy(\.properties.isWhitespace)
    }

    /// Cuts the white space at the end of what the model is to continue: Anthropic refuses it.
    mutating func trimEnd() {
        guard let block = blocks.last, let text = Self.text(of: block) else { return }
        var scalars = text.unicodeScalars
        while scalars.last?.properties.isWhitespace == true { scalars.removeLast() }
        blocks[blocks.count - 1] = block.setting("text", to: .string(String(scalars)))
    }
}

extension JSON {
    /// An object of these members.
    static func having(_ members: KeyValuePairs<String, JSON>) -> JSON {
        .object(members.map { JSON.Member(key: $0.key, value: $0.value) })
    }

    /// The object with one member set: in its place where it is there, at the end otherwise.
    func setting(_ key: String, to value: JSON) -> JSON {
        var members = members ?? []
        if let index = members.firstIndex(where: { equals($0.key, key) }) {
            members[index].value = value
        } else {
            members.append(JSON.Member(key: key, value: value))
        }
        return .object(members)
    }

    /// The value of the member of this name, unless it is `null`, which says as much as nothing.
    func given(_ key: String) -> JSON? {
        guard let value = self[key], value != .null else { return nil }
        return value
    }
}
