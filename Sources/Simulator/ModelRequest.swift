import Wire

/// A request for an answer, as far as the simulator reads it.
///
/// It is as strict as the vendors about what the relay writes, so that a wrong body is noticed here
/// and not with a real key.
struct ModelRequest {
    /// The exact model string, options included: calls are counted under it.
    let model: String
    let behaviour: Behaviour
    /// The last user message.
    let prompt: String
    let promptTokens: Int
    let streams: Bool
    /// OpenAI's `stream_options.include_usage`.
    let wantsUsage: Bool
    /// The caller's own bound on the answer.
    let maxTokens: Int?
    let tools: ToolRequest
    /// What the answer's JSON must look like; nil where any text will do.
    let answerSchema: JSON?

    /// Reads and checks a body.
    init(_ body: Span<UInt8>, for vendor: Vendor) throws(ModelRefusal) {
        let json: JSON
        do throws(JSONError) {
            // The relay has already limited the number of values.
            json = try JSON.parse(body, limits: JSONLimits(allowsLongMarkRuns: false))
        } catch {
            throw .badRequest("We could not parse the JSON body of your request: \(error)")
        }
        guard json.members != nil else { throw .badRequest("The body must be a JSON object.") }
        guard let model = json["model"]?.stringValue, !model.isEmpty else {
            throw .badRequest("you must provide a model parameter", param: "model")
        }
        self.model = model
        do throws(BehaviourError) {
            behaviour = try Behaviour(modelName: model)
        } catch {
            throw .badRequest(error.message, param: "model")
        }
        (prompt, promptTokens) =
            vendor == .completions
            ? try Self.readPrompt(json) : try Self.readMessages(json, for: vendor)
        streams = try Self.optional(json, "stream", "a boolean", \.boolValue) ?? false
        wantsUsage = json["stream_options"]?["include_usage"]?.boolValue ?? false
        maxTokens = try Self.readMaxTokens(json, for: vendor)
        tools = ToolRequest(json, for: vendor)
        answerSchema = Self.answerSchema(json)
        for name in ["temperature", "top_p"] {
            _ = try Self.optional(json, name, "a number", \.doubleValue)
        }
    }

    /// The schema that either vendor's request asks for; any object where it asks for JSON alone.
    private static func answerSchema(_ json: JSON) -> JSON? {
        let format =
            json["response_format"] ?? json["output_config"]?["format"] ?? json["output_format"]
        switch format?["type"]?.stringValue {
        case "json_schema": return format?["json_schema"]?["schema"] ?? format?["schema"]
        case "json_object": return anyAnswer
        default: return nil
        }
    }

    private static let anyAnswer = JSON.object([
        JSON.Member(
            key: "properties",
            value: .object([
                JSON.Member(
                    key: "answer",
                    value: .object([JSON.Member(key: "type", value: .string("string"))])
                )
            ])
        )
    ])

    private static func readMaxTokens(
        _ json: JSON,
        for vendor: Vendor
    ) throws(ModelRefusal) -> Int? {
        let own = try optional(json, "max_completion_tokens", "an integer", \.intValue)
        let value = try optional(json, "max_tokens", "an integer", \.intValue) ?? own
        if vendor == .anthropic, value == nil {
            throw .badRequest("max_tokens: Field required", param: "max_tokens")
        }
        if let value, value < 1 {
            throw .badRequest("max_tokens: must be at least 1", param: "max_tokens")
        }
        return value
    }

    private static func optional<Value>(
        _ json: JSON,
        _ name: String,
        _ expected: String,
        _ read: (JSON) -> Value?
    ) throws(ModelRefusal) -> Value? {
        guard let value = json[name], value != .null else { return nil }
        guard let read = read(value) else {
            throw .badRequest("\(name): expected \(expected)", param: name)
        }
        return read
    }

    /// - Returns: The text that is continued, and how many tokens it has.
    private static func readPrompt(
        _ json: JSON
    ) throws(ModelRefusal) -> (prompt: String, tokens: Int) {
        let texts: [String]
        switch json["prompt"] {
        case .string(let text)?: texts = [text]
        case .array(let values)?: texts = values.compactMap(\.stringValue)
        default: throw .badRequest("prompt: expected a string or an array", param: "prompt")
        }
        let prompt = texts.joined(separator: "\n")
        return (prompt, TokenSource.count(Array(prompt.utf8).span))
    }

    /// - Returns: The last user message, and how many tokens all of them have.
    private static func readMessages(
        _ json: JSON,
        for vendor: Vendor
    ) throws(ModelRefusal) -> (prompt: String, tokens: Int) {
        guard let messages = json["messages"]?.arrayValue else {
            throw .badRequest("messages: expected an array", param: "messages")
        }
        guard !messages.isEmpty else {
            throw .badRequest("messages: at least one message is required", param: "messages")
        }
        let roles: [String] =
            vendor == .anthropic
            ? ["user", "assistant"]
            : ["system", "developer", "user", "assistant", "tool", "function"]
        var prompt = ""
        // Anthropic has a member for what others send as a message.
        let system = try text(json["system"] ?? .null, "system")
        var tokens = TokenSource.count(Array(system.utf8).span)
        for (index, message) in messages.enumerated() {
            let place = "messages[\(index)]"
            guard let role = message["role"]?.stringValue, roles.contains(role) else {
                let list = roles.joined(separator: ", ")
                throw .badRequest("\(place).role: expected one of \(list)", param: place)
            }
            let content = try text(message["content"] ?? .null, place + ".content")
            tokens += TokenSource.count(Array(content.utf8).span)
            if role == "user" { prompt = content }
        }
        return (prompt, tokens)
    }

    /// The text of a message: a string, an array of parts, or nothing next to tool calls.
    private static func text(_ content: JSON, _ place: String) throws(ModelRefusal) -> String {
        switch content {
        case .string(let text): return text
        case .null: return ""
        case .array(let parts): return parts.compactMap { $0["text"]?.stringValue }.joined()
        default:
            throw .badRequest("\(place): expected a string or an array of parts", param: place)
        }
    }
}
