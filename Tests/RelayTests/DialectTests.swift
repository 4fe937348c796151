import ChatFormats
import Testing
import Wire

@testable import Generations
@testable import Simulator

/// Every route in every dialect: what the model said is what the client has and the history keeps.
@Suite struct DialectTests {
    private static let text = String(decoding: Answer.text, as: UTF8.self)

    struct Route: Sendable, CustomTestStringConvertible {
        let method: String
        let path: String
        let dialect: Dialect
        var testDescription: String { "\(method) \(path)" }
    }

    private static let routes = [
        Route(method: "POST", path: "/chat/stream", dialect: .events),
        Route(method: "GET", path: "/chat/stream", dialect: .events),
        Route(method: "POST", path: "/stream-chat", dialect: .text),
        Route(method: "POST", path: "/chat/completions", dialect: .content),
        Route(method: "POST", path: "/v1/chat/completions", dialect: .openai),
    ]

    @Test(.timeLimit(.minutes(5)), arguments: routes, [nil] + Dialect.eventStreams)
    func `each route gives the whole text in each dialect and keeps it`(
        route: Route,
        dialect: Dialect?
    ) async throws {
        try await withRelay { relay in
            for model in ["simulator?interval_ms=0", "claude-x?interval_ms=0"] {
                let client = try relay.connect()
                ask(client, route, model, dialect)
                let head = try client.readHead()
                check(head)
                let events = try client.readEvents()
                #expect(spoken(in: events, as: dialect ?? route.dialect) == Self.text)
                checkEnd(events, dialect ?? route.dialect)
                let record = try relay.record(head.id)
                #expect(record["content"]?.stringValue == Self.text)
                #expect(record["status"]?.stringValue == "complete")
                #expect(record["model"]?.stringValue == model)
            }
        }
    }

    private func ask(_ client: TestClient, _ route: Route, _ model: String, _ dialect: Dialect?) {
        let format = dialect.map { "format=\($0.name)" }
        if route.method == "GET" {
            let more = format.map { "&" + $0 } ?? ""
            return client.request(
                "GET",
                route.path + "?prompt=hi&model=\(encoded(model))\(more)"
            )
        }
        let isOpenAI = route.dialect == .openai
        let prompt = isOpenAI ? openAIPrompt + ",\"stream\":true" : "\"message\":\"hi\""
        client.request(
            "POST",
            route.path + (format.map { "?" + $0 } ?? ""),
            body: "{\"model\":\(quoted(model)),\(prompt)}"
        )
    }

    private let openAIPrompt = #""messages":[{"role":"user","content":"hi"}]"#

    private func check(_ head: Head) {
        #expect(head.status == 200)
        #expect(head.fields.all("Content-Type") == ["text/event-stream; charset=utf-8"])
        #expect(head.fields.all("Cache-Control") == ["no-store, no-cache, no-transform"])
        #expect(head.fields.all("X-Accel-Buffering") == ["no"])
        #expect(head.fields.first("Content-Length") == nil)
        #expect(head.id.utf8.count == 23)
    }

    private func checkEnd(_ events: [Event], _ dialect: Dialect) {
        #expect(events.last?.data == "[DONE]")
        #expect(events.last?.name == ["events": "done", "tokens": "end"][dialect.name] ?? "")
        #expect(events.count { $0.data == "[DONE]" } == 1)
        // No event is empty: JSON clients break on them.
        #expect(events.allSatisfy { !$0.data.isEmpty })
    }

    @Test(.timeLimit(.minutes(5)))
    func `the events dialect begins with its id and ends with status and usage`() async throws {
        try await withRelay { relay in
            let heard = try relay.ask("simulator?tokens=3&interval_ms=0")
            let first = try #require(heard.events.first)
            #expect(first.name == "start")
            #expect(first.json["id"]?.stringValue == heard.head.id)
            #expect(first.id == heard.head.id + ".0")
            let finish = heard.events.first { $0.name == "finish" }?.json
            #expect(finish?["status"]?.stringValue == "complete")
            #expect(finish?["finish_reason"]?.stringValue == "stop")
            #expect(finish?["usage"]?["completion_tokens"]?.intValue == 3)
            #expect(heard.events.count == 6)
        }
    }

    @Test(
        .timeLimit(.minutes(5)),
        arguments: [
            #"{"message":"what I said","model":"simulator?echo=1&interval_ms=0"}"#,
            #"{"prompt":"what I said","model":"simulator?echo=1&interval_ms=0"}"#,
            #"{"messages":[{"role":"user","content":"what"},{"role":"assistant","content":"?"},"#
                + #"{"role":"user","content":"what I said"}],"model":"simulator?echo=1&interval_ms=0"}"#,
            #"{"message":"what I said","system":"be brief","temperature":0.5,"top_p":1,"#
                + #""max_tokens":50,"stop":["x"],"conversation":"c","extra":{"seed":1},"#
                + #""model":"simulator?echo=1&interval_ms=0"}"#,
        ]
    )
    func `message, prompt and messages all reach the model`(body: String) async throws {
        try await withRelay { relay in
            for route in [
                "/chat/stream", "/stream-chat?format=events", "/chat/completions?format=events",
            ] {
                let client = try relay.connect()
                client.request("POST", route, body: body)
                #expect(try client.readHead().status == 200)
                let events = try client.readEvents()
                #expect(spoken(in: events, as: .events) == "what I said")
            }
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `one connection carries one answer after the other`() async throws {
        try await withRelay { relay in
            let client = try relay.connect()
            for number in 0..<20 {
                let prompt = "number \(number)"
                let model = "simulator?echo=1&interval_ms=0"
                client.request(
                    "POST",
                    "/chat/stream",
                    body: "{\"message\":\"\(prompt)\",\"model\":\"\(model)\"}"
                )
                #expect(try client.readHead().status == 200)
                let events = try client.readEvents()
                #expect(spoken(in: events, as: .events) == prompt)
            }
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `the format may be in the body as well`() async throws {
        try await withRelay { relay in
            let heard = try relay.ask(
                "simulator?tokens=2&interval_ms=0",
                more: #","format":"tokens""#
            )
            #expect(heard.last == Event(name: "end", data: "[DONE]", id: heard.last.id))
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `an old client gets the stream up to the end of the connection`() async throws {
        try await withRelay { relay in
            let client = try relay.connect()
            let model = encoded("simulator?tokens=4&interval_ms=0")
            client.send("GET /chat/stream?prompt=x&model=\(model) HTTP/1.0\r\n\r\n")
            let head = try client.readHead()
            #expect(head.fields.first("Transfer-Encoding") == nil)
            #expect(try client.readEvents().last?.data == "[DONE]")
        }
    }
}
