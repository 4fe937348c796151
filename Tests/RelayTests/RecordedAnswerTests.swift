import ChatFormats
import TestSupport
import Testing
import Wire

@testable import Generations

/// A client that comes back when only the history has the answer gets all of it, and its end.
@Suite(.timeLimit(.minutes(5))) struct RecordedAnswerTests {
    @Test(arguments: Dialect.eventStreams)
    func `a client that has had nothing gets the whole text in every dialect`(
        dialect: Dialect
    ) async throws {
        try await withForgottenAnswer("simulator?say=all%20of%20it") { relay, id in
            let client = try relay.connect()
            client.request("GET", "/chat/streams/\(id)?format=\(dialect.name)")
            #expect(try client.readHead().status == 200)
            let events = try client.readEvents()
            #expect(spoken(in: events, as: dialect) == "all of it")
            #expect(events.last?.data == "[DONE]")
        }
    }

    @Test
    func `a client that has had a part gets the whole text in its place, and then nothing else`()
        async throws
    {
        try await withForgottenAnswer("simulator?say=all%20of%20it") { relay, id in
            let heard = try relay.resume(id, after: "\(id).2")
            #expect(heard.events.map(\.name) == ["restored", "finish", "done"])
            #expect(heard.events.first?.json["content"]?.stringValue == "all of it")
            let again = try relay.exchange(
                "GET",
                "/chat/streams/\(id)",
                ["Last-Event-ID": heard.last.id]
            )
            #expect(again.head.status == 204)
            // The connection broke after the text, so the end is sent again.
            let first = try #require(heard.events.first?.id)
            #expect(try relay.resume(id, after: first).events.map(\.name) == ["finish", "done"])
        }
    }

    @Test func `the vendor's own word for the end is in the record's answer, too`() async throws {
        try await withForgottenAnswer("claude-x?say=all%20of%20it") { relay, id in
            let heard = try relay.resume(id, after: "\(id).0")
            let finish = heard.events.first { $0.name == "finish" }?.json
            #expect(finish?["finish_reason"]?.stringValue == "stop")
            #expect(finish?["native_finish_reason"]?.stringValue == "end_turn")
        }
    }

    @Test func `a part in a dialect without words for it is not sent twice`() async throws {
        try await withForgottenAnswer("simulator?say=all%20of%20it") { relay, id in
            let target = "/chat/streams/\(id)?format=tokens"
            let got = try relay.exchange("GET", target, ["Last-Event-ID": "\(id).2"])
            #expect(got.head.status == 204)
            let body = "{\"message\":\"hi\"}"
            let posted = try relay.exchange(
                "POST",
                "/stream-chat",
                ["Last-Event-ID": "\(id).2"],
                body: body
            )
            #expect(posted.head.status == 404)
            #expect(relay.calls("simulator").calls == 0)
        }
    }

    @Test func `a failure is served as one`() async throws {
        try await withForgottenAnswer("simulator?cut_after=2&tokens=5") { relay, id in
            let heard = try relay.resume(id, after: "\(id).2")
            #expect(heard.events.map(\.name) == ["restored", "error"])
            #expect(heard.last.json["status"]?.stringValue == "truncated")
            #expect(heard.last.json["error"]?["code"]?.stringValue == "truncated")
        }
    }

    @Test func `an id that nobody knows is 404, and 204 for a browser that comes back`()
        async throws
    {
        try await withRelay { relay in
            let id = GenerationID.make(loop: 0)
            #expect(try relay.exchange("GET", "/chat/streams/\(id)").head.status == 404)
            for last in ["\(id).3", "\(id).r3", "nonsense"] {
                let target = "/chat/stream?prompt=hi"
                let got = try relay.exchange("GET", target, ["Last-Event-ID": last])
                #expect(got.head.status == 204)
            }
        }
    }

    @Test func `a record with reasoning, tool calls and usage becomes the log it came from`() throws
    {
        let line = """
            {"id":"x","model":"m","started_at":"2026-11-21T09:05:12.984Z","content": "te\\u0078t\\n",\
            "messages":[{"role":"user","content":"hi"}],"refusal":null,"reasoning":"why","tool_calls":[{"id":"c","type":"function","function":{"name":"f",\
            "arguments":"{}"}}],"status":"tool_calls","finish_reason":"tool_calls",\
            "usage":{"prompt_tokens":1}}
            """
        let answer = try #require(RecordedAnswer(Array(line.utf8)))
        #expect(answer.created == 1_795_251_912)
        let kinds = answer.part.log.numbers.map { answer.part.log.kind($0) }
        #expect(kinds == [.start, .reasoning, .text, .toolCall, .usage, .finish])
        let text = try #require(answer.text)
        let bytes = answer.part.log.bytes[answer.part.log.range(text)]
        #expect(String(decoding: bytes, as: UTF8.self) == "text\n")
        #expect(answer.part.log.ending == .toolCalls)
    }

    /// Runs a test with a relay that keeps no ended answer in memory, and with one that it has
    /// forgotten.
    private func withForgottenAnswer(
        _ model: String,
        _ body: (TestRelay, String) async throws -> Void
    ) async throws {
        try await withRelay {
            $0.resumeSeconds = 0
        } _: { relay in
            let heard = try relay.ask(model)
            _ = try relay.record(heard.head.id)
            try await eventually { await relay.held(heard.head.id) == nil }
            try await body(relay, heard.head.id)
        }
    }
}
