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
        let candidate = ModelTable(one.upstreams).candidate(for: one.model)
        #expect(candidate.upstream.configuration.name == one.asked.name)
        #expect(candidate.model == one.asked.model)
    }
}
