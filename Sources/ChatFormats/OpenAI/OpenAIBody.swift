import Wire

extension ChatRequest {
    /// Reads a body of OpenAI's `POST /v1/chat/completions`.
    ///
    /// Members that the relay does not use go to the upstream unchanged.
    package init(openAIBody body: Span<UInt8>) throws(ChatRequestError) {
        self.init(messages: [])
        stream = false
        var hasMessages = false
        for member in try FieldReader.members(of: body) {
            guard member.value != .null else {
                // An unset member is not passed on, except to switch off the options that we would
                // set.
                if member.key == "stream_options" { extra.append(member) }
                continue
            }
            if member.key == "messages" {
                hasMessages = true
                messages = try MessageReader.messages(member.value)
            } else {
                try readOpenAIField(member)
            }
        }
        guard hasMessages else {
            throw .missing(name: "messages", expected: "an array of messages")
        }
    }

    private mutating func readOpenAIField(
        _ member: JSON.Member
    ) throws(ChatRequestError) {
        let name = member.key
        let value = member.value
        switch name {
        case "model": model = try FieldReader.model(value, name)
        case "temperature": temperature = try FieldReader.number(value, name, upTo: 2)
        case "top_p": topP = try FieldReader.number(value, name, upTo: 1)
        case "max_tokens": maxTokens = try FieldReader.maxTokens(value, name)
        case "stop": stop = try FieldReader.stop(value, name)
        case "stream": stream = try FieldReader.bool(value, name)
        case "stream_options": try readStreamOptions(value, name)
        case "n":
            // Further choices would be paid for and thrown away.
            guard value.intValue == 1 else {
                throw .field(name: name, expected: "1", found: value.found)
            }
        case "user":
            user = try FieldReader.identifier(value, name)
            extra.append(member)
        default: extra.append(member)
        }
    }

    /// Takes out `include_usage`, since the relay always asks for it; the rest goes upstream.
    private mutating func readStreamOptions(
        _ value: JSON,
        _ name: String
    ) throws(ChatRequestError) {
        guard let members = value.members else {
            throw .field(name: name, expected: "an object", found: value.found)
        }
        for member in members where member.key == "include_usage" && member.value != .null {
            includesUsage = try FieldReader.bool(member.value, "\(name).include_usage")
        }
        let rest = members.filter { $0.key != "include_usage" }
        if !rest.isEmpty { extra.append(JSON.Member(key: name, value: .object(rest))) }
    }
}
