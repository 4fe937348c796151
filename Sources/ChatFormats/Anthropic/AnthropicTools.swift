import Wire

/// Puts OpenAI's tools and the choice among them into Anthropic's form.
enum AnthropicTools {
    /// A tool already in Anthropic's form stays as it is.
    static func tools(_ value: JSON) throws(ChatRequestError) -> JSON {
        guard let elements = value.arrayValue else {
            throw .field(name: "tools", expected: "an array", found: value.found)
        }
        var tools: [JSON] = []
        for (index, element) in elements.enumerated() {
            guard let function = element["function"] else {
                tools.append(element)
                continue
            }
            guard let name = function["name"], name.stringValue != nil else {
                throw .missing(name: "tools[\(index)].function.name", expected: "a string")
            }
            var members = [JSON.Member(key: "name", value: name)]
            if let description = function["description"], description != .null {
                members.append(JSON.Member(key: "description", value: description))
            }
            // OpenAI needs no schema for a function without parameters; Anthropic does.
            let anything = JSON.object([JSON.Member(key: "type", value: .string("object"))])
            let schema = function["parameters"] ?? anything
            members.append(JSON.Member(key: "input_schema", value: schema))
            tools.append(.object(members))
        }
        return .array(tools)
    }

    /// Joins `tool_choice` and `parallel_tool_calls`, which are one object at Anthropic.
    static func choice(_ members: [JSON.Member]) throws(ChatRequestError) -> JSON? {
        let given = members.first { $0.key == "tool_choice" }?.value
        let parallel = members.first { $0.key == "parallel_tool_calls" }?.value.boolValue
        guard given != nil || parallel == false else { return nil }
        var choice = try Self.members(of: given ?? .string("auto"))
        let isNone = choice.contains { $0.key == "type" && $0.value == .string("none") }
        if parallel == false, !isNone {
            choice.append(JSON.Member(key: "disable_parallel_tool_use", value: .bool(true)))
        }
        return .object(choice)
    }

    private static func members(of choice: JSON) throws(ChatRequestError) -> [JSON.Member] {
        func type(_ word: String) -> [JSON.Member] {
            [JSON.Member(key: "type", value: .string(word))]
        }
        switch choice {
        case .string("auto"): return type("auto")
        case .string("none"): return type("none")
        case .string("required"): return type("any")
        case .object(let members):
            guard let function = choice["function"] else { return members }
            guard let name = function["name"] else {
                throw .missing(name: "tool_choice.function.name", expected: "a string")
            }
            return type("tool") + [JSON.Member(key: "name", value: name)]
        default:
            throw .field(
                name: "tool_choice",
                expected: "auto, none, required or an object",
                found: choice.found
            )
        }
    }
}
