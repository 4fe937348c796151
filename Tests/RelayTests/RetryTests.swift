import Loop
import TestSupport
import Testing
import Wire

@testable import Generations
@testable import Relay

/// A call that fails before the first token is tried again, as often as the vendors' own clients
/// do.
@Suite struct RetryTests {
    private static let fast = "&retry_after_ms=10&tokens=3&interval_ms=0"

    @Test(.timeLimit(.minutes(5)), arguments: [408, 409, 429, 500, 502, 503, 529], [1, 2])
    func `passing troubles are tried again up to twice`(status: Int, times: Int) async throws {
        try await withRelay { relay in
            for name in ["simulator", "claude-x"] {
                let model = "\(name)?status=\(status)&times=\(times)" + Self.fast
                let heard = try relay.ask(model)
                #expect(heard.head.status == 200)
                #expect(heard.last.data == "[DONE]")
                #expect(relay.calls(model).calls == times + 1)
                let record = try relay.record(heard.head.id)
                #expect(record["timing"]?["retries"]?.intValue == times)
            }
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `after three calls the client gets the failure, and learns not to multiply them`()
        async throws
    {
        try await withRelay { relay in
            let model = "simulator?status=429&times=3&retry_after=7" + Self.fast
            let (head, json) = try relay.exchange(
                "POST",
                "/chat/stream",
                body: "{\"message\":\"x\",\"model\":\(quoted(model))}"
            )
            #expect(head.status == 429)
            #expect(head.fields.first("x-should-retry") == "false")
            #expect(head.fields.first("Retry-After") == "7")
            #expect(head.fields.first("Content-Type") == "application/json")
            #expect(json["error"]?["type"]?.stringValue == "rate_limit_error")
            #expect(json["error"]?["message"]?.stringValue?.contains("answered 429") == true)
            #expect(relay.calls(model).calls == 3)
            let record = try relay.record(head.id)
            #expect(record["status"]?.stringValue == "upstream_error")
            #expect(record["error"]?["type"]?.stringValue == "rate_limit_error")
        }
    }

    @Test(.timeLimit(.minutes(5)), arguments: [400, 401, 403, 404, 413, 422])
    func `a refusal for good is passed on at once`(status: Int) async throws {
        try await withRelay { relay in
            for name in ["simulator", "claude-x"] {
                let model = "\(name)?status=\(status)"
                let (head, json) = try relay.exchange(
                    "POST",
                    "/stream-chat",
                    body: "{\"message\":\"x\",\"model\":\(quoted(model))}"
                )
                #expect(head.status == status)
                #expect(head.fields.first("x-should-retry") == "false")
                #expect(json["error"]?["message"]?.stringValue?.contains("\(status)") == true)
                #expect(relay.calls(model).calls == 1)
            }
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `a browser's event source hears of the refusal as an event`() async throws {
        try await withRelay { relay in
            let heard = try relay.get("simulator?status=401")
            #expect(heard.head.status == 200)
            #expect(heard.last.name == "error")
            #expect(heard.last.json["status"]?.stringValue == "upstream_error")
            #expect(heard.last.json["error"]?["type"]?.stringValue == "authentication_error")
            #expect(!heard.events.contains { $0.data == "[DONE]" })
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `the wait that the upstream asks for is waited`() async throws {
        let clock = ManualClock()
        try await withRelay(clock: clock) { relay in
            let model = "simulator?status=503&times=1&retry_after_ms=7000&tokens=1"
            let client = try relay.connect()
            client.request("GET", "/chat/stream?prompt=x&model=\(encoded(model))")
            let id = try client.readHead().id
            try await eventually { await relay.retries(id) == 1 }
            try await clock.pass(.seconds(7)) {
                #expect(!waits(seconds: 0.02) { relay.calls(model).calls > 1 })
            }
            #expect(try client.readEvents().last?.data == "[DONE]")
            #expect(relay.calls(model).calls == 2)
        }
    }

    private static let retryAfters: [(String, String?)] = [
        ("7", "7"), ("0", "0"), ("0.5", "1"), ("1e400", nil), ("-5", nil), ("soon", nil),
        ("99999999999999999999", nil),
        ("Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT"),
    ]

    @Test(.timeLimit(.minutes(5)), arguments: retryAfters)
    func `only seconds and dates are passed on as Retry-After`(
        sent: String,
        passed: String?
    ) async throws {
        try await withRelay { relay in
            let model = "simulator?status=400&retry_after=\(PercentEncoding.encode(sent))"
            let body = "{\"message\":\"x\",\"model\":\"\(model)\"}"
            let (head, _) = try relay.exchange("POST", "/chat/stream", body: body)
            #expect(head.status == 400)
            #expect(head.fields.first("Retry-After") == passed)
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `a wait of more than two minutes is the client's to decide`() async throws {
        try await withRelay { relay in
            let model = "simulator?status=429&retry_after=121"
            let (head, _) = try relay.exchange(
                "POST",
                "/chat/stream",
                body: "{\"message\":\"x\",\"model\":\"\(model)\"}"
            )
            #expect(head.status == 429)
            #expect(head.fields.first("Retry-After") == "121")
            #expect(relay.calls(model).calls == 1)
        }
    }

    @Test(
        .timeLimit(.minutes(5)),
        arguments: [
            "reset_after=0", "truncate_chunk_after=0", "error_after=0",
        ]
    )
    func `what breaks before the first token is tried again`(weather: String) async throws {
        let clock = ManualClock()
        try await withRelay(clock: clock) { relay in
            for name in ["simulator", "claude-x"] {
                let model = "\(name)?\(weather)&times=1&tokens=3&interval_ms=0"
                let client = try relay.connect()
                let body = "{\"message\":\"hi\",\"model\":\(quoted(model))}"
                client.request("POST", "/chat/stream", body: body)
                try await clock.turn { relay.calls(model).calls == 2 }
                #expect(try client.readHead().status == 200)
                #expect(
                    try client.readEvents().map(\.name) == [
                        "start", "token", "token", "token", "finish", "done",
                    ]
                )
                #expect(relay.calls(model).calls == 2)
            }
        }
    }

    @Test(.timeLimit(.minutes(5)), arguments: ["simulator", "claude-x"])
    func `a stream that ends in order was paid, and is not asked for again`(
        name: String
    ) async throws {
        try await withRelay { relay in
            let model = "\(name)?cut_after=0"
            let (head, json) = try relay.exchange(
                "POST",
                "/chat/stream",
                body: "{\"message\":\"x\",\"model\":\"\(model)\"}"
            )
            #expect(head.status == 502)
            #expect(json["error"]?["code"]?.stringValue == "truncated")
            #expect(relay.calls(model).calls == 1)
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `an error of the request itself inside the stream is not tried again`() async throws {
        try await withRelay { relay in
            let model = "simulator?bad_json_after=0"
            let (head, json) = try relay.exchange(
                "POST",
                "/chat/stream",
                body: "{\"message\":\"x\",\"model\":\"\(model)\"}"
            )
            #expect(head.status == 502)
            #expect(json["error"]?["code"]?.stringValue == "malformed")
            #expect(relay.calls(model).calls == 1)
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `no redirect is followed`() async throws {
        try await withRelay { relay in
            let model = "simulator?status=307"
            let (head, _) = try relay.exchange(
                "POST",
                "/chat/stream",
                body: "{\"message\":\"x\",\"model\":\"\(model)\"}"
            )
            #expect(head.status == 502)
            #expect(relay.calls(model).calls == 1)
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `an upstream that is not there is a JSON error for a POST and an event for a GET`()
        async throws
    {
        try await withRelay(baseURL: "http://127.0.0.1:1/v1") {
            $0.maxRetries = 1
        } _: { relay in
            let (head, json) = try relay.exchange("POST", "/chat/stream", body: #"{"message":"x"}"#)
            #expect(head.status == 502)
            #expect(head.fields.first("x-should-retry") == "false")
            #expect(json["error"]?["code"]?.stringValue == "not_connected")
            #expect(json["error"]?["type"]?.stringValue == "upstream_error")
            let heard = try relay.get("simulator")
            #expect(heard.last.name == "error")
            #expect(heard.last.json["error"]?["code"]?.stringValue == "not_connected")
            let record = try relay.record(heard.head.id)
            #expect(record["status"]?.stringValue == "upstream_error")
            #expect(record["error"]?["code"]?.stringValue == "not_connected")
            #expect(record["timing"]?["ttft_ms"] == .null)
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `a name without an address is reported as such`() async throws {
        try await withRelay(baseURL: "http://relay-test.invalid/v1") {
            $0.maxRetries = 0
        } _: {
            relay in
            let (head, json) = try relay.exchange("POST", "/chat/stream", body: #"{"message":"x"}"#)
            #expect(head.status == 502)
            #expect(json["error"]?["code"]?.stringValue == "name_not_resolved")
        }
    }
}
