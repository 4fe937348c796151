import Testing

@testable import sse_relay

@Suite struct NameAdviceTests {
    @Test(arguments: [
        ("OPENAI_APIKEY", "OPENAI_API_KEY"), ("OPENAI_API_KEYS", "OPENAI_API_KEY"),
        ("OPENAI_API_KYE", "OPENAI_API_KEY"), ("OPENAI_KEY", "OPENAI_API_KEY"),
        ("OPEN_AI_API_KEY", "OPENAI_API_KEY"), ("OPENAI_API_TOKEN", "OPENAI_API_KEY"),
        ("openai_api_key", "OPENAI_API_KEY"), ("OPNEAI_API_KEY", "OPENAI_API_KEY"),
        ("OPENAI_BASEURL", "OPENAI_BASE_URL"), ("OPENAI_API_BASE", "OPENAI_BASE_URL"),
        ("OPENAI_API_BASE_URL", "OPENAI_BASE_URL"), ("OPENAI_URL", "OPENAI_BASE_URL"),
        ("OPENAI_HOST", "OPENAI_BASE_URL"), ("OPENAI_MODEL", "RELAY_MODEL"),
        ("ANTROPIC_API_KEY", "ANTHROPIC_API_KEY"), ("ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_API_KEY"),
        ("ANTHROPIC_API_URL", "ANTHROPIC_BASE_URL"), ("relay_model", "RELAY_MODEL"),
        ("RELAY_DRIAN_S", "RELAY_DRAIN_S"), ("RELAY_MODLE", "RELAY_MODEL"),
    ])
    func `a misspelt name has the one that was meant`(name: String, meant: String) {
        #expect(NameAdvice.variable(like: name)?.name == meant)
    }

    @Test(arguments: [
        "PATH", "HOME", "A", "", "OPENAI", "RELAY", "RELAY_", "OPENAI_ORG_ID", "MY_API_KEY",
        "RELAY_PORT", "MODEL", "ANTHROPIC_LOG",
    ])
    func `a name that is like none has none`(name: String) {
        #expect(NameAdvice.variable(like: name) == nil)
    }

    @Test func `a name is told that somebody may wait for to be read`() {
        let environment = Environment([
            "OPENAI_APIKEY": "k", "OPENAI_ORG_ID": "o", "PATH": "/bin", "ANTHROPIC_AUTH_TOKEN": "t",
            "ANTHROPIC_API_KEY": "k", "OPENAI_SECOND_KEY": "s",
        ])
        #expect(
            environment.unreadNames(but: ["OPENAI_SECOND_KEY"]) == [
                "OPENAI_APIKEY is not read; did you mean OPENAI_API_KEY?",
                "OPENAI_ORG_ID is not read",
            ]
        )
    }

    @Test(arguments: [
        ("\"a\"", true), ("'a'", true), ("\"\"", true), ("\"", false), ("", false), ("a", false),
        ("\"a", false), ("a\"", false), ("\"a'", false), ("a \"b\"", false),
    ])
    func `a value in quotes is known by both of them`(value: String, isQuoted: Bool) {
        #expect(Environment.isQuoted(value) == isQuoted)
    }
}
