import Testing
import Wire

@testable import Generations
@testable import Relay

/// What an upstream says about a request reaches the client, and leads to the cure.
@Suite struct VerdictTests {
    private static let question = #"{"messages":[{"role":"user","content":"hi"}]}"#

    private func ask(
        _ relay: TestRelay,
        _ path: String = "/v1/chat/completions"
    ) throws -> (head: Head, json: JSON) {
        let body = path.hasPrefix("/v1") ? Self.question : #"{"message":"hi"}"#
        return try relay.exchange("POST", path, body: body)
    }

    @Test(.timeLimit(.minutes(5)))
    func `status, words, param, code, other members and fields come back`() async throws {
        let answer = RefusingUpstream.Answer(
            status: 400,
            fields: [
                "Content-Type": "application/json", "x-request-id": "req_1",
                "retry-after-ms": "1500", "x-ratelimit-remaining-requests": "0",
                "x-secret": "no",
            ],
            body: #"""
                {"error":{"message":"no sk-test-0123456789abcdef","type":"t","param":"tools[0]",
                 "code":1234,"innererror":{"code":"J"},"metadata":{"key":"sk-test-0123456789abcdef"}}}
                """#
        )
        try await withRelay(refusedBy: answer) { relay, _ in
            for path in ["/v1/chat/completions", "/chat/stream"] {
                let (head, json) = try ask(relay, path)
                #expect(head.status == 400)
                #expect(head.fields.all("x-request-id") == ["req_1"])
                #expect(head.fields.first("retry-after-ms") == "1500")
                #expect(head.fields.first("x-ratelimit-remaining-requests") == "0")
                #expect(head.fields.first("x-should-retry") == "false")
                #expect(head.fields.first("x-secret") == nil)
                let error = json["error"]
                #expect(error?["type"] == .string("t"))
                #expect(error?["param"] == .string("tools[0]"))
                #expect(error?["code"] == .number("1234"))
                #expect(error?["innererror"]?["code"] == .string("J"))
                #expect(error?["metadata"]?["key"] == .string("***"))
                #expect(error?["message"]?.stringValue?.contains("no ***") == true)
            }
        }
    }

    private static let cures: [(RefusingUpstream.Answer, Int, [String])] = [
        (
            .init(status: 401, body: #"{"error":{"message":"bad key"}}"#), 401,
            ["check OPENAI_API_KEY"]
        ),
        (
            .init(status: 404, body: #"{"detail":"Not Found"}"#), 404,
            ["URL", "check OPENAI_BASE_URL"]
        ),
        (.init(status: 405, body: ""), 405, ["URL", "check OPENAI_BASE_URL"]),
        (
            .init(
                status: 301,
                fields: ["Location": "https://h.example/api/v1/chat/completions?ticket=SECRET"],
                body: ""
            ), 502,
            [
                "URL", "https://h.example/api/v1/chat",
                "set OPENAI_BASE_URL to https://h.example/api/v1",
            ]
        ),
        (
            .init(status: 302, fields: ["Location": "/login"], body: ""), 502,
            ["/login", "OPENAI_BASE_URL"]
        ),
        (
            .init(
                status: 413,
                fields: ["Content-Type": "text/html"],
                body: "<html><head><title>413 Request Entity Too Large</title></head></html>"
            ), 413, ["413 Request Entity Too Large", "URL"]
        ),
        (
            .init(
                status: 200,
                fields: ["Content-Type": "text/html"],
                body: "<title>Log in</title>"
            ),
            502, ["text/html", "URL", "check OPENAI_BASE_URL"]
        ),
    ]

    @Test(.timeLimit(.minutes(5)), arguments: cures)
    func `an error leads to its cure`(
        answer: RefusingUpstream.Answer,
        status: Int,
        words: [String]
    ) async throws {
        try await withRelay(refusedBy: answer) { relay, upstream in
            let (head, json) = try ask(relay)
            #expect(head.status == status)
            let message = try #require(json["error"]?["message"]?.stringValue)
            for word in words {
                let word = word == "URL" ? "POST \(upstream.baseURL)/chat/completions" : word
                #expect(message.contains(word))
            }
            #expect(!message.contains("SECRET"))
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `a model that is not there was looked for at the right place`() async throws {
        let body = #"{"error":{"message":"no such model","code":"model_not_found"}}"#
        try await withRelay(refusedBy: .init(status: 404, body: body)) { relay, _ in
            let message = try ask(relay).json["error"]?["message"]?.stringValue
            #expect(message?.contains("OPENAI_BASE_URL") == false)
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `a connection that is refused names the URL and its variable`() async throws {
        try await withRelay(baseURL: "http://me:SECRET@127.0.0.1:1/v1") {
            $0.maxRetries = 0
            $0.upstreams[0].addressVariable = "OPENAI_BASE_URL"
        } _: { relay in
            let message = try ask(relay).json["error"]?["message"]?.stringValue ?? ""
            #expect(message.contains("POST http://***@127.0.0.1:1/v1/chat/completions"))
            #expect(message.contains("check OPENAI_BASE_URL"))
            #expect(!message.contains("SECRET"))
        }
    }

    @Test(
        .timeLimit(.minutes(5)),
        arguments: [
            (#"{"error":{"code":429,"message":"slow"},"choices":[]}"#, 429),
            (#"{"error":{"type":"invalid_request_error","message":"no","param":"n"}}"#, 400),
            (#"{"error":{"type":"nobody_knows","message":"no"}}"#, 502),
        ]
    )
    func `an error before the first token has the status of its code`(
        event: String,
        status: Int
    ) async throws {
        try await withRelay(asking: [.init(events: [event])]) {
            $0.maxRetries = 0
        } _: { relay, _ in
            let (head, json) = try ask(relay)
            #expect(head.status == status)
            let given = try JSON.parse(Array(event.utf8).span)["error"]
            #expect(json["error"]?["code"] == given?["code"] ?? .null)
            #expect(json["error"]?["param"] == given?["param"] ?? .null)
        }
    }

    @Test(.timeLimit(.minutes(5)), arguments: [true, false])
    func `a successful answer has the upstream's name for the request, too`(
        isStream: Bool
    ) async throws {
        let event = #"{"choices":[{"delta":{"content":"a"},"finish_reason":"stop"}]}"#
        let answer = RefusingUpstream.Answer(
            status: 200,
            fields: [
                "Content-Type": "text/event-stream", "request-id": "req_2",
                "x-ratelimit-remaining-tokens": "7",
            ],
            body: "data: \(event)\n\ndata: [DONE]\n\n"
        )
        try await withRelay(refusedBy: answer) { relay, _ in
            let client = try relay.connect()
            let body = #"{"messages":[],"stream":\#(isStream)}"#
            client.request("POST", "/v1/chat/completions", body: body)
            let head = try client.readHead()
            #expect(head.status == 200)
            #expect(head.fields.all("x-request-id") == ["req_2"])
            #expect(head.fields.first("x-ratelimit-remaining-tokens") == "7")
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `what the upstream checks goes up, and what is the relay's stays`() async throws {
        let events = [#"{"choices":[{"delta":{"content":"a"},"finish_reason":"stop"}]}"#, "[DONE]"]
        try await withRelay(asking: [.init(events: events)]) { relay, upstream in
            let body = #"""
                {"messages":[{"role":"user","content":""}],"max_tokens":-1,"n":2,"user":"",
                 "temperature":2.50,"conversation":"c1","on_disconnect":"finish"}
                """#
            let (head, _) = try relay.exchange("POST", "/v1/chat/completions", body: body)
            #expect(head.status == 200)
            let sent = upstream.requests[0]
            #expect(sent["max_tokens"] == .number("-1") && sent["n"] == .number("2"))
            #expect(sent["temperature"] == .number("2.50") && sent["user"] == .string(""))
            #expect(sent["conversation"] == nil && sent["on_disconnect"] == nil)
            #expect(try relay.record(head.id)["conversation"]?.stringValue == "c1")
        }
    }
}
