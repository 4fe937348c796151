import ChatFormats
import Loop
import Simulator
import TestSupport
import Testing
import Wire

@testable import Generations
@testable import Relay

/// Pages that read with `fetch` take everything before an empty line for `data: ` and its value,
/// parse that and show its `content`; they ask without a model, on every route.
@Suite(.timeLimit(.minutes(5))) struct PageReaderTests {
    private static let routes = ["/chat/completions", "/v1/chat/completions"]

    /// What such a page shows of an answer.
    private struct Shown: Equatable {
        var text = ""
        /// Blocks that added nothing.
        var emptyCount = 0
        /// The end mark, or what the page throws with.
        var end = ""
    }

    private func show(_ bytes: [UInt8]) throws -> Shown {
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(text.hasSuffix("\n\n"))
        var shown = Shown()
        for block in text.split(separator: "\n\n") {
            let data = block.hasPrefix("data: ") ? block.dropFirst(6) : block
            guard data != "[DONE]" else {
                shown.end = shown.end.isEmpty ? "[DONE]" : shown.end
                continue
            }
            let message = try JSON.parse(Array(data.utf8).span)
            if message["error"] != nil {
                shown.end = "error"
                continue
            }
            let content = try #require(message["content"]?.stringValue, "it shows undefined")
            shown.text += content
            if content.isEmpty { shown.emptyCount += 1 }
        }
        return shown
    }

    private func ask(
        _ relay: TestRelay,
        _ route: String,
        _ fields: HeaderFields = [:],
        more: String = ""
    ) throws -> (head: Head, shown: Shown) {
        let client = try relay.connect()
        let messages = #""messages":[{"role":"user","content":"hi"}]"#
        client.request("POST", route, fields, body: "{\(messages),\"stream\":true\(more)}")
        let head = try client.readHead()
        return (head, try show(try client.readBody()))
    }

    /// Asks, and reads the answer while the clock is turned.
    private func hear(
        _ relay: TestRelay,
        _ route: String,
        _ body: String,
        turning clock: ManualClock
    ) async throws -> [UInt8] {
        let client = try relay.connect()
        client.request("POST", route, body: body)
        #expect(waits { relay.simulator.calls[prompt: "hi"] == 1 })
        return try await client.read(turning: clock).content
    }

    private static let streamed = #"{"messages":[{"role":"user","content":"hi"}],"stream":true}"#

    @Test(
        arguments: routes,
        [
            "first_ms=2300", "pause_after=1&pause_ms=2300", "reasoning=100&interval_ms=23",
        ]
    )
    func `silence is data that adds nothing`(route: String, weather: String) async throws {
        let clock = ManualClock()
        try await withRelay(clock: clock, modelClock: clock) {
            $0.headHoldSeconds = 1
            $0.keepAliveSeconds = 1
            $0.upstreams[0].model = "simulator?say=at%20last&\(weather)"
        } _: { relay in
            let shown = try show(try await hear(relay, route, Self.streamed, turning: clock))
            #expect(shown.text == "at last" && shown.end == "[DONE]")
            #expect(shown.emptyCount > 0)
        }
    }

    /// An entry that is not shown comes in every turn, also in the one in which silence is due.
    @Test(arguments: routes)
    func `a silence within which much is thought is data that adds nothing`(
        route: String
    ) async throws {
        let clock = ManualClock()
        try await withRelay(clock: clock) {
            $0.headHoldSeconds = 1
            $0.keepAliveSeconds = 1
            $0.upstreams[0].model = "simulator?say=at%20last&reasoning=2500&interval_us=200"
        } _: { relay in
            let shown = try show(try await hear(relay, route, Self.streamed, turning: clock))
            #expect(shown.text == "at last" && shown.end == "[DONE]")
            #expect(shown.emptyCount > 0)
        }
    }

    @Test func `a page that shows data lines unchanged shows the text alone`() async throws {
        let clock = ManualClock()
        try await withRelay(clock: clock, modelClock: clock) {
            $0.headHoldSeconds = 1
            $0.keepAliveSeconds = 1
            $0.upstreams[0].model = "simulator?say=at%20last&first_ms=2300&interval_ms=0"
        } _: { relay in
            let content = try await hear(
                relay,
                "/stream-chat",
                #"{"message":"hi"}"#,
                turning: clock
            )
            let body = String(decoding: content, as: UTF8.self)
            #expect(body.hasPrefix("data: \n\n"))
            let blocks = body.split(separator: "\n\n")
            #expect(blocks.allSatisfy { $0.hasPrefix("data: ") })
            #expect(blocks.map { $0.dropFirst(6) }.joined() == "at last[DONE]")
        }
    }

    @Test func `a client that names a model gets OpenAI's chunks and comments unchanged`()
        async throws
    {
        let clock = ManualClock()
        try await withRelay(clock: clock, modelClock: clock) {
            $0.headHoldSeconds = 1
            $0.keepAliveSeconds = 1
        } _: { relay in
            let body =
                #"{"messages":[{"role":"user","content":"hi"}],"stream":true,"#
                + #""model":"simulator?first_ms=2300&tokens=2&interval_ms=0"}"#
            let content = try await hear(relay, "/v1/chat/completions", body, turning: clock)
            let text = String(decoding: content, as: UTF8.self)
            #expect(text.hasPrefix(": keep-alive\ndata: {\"id\""))
            for block in text.split(separator: "\n\n").dropLast() {
                let data = try #require(block.split(separator: "data: ").last)
                let names = try JSON.parse(Array(data.utf8).span).members?.map(\.key)
                #expect(names == ["id", "object", "created", "model", "choices"])
            }
        }
    }

    @Test func `an empty model is none, and a whole answer says its text too`() async throws {
        try await withRelay {
            $0.upstreams[0].model = "simulator?say=all%20of%20it&interval_ms=0"
        } _: { relay in
            let route = "/v1/chat/completions"
            #expect(try ask(relay, route, more: #","model":null"#).shown.text == "all of it")
            let body = #"{"messages":[{"role":"user","content":"hi"}]}"#
            let (head, json) = try relay.exchange("POST", route, body: body)
            #expect(head.status == 200)
            #expect(json["content"]?.stringValue == "all of it")
            let choice = json["choices"]?.arrayValue?.first
            #expect(choice?["message"]?["content"] == json["content"])
        }
    }

    @Test(arguments: routes)
    func `what was asked before is served alike, from memory and from its record`(
        route: String
    ) async throws {
        let model = "simulator?say=all%20of%20it&interval_ms=0"
        let key: HeaderFields = ["Idempotency-Key": "k"]
        try await withRelay {
            $0.upstreams[0].model = model
            $0.keptBytes = 1
        } _: { relay in
            let first = try ask(relay, route, key)
            #expect(first.shown.text == "all of it" && first.shown.end == "[DONE]")
            let again = try ask(relay, route, key)
            #expect(again.head.id == first.head.id && again.shown == first.shown)
            try await crowdOut(first.head.id, of: relay)
            let recorded = try ask(relay, route, key)
            #expect(recorded.head.id == first.head.id)
            #expect(recorded.shown.text == "all of it" && recorded.shown.end == "[DONE]")
            let whole = #"{"messages":[{"role":"user","content":"hi"}]}"#
            let (_, json) = try relay.exchange("POST", Self.routes[1], key, body: whole)
            #expect(json["content"]?.stringValue == "all of it")
            #expect(relay.calls(model).calls == 1)
        }
    }

    @Test(arguments: routes)
    func `what an earlier process left is served alike`(route: String) async throws {
        let key: HeaderFields = ["Idempotency-Key": "k"]
        try await withRelay {
            $0.upstreams[0].model = "simulator?tokens=9&pause_after=2&pause_ms=60000&interval_ms=0"
        } _: { relay in
            let client = try relay.connect()
            let messages = #""messages":[{"role":"user","content":"hi"}]"#
            client.request("POST", route, key, body: "{\(messages),\"stream\":true}")
            let id = try client.readHead().id
            let left = try relay.killed()
            try await withRelay(left: left, { $0.keptBytes = 1 }) { next in
                let again = try ask(next, route, key)
                #expect(again.head.id == id && again.shown.end == "error")
                try await crowdOut(id, of: next)
                let recorded = try ask(next, route, key)
                #expect(recorded.head.id == id && recorded.shown.end == "error")
                #expect(recorded.shown.text == again.shown.text)
            }
        }
    }

    /// Asks until an answer is no longer in memory.
    private func crowdOut(_ id: String, of relay: TestRelay) async throws {
        while await relay.held(id) != nil {
            _ = try relay.ask("simulator?tokens=1&interval_ms=0")
        }
    }

    @Test func `by its id too each chunk says its text beside its choices`() async throws {
        try await withRelay {
            $0.upstreams[0].model = "simulator?say=all%20of%20it&interval_ms=0"
            $0.keptBytes = 1
        } _: { relay in
            let id = try ask(relay, Self.routes[1]).head.id
            for isKept in [true, false] {
                if !isKept { try await crowdOut(id, of: relay) }
                let client = try relay.connect()
                client.request("GET", "/chat/streams/\(id)?format=openai")
                _ = try client.readHead()
                let events = try client.readEvents()
                let contents = events.dropLast().map { $0.json["content"]?.stringValue }
                #expect(contents.compactMap(\.self).count == contents.count)
                #expect(contents.compactMap(\.self).joined() == "all of it")
                #expect(events.last?.id.hasPrefix("\(id).") == true)
            }
        }
    }
}
