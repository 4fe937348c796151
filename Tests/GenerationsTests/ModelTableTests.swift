import ChatFormats
import Testing

@testable import Generations

/// Which upstream is asked for which model.
@Suite struct ModelTableTests {
    private static let openAI = upstream("openai", .openAI, "gpt")
    private static let anthropic = upstream("anthropic", .anthropic, "claude-x")

    private static func upstream(
        _ name: String,
        _ provider: Provider,
        _ model: String
    ) -> RelayConfiguration.Upstream {
        RelayConfiguration.Upstream(
            name: name,
            provider: provider,
            baseURL: "http://127.0.0.1:1",
            key: nil,
            model: model
        )
    }

    struct Case: Sendable {
        let upstreams: [RelayConfiguration.Upstream]
        let model: String?
        let asked: (name: String, model: String)

        init(
            _ upstreams: [RelayConfiguration.Upstream],
            _ model: String?,
            _ name: String,
            _ asked: String
        ) {
            self.upstreams = upstreams
            self.model = model
            self.asked = (name, asked)
        }
    }

    @Test(arguments: [
        Case([openAI], nil, "openai", "gpt"), Case([openAI], "claude-3", "openai", "claude-3"),
        Case([openAI, anthropic], nil, "openai", "gpt"),
        Case([openAI, anthropic], "gpt-5", "openai", "gpt-5"),
        Case([openAI, anthropic], "claude-3", "anthropic", "claude-3"),
        Case([openAI, anthropic], "my-claude", "openai", "my-claude"),
        Case([openAI, anthropic], "", "openai", ""),
        Case([anthropic], nil, "anthropic", "claude-x"),
        Case([anthropic], "llama", "anthropic", "llama"),
        Case([anthropic, openAI], "gpt-5", "anthropic", "gpt-5"),
    ])
    func `a vendor's own models are asked of the vendor, and all others of the first`(
        one: Case
    ) {
        let candidates = ModelTable(one.upstreams).candidates(for: one.model)
        #expect(candidates.map(\.upstream.configuration.name) == [one.asked.name])
        #expect(candidates.map(\.model) == [one.asked.model])
    }

    /// Upstreams that name their models, and who stands in for them.
    private static let named: [RelayConfiguration.Upstream] = {
        var first = upstream("first", .openAI, "small")
        first.serves.names = ["small", "large"]
        first.serves.aliases = ["fast": "small"]
        first.serves.patterns = [ModelPattern("gpt-*")]
        first.serves.fallbacks = [.init("second/vendor/other"), .init("third")]
        first.serves.modelFallbacks = ["large": [.init("third/big")]]
        var second = upstream("second", .openAI, "other")
        second.serves.names = ["large"]
        second.serves.aliases = ["fast": "quick"]
        second.serves.fallbacks = [.init("first/small")]
        var third = upstream("third", .anthropic, "claude-x")
        third.serves.patterns = [ModelPattern("gpt-*-mini"), ModelPattern("*")]
        return [first, second, third]
    }()

    @Test(
        arguments: [
            ("small", ["first/small", "second/vendor/other", "third/claude-x"]),
            ("fast", ["first/small", "second/quick", "second/vendor/other", "third/claude-x"]),
            ("large", ["first/large", "second/large", "third/big", "first/small"]),
            ("gpt-5", ["first/gpt-5", "third/gpt-5", "second/vendor/other", "third/claude-x"]),
            ("claude-3", ["third/claude-3"]), ("other", ["third/other"]),
            (nil, ["first/small", "second/vendor/other", "third/claude-x"]),
        ] as [(String?, [String])]
    )
    func `names come before patterns, and who stands in comes last, nobody twice`(
        model: String?,
        asked: [String]
    ) {
        let candidates = ModelTable(Self.named).candidates(for: model)
        #expect(candidates.map { "\($0.upstream.configuration.name)/\($0.model)" } == asked)
    }

    @Test(arguments: [
        ("gpt-*", "gpt-5", true), ("gpt-*", "gpt-", true), ("gpt-*", "gpt", false),
        ("*", "", true), ("*-mini", "gpt-5-mini", true), ("*-mini", "gpt-5-minimal", false),
        ("a*b*c", "aXbXbXc", true), ("a*b*c", "acb", false), ("", "", true), ("x", "X", false),
        ("claude*", "anthropic/claude", false), ("**x", "x", true),
    ])
    func `a star in a pattern is any text`(pattern: String, name: String, matches: Bool) {
        #expect(ModelPattern(pattern).matches(name) == matches)
    }
}
