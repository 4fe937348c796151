import ChatFormats
import TestSupport
import Testing
import Wire

@testable import Generations
@testable import Relay

/// An answer that is cut, filtered, stopped or waits for tools never looks complete, in any dialect,
/// live, under its key and from its record.
@Suite(.timeLimit(.minutes(5))) struct EndingTests {
    /// How an answer is brought to its end.
    struct Way: Sendable, CustomTestStringConvertible {
        let model: String
        let status: String
        var testDescription: String { status }
    }

    private static let ways = [
        Way(model: "simulator?tokens=2&interval_ms=0", status: "complete"),
        Way(model: "simulator?tokens=2&interval_ms=0&finish=length", status: "length"),
        Way(model: "simulator?tokens=2&interval_ms=0&finish=content_filter", status: "filtered"),
        Way(model: "simulator?tokens=2&interval_ms=0&finish=tool_calls", status: "tool_calls"),
    ]

    /// What follows the text: the events' names with what they say of the end.
    private func end(of events: [Event], _ dialect: Dialect) -> [String] {
        events.compactMap { event in
            guard event.data != "[DONE]" else { return event.name + "[DONE]" }
            let message = event.json
            if let type = message["error"]?["type"]?.stringValue { return "error " + type }
            if let status = message["status"]?.stringValue { return event.name + status }
            let choice = message["choices"]?.arrayValue?.first
            return choice?["finish_reason"]?.stringValue
        }
    }

    private func end(_ status: String, _ dialect: Dialect, hasIDs: Bool = true) -> [String] {
        let isComplete = status == "complete"
        let reasons = [
            "complete": "stop", "filtered": "content_filter", "stopped": "error stopped",
        ]
        return switch dialect {
        case .events: ["finish\(status)", "done[DONE]"]
        case .tokens: isComplete ? ["end[DONE]"] : ["finish\(status)", "end[DONE]"]
        case .text: isComplete || !hasIDs ? ["[DONE]"] : ["finish\(status)", "[DONE]"]
        case .content: isComplete ? ["[DONE]"] : [status, "[DONE]"]
        default: [reasons[status] ?? status, "[DONE]"]
        }
    }

    private func read(_ client: TestClient) throws -> (id: String, events: [Event]) {
        let head = try client.readHead()
        #expect(head.status == 200)
        return (head.id, try client.readEvents())
    }

    /// Asks under a key, and returns the client that reads.
    private func ask(
        _ relay: TestRelay,
        _ dialect: Dialect,
        _ model: String,
        key: String,
        accept: String = "text/event-stream",
        more: String = ""
    ) throws -> TestClient {
        let client = try relay.connect()
        client.request(
            "POST",
            "/chat/stream?format=\(dialect.name)",
            ["Idempotency-Key": key, "Accept": accept],
            body: "{\"message\":\"hi\",\"model\":\(quoted(model))\(more)}"
        )
        return client
    }

    /// Asks until an answer is no longer in memory.
    private func crowdOut(_ id: String, of relay: TestRelay) async throws {
        while await relay.held(id) != nil {
            _ = try relay.ask("simulator?tokens=1&interval_ms=0")
        }
    }

    @Test(arguments: ways, Dialect.eventStreams)
    func `every end is sent alike, live, again and from the record`(
        way: Way,
        dialect: Dialect
    ) async throws {
        try await withRelay {
            $0.keptBytes = 1
        } _: { relay in
            let live = try read(try ask(relay, dialect, way.model, key: "k"))
            #expect(end(of: live.events, dialect) == end(way.status, dialect))
            #expect(live.events.last?.data == "[DONE]")
            // A client that lost the connection before the end mark gets the whole end again.
            let last = try #require(EntryID(live.events.last?.id ?? ""))
            let before = "\(live.id).\(last.sequence - 1)"
            let client = try relay.connect()
            client.request(
                "GET",
                "/chat/streams/\(live.id)?format=\(dialect.name)",
                ["Last-Event-ID": before]
            )
            #expect(end(of: try read(client).events, dialect) == end(way.status, dialect))
            try await crowdOut(live.id, of: relay)
            let recorded = try read(try ask(relay, dialect, way.model, key: "k"))
            #expect(recorded.id == live.id)
            #expect(end(of: recorded.events, dialect) == end(way.status, dialect))
            let plain = try read(try ask(relay, dialect, way.model, key: "k", accept: "*/*"))
            let isNamed = (dialect.media.ids == .always)
            #expect(
                end(of: plain.events, dialect) == end(way.status, dialect, hasIDs: isNamed)
            )
        }
    }

    @Test(arguments: ["/chat/streams/", "/chat/conversations/"], Dialect.eventStreams)
    func `what somebody stops does not look complete`(
        target: String,
        dialect: Dialect
    ) async throws {
        try await withRelay(loops: 2) { relay in
            let model = "simulator?tokens=1000&interval_ms=10"
            var clients: [(client: TestClient, hasIDs: Bool)] = []
            for accept in ["text/event-stream", "*/*"] {
                let more = #","conversation":"c""#
                let client = try ask(
                    relay,
                    dialect,
                    model,
                    key: accept == "*/*" ? "a" : "b",
                    accept: accept,
                    more: more
                )
                clients.append((client, accept != "*/*" || (dialect.media.ids == .always)))
            }
            let heads = try clients.map { try $0.client.readHead() }
            for head in heads {
                let name = target == "/chat/streams/" ? head.id : "c"
                #expect(try relay.exchange("DELETE", target + name).head.status == 204)
            }
            for (client, hasIDs) in clients {
                let events = try client.readEvents()
                #expect(end(of: events, dialect) == end("stopped", dialect, hasIDs: hasIDs))
            }
        }
    }

    @Test
    func `a client that waits for a whole answer that is stopped learns so, and not to ask again`()
        async throws
    {
        try await withRelay {
            $0.keptBytes = 1
        } _: { relay in
            let model = "simulator?tokens=1000&interval_ms=10"
            let body =
                "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"model\":\(quoted(model))}"
            let key: HeaderFields = ["Idempotency-Key": "k"]
            let waiting = try relay.connect()
            waiting.request("POST", "/v1/chat/completions", key, body: body)
            #expect(waits { relay.calls(model).calls == 1 })
            let other = try ask(relay, .events, model, key: "k")
            let id = try other.readHead().id
            // Some of it is there.
            while try other.readEvent()?.name != "token" {}
            #expect(try relay.exchange("DELETE", "/chat/streams/\(id)").head.status == 204)
            try check(try waiting.readHead(), try waiting.readJSON(), id)
            other.close()
            let again = try relay.exchange("POST", "/v1/chat/completions", key, body: body)
            try check(again.head, again.json, id)
            try await crowdOut(id, of: relay)
            let recorded = try relay.exchange("POST", "/v1/chat/completions", key, body: body)
            try check(recorded.head, recorded.json, id)
            #expect(relay.calls(model).calls == 1)
        }
    }

    private func check(_ head: Head, _ json: JSON, _ id: String) throws {
        #expect(head.status == 409)
        #expect(head.id == id)
        #expect(head.fields.first("x-should-retry") == "false")
        let error = try #require(json["error"])
        #expect(error["type"]?.stringValue == "stopped")
        #expect(error["code"]?.stringValue == "stopped")
        #expect(error["param"] == .null)
        #expect(error["message"]?.stringValue == "the answer was stopped before its end")
    }

    @Test(arguments: [("length", "length"), ("content_filter", "content_filter")])
    func `a page that names no model hears at OpenAI's address how its answer ended`(
        finish: String,
        reason: String
    ) async throws {
        try await withRelay {
            $0.upstreams[0].model = "simulator?tokens=2&interval_ms=0&finish=\(finish)"
        } _: { relay in
            let client = try relay.connect()
            let body = #"{"messages":[{"role":"user","content":"hi"}],"stream":true}"#
            client.request("POST", "/v1/chat/completions", body: body)
            let events = try read(client).events
            #expect(end(of: events, .openai) == [reason, "[DONE]"])
            #expect(events.dropLast().allSatisfy { $0.json["content"]?.stringValue != nil })
        }
    }
}
