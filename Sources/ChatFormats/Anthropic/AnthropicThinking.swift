import Wire

/// How much a model is to think: OpenAI's effort in Anthropic's words.
struct AnthropicThinking {
    /// OpenAI's words, and Anthropic's `max`.
    private enum Effort: String, CaseIterable {
        case none, minimal, low, medium, high, xhigh, max

        /// How many tokens of thinking it is; 1,024 is Anthropic's least.
        ///
        /// With the answer's default bound, every model that thinks by budget takes the most.
        var budget: Int {
            switch self {
            case .none: 0
            case .minimal: 1024
            case .low: 2048
            case .medium: 8192
            case .high: 16384
            case .xhigh, .max: 24576
            }
        }

        /// Anthropic's word, as far as a model knows it.
        func word(_ model: AnthropicModel) -> String {
            switch self {
            case .none, .minimal, .low: "low"
            case .medium: "medium"
            case .high: "high"
            case .xhigh: model.knowsExtraHigh ? "xhigh" : "high"
            case .max: "max"
            }
        }
    }

    /// Anthropic's `thinking`, if it is sent.
    private var config: JSON?
    /// For `output_config`.
    private(set) var effort: String?
    /// By how many tokens the default bound is raised, since thinking counts as well.
    private(set) var room = 0

    var members: [JSON.Member] { config.map { [JSON.Member(key: "thinking", value: $0)] } ?? [] }

    /// Whether the request says that the model thinks.
    var isOn: Bool {
        ["enabled", "adaptive"].contains(config?["type"]?.stringValue)
    }

    /// Takes what the client says of thinking.
    ///
    /// - Parameters:
    ///   - options: may have Anthropic's own `thinking`, which goes unchanged, OpenAI's
    ///     `reasoning_effort`, or OpenRouter's `reasoning`.
    ///   - model: decides the form.
    ///   - maxTokens: the client's own bound; a budget is below it.
    ///   - mayThink: whether Anthropic takes a budget with these messages and tools; otherwise the
    ///     answer without thinking is better than none.
    /// - Throws: an error that names an effort that is none of the known.
    init(
        _ options: inout AnthropicOptions,
        _ model: AnthropicModel,
        maxTokens: Int?,
        mayThink: Bool
    ) throws(ChatRequestError) {
        let wanted = try Self.wanted(&options)
        if let own = options.take("thinking") {
            if own["type"]?.stringValue == "enabled", !mayThink { return }
            config = own
            room = own["budget_tokens"]?.intValue ?? 0
            return
        }
        switch model.thinking {
        case .never: return
        case .byBudget:
            guard mayThink, let wanted, wanted.budget > 0 else { return }
            setBudget(wanted.budget, below: maxTokens)
        case .byEffort:
            if let wanted { setEffort(wanted.effort, model) }
            if wanted == nil, model.thinksByDefault { room = Effort.medium.budget }
        }
    }

    /// The effort that the client wants, and its budget; nil where it says nothing.
    private static func wanted(
        _ options: inout AnthropicOptions
    ) throws(ChatRequestError) -> (effort: Effort, budget: Int)? {
        let plain = options.take("reasoning_effort")
        let reasoning = options.take("reasoning")
        if let value = plain ?? reasoning?.given("effort") {
            guard let effort = value.stringValue.flatMap({ Effort(rawValue: $0) }) else {
                throw .field(
                    name: plain == nil ? "reasoning.effort" : "reasoning_effort",
                    expected: "none, minimal, low, medium, high or xhigh",
                    found: value.found
                )
            }
            return (effort, effort.budget)
        }
        if reasoning?["enabled"] == .bool(false) { return (.none, 0) }
        if let budget = reasoning?["max_tokens"]?.intValue {
            let effort = Effort.allCases.first { $0.budget >= budget } ?? .xhigh
            return (effort, budget)
        }
        return reasoning?["enabled"] == .bool(true) ? (.medium, Effort.medium.budget) : nil
    }

    /// Leaves half of the client's own bound for the answer, and does not think where it leaves
    /// nothing.
    private mutating func setBudget(_ wanted: Int, below maxTokens: Int?) {
        let least = Effort.minimal.budget
        var budget = max(wanted, least)
        if let maxTokens {
            guard maxTokens > least else { return }
            budget = min(budget, max(least, maxTokens / 2))
        }
        config = .having(["type": .string("enabled"), "budget_tokens": .number("\(budget)")])
        room = budget
    }

    private mutating func setEffort(_ wanted: Effort, _ model: AnthropicModel) {
        room = wanted.budget
        guard wanted == .none else {
            effort = wanted.word(model)
            var adaptive = JSON.having(["type": .string("adaptive")])
            if model.hidesThinking {
                adaptive = adaptive.setting("display", to: .string("summarized"))
            }
            config = adaptive
            return
        }
        switch model.quiet {
        case .byDefault: break
        case .disabled: config = .having(["type": .string("disabled")])
        case .betweenTools: config = .having(["type": .string("between_tools")])
        case .impossible:
            effort = wanted.word(model)
            room = Effort.low.budget
        }
    }
}
