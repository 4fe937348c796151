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
        MessageWriter.append(request, into: &out)
        body.raw("stream", "true", into: &out)
        if let options = try streamOptions(request.extra) {
            body.json("stream_options", options, into: &out)
        }
        body.raw("temperature", request.temperature, into: &out)
        body.raw("top_p", request.topP, into: &out)
        body.raw("max_tokens", request.maxTokens.map { "\($0)" }, into: &out)
        if request.stopIsText, let text = request.stop.first {
            body.string("stop", text, into: &out)
        } else {
            body.strings("stop", request.stop, into: &out)
        }
        let extra = request.extra.filter { $0.key != "stream_options" }
        try body.extra(extra, into: &out)
        body.end(into: &out)
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
