import Wire

extension ChatRequest {
    /// Reads a body of OpenAI's `POST /v1/chat/completions`.
    ///
    /// It checks what the relay itself uses. All other members go to the upstream as they are:
    /// what is valid there is the upstream's to say, and differs from server to server.
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
                messages = try MessageReader.anyMessages(member.value)
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
        case "stream": stream = try FieldReader.bool(value, name)
        case "stream_options": try readStreamOptions(value, name)
        case "user":
            // The history has a user only by a name that can be one there.
            user = try? FieldReader.identifier(value, name)
            extra.append(member)
        case "conversation": conversation = try FieldReader.identifier(value, name)
        case "id": id = try FieldReader.identifier(value, name)
        case "format": format = try FieldReader.text(value, name)
        case "on_disconnect": onDisconnect = try FieldReader.text(value, name)
        case "smooth": smooth = try FieldReader.milliseconds(value, name)
        default:
            if !readUsualValue(value, name) { extra.append(member) }
        }
    }

    /// Reads what other protocols name or bound differently, where it has the usual form; whatever
    /// is left goes upstream as it was written.
    private mutating func readUsualValue(_ value: JSON, _ name: String) -> Bool {
        switch name {
        case "temperature":
            temperature = try? FieldReader.number(value, name, from: 0, upTo: 2)
            return temperature != nil
        case "top_p":
            topP = try? FieldReader.number(value, name, from: 0, upTo: 1)
            return topP != nil
        case "max_tokens":
            guard let number = value.intValue, number >= 1, value == .number("\(number)") else {
                return false
            }
            maxTokens = number
            return true
        case "stop":
            let texts = (try? FieldReader.stop(value, name)) ?? []
            guard (1...4).contains(texts.count), !texts.contains("") else { return false }
            stop = texts
            stopIsText = value.stringValue != nil
            return true
        default: return false
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
