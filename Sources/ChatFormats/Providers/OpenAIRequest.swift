import Wire

/// Writes the body of `POST /chat/completions`.
enum OpenAIRequest {
    static func write(
        _ request: ChatRequest,
        model: String,
        into out: inout [UInt8]
    ) throws(ChatRequestError) {
        var body = BodyWriter()
        body.string("model", model, into: &out)
        body.begin("messages", into: &out)
        writeMessages(request, into: &out)
        body.raw("stream", "true", into: &out)
        if let options = try streamOptions(request.extra) {
            body.json("stream_options", options, into: &out)
        }
        body.raw("temperature", request.temperature, into: &out)
        body.raw("top_p", request.topP, into: &out)
        body.raw("max_tokens", request.maxTokens.map { "\($0)" }, into: &out)
        body.strings("stop", request.stop, into: &out)
        let extra = request.extra.filter { $0.key != "stream_options" }
        try body.extra(extra, into: &out)
        body.end(into: &out)
    }

    private static func writeMessages(_ request: ChatRequest, into out: inout [UInt8]) {
        out.append(UInt8(ascii: "["))
        var isFirst = true
        if let system = request.system {
            write(ChatRequest.Message(role: .system, text: system), into: &out)
            isFirst = false
        }
        for message in request.messages {
            if !isFirst { out.append(UInt8(ascii: ",")) }
            isFirst = false
            write(message, into: &out)
        }
        out.append(UInt8(ascii: "]"))
    }

    private static func write(_ message: ChatRequest.Message, into out: inout [UInt8]) {
        if let original = message.original {
            original.write(into: &out)
            return
        }
        out.append(literal: "{\"role\":")
        JSONText.appendString(message.role.rawValue, into: &out)
        out.append(literal: ",\"content\":")
        JSONText.appendString(message.text, into: &out)
        out.append(UInt8(ascii: "}"))
    }

    /// Asks for the usage chunk beside whatever the client asked for.
    ///
    /// An explicit `null` leaves the member out, for servers that refuse to know it.
    private static func streamOptions(
        _ extra: [JSON.Member]
    ) throws(ChatRequestError) -> JSON? {
        let usage = JSON.Member(key: "include_usage", value: .bool(true))
        guard let given = extra.first(where: { $0.key == "stream_options" })?.value else {
            return .object([usage])
        }
        if given == .null { return nil }
        guard let members = given.members else {
            throw .field(name: "stream_options", expected: "an object", found: given.found)
        }
        return .object([usage] + members.filter { $0.key != usage.key })
    }
}
