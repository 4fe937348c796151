import ChatFormats
import Loop
import TestSupport
import Testing
import Wire

@testable import Generations
@testable import Relay
@testable import Simulator

/// Lines of JSON over real sockets: on every route, for clients that come back, and from the
/// history.
@Suite(.timeLimit(.minutes(5))) struct NDJSONTests {
    private static let text = String(decoding: Answer.text, as: UTF8.self)
    private static let model = "simulator?interval_ms=0"

    /// The lines of an answer as events; an empty one fills silence.
    private func read(_ client: TestClient) throws -> (head: Head, events: [Event]) {
        let head = try client.readHead()
        let lines = String(decoding: try client.readBody(), as: UTF8.self).split(separator: "\n")
        let events = try lines.map { line in
            let line = try JSON.parse(Array(line.utf8).span)
            var data: [UInt8] = []
            line["data"]?.write(into: &data)
            return Event(
                name: line["event"]?.stringValue ?? "",
                data: line["data"]?.stringValue ?? String(decoding: data, as: UTF8.self),
                id: line["id"]?.stringValue ?? ""
            )
        }
        return (head, events)
    }

    private func spokenText(_ events: [Event]) -> String { spoken(in: events, as: .events) }

    @Test(arguments: [
        ("/chat/stream?format=ndjson", #""message":"hi""#),
        ("/chat/stream", #""message":"hi","format":"ndjson""#),
        ("/stream-chat?format=ndjson", #""message":"hi""#),
        ("/chat/completions?format=ndjson", #""message":"hi""#),
        (
            "/v1/chat/completions?format=ndjson",
            #""messages":[{"role":"user","content":"hi"}],"stream":true"#
        ),
    ])
    func `are given on every chat route`(target: String, prompt: String) async throws {
        try await withRelay { relay in
            let client = try relay.connect()
            let body = "{\"model\":\(quoted(Self.model)),\(prompt)}"
            client.request("POST", target, body: body)
            let (head, events) = try read(client)
            #expect(head.status == 200)
            #expect(head.fields.all("Content-Type") == ["application/x-ndjson"])
            #expect(head.fields.all("Cache-Control") == ["no-store, no-cache, no-transform"])
            #expect(head.fields.all("X-Accel-Buffering") == ["no"])
            #expect(spokenText(events) == Self.text)
            #expect(events.last?.name == "done" && events.last?.data == "[DONE]")
            #expect(try relay.record(head.id)["content"]?.stringValue == Self.text)
        }
    }

    @Test func `say what the events say, with the same ids`() async throws {
        try await withRelay { relay in
            let heard = try relay.ask("simulator?tokens=3&interval_ms=0&finish=length")
            let client = try relay.connect()
            client.request("GET", "/chat/streams/\(heard.head.id)?format=ndjson")
            let (_, events) = try read(client)
            #expect(events.map(\.name) == heard.events.map(\.name))
            #expect(events.map(\.data) == heard.events.map(\.data))
            for (event, other) in zip(events, heard.events) where !event.id.isEmpty {
                #expect(event.id == other.id)
            }
            #expect(events.filter(\.id.isEmpty).map(\.name) == ["finish"])
        }
    }

    @Test func `go on after an id, by the header field and by the query`() async throws {
        try await withRelay { relay in
            let heard = try relay.ask("simulator?tokens=5&interval_ms=0")
            let id = heard.head.id
            for place in 0..<heard.events.count - 2 {
                let client = try relay.connect()
                let last = "\(id).\(place)"
                client.request(
                    "GET",
                    "/chat/streams/\(id)?format=ndjson",
                    ["Last-Event-ID": last]
                )
                let rest = try read(client).events
                #expect(rest.map(\.data) == heard.events.dropFirst(place + 1).map(\.data))
                client.request("GET", "/chat/stream?format=ndjson&last_event_id=\(last)")
                #expect(try read(client).events == rest)
            }
        }
    }

    @Test func `are the whole text again where only the history has the answer`() async throws {
        try await withRelay {
            $0.resumeSeconds = 0
        } _: { relay in
            let heard = try relay.ask("simulator?say=all%20of%20it")
            let id = heard.head.id
            _ = try relay.record(id)
            try await eventually { await relay.held(id) == nil }
            let client = try relay.connect()
            client.request("GET", "/chat/streams/\(id)?format=ndjson")
            let all = try read(client)
            #expect(all.head.fields.first("Content-Type") == "application/x-ndjson")
            #expect(all.events.map(\.name) == ["start", "token", "finish", "done"])
            #expect(spokenText(all.events) == "all of it")
            client.request(
                "GET",
                "/chat/streams/\(id)?format=ndjson",
                ["Last-Event-ID": "\(id).2"]
            )
            let restored = try read(client).events
            #expect(restored.map(\.name) == ["restored", "finish", "done"])
            #expect(restored.first?.json["content"]?.stringValue == "all of it")
            let same = try relay.resume(id, after: "\(id).2").events
            #expect(restored.first?.id == same.first?.id)
        }
    }

    @Test func `say that an answer is cut`() async throws {
        try await withRelay { relay in
            let client = try relay.connect()
            let body = #"{"message":"hi","model":"simulator?cut_after=3","format":"ndjson"}"#
            client.request("POST", "/chat/stream", body: body)
            let events = try read(client).events
            #expect(events.last?.name == "error")
            #expect(events.last?.json["status"]?.stringValue == "truncated")
        }
    }

    @Test func `are filled with an empty line while nothing comes`() async throws {
        let clock = ManualClock()
        try await withRelay(clock: clock) {
            $0.keepAliveSeconds = 1
        } _: { relay in
            let client = try relay.connect()
            client.request("GET", "/chat/stream?prompt=hi&model=simulator%3Fhang=1&format=ndjson")
            #expect(try client.readHead().status == 200)
            #expect(waits { relay.calls("simulator?hang=1").calls == 1 })
            let first = try #require(try client.readPiece())
            #expect(String(decoding: first, as: UTF8.self).hasPrefix(#"{"event":"start""#))
            await clock.advance(by: .seconds(1))
            #expect(try client.readPiece() == [UInt8(ascii: "\n")])
        }
    }
}
