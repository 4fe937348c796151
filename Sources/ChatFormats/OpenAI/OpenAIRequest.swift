import Wire

/// Writes the body of `POST /chat/completions`.
enum OpenAIRequest {
    static func write(
        _ request: ChatRequest,
        model: String,
        _ quirks: Quirks = Quirks(),
        into out: inout [UInt8]
    ) throws(ChatRequestError) {
        var body = BodyWriter()
        body.string("model", model, into: &out)
        body.begin("messages", into: &out)
        MessageWriter.append(request, into: &out)
        body.raw("stream", quirks.asksWhole ? "false" : "true", into: &out)
        if !quirks.asksWhole, let name = quirks.name("stream_options"),
            let options = try streamOptions(request.extra)
        {
            body.json(name, options, into: &out)
        }
        if let name = quirks.name("temperature") {
            body.raw(name, request.temperature, into: &out)
        }
        if let name = quirks.name("top_p") { body.raw(name, request.topP, into: &out) }
        if let name = quirks.name("max_tokens"), !request.extra.contains(where: { $0.key == name })
        {
            body.raw(name, request.maxTokens.map { "\($0)" }, into: &out)
        }
        if let name = quirks.name("stop") {
            if request.stopIsText, let text = request.stop.first {
                body.string(name, text, into: &out)
            } else {
                body.strings(name, request.stop, into: &out)
            }
        }
        try body.extra(extra(request, quirks), into: &out)
        body.end(into: &out)
    }

    /// The client's own members under the names that the vendor has for them.
    private static func extra(_ request: ChatRequest, _ quirks: Quirks) -> [JSON.Member] {
        request.extra.compactMap { member in
            guard member.key != "stream_options", let name = quirks.name(member.key) else {
                return nil
            }
            // Two names for one bound are one member there, and the first counts.
            if !equals(name, member.key), name == "max_tokens", request.maxTokens != nil {
                return nil
            }
            return JSON.Member(key: name, value: member.value)
        }
    }

    /// Asks for the usage chunk in addition to what the client asked for.
    ///
    /// An explicit `null` leaves the member out, for servers that refuse it.
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
