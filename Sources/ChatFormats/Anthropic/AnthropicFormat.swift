import Wire

/// The form that the answer is to have: OpenAI's `response_format` in Anthropic's words.
struct AnthropicFormat {
    /// The schema for `output_config.format`, with which the vendor makes the answer fit.
    private(set) var schema: JSON?
    /// What the model is told where there is no schema that the vendor takes.
    private(set) var instructions: [String] = []

    init(_ format: JSON?, _ model: AnthropicModel) throws(ChatRequestError) {
        guard let format else { return }
        switch format["type"]?.stringValue {
        case "text": return
        case "json_object": instructions = [Self.anyObject]
        case "json_schema":
            // Some clients leave out the object around the schema.
            guard let given = format["json_schema"]?["schema"] ?? format["schema"] else {
                instructions = [Self.anyObject]
                return
            }
            guard given.members != nil else {
                throw .field(
                    name: "response_format.json_schema.schema",
                    expected: "an object",
                    found: given.found
                )
            }
            schema = model.takesSchema ? AnthropicSchema.strict(given) : nil
            if schema == nil { instructions = [Self.instruction(given)] }
        default:
            throw .field(
                name: "response_format.type",
                expected: "text, json_object or json_schema",
                found: format["type"]?.found ?? format.found
            )
        }
    }

    private static let anyObject =
        "Answer with one JSON object and nothing else: no other words, no code fence."

    private static func instruction(_ schema: JSON) -> String {
        var bytes: [UInt8] = []
        schema.write(into: &bytes)
        return """
            Answer with one JSON value and nothing else: no other words, no code fence. \
            It must be valid against this JSON Schema: \(String(decoding: bytes, as: UTF8.self))
            """
    }
}
