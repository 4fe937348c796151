import Wire

/// Writes the body of `POST /v1/messages`.
enum AnthropicRequest {
    /// The `max_tokens` where the client gives none: Anthropic requires a number.
    static let defaultMaxTokens = 4096

    static func write(
        _ request: ChatRequest,
        model: String,
        into out: inout [UInt8]
    ) throws(ChatRequestError) {
        var body = BodyWriter()
        body.string("model", model, into: &out)
        let maxTokens = try maxTokens(request)
        body.raw("max_tokens", "\(maxTokens)", into: &out)
        if let system = try AnthropicMessages.system(request) {
            body.string("system", system, into: &out)
        }
        let turns = try AnthropicMessages.turns(request.messages)
        body.json("messages", .array(turns), into: &out)
        body.raw("stream", "true", into: &out)
        body.raw("temperature", request.temperature, into: &out)
        body.raw("top_p", request.topP, into: &out)
        body.strings("stop_sequences", request.stop, into: &out)
        try body.extra(try extra(request.extra), into: &out)
        body.end(into: &out)
    }

    private static func maxTokens(_ request: ChatRequest) throws(ChatRequestError) -> Int {
        if let given = request.maxTokens { return given }
        for member in request.extra where member.key == completionTokens {
            return try FieldReader.maxTokens(member.value, completionTokens)
        }
        return defaultMaxTokens
    }

    private static let completionTokens = "max_completion_tokens"

    /// Translates the members that OpenAI names differently.
    ///
    /// All others are passed on unchanged, and Anthropic's own refusal names what it does not know.
    private static func extra(
        _ members: [JSON.Member]
    ) throws(ChatRequestError) -> [JSON.Member] {
        var result: [JSON.Member] = []
        for member in members {
            switch member.key {
            case "stream_options", completionTokens, "parallel_tool_calls", "tool_choice":
                continue
            case "n" where member.value.intValue == 1: continue
            case "user" where member.value.stringValue != nil:
                let metadata = JSON.object([JSON.Member(key: "user_id", value: member.value)])
                if !members.contains(where: { $0.key == "metadata" }) {
                    result.append(JSON.Member(key: "metadata", value: metadata))
                }
            case "tools":
                let tools = try AnthropicTools.tools(member.value)
                result.append(JSON.Member(key: member.key, value: tools))
            default:
                result.append(member)
            }
        }
        if let choice = try AnthropicTools.choice(members) {
            result.append(JSON.Member(key: "tool_choice", value: choice))
        }
        return result
    }
}
