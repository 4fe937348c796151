import ChatFormats
import Loop
import TestSupport
import Testing
import Wire

@testable import Generations
@testable import Relay

/// What a client gets where an upstream misbehaves, with somebody who stands in for it and without.
///
/// The faults are those that public suites try gateways with: refusals, resets, silence, cuts,
/// stalls, garbage, an outage that passes. However it ends, it ends in time, and honestly. With a
/// stand-in most of them are made good; of the others, the answer had begun, and is not begun anew.
@Suite struct FailoverTests {
    static func configure(_ configuration: inout RelayConfiguration, isHelped: Bool) {
        configuration.headSeconds = 9
        configuration.idleSeconds = 5
        configuration.retryBudgetSeconds = 10
        guard isHelped else { return }
        configuration.upstreams[0].serves.fallbacks = [
            .init(upstream: "claude-simulator", model: standIn)
        ]
    }

    func ask(
        _ relay: TestRelay,
        _ model: String,
        _ clock: ManualClock
    ) async throws
        -> (head: Head, json: JSON)
    {
        let client = try relay.connect()
        let body =
            "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"model\":\(quoted(model))}"
        client.request("POST", "/v1/chat/completions", body: body)
        try await clock.turn { !client.isSilent }
        return (try client.readHead(), try client.readJSON())
    }

    @Test(.timeLimit(.minutes(1)), arguments: ["/v1/chat/completions", "/chat/completions"])
    func `events keep their ids where another model answers`(path: String) async throws {
        let clock = ManualClock()
        try await withRelay(clock: clock, modelClock: clock) {
            Self.configure(&$0, isHelped: true)
        } _: { relay in
            let client = try relay.connect()
            let body =
                "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"stream\":true,"
                + "\"model\":\"simulator?status=503\"}"
            client.request("POST", path, ["Accept": "text/event-stream"], body: body)
            let (head, content) = try await client.read(turning: clock)
            let text = String(decoding: content, as: UTF8.self)
            #expect(text.contains("id: \(head.id).1\n"))
        }
    }

    @Test(.timeLimit(.minutes(5)), arguments: scenarios, [false, true])
    func `an upstream that misbehaves is made good, or its failure is said`(
        scenario: Scenario,
        isHelped: Bool
    ) async throws {
        let clock = ManualClock()
        try await withRelay(clock: clock, modelClock: clock) {
            Self.configure(&$0, isHelped: isHelped)
        } _: { relay in
            let model = "simulator?" + scenario.behaviour + Self.text
            let start = clock.now
            let (head, json) = try await ask(relay, model, clock)
            #expect(clock.now - start < .seconds(16))
            #expect(relay.calls(model).calls == scenario.calls)
            let record = try relay.record(head.id)
            switch isHelped ? scenario.helped : scenario.alone {
            case .own:
                #expect(head.status == 200)
                #expect(json["model"]?.stringValue == model)
                #expect(record["upstream"]?.stringValue == "simulator")
                #expect(relay.calls(Self.standIn).calls == 0)
            case .rescued:
                #expect(head.status == 200)
                let message = json["choices"]?.arrayValue?.first?["message"]
                #expect(message?["content"]?.stringValue == "rescued")
                // The client and the record see who answered, and what that cost.
                #expect(json["model"]?.stringValue == Self.standIn)
                #expect(json["usage"]?["completion_tokens"]?.intValue != nil)
                #expect(record["upstream"]?.stringValue == "claude-simulator")
                #expect(record["model"]?.stringValue == Self.standIn)
                #expect(record["requested_model"]?.stringValue == model)
                #expect(relay.calls(Self.standIn).calls == 1)
            case .failed(let status, let code):
                #expect(head.status == status)
                if let code { #expect(json["error"]?["code"]?.stringValue == code) }
                #expect(record["upstream"]?.stringValue == "simulator")
                #expect(relay.calls(Self.standIn).calls == 0)
            }
        }
    }

    @Test(
        .timeLimit(.minutes(5)),
        arguments: [
            (400, "context_length_exceeded", true), (400, "model_not_found", true),
            (400, "content_policy_violation", false), (422, "invalid_value", false),
            (402, "insufficient_balance", true), (403, "blocked", true),
        ]
    )
    func `what another model may take is asked of it, and what all would refuse is not`(
        status: Int,
        code: String,
        isRescued: Bool
    ) async throws {
        let refusal = (status, #"{"error":{"message":"no","type":"invalid","code":"\#(code)"}}"#)
        try await withRelay(asking: [.init(events: [], refusal: refusal)]) {
            Self.configure(&$0, isHelped: true)
        } _: { relay, upstream in
            let (head, json) = try relay.exchange(
                "POST",
                "/v1/chat/completions",
                body: #"{"messages":[{"role":"user","content":"hi"}],"model":"m"}"#
            )
            #expect(head.status == (isRescued ? 200 : status))
            #expect(upstream.calls == 1)
            #expect(relay.calls(Self.standIn).calls == (isRescued ? 1 : 0))
            if !isRescued { #expect(json["error"]?["code"]?.stringValue == code) }
        }
    }

    @Test(
        .timeLimit(.minutes(5)),
        arguments: [
            (.body("<html><title>Login</title></html>", type: "text/html"), true),
            (.body("<html><title>Login</title></html>"), true),
            (.body("no healthy upstream", type: "text/plain"), true),
            (.body("data: [DONE]\n\n"), false), (.body(""), false),
            (.body(#"{"choices":[]}"#, type: "application/json"), false),
        ] as [(ScriptedUpstream.Answer, Bool)]
    )
    func `what is no answer is asked of another, unless it ended in order and was paid`(
        answer: ScriptedUpstream.Answer,
        isRescued: Bool
    ) async throws {
        try await withRelay(asking: [answer]) {
            Self.configure(&$0, isHelped: true)
        } _: { relay, upstream in
            let (head, _) = try relay.exchange(
                "POST",
                "/v1/chat/completions",
                body: #"{"messages":[{"role":"user","content":"hi"}],"model":"m"}"#
            )
            #expect(head.status == (isRescued ? 200 : 502))
            #expect(upstream.calls == 1)
            #expect(relay.calls(Self.standIn).calls == (isRescued ? 1 : 0))
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `an answer that is asked for in one piece is streamed all the same`() async throws {
        let whole =
            #"{"choices":[{"index":0,"message":{"role":"assistant","content":"all of it"},"#
            + #""finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":4}}"#
        try await withRelay(asking: [.body(whole, type: "application/json")]) {
            $0.upstreams[0].style.quirks.asksWhole = true
        } _: { relay, upstream in
            let heard = try relay.ask("m")
            #expect(heard.head.status == 200)
            #expect(spoken(in: heard.events, as: .events) == "all of it")
            #expect(heard.last.data == "[DONE]")
            let asked = try #require(upstream.requests.first)
            #expect(asked["stream"] == .bool(false))
            #expect(asked["stream_options"] == nil)
            let record = try relay.record(heard.head.id)
            #expect(record["status"]?.stringValue == "complete")
            #expect(record["usage"]?["completion_tokens"]?.intValue == 4)
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `a stream's chunks name the model that answers, and so does a later process`()
        async throws
    {
        try await withRelay {
            Self.configure(&$0, isHelped: true)
        } _: { relay in
            let client = try relay.connect()
            client.request(
                "POST",
                "/v1/chat/completions",
                body:
                    #"{"messages":[{"role":"user","content":"hi"}],"model":"simulator?status=401","#
                    + #""stream":true}"#
            )
            let head = try client.readHead()
            #expect(head.status == 200)
            let models = try client.readEvents().filter { $0.data != "[DONE]" }
                .map { $0.json["model"]?.stringValue }
            #expect(models.allSatisfy { $0 == Self.standIn })
            try await withRelay(afterKilling: relay) { next in
                let record = try next.record(head.id)
                #expect(record["upstream"]?.stringValue == "claude-simulator")
            }
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `where all fail, the first failure is told and all are named`() async throws {
        let clock = ManualClock()
        try await withRelay(clock: clock, modelClock: clock) {
            Self.configure(&$0, isHelped: true)
            $0.upstreams[0].serves.fallbacks = [
                .init(upstream: "claude-simulator", model: "claude-x?status=401")
            ]
        } _: { relay in
            let (head, json) = try await ask(relay, "simulator?status=503", clock)
            #expect(head.status == 503)
            let message = try #require(json["error"]?["message"]?.stringValue)
            #expect(message.contains("the upstream simulator answered 503"))
            #expect(message.contains("the upstream claude-simulator answered 401"))
            #expect(try relay.record(head.id)["upstream"]?.stringValue == "simulator")
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `an outage is bridged by the stand-in, and the upstream is asked again after it`()
        async throws
    {
        let clock = ManualClock()
        try await withRelay(clock: clock, modelClock: clock) {
            Self.configure(&$0, isHelped: true)
        } _: { relay in
            let model = "simulator?status=503&times=6" + Self.text
            var models: [String?] = []
            var leftOut = 0
            for _ in 0..<20 {
                let (head, json) = try await ask(relay, model, clock)
                #expect(head.status == 200)
                models.append(json["model"]?.stringValue)
                // The clock runs ahead of the disk: a journal may count as late for a moment.
                var status = JSON.null
                try await eventually {
                    guard let (ready, json) = try? relay.exchange("GET", "/readyz") else {
                        return false
                    }
                    status = json
                    return ready.status == 200
                }
                if status["upstreams_left_out"]?.arrayValue?.isEmpty == false { leftOut += 1 }
                await clock.advance(by: .seconds(4))
            }
            #expect(models.first == Self.standIn)
            #expect(models.last == model)
            // It fails five times, is left out, fails in a trial, is left out again, and is back.
            #expect(leftOut >= 8)
            #expect(relay.calls(model).calls == 6 + models.count { $0 == model })
            let firstOwn = try #require(models.firstIndex(of: model))
            #expect(models[firstOwn...].allSatisfy { $0 == model })
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `the only upstream is asked however often it has failed`() async throws {
        let clock = ManualClock()
        try await withRelay(clock: clock, modelClock: clock) {
            Self.configure(&$0, isHelped: false)
            $0.breakerFailures = 2
            $0.upstreams.removeLast()
        } _: { relay in
            let model = "simulator?status=503&times=3" + Self.text
            #expect(try await ask(relay, model, clock).head.status == 503)
            // Nobody is left, which is said; but readers and the history are still served.
            let (ready, trouble) = try relay.exchange("GET", "/readyz")
            #expect(ready.status == 200)
            #expect(trouble["status"]?.stringValue == "no_upstream_answers")
            #expect(trouble["upstreams_left_out"] == .array([.string("simulator")]))
            #expect(try await ask(relay, model, clock).head.status == 200)
            let later = try relay.exchange("GET", "/readyz").json
            #expect(later["status"]?.stringValue == "ready")
            #expect(later["upstreams_left_out"] == nil)
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `comments of a queue that moves extend the wait for the first token`() async throws {
        let clock = ManualClock()
        try await withRelay(clock: clock, modelClock: clock) {
            $0.firstDataSeconds = 3
        } _: { relay in
            let model = "simulator?comments=1&first_ms=2000&tokens=3&interval_ms=2000"
            let (head, _) = try await ask(relay, model, clock)
            #expect(head.status == 200)
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `a question with a past is asked of the stand-in with its past`() async throws {
        try await withRelay {
            Self.configure(&$0, isHelped: true)
        } _: { relay in
            let more = #","conversation":"c1""#
            _ = try relay.ask("simulator?say=first&interval_ms=0", more: more)
            let heard = try relay.ask("simulator?status=401", more: more)
            #expect(heard.head.status == 200)
            #expect(heard.last.data == "[DONE]")
            #expect(spoken(in: heard.events, as: .events) == "rescued")
        }
    }
}
