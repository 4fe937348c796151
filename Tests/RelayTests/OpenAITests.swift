import Testing
import Wire

@testable import Generations
@testable import Relay

/// `/v1/…`: what OpenAI's own clients send and expect.
@Suite struct OpenAITests {
    private func body(
        _ more: String = "",
        model: String = "simulator?tokens=3&interval_ms=0"
    ) -> String {
        "{\"model\":\"\(model)\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]\(more)}"
    }

    @Test(.timeLimit(.minutes(5)), arguments: ["simulator", "claude-x"])
    func `without a stream the answer is one object`(name: String) async throws {
        try await withRelay { relay in
            let (head, json) = try relay.exchange(
                "POST",
                "/v1/chat/completions",
                body: body(model: "\(name)?tokens=3&interval_ms=0")
            )
            #expect(head.status == 200)
            #expect(head.fields.first("Content-Type") == "application/json")
            #expect(json["object"]?.stringValue == "chat.completion")
            #expect(json["id"]?.stringValue == "chatcmpl-\(head.id)")
            let choice = json["choices"]?.arrayValue?.first
            #expect(choice?["finish_reason"]?.stringValue == "stop")
            #expect(choice?["message"]?["role"]?.stringValue == "assistant")
            let record = try relay.record(head.id)
            #expect(choice?["message"]?["content"] == record["content"])
            #expect(json["usage"]?["completion_tokens"]?.intValue == 3)
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `an answer in one object may be longer than what a slow reader may lag`() async throws {
        try await withRelay {
            $0.readerBufferBytes = 4096
        } _: { relay in
            let (head, json) = try relay.exchange(
                "POST",
                "/v1/chat/completions",
                body: body(model: "simulator?tokens=5000&interval_ms=0&batch=10")
            )
            #expect(head.status == 200)
            #expect(json["usage"]?["completion_tokens"]?.intValue == 5000)
            #expect(try relay.record(head.id)["status"]?.stringValue == "complete")
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `usage comes in a chunk of its own where it was asked for`() async throws {
        try await withRelay { relay in
            for isAsked in [true, false] {
                let more = ",\"stream\":true,\"stream_options\":{\"include_usage\":\(isAsked)}"
                let client = try relay.connect()
                client.request("POST", "/v1/chat/completions", body: body(more))
                let head = try client.readHead()
                let events = try client.readEvents()
                #expect(events.allSatisfy { $0.name.isEmpty })
                #expect(events.last?.data == "[DONE]")
                let chunks = events.dropLast().map(\.json)
                #expect(chunks.allSatisfy { $0["id"]?.stringValue == "chatcmpl-\(head.id)" })
                let usages = chunks.compactMap { $0["usage"]?["total_tokens"]?.intValue }
                #expect(usages.count == (isAsked ? 1 : 0))
                #expect((chunks.last?["choices"]?.arrayValue?.isEmpty == true) == isAsked)
                #expect(
                    chunks.first?["choices"]?.arrayValue?.first?["delta"]?["role"]?.stringValue
                        == "assistant"
                )
            }
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `tool calls come through in pieces and whole`() async throws {
        try await withRelay { relay in
            let model = "simulator?tokens=0&finish=tool_calls&interval_ms=0"
            let (_, json) = try relay.exchange(
                "POST",
                "/v1/chat/completions",
                body: body(model: model)
            )
            let choice = json["choices"]?.arrayValue?.first
            let call = choice?["message"]?["tool_calls"]?.arrayValue?.first
            #expect(choice?["finish_reason"]?.stringValue == "tool_calls")
            #expect(call?["function"]?["name"]?.stringValue == "get_weather")
            let arguments = call?["function"]?["arguments"]?.stringValue ?? ""
            #expect(try JSON.parse(Array(arguments.utf8).span)["city"]?.stringValue == "Köln")
        }
    }

    @Test(
        .timeLimit(.minutes(5)),
        arguments: [
            ("{", 400, "POST"), ("{}", 400, "POST"), (#"{"messages":{},"model":"x"}"#, 400, "POST"),
            (#"{"messages":[{"role":"user","content":"x"}],"conversation":2}"#, 400, "POST"),
            (
                #"{"messages":[{"role":"user","content":"x"}],"model":"simulator?status=429"}"#,
                429, "POST"
            ),
            (
                #"{"messages":[{"role":"user","content":"x"}],"model":"simulator?status=401","stream":true}"#,
                401, "POST"
            ),
            ("", 405, "GET"),
        ]
    )
    func `errors have the vendor's shape`(body: String, status: Int, method: String) async throws {
        try await withRelay {
            $0.maxRetries = 0
        } _: { relay in
            let (head, json) = try relay.exchange(
                method,
                "/v1/chat/completions",
                body: method == "GET" ? nil : body
            )
            #expect(head.status == status)
            let names = json["error"]?.members?.map(\.key).sorted()
            #expect(names == ["code", "message", "param", "type"])
            #expect(json["error"]?["message"]?.stringValue?.isEmpty == false)
        }
    }

    @Test(
        .timeLimit(.minutes(5)),
        arguments: [("/v1/chat/completions", true), ("/chat/stream", false)]
    )
    func `what the server refuses by itself has the shape of the path too`(
        path: String,
        hasParam: Bool
    ) async throws {
        try await withRelay { relay in
            let client = try relay.connect()
            let fields = "Host: localhost\r\nContent-Length: 999999999"
            client.send("POST \(path) HTTP/1.1\r\n\(fields)\r\n\r\n")
            #expect(try client.readHead().status == 413)
            #expect((try client.readJSON()["error"]?["param"] == .null) == hasParam)
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `an answer that is cut is no completion`() async throws {
        try await withRelay { relay in
            let (head, json) = try relay.exchange(
                "POST",
                "/v1/chat/completions",
                body: body(model: "simulator?cut_after=3")
            )
            #expect(head.status == 502)
            #expect(head.fields.first("x-should-retry") == "false")
            #expect(json["error"]?["code"]?.stringValue == "truncated")
            #expect(try relay.record(head.id)["status"]?.stringValue == "truncated")
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `the models are listed`() async throws {
        try await withRelay { relay in
            let (head, json) = try relay.exchange("GET", "/v1/models")
            #expect(head.status == 200)
            let ids = json["data"]?.arrayValue?.compactMap { $0["id"]?.stringValue }
            #expect(ids == ["simulator", "claude-simulator"])
        }
    }
}
