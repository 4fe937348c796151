import Access
import Generations
import Relay
import Testing

@testable import sse_relay

/// What a new environment means for a relay that runs.
@Suite struct ReloadTests {
    private func environment(_ values: [String: String]) -> Environment {
        // The folder of the page is where the tests are started from, or none.
        Environment(["RELAY_STATIC_DIR": ""].merging(values) { $1 })
    }

    private func reload(
        from old: [String: String],
        to new: [String: String]
    ) throws -> Reload {
        try Reload(from: Settings(environment: environment(old)), to: environment(new))
    }

    @Test func `what can be exchanged is in force, and what cannot stays as it was`() throws {
        let reload = try reload(
            from: ["RELAY_LOOPS": "2", "RELAY_RETRIES": "1"],
            to: [
                "RELAY_LOOPS": "3", "RELAY_RETRIES": "5", "RELAY_RESUME_S": "7",
                "RELAY_CORS_ORIGINS": "https://a.example", "OPENAI_API_KEY": "k",
            ]
        )
        #expect(
            reload.exchanged.map(\.name)
                == ["OPENAI_API_KEY", "RELAY_CORS_ORIGINS", "RELAY_RETRIES"]
        )
        #expect(reload.waiting.map(\.name) == ["RELAY_RESUME_S", "RELAY_LOOPS"])
        #expect(reload.settings.calls.maxRetries == 5)
        #expect(reload.settings.listening.origins == ["https://a.example"])
        #expect(reload.settings.models.upstreams.map(\.name) == ["openai"])
        #expect(reload.settings.process.loops == 2)
        #expect(reload.settings.streams.resumeSeconds == 600)
        #expect(reload.changesModels)
    }

    @Test func `where nothing has changed nothing is exchanged`() throws {
        let reload = try reload(
            from: ["RELAY_LOOPS": "0", "RELAY_MODEL": ""],
            to: ["RELAY_FSYNC": "interval"]
        )
        #expect(reload.exchanged.isEmpty)
        #expect(reload.waiting.isEmpty)
        #expect(!reload.changesModels)
    }

    @Test func `a second reload is compared with what the first one put in force`() throws {
        let first = try reload(from: [:], to: ["RELAY_LOOPS": "3", "RELAY_RETRIES": "5"])
        let second = try Reload(from: first.settings, to: environment(["RELAY_LOOPS": "3"]))
        #expect(second.exchanged.map(\.name) == ["RELAY_RETRIES"])
        #expect(second.waiting.map(\.name) == ["RELAY_LOOPS"])
        let third = try Reload(from: second.settings, to: environment([:]))
        #expect(third.exchanged.isEmpty && third.waiting.isEmpty)
    }

    @Test(arguments: VariableTable.all.map(\.name))
    func `every variable is either exchanged or waits`(name: String) throws {
        let keys = try KeyScratch(#"{"keys": []}"#)
        let issuer = try KeyScratch(AccessSettingsTests.keySet)
        var others = [
            // Where it is the only one that is set, an upstream begins or ends with it.
            "OPENAI_API_KEY": "k", "ANTHROPIC_API_KEY": "k", "RELAY_LISTEN": "127.0.0.1:9",
        ]
        let isOfTokens =
            name.hasPrefix("RELAY_JWT_")
            && !["SECRET", "FILE", "URL"].contains {
                name.hasSuffix($0)
            }
        // What a token has to say needs a key that it is signed with.
        if isOfTokens { others["RELAY_JWT_SECRET"] = AccessSettingsTests.secret }
        // And a preamble needs somebody who sends it.
        if name == "RELAY_PROXY_PROTOCOL" { others["RELAY_TRUSTED_PROXIES"] = "loopback" }
        let values = [
            "OPENAI_BASE_URL": "http://127.0.0.1:1", "ANTHROPIC_BASE_URL": "http://127.0.0.1:1",
            "RELAY_LISTEN": "127.0.0.1:10", "RELAY_STATIC_DIR": "/", "RELAY_FSYNC": "never",
            "RELAY_ON_DISCONNECT": "finish", "RELAY_UPSTREAM": "anthropic",
            "RELAY_CORS_ORIGINS": "*", "RELAY_BODY_MEMORY": "8388608", "RELAY_LOG_WINDOW": "65536",
            "RELAY_READER_BUFFER": "4096", "RELAY_MAX_MEMORY": "8388608", "RELAY_MAX_BODY": "1024",
            "RELAY_MAX_ANSWER": "1024",
            "RELAY_MAX_URL": "1024", "RELAY_MAX_HEAD": "65536", "RELAY_MAX_FIELDS": "50",
            "RELAY_MAX_CHUNK_LINE": "64", "RELAY_MAX_PIPELINED": "1024",
            "RELAY_JOURNAL": "0", "RELAY_LOG_REQUESTS": "0", "RELAY_ALLOW_ANONYMOUS": "1",
            "RELAY_LOG_CONTENT": "1", "RELAY_LOG_FORMAT": "json",
            "RELAY_FILTERS_FILE": FilterFileTests.example,
            "RELAY_API_KEYS_FILE": keys.path, "RELAY_JWT_KEY_FILE": issuer.path,
            "RELAY_JWT_SECRET": AccessSettingsTests.secret, "RELAY_TRUSTED_PROXIES": "192.0.2.1",
            "RELAY_FORWARDED_FIELD": "forwarded", "RELAY_PROXY_PROTOCOL": "1",
            "RELAY_JWT_JWKS_URL": "https://a.example/jwks", "RELAY_AUDIT_LOG": "/audit",
            "RELAY_SECRET": AccessSettingsTests.secret,
        ]
        let new = others.merging([name: values[name] ?? "5"]) { $1 }
        let reload = try reload(from: others, to: new)
        #expect((reload.exchanged + reload.waiting).map(\.name) == [name])
        // What is in force is exactly what was read of those that are exchanged.
        let isExchanged = reload.settings.environment[name] == new[name]
        #expect(isExchanged == reload.waiting.isEmpty)
    }

    @Test(arguments: [
        ("RELAY_RETRIES", "many"), ("RELAY_LISTEN", "nowhere"), ("OPENAI_BASE_URL", "SECRET"),
        ("RELAY_UPSTREAM", "openai"),
    ])
    func `what would stop a start is no reload`(name: String, value: String) throws {
        let error = #expect(throws: ReloadError.self) {
            try reload(from: [:], to: ["RELAY_MODEL": "m", name: value])
        }
        let said = try #require(error?.description)
        #expect(said.hasPrefix(name == "RELAY_UPSTREAM" ? "OPENAI_API_KEY: " : "\(name): "))
        #expect(!said.contains("SECRET"))
    }

    @Test func `what only goes with a value that waits is refused, and the reason named`() {
        let error = #expect(throws: ReloadError.self) {
            try reload(
                from: [:],
                to: ["RELAY_MAX_BODY": "100000000", "RELAY_BODY_MEMORY": "100000000"]
            )
        }
        #expect(
            error?.description
                == "RELAY_BODY_MEMORY: 67108864 is less than RELAY_MAX_BODY, 100000000: the largest"
                + " body could never come in; a restart is needed to change RELAY_BODY_MEMORY"
        )
    }

    @Test func `the keys of the file are exchanged, though its name stays the same`() throws {
        let keys = try KeyScratch(#"{"keys": []}"#)
        let values = ["RELAY_API_KEYS_FILE": keys.path]
        let settings = try Settings(environment: environment(values))
        #expect(settings.access.keys?.count == 0)
        #expect(try Reload(from: settings, to: environment(values)).exchanged.isEmpty)
        _ = try KeyRegister(path: keys.path).add("a", .common)
        let reload = try Reload(from: settings, to: environment(values))
        #expect(reload.exchanged.map(\.name) == ["RELAY_API_KEYS_FILE"])
        #expect(reload.settings.access.keys?.count == 1)
        #expect(!reload.changesModels)
    }

    @Test func `a file of keys that has become wrong changes nothing, and names the line`() throws {
        let keys = try KeyScratch(#"{"keys": []}"#)
        let values = ["RELAY_API_KEYS_FILE": keys.path]
        let settings = try Settings(environment: environment(values))
        keys.write("{\"keys\": [\n{\"name\": \"a b\"}\n]}")
        let error = #expect(throws: ReloadError.self) {
            try Reload(from: settings, to: environment(values))
        }
        let start = "RELAY_API_KEYS_FILE: \(keys.path) line 2, keys[0].name: expected a name"
        #expect(error?.description.hasPrefix(start) == true, "\(error?.description ?? "")")
    }

    @Test func `a reload never lets everybody in`() throws {
        let scratch = try KeyScratch(#"{"keys": []}"#)
        let keys = ["RELAY_API_KEYS_FILE": scratch.path]
        let tokens = ["RELAY_JWT_SECRET": AccessSettingsTests.secret]
        for values in [keys, tokens] {
            let error = #expect(throws: ReloadError.self) { try reload(from: values, to: [:]) }
            #expect(error?.description.contains("a restart lets them in") == true)
        }
        // The one may take the place of the other.
        #expect(try reload(from: keys, to: tokens).settings.access.areCallersKnown)
    }
}
