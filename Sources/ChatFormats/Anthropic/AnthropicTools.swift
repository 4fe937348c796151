import Wire

/// OpenAI's tools and the choice among them in Anthropic's form.
struct AnthropicTools {
    /// `tools` and `tool_choice`, as far as they are sent.
    private(set) var members: [JSON.Member] = []
    /// What the model is told where it can't be made to call a tool.
    private(set) var instructions: [String] = []
    /// Whether the model is made to call a tool, before which it can't think.
    private(set) var isForced = false

    /// Takes the tools out of a request's options.
    init(
        _ options: inout AnthropicOptions,
        _ turns: [AnthropicTurn],
        _ model: AnthropicModel
    ) throws(ChatRequestError) {
        var tools: [JSON] = []
        for name in ["tools", "functions"] {
            guard let value = options.take(name) else { continue }
            guard let elements = value.arrayValue else {
                throw .field(name: name, expected: "an array", found: value.found)
            }
            for (index, element) in elements.enumerated() {
                tools.append(try Self.tool(element, "\(name)[\(index)]", isOld: name != "tools"))
            }
        }
        let parallel = options.take("parallel_tool_calls")?.boolValue
        let given = options.take("tool_choice")
        let old = options.take("function_call")
        guard !tools.isEmpty else {
            declareCalled(turns)
            return
        }
        members.append(JSON.Member(key: "tools", value: .array(tools)))
        guard given != nil || old != nil || parallel == false else { return }
        var choice = JSON.having(["type": .string("auto")])
        if let given {
            choice = try Self.choice(given)
        } else if let old {
            choice = try Self.oldChoice(old)
        }
        let type = choice["type"]?.stringValue
        if type == "any" || type == "tool" {
            if model.takesForcedTools {
                isForced = true
            } else {
                instructions = [Self.instruction(choice["name"]?.stringValue)]
                choice = .having(["type": .string("auto")])
            }
        }
        if parallel == false, type != "none" {
            choice = choice.setting("disable_parallel_tool_use", to: .bool(true))
        }
        members.append(JSON.Member(key: "tool_choice", value: choice))
    }

    /// Declares the tools that were called before, if the client does not: Anthropic refuses calls
    /// in a request without tools.
    private mutating func declareCalled(_ turns: [AnthropicTurn]) {
        let names = AnthropicRounds.toolNames(turns)
        guard !names.isEmpty else { return }
        let tools = names.map { name in
            JSON.having(["name": .string(name), "input_schema": Self.schema(nil)])
        }
        members = [
            JSON.Member(key: "tools", value: .array(tools)),
            JSON.Member(key: "tool_choice", value: .having(["type": .string("none")])),
        ]
    }

    /// A tool already in Anthropic's form stays as it is.
    private static func tool(
        _ element: JSON,
        _ path: String,
        isOld: Bool
    ) throws(ChatRequestError) -> JSON {
        let type = element["type"]?.stringValue
        if type == "custom", element["custom"] != nil {
            // Such a tool takes any text, perhaps of a grammar; Anthropic's take an object.
            throw .unsupported(
                name: path,
                what: "a tool of type \"custom\"",
                by: AnthropicMessages.name
            )
        }
        // Some clients leave out the object around the function.
        let isFlat = isOld || type == "function" && element["function"] == nil
        guard let function = isFlat ? element : element["function"] else { return element }
        guard let name = function["name"], name.stringValue != nil else {
            let place = isFlat ? path : "\(path).function"
            throw .missing(name: "\(place).name", expected: "a string")
        }
        var tool = JSON.having(["name": name])
        if let description = function.given("description") {
            tool = tool.setting("description", to: description)
        }
        tool = tool.setting("input_schema", to: schema(function.given("parameters")))
        // OpenAI's `strict` stays behind: Anthropic's refuses schemas that OpenAI takes.
        if let mark = element.given("cache_control") ?? function.given("cache_control") {
            tool = tool.setting("cache_control", to: mark)
        }
        return tool
    }

    /// OpenAI needs no schema for a function without parameters, nor a type in one; Anthropic does.
    private static func schema(_ parameters: JSON?) -> JSON {
        let type = JSON.Member(key: "type", value: .string("object"))
        guard let parameters else { return .object([type]) }
        guard let members = parameters.members, parameters["type"] == nil else { return parameters }
        return .object([type] + members)
    }

    private static func choice(_ choice: JSON) throws(ChatRequestError) -> JSON {
        func type(_ word: String) -> JSON { .having(["type": .string(word)]) }
        switch choice {
        case .string("auto"): return type("auto")
        case .string("none"): return type("none")
        case .string("required"): return type("any")
        case .object:
            if choice["type"]?.stringValue == "allowed_tools" {
                // Anthropic can't be told a part of the tools, but whether one is called.
                let allowed = choice["allowed_tools"] ?? choice
                return type(allowed["mode"]?.stringValue == "required" ? "any" : "auto")
            }
            let isFunction = choice["type"]?.stringValue == "function"
            guard let function = choice["function"] ?? (isFunction ? choice : nil) else {
                return choice
            }
            guard let name = function["name"] else {
                throw .missing(name: "tool_choice.function.name", expected: "a string")
            }
            return type("tool").setting("name", to: name)
        default:
            throw .field(
                name: "tool_choice",
                expected: "auto, none, required or an object",
                found: choice.found
            )
        }
    }

    /// The choice in OpenAI's old form.
    private static func oldChoice(_ choice: JSON) throws(ChatRequestError) -> JSON {
        guard let name = choice["name"] else { return try Self.choice(choice) }
        return .having(["type": .string("tool"), "name": name])
    }

    private static func instruction(_ name: String?) -> String {
        name.map { "Answer with a call of the tool \"\($0)\"." } ?? "Answer with a call of a tool."
    }
}
