import ChatFormats
import Loop
import TestSupport
import Testing
import Wire

@testable import Generations
@testable import Relay

/// Filters of a relay: nobody is sent what they take out, live, later or from a file.
@Suite(.timeLimit(.minutes(5))) struct FilterTests {
    private static let secret = FilterRule.find(
        .words(["secret"], ignoresCase: true, areWhole: false),
        .replace("***")
    )

    private func event(_ delta: String, finish: String = "null") -> String {
        "{\"choices\":[{\"index\":0,\"delta\":\(delta),\"finish_reason\":\(finish)}]}"
    }

    private func answer(_ deltas: [String], finish: String = "\"stop\"") -> ScriptedUpstream.Answer
    {
        .init(events: deltas.map { event($0) } + [event("{}", finish: finish), "[DONE]"])
    }

    @Test(arguments: Dialect.eventStreams)
    func `a match over several tokens is sent in no dialect and kept in no file`(
        dialect: Dialect
    ) async throws {
        let list = try FilterList([Self.secret])
        let answer = answer(["a Sec", "re", "t is", " out"].map { #"{"content":"\#($0)"}"# })
        try await withRelay(asking: [answer]) {
            $0.filters = list
        } _: { relay, _ in
            let heard = try relay.ask("m", query: "?format=\(dialect.name)")
            #expect(spoken(in: heard.events, as: dialect) == "a *** is out")
            #expect(try relay.record(heard.head.id)["content"]?.stringValue == "a *** is out")
            for name in namesIn(relay.folder + "/journal") {
                let text = String(
                    decoding: readFile("\(relay.folder)/journal/\(name)"),
                    as: UTF8.self
                )
                #expect(!text.contains("Sec"))
            }
        }
    }

    private static let blocking = FilterRule.find(
        .words(["secret"], ignoresCase: true, areWhole: false),
        .block
    )

    @Test(arguments: ["hi secret ", "hi secret"], [true, false])
    func `what is blocked ends the answer as filtered, whatever comes in the same read`(
        text: String,
        isError: Bool
    ) async throws {
        let list = try FilterList([Self.blocking])
        var answer = ScriptedUpstream.Answer(events: [event(#"{"content":"\#(text)"}"#)])
        answer.isBroken = !isError
        if isError { answer.events.append(#"{"error":{"message":"boom"}}"#) }
        try await withRelay(asking: [answer]) {
            $0.filters = list
        } _: { relay, upstream in
            let heard = try relay.ask("m")
            #expect(spoken(in: heard.events, as: .events) == "hi ")
            let record = try relay.record(heard.head.id)
            #expect(record["status"]?.stringValue == "filtered")
            #expect(upstream.calls == 1)
        }
    }

    @Test func `reasoning, refusals and tool arguments are filtered, too`() async throws {
        let list = try FilterList([Self.secret])
        let deltas = [
            #"{"reasoning_content":"my sec"}"#, #"{"reasoning_content":"ret"}"#,
            #"{"refusal":"no sec"}"#, #"{"refusal":"ret"}"#,
            #"{"tool_calls":[{"index":0,"id":"c","function":{"name":"f","arguments":"{\"a\":\"sec"}}]}"#,
            #"{"tool_calls":[{"index":0,"function":{"arguments":"ret\"}"}}]}"#,
        ]
        try await withRelay(asking: [answer(deltas, finish: "\"tool_calls\"")]) {
            $0.filters = list
        } _: { relay, _ in
            let heard = try relay.ask("m")
            let record = try relay.record(heard.head.id)
            #expect(record["reasoning"]?.stringValue == "my ***")
            #expect(record["refusal"]?.stringValue == "no ***")
            let call = record["tool_calls"]?.arrayValue?.first
            #expect(call?["function"]?["arguments"]?.stringValue == #"{"a":"***"}"#)
            #expect(call?["id"]?.stringValue == "c")
        }
    }

    @Test func `what is blocked ends the answer as filtered, and the upstream is left`()
        async throws
    {
        let block = FilterRule.find(
            .pattern("(?s).{30}", ignoresCase: false, maxMatch: 200),
            .block
        )
        let list = try FilterList([block])
        try await withRelay {
            $0.filters = list
        } _: { relay in
            let model = "simulator?tokens=100000&interval_ms=5"
            let heard = try relay.ask(model)
            let finish = heard.events.first { $0.name == "finish" }
            #expect(finish?.json["status"]?.stringValue == "filtered")
            #expect(waits { relay.calls(model).closedEarly == 1 })
            let record = try relay.record(heard.head.id)
            #expect(record["status"]?.stringValue == "filtered")
            #expect(record["content"]?.stringValue == "")
            #expect((record["usage"]?["completion_tokens"]?.intValue ?? 0) > 0)
            let completion = try relay.exchange(
                "POST",
                "/v1/chat/completions",
                body: #"{"messages":[{"role":"user","content":"hi"}],"model":\#(quoted(model))}"#
            )
            let choice = completion.json["choices"]?.arrayValue?.first
            #expect(choice?["finish_reason"]?.stringValue == "content_filter")
        }
    }

    @Test func `what is held back when the upstream breaks is sent, and not asked for again`()
        async throws
    {
        let list = try FilterList([Self.secret, .append("never", after: [.complete])])
        let cut = ScriptedUpstream.Answer(events: [event(#"{"content":"sec"}"#)], isBroken: true)
        try await withRelay(asking: [cut]) {
            $0.filters = list
        } _: { relay, upstream in
            let heard = try relay.ask("m")
            #expect(spoken(in: heard.events, as: .events) == "sec")
            #expect(heard.data("error") != nil)
            #expect(upstream.calls == 1)
        }
    }

    @Test func `what is held back when somebody stops the answer is sent`() async throws {
        let hold = FilterRule.find(
            .pattern("(?s).+END", ignoresCase: false, maxMatch: 4096),
            .replace("")
        )
        let list = try FilterList([hold])
        try await withRelay {
            $0.filters = list
        } _: { relay in
            let model = "simulator?tokens=100000&interval_ms=1"
            let (client, head) = try relay.begin(model)
            #expect(waits { relay.calls(model).calls == 1 })
            usleepMilliseconds(100)
            #expect(try relay.exchange("DELETE", "/chat/streams/\(head.id)").head.status == 204)
            let events = try client.readEvents()
            #expect(!spoken(in: events, as: .events).isEmpty)
        }
    }

    @Test func `text follows the answer, and the prefix goes upstream and nowhere else`()
        async throws
    {
        let list = try FilterList([.append(" Bye.", after: [.complete]), .systemPrefix("Be kind.")])
        try await withRelay(asking: [answer([#"{"content":"Hi."}"#])]) {
            $0.filters = list
        } _: { relay, upstream in
            let heard = try relay.ask("m", more: #","conversation":"c""#)
            #expect(spoken(in: heard.events, as: .events) == "Hi. Bye.")
            _ = try relay.record(heard.head.id)
            let again = try relay.ask("m", more: #","conversation":"c""#)
            let messages = upstream.requests.map { $0["messages"]?.arrayValue ?? [] }
            #expect(messages.map(\.count) == [2, 4])
            for list in messages {
                #expect(list.first?["role"]?.stringValue == "system")
                #expect(list.first?["content"]?.stringValue == "Be kind.")
            }
            for id in [heard.head.id, again.head.id] {
                let recorded = try relay.record(id)["messages"]?.arrayValue ?? []
                #expect(recorded.compactMap { $0["role"]?.stringValue } == ["user"])
            }
        }
    }

    @Test(arguments: ["9", "1001", "x", "-10"])
    func `a step that makes no sense is refused`(value: String) async throws {
        try await withRelay { relay in
            for target in ["/chat/stream?prompt=a&", "/chat/streams/x?"] {
                let answer = try relay.exchange("GET", "\(target)smooth=\(value)")
                #expect(answer.head.status == 400)
                #expect(answer.json["error"]?["code"]?.stringValue == "smooth")
            }
            let body = #"{"messages":[{"role":"user","content":"a"}],"smooth":\#(quoted(value))}"#
            for target in ["/chat/stream", "/v1/chat/completions"] {
                let answer = try relay.exchange("POST", target, body: body)
                #expect(answer.head.status == 400)
                let error = answer.json["error"]
                #expect(error?["code"]?.stringValue == "smooth")
                #expect(
                    error?["message"]?.stringValue
                        == "smooth: expected milliseconds from 10 to 1000"
                )
            }
            let heard = try relay.get("simulator?tokens=3&interval_ms=0", more: "&smooth=50")
            #expect(heard.events.filter { $0.name == "token" }.count == 3)
        }
    }

    @Test(arguments: [
        ("/chat/stream", Dialect.events, #""message":"hi""#),
        (
            "/v1/chat/completions", Dialect.openai,
            #""messages":[{"role":"user","content":"hi"}],"stream":true"#
        ),
    ])
    func `a body may ask for even steps`(
        target: String,
        dialect: Dialect,
        question: String
    ) async throws {
        try await withRelay { relay in
            let client = try relay.connect()
            let start = monotonicNow()
            // The second token comes within the first step.
            let model = "simulator?tokens=200&interval_ms=50&pause_after=1&pause_ms=700"
            let body = "{\(question),\"model\":\(quoted(model)),\"smooth\":1000}"
            client.request("POST", target, body: body)
            #expect(try client.readHead().status == 200)
            var tokens = 0
            while tokens < 2, let event = try client.readEvent() {
                if !spoken(in: [event], as: dialect).isEmpty { tokens += 1 }
            }
            #expect(tokens == 2)
            #expect(monotonicNow() - start >= .seconds(1))
        }
    }

    @Test func `an announced answer's stream has the steps that were asked for`() async throws {
        try await withRelay { relay in
            let start = monotonicNow()
            let model = "simulator?tokens=200&interval_ms=50&pause_after=1&pause_ms=700"
            let body = "{\"message\":\"hi\",\"model\":\(quoted(model)),\"smooth\":1000}"
            let (head, json) = try relay.exchange("POST", "/api/streaming", body: body)
            #expect(head.status == 202)
            let id = try #require(json["id"]?.stringValue)
            let client = try relay.connect()
            client.request("GET", "/api/streaming?id=\(id)")
            #expect(try client.readHead().status == 200)
            var tokens = 0
            while tokens < 2, let event = try client.readEvent() {
                if !spoken(in: [event], as: .tokens).isEmpty { tokens += 1 }
            }
            #expect(tokens == 2)
            #expect(monotonicNow() - start >= .seconds(1))
        }
    }
}
