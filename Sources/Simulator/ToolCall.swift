import Wire

/// A call of a tool that the simulator makes.
struct ToolCall: Sendable, Equatable {
    let name: String
    /// The arguments as JSON.
    let arguments: String

    /// The call that an answer makes where the request offers no tool.
    static let madeUp = ToolCall(
        name: "get_weather",
        arguments: #"{"city": "Köln", "unit": "°C"}"#
    )

    /// How long a piece of the arguments is at least.
    ///
    /// In bytes.
    private static let pieceBytes = 10

    /// The arguments in the pieces in which they are streamed: the first has the name alone.
    var pieces: [String] {
        var pieces = [""]
        var piece = ""
        for scalar in arguments.unicodeScalars {
            piece.unicodeScalars.append(scalar)
            guard piece.utf8.count >= Self.pieceBytes else { continue }
            pieces.append(piece)
            piece = ""
        }
        if !piece.isEmpty { pieces.append(piece) }
        return pieces
    }
}

/// What a request says of tools, in either vendor's form.
struct ToolRequest: Sendable {
    /// A tool that may be called.
    struct Offer: Sendable {
        let name: String
        /// What its arguments look like.
        let schema: JSON
    }

    /// Whether one is to be called.
    enum Choice: Sendable, Equatable {
        case none, auto, required
        case named(String)
    }

    var offers: [Offer] = []
    var choice = Choice.auto
    /// Whether the last message is a tool's result, so that a model would say something now.
    var hasResults = false

    /// The calls that an answer makes.
    ///
    /// - Parameter wanted: how many calls the model's name asks for; nil where it does not say.
    /// - Returns: none where a model would say something now.
    func calls(wanted: Int?) -> [ToolCall] {
        var possible = offers
        var count = wanted ?? 0
        switch choice {
        case .none: return []
        case .auto: if hasResults { return [] }
        case .required: count = max(1, count)
        case .named(let name):
            possible.removeAll { !equals($0.name, name) }
            count = max(1, count)
        }
        guard !possible.isEmpty else { return [] }
        return (0..<count).map { number in
            let offer = possible[number % possible.count]
            var arguments: [UInt8] = []
            SchemaSample.value(for: offer.schema).write(into: &arguments)
            return ToolCall(
                name: offer.name,
                arguments: String(decoding: arguments, as: UTF8.self)
            )
        }
    }
}

extension ToolRequest {
    /// Reads what a body says of tools; what is not understood counts as absent.
    init(_ body: JSON, for vendor: Vendor) {
        switch vendor {
        case .openAI, .completions: readOpenAI(body)
        case .anthropic: readAnthropic(body)
        }
    }

    private mutating func readOpenAI(_ body: JSON) {
        for tool in body["tools"]?.arrayValue ?? [] { add(tool["function"] ?? tool["custom"]) }
        for function in body["functions"]?.arrayValue ?? [] { add(function) }
        switch body["tool_choice"] ?? body["function_call"] {
        case .string("none")?: choice = .none
        case .string("required")?: choice = .required
        case .object?:
            let name = body["tool_choice"]?["function"]?["name"] ?? body["function_call"]?["name"]
            if let name = name?.stringValue { choice = .named(name) }
        default: break
        }
        let role = body["messages"]?.arrayValue?.last?["role"]?.stringValue
        hasResults = role == "tool" || role == "function"
    }

    private mutating func readAnthropic(_ body: JSON) {
        for tool in body["tools"]?.arrayValue ?? [] { add(tool) }
        switch body["tool_choice"]?["type"]?.stringValue {
        case "none": choice = .none
        case "any": choice = .required
        case "tool": choice = .named(body["tool_choice"]?["name"]?.stringValue ?? "")
        default: break
        }
        let content = body["messages"]?.arrayValue?.last?["content"]?.arrayValue ?? []
        hasResults = content.contains { $0["type"]?.stringValue == "tool_result" }
    }

    private mutating func add(_ tool: JSON?) {
        guard let tool, let name = tool["name"]?.stringValue else { return }
        let schema = tool["parameters"] ?? tool["input_schema"] ?? .object([])
        offers.append(Offer(name: name, schema: schema))
    }
}
