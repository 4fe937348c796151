import Wire

/// Anthropic's published rules for the body of `POST /v1/messages`, applied as the vendor does.
///
/// Written from its reference alone, so that it does not share the writer's mistakes.
enum AnthropicRules {
    /// What the vendor would refuse; empty for a body that it takes.
    static func complaints(about text: String) -> [String] {
        guard let body = try? JSON.parse(Array(text.utf8).span) else { return ["not JSON"] }
        var found = members(body)
        found += sampling(body)
        found += tools(body)
        let messages = body["messages"]?.arrayValue ?? []
        if messages.isEmpty { found.append("messages: at least one message is required") }
        for (index, message) in messages.enumerated() {
            found += turn(message).map { "messages.\(index): \($0)" }
        }
        if let system = body["system"] {
            found += content(system, of: ["text"]).map { "system: \($0)" }
        }
        return found + rounds(messages) + thinking(body, messages)
    }

    private static let known: Set<String> = [
        "model", "max_tokens", "messages", "system", "stream", "temperature", "top_p", "top_k",
        "stop_sequences", "tools", "tool_choice", "thinking", "metadata", "output_config",
        "service_tier", "cache_control", "container", "inference_geo",
    ]

    private static func members(_ body: JSON) -> [String] {
        var found: [String] = []
        for member in body.members ?? [] where !known.contains(member.key) {
            found.append("\(member.key): Extra inputs are not permitted")
        }
        if (body["max_tokens"]?.intValue ?? 0) < 1 { found.append("max_tokens: at least 1") }
        for member in body["metadata"]?.members ?? []
        where member.key != "user_id" || member.value.stringValue == nil {
            found.append("metadata.\(member.key): Extra inputs are not permitted")
        }
        if let tier = body["service_tier"]?.stringValue, !["auto", "standard_only"].contains(tier) {
            found.append("service_tier: \(tier)")
        }
        for text in body["stop_sequences"]?.arrayValue ?? [] where isBlank(text) {
            found.append("stop_sequences: each stop sequence must contain non-whitespace")
        }
        if let format = body["output_config"]?["format"], format["schema"]?.members == nil {
            found.append("output_config.format.schema: Field required")
        } else if let schema = body["output_config"]?["format"]?["schema"] {
            found += Self.schema(schema)
        }
        return found
    }

    private static func schema(_ schema: JSON) -> [String] {
        var found: [String] = []
        let refused: Set<String> = [
            "minimum", "maximum", "multipleOf", "minLength", "maxLength", "maxItems", "oneOf",
        ]
        for member in schema.members ?? [] where refused.contains(member.key) {
            found.append("schema: \(member.key) is not supported")
        }
        if schema["type"] == .string("object"), schema["additionalProperties"] != .bool(false) {
            found.append("schema: additionalProperties must be false")
        }
        for place in ["properties", "$defs"] {
            for member in schema[place]?.members ?? [] { found += self.schema(member.value) }
        }
        for branch in schema["anyOf"]?.arrayValue ?? [] { found += self.schema(branch) }
        if let items = schema["items"] { found += self.schema(items) }
        return found
    }

    private static func sampling(_ body: JSON) -> [String] {
        var found: [String] = []
        for name in ["temperature", "top_p"] {
            guard let value = body[name] else { continue }
            if !(0...1).contains(value.doubleValue ?? 2) { found.append("\(name): range: 0..1") }
        }
        let type = body["thinking"]?["type"]?.stringValue
        guard type == "enabled" || type == "adaptive" else { return found }
        if let value = body["temperature"]?.doubleValue, value != 1 {
            found.append("`temperature` may only be set to 1 when thinking is enabled")
        }
        if body["top_k"] != nil { found.append("`top_k` must be unset when thinking is enabled") }
        if let value = body["top_p"]?.doubleValue, value < 0.95 {
            found.append("`top_p` must be at least 0.95 when thinking is enabled")
        }
        return found
    }

    private static func tools(_ body: JSON) -> [String] {
        var found: [String] = []
        let tools = body["tools"]?.arrayValue ?? []
        for tool in tools where tool["type"] == nil || tool["type"] == .string("custom") {
            if tool["input_schema"]?["type"] != .string("object") {
                found.append("tools: input_schema.type: must be object")
            }
            for member in tool.members ?? []
            where !["name", "description", "input_schema", "cache_control", "type", "strict"]
                .contains(member.key)
            {
                found.append("tools: \(member.key): Extra inputs are not permitted")
            }
        }
        guard let choice = body["tool_choice"] else { return found }
        if tools.isEmpty { found.append("tool_choice may only be specified while providing tools") }
        let type = choice["type"]?.stringValue ?? ""
        if !["auto", "any", "tool", "none"].contains(type) { found.append("tool_choice: \(type)") }
        let forces = type == "any" || type == "tool"
        if forces, body["thinking"]?["type"] == .string("enabled") {
            found.append("Thinking may not be enabled when tool_choice forces tool use")
        }
        return found
    }

    private static func turn(_ message: JSON) -> [String] {
        var found: [String] = []
        for member in message.members ?? [] where !["role", "content"].contains(member.key) {
            found.append("\(member.key): Extra inputs are not permitted")
        }
        let user: Set<String> = [
            "text", "image", "document", "search_result", "tool_result",
        ]
        let assistant: Set<String> = [
            "text", "thinking", "redacted_thinking", "tool_use", "server_tool_use",
            "web_search_tool_result",
        ]
        switch message["role"]?.stringValue {
        case "user": found += content(message["content"] ?? .null, of: user)
        case "assistant": found += content(message["content"] ?? .null, of: assistant)
        case let role: found.append("role: \(role ?? "none")")
        }
        return found
    }

    private static func content(_ content: JSON, of types: Set<String>) -> [String] {
        if content.stringValue != nil { return isBlank(content) ? ["content is blank"] : [] }
        guard let blocks = content.arrayValue, !blocks.isEmpty else { return ["content is empty"] }
        return blocks.flatMap { block($0, of: types) }
    }

    private static func block(_ block: JSON, of types: Set<String>) -> [String] {
        let type = block["type"]?.stringValue ?? ""
        guard types.contains(type) else { return ["type \(type) is not allowed here"] }
        switch type {
        case "text": return isBlank(block["text"] ?? .null) ? ["text is blank"] : []
        case "thinking":
            let isSigned = block["signature"]?.stringValue?.isEmpty == false
            return isSigned && block["thinking"]?.stringValue != nil ? [] : ["thinking"]
        case "tool_use":
            return id(block["id"]) + (block["input"]?.members == nil ? ["input: object"] : [])
        case "tool_result":
            guard let inner = block["content"] else { return id(block["tool_use_id"]) }
            return id(block["tool_use_id"]) + content(inner, of: ["text", "image", "document"])
        case "image", "document":
            let source = block["source"]?["type"]?.stringValue ?? ""
            return ["base64", "url", "text", "content"].contains(source) ? [] : ["source"]
        default: return []
        }
    }

    private static func id(_ value: JSON?) -> [String] {
        let id = value?.stringValue ?? ""
        let isPlain = id.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F: true
            default: false
            }
        }
        return isPlain && !id.isEmpty ? [] : ["id \(id) should match ^[a-zA-Z0-9_-]+$"]
    }

    /// All turns of one role in a row are one turn; its calls have their results in the next.
    private static func rounds(_ messages: [JSON]) -> [String] {
        var found: [String] = []
        var joined: [(role: String, blocks: [JSON])] = []
        for message in messages {
            let role = message["role"]?.stringValue ?? ""
            let blocks = message["content"]?.arrayValue ?? []
            if joined.last?.role == role {
                joined[joined.count - 1].blocks += blocks
            } else {
                joined.append((role, blocks))
            }
        }
        var used: Set<String> = []
        var open: [String] = []
        for turn in joined {
            let types = turn.blocks.map { $0["type"]?.stringValue ?? "" }
            let results = turn.blocks.compactMap { $0["tool_use_id"]?.stringValue }
            if results.sorted() != open.sorted() {
                found.append("tool_use ids \(open) were found, and tool_result ids \(results)")
            }
            if types.prefix(results.count).contains(where: { $0 != "tool_result" }) {
                found.append("tool_result blocks must come first")
            }
            open = turn.blocks.filter { $0["type"] == .string("tool_use") }
                .compactMap { $0["id"]?.stringValue }
            for id in open where !used.insert(id).inserted {
                found.append("tool_use ids must be unique: \(id)")
            }
        }
        if !open.isEmpty { found.append("tool_use ids \(open) without tool_result") }
        if let last = messages.last, last["role"] == .string("assistant"),
            let text = last["content"]?.stringValue
                ?? last["content"]?.arrayValue?.last?["text"]?
                .stringValue, text.last?.isWhitespace == true
        {
            found.append("final assistant content cannot end with trailing whitespace")
        }
        return found
    }

    private static func thinking(_ body: JSON, _ messages: [JSON]) -> [String] {
        guard body["thinking"]?["type"] == .string("enabled") else { return [] }
        var found: [String] = []
        let budget = body["thinking"]?["budget_tokens"]?.intValue ?? 0
        if budget < 1024 { found.append("budget_tokens: at least 1024") }
        if budget >= body["max_tokens"]?.intValue ?? 0 {
            found.append("`max_tokens` must be greater than `thinking.budget_tokens`")
        }
        guard let last = messages.last(where: { $0["role"] == .string("assistant") }) else {
            return found
        }
        let types = (last["content"]?.arrayValue ?? []).map { $0["type"]?.stringValue ?? "" }
        if types.contains("tool_use"), !["thinking", "redacted_thinking"].contains(types[0]) {
            found.append("Expected `thinking` or `redacted_thinking`, but found `\(types[0])`")
        }
        return found
    }

    private static func isBlank(_ text: JSON) -> Bool {
        text.stringValue?.allSatisfy(\.isWhitespace) ?? true
    }
}
