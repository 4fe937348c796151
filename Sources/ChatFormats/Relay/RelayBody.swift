import Wire

extension ChatRequest {
    /// Reads a body of the relay's own routes.
    ///
    /// Exactly one of `message`, `prompt` and `messages` is given. An unknown field is refused by
    /// name, because a misspelt `temprature` that changes nothing costs its author an afternoon.
    package init(relayBody body: Span<UInt8>) throws(ChatRequestError) {
        self.init(messages: [])
        var prompt: String?
        for member in try FieldReader.members(of: body) where member.value != .null {
            let name = member.key
            switch name {
            case "message", "prompt", "messages":
                if let prompt { throw .conflict(name: prompt, other: name) }
                prompt = name
                try readPrompt(member.value, name)
            default:
                try readRelayField(member.value, name)
            }
        }
        guard prompt != nil else { throw .noPrompt }
    }

    private mutating func readPrompt(
        _ value: JSON,
        _ name: String
    ) throws(ChatRequestError) {
        if name == "messages" {
            messages = try MessageReader.messages(value)
        } else {
            messages = [Message(role: .user, text: try FieldReader.prompt(value, name))]
        }
    }

    private mutating func readRelayField(
        _ value: JSON,
        _ name: String
    ) throws(ChatRequestError) {
        switch name {
        case "system": system = try FieldReader.text(value, name)
        case "model": model = try FieldReader.model(value, name)
        case "temperature": temperature = try FieldReader.number(value, name)
        case "top_p": topP = try FieldReader.number(value, name)
        case "max_tokens": maxTokens = try FieldReader.wholeNumber(value, name)
        case "stop": stop = try FieldReader.stop(value, name)
        case "conversation": conversation = try FieldReader.identifier(value, name)
        case "user": user = try FieldReader.identifier(value, name)
        case "id": id = try FieldReader.identifier(value, name)
        case "format": format = try FieldReader.text(value, name)
        case "on_disconnect": onDisconnect = try FieldReader.text(value, name)
        case "smooth": smooth = try FieldReader.milliseconds(value, name)
        case "stream": try checkStream(value, name)
        case "extra": extra = try readExtra(value, name)
        default: throw .unknownField(name: JSON.found(name))
        }
    }

    /// These routes always stream, so a client that asks for anything else gets an error.
    private func checkStream(_ value: JSON, _ name: String) throws(ChatRequestError) {
        guard try FieldReader.bool(value, name) else {
            throw .field(
                name: name,
                expected: "true (/v1/chat/completions answers without a stream)",
                found: value.found
            )
        }
    }

    private func readExtra(
        _ value: JSON,
        _ name: String
    ) throws(ChatRequestError) -> [JSON.Member] {
        guard let members = value.members else {
            throw .field(name: name, expected: "an object", found: value.found)
        }
        for member in members where BodyWriter.reserved.contains(member.key) {
            throw .reserved(name: "extra.\(member.key)")
        }
        return members
    }
}
