import Wire

/// The ids of a conversation's tool calls, as Anthropic takes them: each once, and of letters,
/// digits, `_` and `-`.
///
/// Other vendors' ids have colons and points, and some count from zero in each answer.
struct AnthropicToolIDs {
    /// The id of the latest call of each id, as the client has it.
    private var latest: [String: String] = [:]
    private var used: Set<String> = []
    /// How often each id has come.
    private var counts: [String: Int] = [:]
    /// The id of the latest call of each function, for results that name only the function.
    private var latestOfFunction: [String: String] = [:]

    /// A call in OpenAI's form.
    mutating func call(_ call: JSON, _ path: String) throws(ChatRequestError) -> JSON {
        guard let id = call["id"]?.stringValue else {
            throw .missing(name: "\(path).id", expected: "a string")
        }
        guard let function = call.given("function") else {
            // The tools of other types have no place in Anthropic's form.
            if let type = call["type"]?.stringValue, type != "function" {
                throw .unsupported(
                    name: path,
                    what: "a call of type \(JSON.found(type))",
                    by: AnthropicMessages.name
                )
            }
            throw .missing(name: "\(path).function.name", expected: "a string")
        }
        return try toolUse(open(id), function, "\(path).function")
    }

    /// A call in OpenAI's old form, which has no id.
    mutating func functionCall(_ call: JSON, _ path: String) throws(ChatRequestError) -> JSON {
        let id = open("function_call")
        let block = try toolUse(id, call, path)
        if let name = call["name"]?.stringValue { latestOfFunction[name] = id }
        return block
    }

    /// A call that the client sends in Anthropic's form.
    mutating func ownCall(_ block: JSON) -> JSON {
        guard let id = block["id"]?.stringValue else { return block }
        return block.setting("id", to: .string(open(id)))
    }

    /// A result that the client sends in Anthropic's form.
    func ownResult(_ block: JSON) -> JSON {
        guard let id = block["tool_use_id"]?.stringValue else { return block }
        return block.setting("tool_use_id", to: .string(latest[id] ?? Self.cleaned(id)))
    }

    /// The id of the call that a message answers.
    func answered(by message: JSON?) -> String {
        if let id = message?["tool_call_id"]?.stringValue {
            return latest[id] ?? Self.cleaned(id)
        }
        return message?["name"]?.stringValue.flatMap { latestOfFunction[$0] } ?? ""
    }

    private mutating func open(_ id: String) -> String {
        let cleaned = Self.cleaned(id)
        var unique = cleaned
        while !used.insert(unique).inserted {
            let count = counts[cleaned, default: 1] + 1
            counts[cleaned] = count
            unique = "\(cleaned)-\(count)"
        }
        latest[id] = unique
        return unique
    }

    /// Writes what Anthropic does not take in an id as its hexadecimal digits, so that two ids stay
    /// two.
    private static func cleaned(_ id: String) -> String {
        var cleaned: [UInt8] = []
        for byte in id.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                cleaned.append(byte)
            default:
                cleaned.append(UInt8(ascii: "_"))
                cleaned.append(hexadecimal: UInt(byte))
            }
        }
        return cleaned.isEmpty ? "call" : String(decoding: cleaned, as: UTF8.self)
    }

    private func toolUse(
        _ id: String,
        _ function: JSON,
        _ path: String
    ) throws(ChatRequestError) -> JSON {
        guard let name = function["name"], name.stringValue != nil else {
            throw .missing(name: "\(path).name", expected: "a string")
        }
        return .having([
            "type": .string("tool_use"), "id": .string(id), "name": name,
            "input": Self.input(function.given("arguments") ?? .string("")),
        ])
    }

    /// The arguments as an object: OpenAI sends them as text, Anthropic as JSON.
    ///
    /// What is none, such as arguments that were cut, goes as a text of its own: refused, it would
    /// end the conversation, since it is sent again with each question.
    private static func input(_ arguments: JSON) -> JSON {
        if arguments.members != nil { return arguments }
        if let text = arguments.stringValue {
            if AnthropicTurn.isBlank(text) { return .object([]) }
            let bytes = Array(text.utf8)
            if let input = try? JSON.parse(bytes.span, limits: .stranger), input.members != nil {
                return input
            }
        }
        return .having(["arguments": arguments])
    }
}
