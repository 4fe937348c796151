import Wire

/// The options of a request that Anthropic names differently, bounds differently, or does not have.
struct AnthropicOptions {
    /// The `max_tokens` where the client gives none: Anthropic requires a number.
    static let defaultMaxTokens = 4096

    private let request: ChatRequest
    /// What the client sent beside the fields of `ChatRequest`, and nobody has taken yet.
    private var members: [JSON.Member]

    init(_ request: ChatRequest) {
        self.request = request
        members = request.extra
    }

    /// Takes a member out; nil where there is none, or `null`.
    mutating func take(_ name: String) -> JSON? {
        guard let index = members.firstIndex(where: { equals($0.key, name) }) else { return nil }
        let value = members.remove(at: index).value
        return value == .null ? nil : value
    }

    /// Anthropic gives one answer.
    mutating func refuseSeveralChoices() throws(ChatRequestError) {
        guard let count = take("n"), count.doubleValue != 1 else { return }
        throw .field(name: "n", expected: "1", found: count.found)
    }

    /// The bound that the client gives; nil where it gives none, or asks for no bound by a number
    /// below 1, as clients of local models do.
    mutating func maxTokens() throws(ChatRequestError) -> Int? {
        let completion = take("max_completion_tokens")
        if let given = request.maxTokens { return given }
        for (name, value) in [
            ("max_tokens", take("max_tokens")), ("max_completion_tokens", completion),
        ] {
            guard let value else { continue }
            // JSON knows no whole numbers: some clients write 4096.0.
            guard let number = value.doubleValue, let whole = Int(exactly: number) else {
                throw .field(name: name, expected: "a whole number from 1 up", found: value.found)
            }
            return whole < 1 ? nil : whole
        }
        return nil
    }

    /// Stop strings that Anthropic takes: those with something other than white space.
    mutating func stop() throws(ChatRequestError) -> [String] {
        var texts = request.stop
        if texts.isEmpty, let value = take("stop") {
            for element in value.arrayValue ?? [value] {
                guard let text = element.stringValue else {
                    throw .field(
                        name: "stop",
                        expected: "a string or an array of strings",
                        found: element.found
                    )
                }
                texts.append(text)
            }
        }
        return texts.filter { !AnthropicTurn.isBlank($0) }
    }

    /// Temperature and `top_p`, within Anthropic's bounds, as far as a model takes them.
    ///
    /// - Parameters:
    ///   - model: newer ones take neither, or one of both.
    ///   - thinks: whether it is told to think, and so takes its own temperature and hardly
    ///     another `top_p`.
    /// - Returns: both as they are sent; nil for what is left out.
    /// - Throws: an error that names what is no number.
    mutating func sampling(
        _ model: AnthropicModel,
        thinks: Bool
    ) throws(ChatRequestError) -> (temperature: String?, topP: String?) {
        var temperature = try fraction(request.temperature, "temperature")
        var topP = try fraction(request.topP, "top_p")
        if thinks || !model.takesSampling {
            temperature = nil
            _ = take("top_k")
        }
        if let given = topP.flatMap({ Double($0) }),
            !model.takesSampling || thinks && given < 0.95
                || model.takesOneOfBoth && temperature != nil
        {
            topP = nil
        }
        return (temperature, topP)
    }

    /// A number from 0 to 1; OpenAI's temperatures go to 2.
    private mutating func fraction(
        _ typed: String?,
        _ name: String
    ) throws(ChatRequestError) -> String? {
        var text = typed
        if text == nil, let value = take(name) {
            guard case .number(let number) = value else {
                throw .field(name: name, expected: "a number from 0 to 1", found: value.found)
            }
            text = number
        }
        guard let text, let number = Double(text) else { return nil }
        return number > 1 ? "1" : number < 0 ? "0" : text
    }

    /// The other members, without those that mean nothing to Anthropic.
    ///
    /// All others are passed on unchanged, and Anthropic's own refusal names what it does not know.
    mutating func translated() -> [JSON.Member] {
        let safetyIdentifier = take("safety_identifier")
        let metadata = take("metadata")
        let user = metadata?.given("user_id") ?? safetyIdentifier ?? take("user")
        var result: [JSON.Member] = []
        // OpenAI's metadata are free; Anthropic takes the user's id alone.
        if let user, user.stringValue?.isEmpty == false {
            result.append(JSON.Member(key: "metadata", value: .having(["user_id": user])))
        }
        for member in members where !Self.leftOut.contains(member.key) {
            guard equals(member.key, "service_tier") else {
                if member.value != .null { result.append(member) }
                continue
            }
            if let tier = member.value.stringValue.flatMap({ Self.tiers[$0] }) {
                result.append(JSON.Member(key: member.key, value: .string(tier)))
            }
        }
        return result
    }

    /// OpenAI's other tiers are the vendor's choice at Anthropic.
    private static let tiers = [
        "auto": "auto", "default": "standard_only", "standard_only": "standard_only",
    ]

    /// OpenAI's options without a meaning at Anthropic, which would refuse them.
    private static let leftOut: Set<String> = [
        "audio", "frequency_penalty", "logit_bias", "logprobs", "modalities", "prediction",
        "presence_penalty", "prompt_cache_key", "prompt_cache_retention", "seed", "store",
        "stream_options", "top_logprobs", "user", "verbosity", "web_search_options",
    ]
}
