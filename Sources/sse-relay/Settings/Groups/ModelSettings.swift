import ChatFormats
import Generations
import Relay

/// Who answers.
struct ModelSettings: Sendable {
    /// Who answers by default.
    enum Source: String, Sendable {
        case openai, anthropic, simulator
    }

    /// Who is named to answer by default; nil where nobody is, or an upstream of the file.
    let chosen: Source?
    /// The file that names the upstreams; nil where the variables do.
    let file: String?
    /// The upstreams, the default first; empty where the simulator answers.
    let upstreams: [RelayConfiguration.Upstream]
    /// The model that is asked where a request names none; nil leaves it to the upstream's default.
    let model: String?

    init(_ environment: Environment) throws(ConfigurationError) {
        model = try Self.model.value(in: environment)
        file = environment.upstreams?.path
        guard let file = environment.upstreams else {
            chosen = try Self.source.value(in: environment)
            upstreams = try Self.upstreams(environment, chosen, model: model)
            return
        }
        let word = Self.source.variable.value(setIn: environment)
        chosen = word.flatMap { Source(rawValue: $0) }
        upstreams =
            chosen == .simulator
            ? [] : try ModelSettings.upstreams(of: file, environment, first: word, model: model)
    }

    private static func upstreams(
        of file: UpstreamsFile,
        _ environment: Environment,
        first: String?,
        model: String?
    ) throws(ConfigurationError) -> [RelayConfiguration.Upstream] {
        var upstreams = try file.upstreams(environment)
        if let first {
            guard let index = upstreams.firstIndex(where: { $0.name == first }) else {
                throw ConfigurationError(
                    source.variable,
                    "no upstream of \(file.path) is named so, nor is it simulator",
                    example: upstreams[0].name
                )
            }
            upstreams.insert(upstreams.remove(at: index), at: 0)
        }
        if let model { upstreams[0].setModel(model) }
        return upstreams
    }

    private static func upstreams(
        _ environment: Environment,
        _ chosen: Source?,
        model: String?
    ) throws(ConfigurationError) -> [RelayConfiguration.Upstream] {
        guard chosen != .simulator else { return [] }
        var upstreams: [RelayConfiguration.Upstream] = []
        for vendor in [Vendor.openAI, .anthropic] {
            guard vendor.isConfigured(in: environment) || vendor.source == chosen else { continue }
            upstreams.append(try vendor.upstream(in: environment))
        }
        if chosen == .anthropic { upstreams.reverse() }
        if let model, !upstreams.isEmpty { upstreams[0].setModel(model) }
        return upstreams
    }

    /// Who answers, one line for each upstream, without the secrets that a URL may hold.
    var descriptions: [String] {
        upstreams.map { upstream in
            let url = Redaction.clean(address: upstream.baseURL)
            return "\(upstream.name) answers as \(Redaction.clean(upstream.model)) at \(url)"
        }
    }

    /// What wins where the file and the variables both name upstreams; nil where they do not.
    func precedence(in environment: Environment) -> String? {
        guard let file else { return nil }
        let variables = [Self.openAIBaseURL.variable, Self.anthropicBaseURL.variable]
            .filter { $0.value(setIn: environment) != nil }
        let keys = [Self.openAIKey.variable, Self.anthropicKey.variable]
            .filter { $0.value(setIn: environment) != nil }
        guard !(variables + keys).isEmpty else { return nil }
        let others = (variables + keys).names
        return "\(file) says who answers; \(others) alone add no upstream to it"
    }

    static let openAIModel = "gpt-4o-mini"
    static let anthropicModel = "claude-haiku-4-5"
}

/// A vendor, or whoever speaks its protocol, and the variables that name it.
private struct Vendor {
    let source: ModelSettings.Source
    let provider: Provider
    let key: Setting<String?>
    let baseURL: Setting<String>
    let model: String

    static let openAI = Vendor(
        source: .openai,
        provider: .openAI,
        key: ModelSettings.openAIKey,
        baseURL: ModelSettings.openAIBaseURL,
        model: ModelSettings.openAIModel
    )
    static let anthropic = Vendor(
        source: .anthropic,
        provider: .anthropic,
        key: ModelSettings.anthropicKey,
        baseURL: ModelSettings.anthropicBaseURL,
        model: ModelSettings.anthropicModel
    )

    func isConfigured(in environment: Environment) -> Bool {
        [key.variable, baseURL.variable].contains { $0.value(setIn: environment) != nil }
    }

    func upstream(
        in environment: Environment
    ) throws(ConfigurationError) -> RelayConfiguration.Upstream {
        let isOwnServer = baseURL.variable.value(setIn: environment) != nil
        let key = try key.value(in: environment)
        guard key != nil || isOwnServer else {
            throw ConfigurationError(
                self.key.variable,
                "is not set, though \(ModelSettings.source.name) is \(source.rawValue)"
            )
        }
        var upstream = RelayConfiguration.Upstream(
            name: source.rawValue,
            provider: provider,
            baseURL: try baseURL.value(in: environment),
            key: key,
            model: model
        )
        upstream.hasVendorsModel = true
        upstream.keyVariable = self.key.name
        upstream.addressVariable = baseURL.name
        upstream.style.quirks = VendorQuirks.quirks(ofURL: upstream.baseURL)
        return upstream
    }
}

extension RelayConfiguration.Upstream {
    /// Takes the model that a person has named.
    fileprivate mutating func setModel(_ name: String) {
        model = name
        hasVendorsModel = false
    }
}

extension ModelSettings {
    static let group = VariableGroup(
        "Who answers",
        [
            openAIKey.variable, openAIBaseURL.variable, anthropicKey.variable,
            anthropicBaseURL.variable, upstreamsFile.variable, source.variable, model.variable,
        ]
    )

    static let openAIKey = Setting.key(
        Variable(
            "OPENAI_API_KEY",
            example: "sk-...",
            content: .secret,
            summary: "the key for OpenAI or a server that speaks its protocol",
            words: """
                The key for OpenAI, or for another server that speaks its protocol. With no key \
                and no base URL at all, the built-in simulator answers.
                """
        )
    )

    static let openAIBaseURL = Setting.url(
        Variable(
            "OPENAI_BASE_URL",
            fallback: "https://api.openai.com/v1",
            content: .address,
            summary: "another server that speaks OpenAI's protocol; needs no key of its own",
            words: """
                Another server that speaks OpenAI's chat completions: llama.cpp, vLLM, Ollama, \
                OpenRouter, Azure... The path ends where `/chat/completions` begins. Such a server \
                may need no key.
                """
        )
    )

    static let anthropicKey = Setting.key(
        Variable(
            "ANTHROPIC_API_KEY",
            example: "sk-ant-...",
            content: .secret,
            summary: "the key for Anthropic; models named claude… go there",
            words: "The key for Anthropic. Models whose name begins with `claude` go there."
        )
    )

    static let anthropicBaseURL = Setting.url(
        Variable(
            "ANTHROPIC_BASE_URL",
            fallback: "https://api.anthropic.com",
            content: .address,
            summary: "another server that speaks Anthropic's protocol",
            words: "Another server that speaks Anthropic's messages; without `/v1`."
        )
    )

    static let upstreamsFile = Setting.optionalText(
        Variable(
            "RELAY_UPSTREAMS_FILE",
            example: "/etc/sse-relay/upstreams.json",
            summary: "a JSON file that names several upstreams, their models and stand-ins",
            words: """
                A JSON file that names several upstreams, with their models, aliases and stand-ins. \
                Then it alone says who answers, and the variables above only hold keys. See \
                docs/operating.md.
                """
        )
    )

    static let source = Setting.optionalChoice(
        Variable(
            "RELAY_UPSTREAM",
            example: "openai",
            summary: "who answers by default: openai, anthropic or simulator; else the first set",
            words: """
                Who answers by default where both are set: `openai`, `anthropic` or `simulator`. With \
                a file of upstreams, the name of one of them.
                """
        ),
        expected: "openai, anthropic or simulator"
    ) { Source(rawValue: $0) }

    static let model = Setting.optionalText(
        Variable(
            "RELAY_MODEL",
            example: "gpt-4o-mini",
            summary: "the model where a request names none",
            words: """
                The model where a request names none. Default: `gpt-4o-mini`, or \
                `claude-haiku-4-5`.
                """
        )
    )
}
