import ChatFormats
import Loop
import TestSupport
import Testing
import Wire

@testable import Generations
@testable import Relay
@testable import Simulator

/// Plain text over real sockets: only a complete answer ends in order, for any client at any time.
@Suite(.timeLimit(.minutes(5))) struct PlainTests {
    private static let text = String(decoding: Answer.text, as: UTF8.self)

    /// What a client got of an answer, and whether its end was in order.
    private struct Got: Equatable {
        var text: String
        var isWhole: Bool
    }

    private func read(_ client: TestClient) throws -> (head: Head, got: Got) {
        let head = try client.readHead()
        var bytes: [UInt8] = []
        do {
            while let piece = try client.readPiece() { bytes += piece }
            return (head, Got(text: String(decoding: bytes, as: UTF8.self), isWhole: true))
        } catch ClientError.cut {
            return (head, Got(text: String(decoding: bytes, as: UTF8.self), isWhole: false))
        }
    }

    private func ask(
        _ relay: TestRelay,
        _ model: String,
        _ fields: HeaderFields = [:]
    ) throws -> TestClient {
        let client = try relay.connect()
        let body = "{\"message\":\"hi\",\"model\":\(quoted(model)),\"format\":\"plain\"}"
        client.request("POST", "/chat/stream", fields, body: body)
        return client
    }

    @Test(arguments: [
        ("POST", "/chat/stream?format=plain", #""message":"hi""#),
        ("POST", "/stream-chat", #""message":"hi","format":"plain""#),
        ("POST", "/chat/completions?format=plain", #""message":"hi""#),
        (
            "POST", "/v1/chat/completions?format=plain",
            #""messages":[{"role":"user","content":"hi"}],"stream":true"#
        ),
        ("GET", "/chat/stream?format=plain&prompt=hi&model=simulator%3Finterval_ms%3D0", ""),
    ])
    func `is given on every chat route, and the connection goes on after it`(
        method: String,
        target: String,
        prompt: String
    ) async throws {
        try await withRelay { relay in
            let client = try relay.connect()
            let body = "{\"model\":\"simulator?interval_ms=0\",\(prompt)}"
            for _ in 0..<2 {
                client.request(method, target, body: prompt.isEmpty ? nil : body)
                let (head, got) = try read(client)
                #expect(head.status == 200)
                #expect(head.fields.all("Content-Type") == ["text/plain; charset=utf-8"])
                #expect(head.fields.all("Cache-Control") == ["no-store, no-cache, no-transform"])
                #expect(head.id.utf8.count == 23)
                #expect(got == Got(text: Self.text, isWhole: true))
            }
        }
    }

    private static let ways = [
        ("tokens=2&finish=length", "length"), ("tokens=2&finish=content_filter", "filtered"),
        ("tokens=2&finish=tool_calls", "tool_calls"), ("tokens=9&cut_after=2", "truncated"),
        ("tokens=9&error_after=2", "upstream_error"),
    ]

    @Test(arguments: ways)
    func `is cut where the answer is not complete: live, read again and from the record`(
        way: String,
        status: String
    ) async throws {
        try await withRelay {
            $0.keptBytes = 1
        } _: { relay in
            let model = "simulator?interval_ms=0&\(way)"
            let events = try relay.ask(model, more: #","id":"k""#)
            let text = spoken(in: events.events, as: .events)
            #expect(!text.isEmpty)
            let client = try relay.connect()
            client.request("GET", "/chat/streams/\(events.head.id)?format=plain")
            #expect(try read(client).got == Got(text: text, isWhole: false))
            let live = try read(try ask(relay, model, ["Idempotency-Key": "l"]))
            #expect(live.got == Got(text: text, isWhole: false))
            #expect(try relay.record(live.head.id)["status"]?.stringValue == status)
            while await relay.held(live.head.id) != nil {
                _ = try relay.ask("simulator?tokens=1&interval_ms=0")
            }
            let recorded = try read(try ask(relay, model, ["Idempotency-Key": "l"]))
            #expect(recorded.got == Got(text: text, isWhole: false))
            #expect(recorded.head.id == live.head.id)
        }
    }

    @Test func `is cut where somebody stops the answer`() async throws {
        try await withRelay { relay in
            let client = try ask(relay, "simulator?tokens=100000&interval_ms=5")
            let head = try client.readHead()
            var bytes: [UInt8] = []
            while bytes.isEmpty { bytes += try #require(try client.readPiece()) }
            let stopped = try relay.exchange("DELETE", "/chat/streams/\(head.id)")
            #expect(stopped.head.status == 204)
            #expect(throws: ClientError.cut) { _ = try client.readBody() }
        }
    }

    @Test func `of a record that is complete ends in order`() async throws {
        try await withRelay {
            $0.resumeSeconds = 0
        } _: { relay in
            let heard = try relay.ask("simulator?say=all%20of%20it")
            _ = try relay.record(heard.head.id)
            try await eventually { await relay.held(heard.head.id) == nil }
            let client = try relay.connect()
            client.request("GET", "/chat/streams/\(heard.head.id)?format=plain")
            let (head, got) = try read(client)
            #expect(head.fields.first("Content-Type") == "text/plain; charset=utf-8")
            #expect(got == Got(text: "all of it", isWhole: true))
            // A client that has part of the text could only append the whole.
            client.request(
                "GET",
                "/chat/streams/\(heard.head.id)?format=plain&last_event_id=\(heard.head.id).2"
            )
            #expect(try client.readHead().status == 204)
        }
    }

    @Test func `goes on after any entry`() async throws {
        try await withRelay { relay in
            let heard = try relay.ask("simulator?tokens=6&interval_ms=0")
            let id = heard.head.id
            let tokens = heard.events.filter { $0.name == "token" }
            for (place, token) in tokens.enumerated() {
                let client = try relay.connect()
                client.request(
                    "GET",
                    "/chat/stream?prompt=hi&format=plain&last_event_id=\(token.id)"
                )
                let rest = tokens[(place + 1)...].map(\.data).joined()
                #expect(try read(client).got == Got(text: rest, isWhole: true))
            }
            #expect(id == tokens.first?.id.split(separator: ".").first.map(String.init))
        }
    }

    @Test(arguments: [("tokens=3", true), ("tokens=9&cut_after=3", false)])
    func `shows old clients too whether it is whole`(way: String, isWhole: Bool) async throws {
        try await withRelay { relay in
            let client = try relay.connect()
            let model = encoded("simulator?interval_ms=0&\(way)")
            client.send("GET /chat/stream?prompt=x&format=plain&model=\(model) HTTP/1.0\r\n\r\n")
            let (head, got) = try read(client)
            #expect(head.fields.first("Transfer-Encoding") == nil)
            #expect(got.isWhole == isWhole)
            #expect(!got.text.isEmpty)
        }
    }

    @Test func `is silent while nothing comes`() async throws {
        let clock = ManualClock()
        try await withRelay(clock: clock) {
            $0.keepAliveSeconds = 1
            $0.headSeconds = 5
        } _: { relay in
            let client = try relay.connect()
            client.request("GET", "/chat/stream?prompt=hi&model=simulator%3Fhang=1&format=plain")
            #expect(try client.readHead().status == 200)
            #expect(waits { relay.calls("simulator?hang=1").calls == 1 })
            for _ in 0..<3 {
                await clock.advance(by: .seconds(1))
                #expect(client.isSilent)
            }
        }
    }

    @Test func `is no form of an answer that is not streamed`() async throws {
        try await withRelay { relay in
            let model = "simulator?tokens=2&interval_ms=0"
            let body = #"{"messages":[{"role":"user","content":"hi"}],"model":"\#(model)"}"#
            let target = "/v1/chat/completions?format=plain"
            let (head, json) = try relay.exchange("POST", target, body: body)
            #expect(head.fields.first("Content-Type") == "application/json")
            #expect(json["object"]?.stringValue == "chat.completion")
        }
    }
}
