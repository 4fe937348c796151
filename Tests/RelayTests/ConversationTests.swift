import ChatFormats
import Testing
import Wire

@testable import Generations
@testable import Relay

/// The past of a conversation goes upstream with a new message.
@Suite(.timeLimit(.minutes(5)))
struct ConversationTests {
    private static func answer(_ text: String) -> ScriptedUpstream.Answer {
        .init(events: [
            #"{"choices":[{"index":0,"delta":{"content":"\#(text)"}}]}"#,
            #"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#,
            "[DONE]",
        ])
    }

    private static let silence = ScriptedUpstream.Answer(events: [
        #"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#, "[DONE]",
    ])

    /// Asks and reads to the end.
    @discardableResult
    private func say(_ relay: TestRelay, _ body: String) throws -> Heard {
        let client = try relay.connect()
        client.request("POST", "/chat/stream", body: body)
        return Heard(head: try client.readHead(), events: try client.readEvents())
    }

    /// What the upstream was asked last, in short: `u:one a:two`.
    private func asked(_ upstream: ScriptedUpstream) -> String {
        let messages = upstream.requests.last?["messages"]?.arrayValue ?? []
        return messages.map {
            "\($0["role"]?.stringValue?.prefix(1) ?? "?"):\($0["content"]?.stringValue ?? "?")"
        }.joined(separator: " ")
    }

    @Test func `each message is asked with all that was said before`() async throws {
        let answers = ["A1", "A2", "A3"].map(Self.answer)
        try await withRelay(asking: answers) { relay, upstream in
            try say(relay, #"{"message":"Q1","conversation":"c/1"}"#)
            #expect(asked(upstream) == "u:Q1")
            try say(relay, #"{"message":"Q2","conversation":"c/1"}"#)
            #expect(asked(upstream) == "u:Q1 a:A1 u:Q2")
            let last = try say(relay, #"{"prompt":"Q3","conversation":"c/1","system":"S"}"#)
            #expect(asked(upstream) == "s:S u:Q1 a:A1 u:Q2 a:A2 u:Q3")
            #expect(spoken(in: last.events, as: .events) == "A3")
            let kept = try relay.record(last.head.id)["messages"]?.arrayValue ?? []
            #expect(kept.map { $0["content"]?.stringValue } == ["S", "Q3"])
            try say(relay, #"{"message":"other","conversation":"c/2"}"#)
            #expect(asked(upstream) == "u:other")
            try say(relay, #"{"message":"none"}"#)
            #expect(asked(upstream) == "u:none")
        }
    }

    @Test func `instructions of the past hold until there are new ones`() async throws {
        try await withRelay(asking: [Self.answer("A")]) { relay, upstream in
            try say(relay, #"{"message":"Q1","conversation":"c","system":"S1"}"#)
            try say(relay, #"{"message":"Q2","conversation":"c"}"#)
            #expect(asked(upstream) == "s:S1 u:Q1 a:A u:Q2")
            try say(
                relay,
                #"{"messages":[{"role":"system","content":"S2"},{"role":"user","content":"Q3"}],"#
                    + #""conversation":"c"}"#
            )
            #expect(asked(upstream) == "s:S2 u:Q1 a:A u:Q2 a:A u:Q3")
        }
    }

    @Test func `a client's own past is not sent upstream twice`() async throws {
        try await withRelay(asking: [Self.answer("A")]) { relay, upstream in
            try say(relay, #"{"message":"Q1","conversation":"c"}"#)
            try say(
                relay,
                #"{"messages":[{"role":"user","content":"Q1"},{"role":"assistant","content":"A"},"#
                    + #"{"role":"user","content":"Q2"}],"conversation":"c"}"#
            )
            #expect(asked(upstream) == "u:Q1 a:A u:Q2")
            try say(relay, #"{"message":"Q3","conversation":"c"}"#)
            #expect(asked(upstream) == "u:Q1 a:A u:Q2 a:A u:Q3")
        }
    }

    @Test func `the past is cut from the oldest to the budget`() async throws {
        let text = String(repeating: "x", count: 400)
        try await withRelay(asking: [Self.answer(text)]) {
            $0.contextTokens = 500
        } _: { relay, upstream in
            for number in 1...6 {
                try say(relay, #"{"message":"Q\#(number)","conversation":"c","system":"S"}"#)
            }
            #expect(
                asked(upstream) == "s:S u:Q2 a:\(text) u:Q3 a:\(text) u:Q4 a:\(text) u:Q5"
                    + " a:\(text) u:Q6"
            )
            let long = String(repeating: "y", count: 4000)
            try say(relay, #"{"message":"\#(long)","conversation":"c","system":"S"}"#)
            #expect(asked(upstream) == "s:S u:\(long)")
        }
        try await withRelay(asking: [Self.answer("A")]) {
            $0.contextTokens = 0
        } _: { relay, upstream in
            try say(relay, #"{"message":"Q1","conversation":"c"}"#)
            try say(relay, #"{"message":"Q2","conversation":"c"}"#)
            #expect(asked(upstream) == "u:Q2")
        }
    }

    @Test func `questions without an answer and other users' words are left out`() async throws {
        let answers = [Self.silence, Self.answer("A2"), Self.answer("A3"), Self.answer("A4")]
        try await withRelay(asking: answers) { relay, upstream in
            try say(relay, #"{"message":"Q1","conversation":"c","user":"me"}"#)
            try say(relay, #"{"message":"Q2","conversation":"c","user":"me"}"#)
            #expect(asked(upstream) == "u:Q2")
            try say(relay, #"{"message":"Q3","conversation":"c","user":"you"}"#)
            #expect(asked(upstream) == "u:Q3")
            try say(relay, #"{"message":"Q4","conversation":"c"}"#)
            #expect(asked(upstream) == "u:Q4")
            try say(relay, #"{"message":"Q5","conversation":"c","user":"me"}"#)
            #expect(asked(upstream) == "u:Q2 a:A2 u:Q5")
        }
    }

    @Test func `a cut answer counts as far as it came, and a retry sends the past again`()
        async throws
    {
        var cut = Self.answer("half")
        cut.events.removeLast(2)
        cut.isBroken = true
        let failing = ScriptedUpstream.Answer(events: [], isBroken: true)
        try await withRelay(asking: [cut, failing, Self.answer("A2")]) { relay, upstream in
            try say(relay, #"{"message":"Q1","conversation":"c"}"#)
            let heard = try say(relay, #"{"message":"Q2","conversation":"c"}"#)
            #expect(spoken(in: heard.events, as: .events) == "A2")
            #expect(upstream.calls == 3)
            #expect(asked(upstream) == "u:Q1 a:half u:Q2")
        }
    }

    @Test func `a question that is asked again after a fault is sent upstream once`() async throws {
        var cut = Self.answer("half")
        cut.events.removeLast(2)
        cut.isBroken = true
        let answers = [Self.answer("A1"), cut, cut, Self.answer("A2"), Self.answer("A3")]
        try await withRelay(asking: answers) { relay, upstream in
            try say(relay, #"{"message":"Q1","conversation":"c"}"#)
            try say(relay, #"{"message":"Q2","conversation":"c"}"#)
            #expect(asked(upstream) == "u:Q1 a:A1 u:Q2")
            try say(relay, #"{"message":"Q2","conversation":"c"}"#)
            #expect(asked(upstream) == "u:Q1 a:A1 u:Q2")
            try say(relay, #"{"message":"Q2","conversation":"c"}"#)
            #expect(asked(upstream) == "u:Q1 a:A1 u:Q2")
            try say(relay, #"{"message":"Q3","conversation":"c"}"#)
            #expect(asked(upstream) == "u:Q1 a:A1 u:Q2 a:A2 u:Q3")
            // A question whose answer ended as it should counts, however often it is asked.
            try say(relay, #"{"message":"Q3","conversation":"c"}"#)
            #expect(asked(upstream) == "u:Q1 a:A1 u:Q2 a:A2 u:Q3 a:A3 u:Q3")
        }
    }

    @Test func `an answer can be stopped while its past is read`() async throws {
        try await withRelay(asking: [Self.answer("A")]) { relay, upstream in
            let client = try relay.connect()
            for _ in 0..<20 {
                client.request(
                    "POST",
                    "/api/streaming",
                    body: #"{"message":"Q","conversation":"c"}"#
                )
                let head = try client.readHead()
                _ = try client.readBody()
                let stopped = try relay.exchange("DELETE", "/chat/streams/\(head.id)")
                #expect(stopped.head.status == 204)
                _ = try relay.record(head.id)
            }
            #expect(await relay.service.load().generations == 0)
        }
    }
}
