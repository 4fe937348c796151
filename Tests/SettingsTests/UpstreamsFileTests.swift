import ChatFormats
import Generations
import Testing

@testable import sse_relay

/// The file of upstreams: what it says, and what is said about a wrong one.
@Suite struct UpstreamsFileTests {
    private func settings(
        _ text: String,
        _ values: [String: String] = [:]
    ) throws -> Settings {
        let file = UpstreamsFile(path: "up.json", text: text)
        return try Settings(environment: Environment(values, upstreams: file))
    }

    private static let whole = """
        {"upstreams": [
          {"name": "main", "kind": "openai", "key_variable": "MAIN_KEY",
           "model": "gpt-4o-mini", "models": ["gpt-4o-mini", "gpt-5"],
           "aliases": {"fast": "gpt-4o-mini"}, "patterns": ["gpt-*", "o*"],
           "fallback": ["azure/gpt4o", "claude"], "fallbacks": {"gpt-5": "claude/claude-opus-4-5"},
           "headers": {"OpenAI-Organization": "org-12345678"}, "omit": "stream_options",
           "head_timeout_s": 30, "first_data_timeout_s": 900, "idle_timeout_s": 60,
           "prices": {"gpt-5": {"input": 1.25, "output": 10, "cached_input": 0.125}}},
          {"name": "azure", "kind": "azure", "key": "0123456789abcdef",
           "base_url": "https://x.openai.azure.com/openai/deployments/gpt4o/?a=b",
           "api_version": "2024-10-21", "models": ["gpt4o"], "whole": true},
          {"name": "claude", "kind": "anthropic"},
          {"name": "own", "base_url": "http://127.0.0.1:11434/v1", "model": "llama3.2"}
        ]}
        """

    @Test func `it says all that is known of an upstream`() throws {
        let upstreams = try settings(
            Self.whole,
            ["MAIN_KEY": "sk-main", "ANTHROPIC_API_KEY": "sk-ant", "OPENAI_API_KEY": "other"]
        ).models.upstreams
        #expect(upstreams.map(\.name) == ["main", "azure", "claude", "own"])
        let main = upstreams[0]
        #expect(main.key == "sk-main" && main.baseURL == "https://api.openai.com/v1")
        #expect(main.model == "gpt-4o-mini")
        #expect(main.serves.names == ["gpt-4o-mini", "gpt-5"])
        #expect(main.serves.aliases == ["fast": "gpt-4o-mini"])
        #expect(main.serves.patterns == [ModelPattern("gpt-*"), ModelPattern("o*")])
        #expect(main.serves.fallbacks == [.init("azure/gpt4o"), .init("claude")])
        #expect(main.serves.modelFallbacks == ["gpt-5": [.init("claude/claude-opus-4-5")]])
        #expect(main.clocks.headSeconds == 30 && main.clocks.firstDataSeconds == 900)
        #expect(main.clocks.idleSeconds == 60)
        #expect(main.style.fields.map(\.name) == ["OpenAI-Organization"])
        #expect(main.style.quirks.omitted == ["stream_options"])
        #expect(main.prices["gpt-5"] == ModelPrice(input: 1.25, output: 10, cachedInput: 0.125))
        let azure = upstreams[1]
        #expect(azure.baseURL == "https://x.openai.azure.com/openai/deployments/gpt4o")
        #expect(azure.style.query == "a=b&api-version=2024-10-21")
        #expect(azure.style.quirks.keyField == .apiKey && azure.style.quirks.asksWhole)
        #expect(azure.model == "gpt4o" && azure.provider == .openAI)
        let claude = upstreams[2]
        #expect(claude.provider == .anthropic && claude.key == "sk-ant")
        #expect(claude.model == "claude-haiku-4-5")
        #expect(upstreams[3].key == nil)
        // A failure names what would cure it.
        #expect(
            upstreams.map(\.keyVariable) == [
                "MAIN_KEY", "key of azure", "ANTHROPIC_API_KEY", "key of own",
            ]
        )
        #expect(upstreams.map(\.addressVariable).last == "base_url of own")
    }

    @Test(arguments: [
        ("openai", "https://gate.example/llm", true), ("azure", "https://gate.example/llm", false),
        ("azure", "https://x.openai.azure.com", true),
        ("azure", "https://x.openai.azure.com/openai/v1", false),
        ("anthropic", "https://gate.example/llm", false),
        ("anthropic", "https://gate.example/v1", true),
        ("openai", " HTTPS://gate.example/v1/ ", false),
    ])
    func `a base URL that looks wrong for its kind is warned of`(
        kind: String,
        url: String,
        isWarnedOf: Bool
    ) throws {
        let upstream =
            "{\"name\":\"u\",\"kind\":\"\(kind)\",\"base_url\":\"\(url)\",\"model\":\"m\"}"
        let settings = try settings("{\"upstreams\":[\(upstream)]}")
        let text = CheckReport(settings: settings).text
        #expect(text.contains("# warning: base_url of u ") == isWarnedOf)
        #expect(!text.contains("HTTPS"))
    }

    @Test func `a variable names the one that answers by default, and its model`() throws {
        let values = [
            "MAIN_KEY": "k", "ANTHROPIC_API_KEY": "k", "RELAY_UPSTREAM": "own", "RELAY_MODEL": "m",
        ]
        let upstreams = try settings(Self.whole, values).models.upstreams
        #expect(upstreams.map(\.name) == ["own", "main", "azure", "claude"])
        #expect(upstreams[0].model == "m")
        #expect(throws: ConfigurationError.self) {
            try settings(Self.whole, values.merging(["RELAY_UPSTREAM": "openai"]) { $1 })
        }
    }

    @Test func `what wins is said, and no key is shown`() throws {
        let values = [
            "MAIN_KEY": "sk-main-secret", "ANTHROPIC_API_KEY": "sk-ant-secret-key",
            "OPENAI_BASE_URL": "http://127.0.0.1:1",
        ]
        let report = CheckReport(settings: try settings(Self.whole, values)).text
        #expect(report.contains("# main answers as gpt-4o-mini at https://api.openai.com/v1"))
        #expect(
            report.contains(
                "# up.json says who answers; OPENAI_BASE_URL, ANTHROPIC_API_KEY alone add no"
                    + " upstream to it"
            )
        )
        for secret in ["sk-main-secret", "0123456789abcdef", "sk-ant-secret-key", "org-12345678"] {
            #expect(!report.contains(secret))
        }
    }

    struct Wrong: Sendable, CustomTestStringConvertible {
        let text: String
        let place: String
        let word: String
        var testDescription: String { text }

        /// One upstream with these members beside a name.
        static func one(_ members: String, _ place: String, _ word: String) -> Wrong {
            Wrong(
                text: "{\"upstreams\":[{\"name\":\"a\",\(members)}]}",
                place: "up.json: upstreams[0]" + place,
                word: word
            )
        }
    }

    @Test(arguments: [
        Wrong(text: "", place: "up.json line 1", word: "too early"),
        Wrong(text: "{\"upstreams\":[\n{\"name\":\"a\",}]}", place: "up.json line 2", word: "name"),
        Wrong(text: "[]", place: "up.json", word: "an object"),
        Wrong(text: "{\"upstreams\":[]}", place: "up.json.upstreams", word: "at least one"),
        Wrong(text: "{\"upstream\":[]}", place: "up.json", word: "upstream is not known"),
        Wrong(text: "{\"upstreams\":[{}]}", place: "up.json: upstreams[0].name", word: "is needed"),
        .one("\"modles\":[]", "", "modles is not known"),
        .one("\"kind\":\"gemini\"", ".kind", "azure"),
        .one("\"kind\":\"azure\"", ".base_url", "is needed"),
        .one("\"base_url\":\"localhost:1\"", ".base_url", "http"),
        .one("\"base_url\":\"http://a\"", ".model", "is needed"),
        .one("\"model\":\"m\"", ".key_variable", "OPENAI_API_KEY is not set"),
        .one("\"model\":5", ".model", "text"),
        .one("\"key_variable\":\"NOT_SET\"", ".key_variable", "NOT_SET is not set"),
        .one("\"key\":\"k\",\"key_variable\":\"K\"", ".key_variable", "one of them"),
        .one("\"key\":\"a b\"", ".key", "blank"),
        .one("\"key\":\"k\",\"fallback\":[\"nobody/x\"]", ".fallback", "nobody"),
        .one("\"key\":\"k\",\"fallbacks\":{\"m\":\"no\"}", ".fallback", "no upstream is named no"),
        .one("\"key\":\"k\",\"head_timeout_s\":0", ".head_timeout_s", "from 1"),
        .one("\"key\":\"k\",\"whole\":1", ".whole", "true or false"),
        .one("\"key\":\"k\",\"models\":[\"a\",5]", ".models[1]", "text"),
        .one("\"key\":\"k\",\"headers\":{\"A B\":\"x\"}", ".headers.A B", "no name"),
        .one("\"key\":\"k\",\"headers\":{\"Host\":\"x\"}", ".headers.Host", "no name"),
        .one("\"key\":\"k\",\"headers\":{\"X\":\"a\\r\\nb\"}", ".headers.X", "control"),
        .one("\"key\":\"k\",\"prices\":{\"m\":{\"input\":1}}", ".prices.m", "needed"),
        .one("\"key\":\"k\",\"prices\":{\"m\":{\"in\":1}}", ".prices.m", "in is not known"),
        .one(
            "\"key\":\"k\",\"prices\":{\"m\":{\"input\":-1,\"output\":1}}",
            ".prices.m.input",
            "0 or more"
        ),
        Wrong(
            text: "{\"upstreams\":[{\"name\":\"a\",\"key\":\"k\"},{\"name\":\"a\",\"key\":\"k\"}]}",
            place: "up.json: upstreams[1].name",
            word: "another"
        ),
    ])
    func `a wrong file is refused with the place and the reason`(wrong: Wrong) throws {
        let error = #expect(throws: ConfigurationError.self) { try settings(wrong.text) }
        #expect(error?.variable == wrong.place)
        #expect(error?.problem.contains(wrong.word) == true, "\(error?.problem ?? "")")
    }

    @Test func `a reload takes over what the file says now, and a broken file changes nothing`()
        throws
    {
        let before = try settings("{\"upstreams\":[{\"name\":\"a\",\"key\":\"k\"}]}")
        func environment(_ text: String) -> Environment {
            Environment([:], upstreams: UpstreamsFile(path: "up.json", text: text))
        }
        let reload = try Reload(
            from: before,
            to: environment("{\"upstreams\":[{\"name\":\"b\",\"key\":\"k\"}]}")
        )
        #expect(reload.settings.models.upstreams.map(\.name) == ["b"])
        #expect(reload.exchanged.names == "RELAY_UPSTREAMS_FILE")
        #expect(reload.changesModels)
        #expect(throws: ReloadError.self) { try Reload(from: before, to: environment("{")) }
    }
}
