import Wire

/// Writes the body of `POST /v1/messages`.
enum AnthropicRequest {
    static func write(
        _ request: ChatRequest,
        model name: String,
        _ quirks: Quirks = Quirks(),
        into out: inout [UInt8]
    ) throws(ChatRequestError) {
        let model = AnthropicModel(name)
        var options = AnthropicOptions(request)
        try options.refuseSeveralChoices()
        let turns = try AnthropicMessages.turns(request.messages)
        let tools = try AnthropicTools(&options, turns, model)
        let format = try AnthropicFormat(options.take("response_format"), model)
        let given = try options.maxTokens()
        let thinking = try AnthropicThinking(
            &options,
            model,
            maxTokens: given,
            mayThink: AnthropicRounds.mayThink(turns) && !tools.isForced
        )
        let sampling = try options.sampling(model, thinks: thinking.isOn)

        var body = BodyWriter()
        body.string("model", name, into: &out)
        let maxTokens = given ?? AnthropicOptions.defaultMaxTokens + thinking.room
        body.raw("max_tokens", "\(maxTokens)", into: &out)
        if let system = try AnthropicSystem.json(request, tools.instructions + format.instructions)
        {
            body.json("system", system, into: &out)
        }
        body.json("messages", .array(turns.map(\.json)), into: &out)
        body.raw("stream", quirks.asksWhole ? "false" : "true", into: &out)
        body.raw("temperature", sampling.temperature, into: &out)
        body.raw("top_p", sampling.topP, into: &out)
        body.strings("stop_sequences", try options.stop(), into: &out)
        try body.extra(
            tools.members + thinking.members
                + outputConfig(options.take("output_config"), thinking.effort, format.schema)
                + options.translated(),
            into: &out
        )
        body.end(into: &out)
    }

    /// Joins effort and schema, which are one object, with what the client itself has there.
    private static func outputConfig(
        _ own: JSON?,
        _ effort: String?,
        _ schema: JSON?
    ) -> [JSON.Member] {
        var config = own ?? .object([])
        guard config.members != nil else {
            return [JSON.Member(key: "output_config", value: config)]
        }
        if let effort, config.given("effort") == nil {
            config = config.setting("effort", to: .string(effort))
        }
        if let schema, config.given("format") == nil {
            config = config.setting(
                "format",
                to: .having(["type": .string("json_schema"), "schema": schema])
            )
        }
        guard config.members?.isEmpty == false else { return [] }
        return [JSON.Member(key: "output_config", value: config)]
    }
}
