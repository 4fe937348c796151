import Wire

/// Puts a conversation into Anthropic's form: instructions apart, tools as blocks.
///
/// Consecutive turns of one role stay separate: Anthropic joins them itself.
enum AnthropicMessages {
    private static let name = "the Anthropic protocol"

    /// The instructions: the request's own and those of all system and developer messages.
    static func system(_ request: ChatRequest) throws(ChatRequestError) -> String? {
        var texts: [String] = []
        if let system = request.system { texts.append(system) }
        for (index, message) in request.messages.enumerated()
        where message.role == .system || message.role == .developer {
            for (partIndex, part) in (message.original?["content"]?.arrayValue ?? []).enumerated()
            where part["type"]?.stringValue != "text" {
                throw unsupported(part, "messages[\(index)].content[\(partIndex)]")
            }
            texts.append(message.text)
        }
        texts.removeAll { $0.isEmpty }
        return texts.isEmpty ? nil : texts.joined(separator: "\n\n")
    }

    /// Everything that the user, the assistant and the tools said.
    static func turns(_ messages: [ChatRequest.Message]) throws(ChatRequestError) -> [JSON] {
        var turns: [JSON] = []
        // Anthropic wants all results of one round of calls in one turn, so they are gathered
        // first.
        var results: [JSON] = []
        for (index, message) in messages.enumerated() {
            let path = "messages[\(index)]"
            if let role = message.foreignRole {
                throw .unknownRole(name: "\(path).role", found: role.found)
            }
            if message.role == .tool {
                results.append(toolResult(message))
                continue
            }
            if !results.isEmpty { turns.append(turn("user", .array(results))) }
            results = []
            switch message.role {
            case .system, .developer, .tool: continue
            case .user: turns.append(turn("user", try content(message, path)))
            case .assistant:
                let content = try assistantContent(message, path)
                // An answer that was stopped before its first word: Anthropic refuses empty turns.
                if content == .string("") || content == .array([]) { continue }
                turns.append(turn("assistant", content))
            }
        }
        if !results.isEmpty { turns.append(turn("user", .array(results))) }
        guard !turns.isEmpty else {
            throw .missing(name: "messages", expected: "a message of the user for \(name)")
        }
        return turns
    }

    private static func turn(_ role: String, _ content: JSON) -> JSON {
        .object([
            JSON.Member(key: "role", value: .string(role)),
            JSON.Member(key: "content", value: content),
        ])
    }

    private static func content(
        _ message: ChatRequest.Message,
        _ path: String
    ) throws(ChatRequestError) -> JSON {
        guard let parts = message.original?["content"]?.arrayValue else {
            return .string(message.text)
        }
        var blocks: [JSON] = []
        for (index, part) in parts.enumerated() {
            // Anthropic refuses a text block without text.
            if part["text"]?.stringValue == "" { continue }
            blocks.append(try block(part, "\(path).content[\(index)]"))
        }
        return .array(blocks)
    }

    private static func block(_ part: JSON, _ path: String) throws(ChatRequestError) -> JSON {
        switch part["type"]?.stringValue {
        case "text", "image", "document", "search_result", "thinking", "redacted_thinking",
            "tool_use", "tool_result":
            return part
        case "refusal":
            return text(part["refusal"]?.stringValue ?? "")
        case "image_url":
            let url = part["image_url"]?["url"] ?? part["image_url"]
            guard let url = url?.stringValue else {
                throw .missing(name: "\(path).image_url.url", expected: "a string")
            }
            return image(url)
        default:
            throw unsupported(part, path)
        }
    }

    private static func text(_ text: String) -> JSON {
        .object([
            JSON.Member(key: "type", value: .string("text")),
            JSON.Member(key: "text", value: .string(text)),
        ])
    }

    /// An image by its URL, or by its bytes where the URL holds them (RFC 2397).
    private static func image(_ url: String) -> JSON {
        var source = [
            JSON.Member(key: "type", value: .string("url")),
            JSON.Member(key: "url", value: .string(url)),
        ]
        let halves = url.split(separator: ",", maxSplits: 1, omittingEmptySubsequences: false)
        if url.hasPrefix("data:"), halves.count == 2, halves[0].hasSuffix(";base64") {
            let type = String(halves[0].dropFirst("data:".count).dropLast(";base64".count))
            source = [
                JSON.Member(key: "type", value: .string("base64")),
                JSON.Member(key: "media_type", value: .string(type)),
                JSON.Member(key: "data", value: .string(String(halves[1]))),
            ]
        }
        return .object([
            JSON.Member(key: "type", value: .string("image")),
            JSON.Member(key: "source", value: .object(source)),
        ])
    }

    private static func assistantContent(
        _ message: ChatRequest.Message,
        _ path: String
    ) throws(ChatRequestError) -> JSON {
        for member in message.original?.members ?? [] where member.value != .null {
            guard member.key == "function_call" || member.key == "audio" else { continue }
            throw .unsupported(name: "\(path).\(member.key)", what: "this member", by: name)
        }
        let said = try content(message, path)
        var blocks: [JSON]
        switch said {
        case .array(let parts): blocks = parts
        default: blocks = message.text.isEmpty ? [] : [text(message.text)]
        }
        if blocks.isEmpty, let refusal = message.original?["refusal"]?.stringValue {
            blocks.append(text(refusal))
        }
        let calls = message.original?["tool_calls"]?.arrayValue ?? []
        if calls.isEmpty, blocks.count <= 1, said == .string(message.text), !message.text.isEmpty {
            return said
        }
        for (index, call) in calls.enumerated() {
            blocks.append(try toolUse(call, "\(path).tool_calls[\(index)]"))
        }
        return .array(blocks)
    }

    private static func toolUse(_ call: JSON, _ path: String) throws(ChatRequestError) -> JSON {
        guard let id = call["id"], id.stringValue != nil else {
            throw .missing(name: "\(path).id", expected: "a string")
        }
        guard let name = call["function"]?["name"], name.stringValue != nil else {
            throw .missing(name: "\(path).function.name", expected: "a string")
        }
        let arguments = call["function"]?["arguments"] ?? .string("")
        return .object([
            JSON.Member(key: "type", value: .string("tool_use")),
            JSON.Member(key: "id", value: id),
            JSON.Member(key: "name", value: name),
            JSON.Member(
                key: "input",
                value: try input(arguments, "\(path).function.arguments")
            ),
        ])
    }

    /// The arguments as an object: OpenAI sends them as text, Anthropic as JSON.
    private static func input(_ value: JSON, _ path: String) throws(ChatRequestError) -> JSON {
        guard let text = value.stringValue else {
            throw .field(name: path, expected: "a string", found: value.found)
        }
        if FieldReader.isBlank(text) { return .object([]) }
        let bytes = Array(text.utf8)
        let input: JSON
        do throws(JSONError) {
            input = try JSON.parse(bytes.span, limits: .stranger)
        } catch {
            throw .field(name: path, expected: "a JSON object", found: "broken JSON (\(error))")
        }
        guard input.members != nil else {
            throw .field(name: path, expected: "a JSON object", found: input.found)
        }
        return input
    }

    private static func toolResult(_ message: ChatRequest.Message) -> JSON {
        var members = [JSON.Member(key: "type", value: .string("tool_result"))]
        if let id = message.original?["tool_call_id"] {
            members.append(JSON.Member(key: "tool_use_id", value: id))
        }
        members.append(JSON.Member(key: "content", value: .string(message.text)))
        return .object(members)
    }

    private static func unsupported(_ part: JSON, _ path: String) -> ChatRequestError {
        let type = part["type"]?.stringValue ?? ""
        return .unsupported(name: path, what: "a part of type \(JSON.found(type))", by: name)
    }
}
