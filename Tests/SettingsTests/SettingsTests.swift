import Generations
import HTTPServer
import Relay
import Testing
import Upstream

@testable import sse_relay

@Suite struct SettingsTests {
    private func settings(_ values: [String: String]) throws -> Settings {
        // The folder of the page is where the tests are started from, or none.
        try Settings(environment: Environment(["RELAY_STATIC_DIR": ""].merging(values) { $1 }))
    }

    private func report(_ values: [String: String]) throws -> String {
        CheckReport(settings: try settings(values)).text
    }

    @Test func `with nothing set it listens on this machine and the simulator answers`() throws {
        let settings = try settings([:])
        #expect(settings.listening.address.host == "127.0.0.1")
        #expect(settings.listening.address.port == 8000)
        #expect(settings.models.upstreams.isEmpty)
        #expect(settings.process.drainSeconds == 30)
        #expect(settings.storage.dataFolder == "data")
    }

    @Test(arguments: [
        (["OPENAI_API_KEY": "k"], ["openai"]),
        (["ANTHROPIC_API_KEY": "k"], ["anthropic"]),
        (["OPENAI_API_KEY": "k", "ANTHROPIC_API_KEY": "k"], ["openai", "anthropic"]),
        (["OPENAI_BASE_URL": "http://127.0.0.1:1/v1"], ["openai"]),
        (
            [
                "OPENAI_API_KEY": "k", "ANTHROPIC_API_KEY": "k", "RELAY_UPSTREAM": "anthropic",
            ],
            ["anthropic", "openai"]
        ),
        (["OPENAI_API_KEY": "k", "RELAY_UPSTREAM": "simulator"], []),
        (["OPENAI_API_KEY": ""], []),
    ])
    func `the keys that are set decide who answers`(
        values: [String: String],
        names: [String]
    ) throws {
        #expect(try settings(values).models.upstreams.map(\.name) == names)
    }

    @Test func `upstreams on this machine are reached without a proxy`() throws {
        let values = [
            "OPENAI_BASE_URL": "http://localhost:11434/v1", "ANTHROPIC_API_KEY": "k",
        ]
        let upstreams = try settings(values).models.upstreams
        #expect(upstreams.map(\.bypassesProxy) == [true, false])
        let proxies = ProxyVariables { $0 == "all_proxy" ? "http://me:secret@p:1" : nil }
        let text = CheckReport(settings: try settings(values), proxies: proxies).text
        #expect(
            text.contains("# anthropic is reached through the proxy http://***@p:1 (all_proxy)\n")
        )
        #expect(!text.contains("openai is reached through"))
        #expect(!text.contains("secret"))
    }

    @Test(arguments: [
        ("*", ["*"]), ("null", ["null"]), ("https://A.example:443/", ["https://a.example"]),
        (
            "chrome-extension://abc, vscode-webview://1x,tauri://localhost",
            ["chrome-extension://abc", "vscode-webview://1x", "tauri://localhost"]
        ),
        ("file://, app://.", ["file://", "app://."]), ("", []),
    ])
    func `origins are listed as browsers send them`(list: String, origins: [String]) throws {
        #expect(try settings(["RELAY_CORS_ORIGINS": list]).listening.origins == origins)
    }

    @Test func `a pattern among the origins is refused with the reason`() throws {
        let error = #expect(throws: ConfigurationError.self) {
            try settings(["RELAY_CORS_ORIGINS": "https://*.example.com"])
        }
        #expect(error?.description.contains("patterns are not known") == true)
    }

    @Test func `the model that is named is the default upstream's`() throws {
        let settings = try settings([
            "OPENAI_API_KEY": "k", "ANTHROPIC_API_KEY": "k", "RELAY_MODEL": "m",
        ])
        #expect(settings.models.upstreams[0].model == "m")
        #expect(settings.models.upstreams[1].model != "m")
    }

    @Test(arguments: [
        "http://127.0.0.1:9/v1//", "HTTP://127.0.0.1:9/v1", " http://127.0.0.1:9/v1/ \t\r\n",
    ])
    func `a base URL loses its final slashes, its capitals and the blanks around it`(
        url: String
    ) throws {
        let settings = try settings(["OPENAI_BASE_URL": url])
        #expect(settings.models.upstreams[0].baseURL == "http://127.0.0.1:9/v1")
    }

    @Test(arguments: [
        ("OPENAI_BASE_URL", "http://127.0.0.1:9/v1/chat/completions", "http://127.0.0.1:9/v1"),
        ("OPENAI_BASE_URL", "http://127.0.0.1:9/v1/completions/", "http://127.0.0.1:9/v1"),
        ("OPENAI_BASE_URL", "http://127.0.0.1:9/v1/messages", "http://127.0.0.1:9/v1"),
        ("OPENAI_BASE_URL", "http://127.0.0.1:11434", "http://127.0.0.1:11434/v1"),
        ("OPENAI_BASE_URL", "https://api.openai.com", "https://api.openai.com/v1"),
        ("OPENAI_BASE_URL", "https://openrouter.ai/v1", "https://openrouter.ai/api/v1"),
        ("OPENAI_BASE_URL", "https://a.openai.azure.com", "https://a.openai.azure.com/openai/"),
        ("OPENAI_BASE_URL", "http://u:SECRET@h", "http://***@h/v1"),
        ("ANTHROPIC_BASE_URL", "https://api.anthropic.com/v1", "https://api.anthropic.com"),
        ("ANTHROPIC_BASE_URL", "https://h/x/v1/messages", "https://h/x"),
    ])
    func `a base URL that looks wrong is named, with what it should be`(
        name: String,
        url: String,
        better: String
    ) throws {
        let lines = try report([name: url]).split(separator: "\n")
        let warnings = lines.filter { $0.hasPrefix("# warning: ") }
        #expect(warnings.count == 1)
        #expect(warnings.first?.hasPrefix("# warning: \(name) ") == true)
        #expect(warnings.first?.hasSuffix(" \(better)") == true)
    }

    @Test(arguments: [
        ("OPENAI_BASE_URL", "https://api.openai.com/v1"),
        ("OPENAI_BASE_URL", "https://openrouter.ai/api/v1"),
        ("OPENAI_BASE_URL", "https://api.perplexity.ai"),
        ("OPENAI_BASE_URL", "https://api.deepseek.com"),
        ("OPENAI_BASE_URL", "https://a.openai.azure.com/openai/v1"),
        ("OPENAI_BASE_URL", "https://a.openai.azure.com/openai/deployments/m"),
        ("OPENAI_BASE_URL", "https://generativelanguage.googleapis.com/v1beta/openai"),
        ("OPENAI_BASE_URL", "https://open.bigmodel.cn/api/paas/v4"),
        ("OPENAI_BASE_URL", "https://models.github.ai/inference"),
        ("ANTHROPIC_BASE_URL", "https://api.anthropic.com"),
    ])
    func `a base URL that may well be right is not named`(name: String, url: String) throws {
        #expect(try !report([name: url]).contains("warning"))
    }

    @Test func `an upstream knows the variables that name it, for errors`() throws {
        let upstreams = try settings(["OPENAI_API_KEY": "k", "ANTHROPIC_API_KEY": "k"]).models
            .upstreams
        #expect(upstreams.map(\.keyVariable) == ["OPENAI_API_KEY", "ANTHROPIC_API_KEY"])
        #expect(upstreams.map(\.addressVariable) == ["OPENAI_BASE_URL", "ANTHROPIC_BASE_URL"])
    }

    @Test(arguments: [
        ("OPENAI_BASE_URL", "https://"), ("OPENAI_BASE_URL", "http:///v1"),
        ("OPENAI_BASE_URL", "http://h:99999/v1"), ("OPENAI_BASE_URL", "http://h:0/v1"),
        ("OPENAI_BASE_URL", "http://h:/v1"), ("OPENAI_BASE_URL", "http://[::1/v1"),
        ("OPENAI_BASE_URL", "http://u:p@/v1"), ("ANTHROPIC_BASE_URL", "http://[]:80"),
        ("RELAY_LISTEN", "8000"),
        ("RELAY_LISTEN", "127.0.0.1:65536"),
        ("RELAY_LISTEN", "127.0.0.1:+1"),
        ("RELAY_LISTEN", "0.0.0.0:8000"),
        ("RELAY_LISTEN", "[::]:8000"),
        ("RELAY_LOOPS", "65"),
        ("RELAY_LOOPS", "two"),
        ("RELAY_KEEPALIVE_S", "0"),
        ("RELAY_KEEPALIVE_S", "16"),
        ("RELAY_ON_DISCONNECT", "grace"),
        ("RELAY_ON_DISCONNECT", "grace:-1"),
        ("RELAY_UPSTREAM", "gemini"),
        ("RELAY_CORS_ORIGINS", "example.com"),
        ("RELAY_CORS_ORIGINS", "https://*.example.com"),
        ("RELAY_CORS_ORIGINS", "https://a.example, https://b.example/path"),
        ("RELAY_CORS_ORIGINS", "https://bücher.example"),
        ("RELAY_CORS_ORIGINS", "https://me:secret@a.example"),
        ("RELAY_CORS_ORIGINS", "https://"),
        ("RELAY_CORS_ORIGINS", "https://a.example:http"),
        ("RELAY_STATIC_DIR", "/no/such/folder"),
        ("RELAY_MAX_BODY", "1"),
        ("RELAY_BODY_MEMORY", "8388607"),
        ("RELAY_BODY_MEMORY", "64 MiB"),
        ("RELAY_ALLOW_ANONYMOUS", "perhaps"),
        ("OPENAI_BASE_URL", "ftp://example.com"),
        ("OPENAI_API_KEY", "two words"),
    ])
    func `a wrong value is refused and its variable named`(name: String, value: String) {
        let error = #expect(throws: ConfigurationError.self) { try settings([name: value]) }
        #expect(error?.variable == name)
    }

    @Test func `the memory for bodies has room for the largest one`() throws {
        #expect(try settings([:]).limits.server.bodyMemoryBytes == 67_108_864)
        let least = try settings(["RELAY_MAX_BODY": "100000", "RELAY_BODY_MEMORY": "100000"])
        #expect(least.limits.server.bodyMemoryBytes == 100_000)
        let error = #expect(throws: ConfigurationError.self) {
            try settings(["RELAY_MAX_BODY": "100000000"])
        }
        #expect(
            error?.description
                == "RELAY_BODY_MEMORY: 67108864 is less than RELAY_MAX_BODY, 100000000: the largest"
                + " body could never come in; for example RELAY_BODY_MEMORY=100000000"
        )
    }

    @Test func `a default upstream without its key is refused`() {
        let error = #expect(throws: ConfigurationError.self) {
            try settings(["RELAY_UPSTREAM": "anthropic"])
        }
        #expect(error?.variable == "ANTHROPIC_API_KEY")
    }

    @Test func `an address that others reach needs a word of consent`() throws {
        let settings = try settings([
            "RELAY_LISTEN": "0.0.0.0:9000", "RELAY_ALLOW_ANONYMOUS": "1",
        ])
        #expect(settings.listening.address.host == "0.0.0.0")
        #expect(settings.listening.address.port == 9000)
    }

    @Test(arguments: [
        ("[::1]:80", "::1"), ("localhost:80", "localhost"), ("127.9.9.9:80", "127.9.9.9"),
    ])
    func `every loopback address is allowed`(text: String, host: String) throws {
        #expect(try settings(["RELAY_LISTEN": text]).listening.address.host == host)
    }

    @Test func `the report masks keys and says what is a default`() throws {
        let report = try report(["OPENAI_API_KEY": "sk-1234567890abcdef"])
        #expect(report.contains("OPENAI_API_KEY=***cdef\n"))
        #expect(!report.contains("1234567890"))
        #expect(report.contains("RELAY_DRAIN_S=30  # default\n"))
    }

    @Test func `the report shows no password of a URL`() throws {
        let report = try report([
            "OPENAI_BASE_URL": "http://me:PASSWORD@127.0.0.1:9/v1",
            "ANTHROPIC_BASE_URL": "http://PASSWORD@127.0.0.1:9",
            "RELAY_HOSTS": "me:PASSWORD@a.example", "RELAY_MODEL": "m?api_key=PASSWORD",
            "RELAY_DATA_DIR": "/data/@here",
        ])
        #expect(!report.contains("PASSWORD"))
        #expect(report.contains("OPENAI_BASE_URL=http://***@127.0.0.1:9/v1\n"))
        #expect(report.contains("openai answers as m?api_key=*** at http://***@127.0.0.1:9/v1\n"))
        #expect(report.contains("RELAY_HOSTS=***@a.example\n"))
        #expect(report.contains("RELAY_DATA_DIR=/data/@here\n"))
    }

    @Test(arguments: [
        ("OPENAI_BASE_URL", "http://me:SECRET@h/v1?x"),
        ("OPENAI_BASE_URL", "https://h/v1?api-key=SECRET"),
        ("OPENAI_BASE_URL", "https://h/v1#SECRET"),
        ("OPENAI_BASE_URL", "ftp://me:SECRET@h/v1"), ("OPENAI_BASE_URL", "me:SECRET@h/v1"),
        ("ANTHROPIC_BASE_URL", "http://me:SECRET word@h"), ("ANTHROPIC_BASE_URL", "SECRET"),
        ("RELAY_CORS_ORIGINS", "https://me:SECRET@h"), ("RELAY_CORS_ORIGINS", "me:SECRET@h"),
        ("RELAY_CORS_ORIGINS", "https://h/?token=SECRET"),
        ("RELAY_LISTEN", "http://me:SECRET@h"), ("RELAY_LISTEN", "me:SECRET@h:80"),
        ("RELAY_UPSTREAM", "https://me:SECRET@h"), ("RELAY_LOOPS", "me:SECRET@h"),
        ("RELAY_FSYNC", "http://SECRET@h"), ("RELAY_ON_DISCONNECT", "?key=SECRET"),
        ("RELAY_JOURNAL", "http://me:SECRET@h"), ("RELAY_STATIC_DIR", "http://me:SECRET@h"),
        ("OPENAI_API_KEY", "SECRET word"),
    ])
    func `a wrong value is refused without its secrets`(name: String, value: String) throws {
        let error = #expect(throws: ConfigurationError.self) { try settings([name: value]) }
        let said = try #require(error?.description.lowercased())
        #expect(said.hasPrefix(name.lowercased()))
        #expect(!said.contains("secret"))
    }

    @Test func `what the relay is told is what the variables say`() throws {
        let configuration = try settings([
            "OPENAI_BASE_URL": "http://127.0.0.1:9/v1", "RELAY_KEEPALIVE_S": "3",
            "RELAY_ON_DISCONNECT": "finish", "RELAY_RETRIES": "0",
            "RELAY_HOSTS": "a.example, b.example",
        ])
        let relay = configuration.relayConfiguration(configuration.models.upstreams)
        #expect(relay.keepAliveSeconds == 3)
        #expect(relay.onDisconnect == .finish)
        #expect(relay.maxRetries == 0)
        #expect(relay.hosts == ["a.example", "b.example"])
    }

    @Test func `what is not set is what the relay does by itself`() throws {
        let upstreams = try settings(["OPENAI_API_KEY": "k"]).models.upstreams
        let settings = try settings([:])
        // Each default is written twice, here and there: for the table, and for whoever embeds.
        let own = RelayConfiguration(upstreams: upstreams)
        var set = settings.relayConfiguration(upstreams)
        // What the clocks are called is known there alone.
        #expect(set.clockNames.count == UpstreamClock.allCases.count)
        set.clockNames = [:]
        // How much the machine has is known there alone, too.
        #expect(set.maxMemoryBytes == MachineMemory.half)
        set.maxMemoryBytes = own.maxMemoryBytes
        #expect("\(set)" == "\(own)")
        #expect("\(settings.limits.server)" == "\(ServerLimits())")
        #expect(settings.calls.connection == UpstreamSettings())
    }

    @Test func `a variable set to nothing is not set, but for the folder of the page`() throws {
        let settings = try settings([
            "RELAY_DRAIN_S": "", "RELAY_MODEL": "", "RELAY_ON_DISCONNECT": "", "RELAY_FSYNC": "",
        ])
        #expect(settings.process.drainSeconds == 30)
        #expect(settings.models.model == nil)
        #expect(settings.streams.onDisconnect == nil)
        #expect(settings.listening.staticFolder == nil)
        let report = CheckReport(settings: settings).text
        #expect(report.contains("RELAY_DRAIN_S=30  # default\n"))
        #expect(report.contains("RELAY_STATIC_DIR=\n"))
    }

    @Test func `what happens to an answer is left to the route where nothing is set`() throws {
        let settings = try settings(["OPENAI_BASE_URL": "http://127.0.0.1:9/v1"])
        #expect(settings.relayConfiguration(settings.models.upstreams).onDisconnect == nil)
    }
}

@Suite struct ArgumentsTests {
    @Test(arguments: [
        ([], Arguments.Action.serve, nil),
        (["--help"], .help, nil),
        (["-h"], .help, nil),
        (["--version"], .version, nil),
        (["--check", "--env-file", "x"], .check, "x"),
        (["--env-file=y"], .serve, "y"),
        (["--env-example"], .envExample, nil),
    ])
    func `the command line says what to do`(
        arguments: [String],
        action: Arguments.Action,
        file: String?
    ) throws {
        let parsed = try Arguments(arguments)
        #expect(parsed.action == action)
        #expect(parsed.envFile == file)
    }

    @Test func `an unknown or unfinished argument is named`() {
        #expect(throws: ArgumentError.unknown("--wat")) { try Arguments(["--wat"]) }
        #expect(throws: ArgumentError.missingValue("--env-file")) {
            try Arguments(["--env-file"])
        }
        let key = #expect(throws: ArgumentError.self) { try Arguments(["--key=sk-0123456789"]) }
        #expect(key?.description == "unknown argument --key")
    }
}
