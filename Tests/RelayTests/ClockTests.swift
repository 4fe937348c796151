import Loop
import TestSupport
import Testing
import Wire

@testable import Generations
@testable import Relay

/// The clocks that bound an upstream, the status that is held back, and the comments in between.
@Suite struct ClockTests {
    struct Silence: Sendable, CustomTestStringConvertible {
        let model: String
        let code: String
        let status: Int
        var testDescription: String { code + " " + model }
    }

    @Test(
        .timeLimit(.minutes(5)),
        arguments: [
            Silence(model: "simulator?first_ms=60000", code: "first_data_timeout", status: 504),
            Silence(model: "claude-x?first_ms=60000", code: "first_data_timeout", status: 504),
            Silence(model: "simulator?hang=1", code: "head_timeout", status: 504),
            Silence(
                model: "simulator?pause_after=3&pause_ms=60000&interval_ms=0",
                code: "idle_timeout",
                status: 200
            ),
            Silence(
                model: "claude-x?pause_after=3&pause_ms=60000&interval_ms=0",
                code: "idle_timeout",
                status: 200
            ),
        ]
    )
    func `a silence that is too long ends the answer and names its clock`(
        silence: Silence
    ) async throws {
        let clock = ManualClock()
        try await withRelay(clock: clock) {
            $0.headSeconds = 5
            $0.firstDataSeconds = 5
            $0.idleSeconds = 5
            $0.headHoldSeconds = 6
        } _: { relay in
            let client = try relay.connect()
            client.request(
                "POST",
                "/chat/stream",
                body: "{\"message\":\"x\",\"model\":\(quoted(silence.model))}"
            )
            #expect(waits { relay.calls(silence.model).calls == 1 })
            var head = Head()
            if silence.status == 200 {
                head = try client.readHead()
                // The start and what comes before the pause.
                for _ in 0..<4 { _ = try client.readEvent() }
            } else if silence.code == "first_data_timeout" {
                // Before the head is there, it is the head's clock that runs.
                try await eventually { await relay.isOpened() }
            }
            try await clock.pass(.seconds(5)) {
                #expect(client.isSilent)
                #expect(relay.calls(silence.model).closedEarly == 0)
            }
            let error: JSON?
            if silence.status == 200 {
                let last = try #require(try client.readEvents().last)
                #expect(last.json["status"]?.stringValue == "timeout")
                error = last.json["error"]
            } else {
                head = try client.readHead()
                error = try client.readJSON()["error"]
            }
            #expect(head.status == silence.status)
            try checkTimeout(error, code: silence.code, of: silence.model, id: head.id, relay)
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `an answer without a silence is ended when it takes too long in all`() async throws {
        let clock = ManualClock()
        let start = clock.now
        let model = "simulator?tokens=1000&interval_ms=100"
        try await withRelay(clock: clock, modelClock: clock) {
            $0.headSeconds = 1
            $0.firstDataSeconds = 1
            $0.idleSeconds = 1
            $0.totalSeconds = 3
        } _: { relay in
            let (client, head) = try await begin(model, relay, clock)
            #expect(head.status == 200)
            while clock.now < start + .milliseconds(2900) {
                await clock.advance(by: .milliseconds(100))
                #expect(try client.readEvent()?.name != "error")
            }
            try await clock.pass(start + .seconds(3) - clock.now) {
                let records = try relay.records()
                #expect(records.isEmpty)
            }
            let error = try client.readEvents().last?.json["error"]
            try checkTimeout(error, code: "total_timeout", of: model, id: head.id, relay)
        }
    }

    /// Begins an answer of a model whose time is turned, too.
    private func begin(
        _ model: String,
        _ relay: TestRelay,
        _ clock: ManualClock
    ) async throws -> (TestClient, Head) {
        let client = try relay.connect()
        client.request(
            "POST",
            "/chat/stream",
            body: "{\"message\":\"x\",\"model\":\(quoted(model))}"
        )
        #expect(waits { relay.calls(model).calls == 1 })
        try await clock.turn(by: .milliseconds(100)) { !client.isSilent }
        return (client, try client.readHead())
    }

    /// Checks that the client and the record have the same time-out, and that the upstream is let
    /// go.
    private func checkTimeout(
        _ error: JSON?,
        code: String,
        of model: String,
        id: String,
        _ relay: TestRelay
    ) throws {
        #expect(error?["code"]?.stringValue == code)
        #expect(error?["type"]?.stringValue == "timeout_error")
        let record = try relay.record(id)
        #expect(record["status"]?.stringValue == "timeout")
        #expect(record["error"]?["code"]?.stringValue == code)
        // The upstream is not left running, and not asked again.
        #expect(waits { relay.calls(model).closedEarly == 1 })
        #expect(relay.calls(model).calls == 1)
    }

    @Test(.timeLimit(.minutes(5)))
    func `a failure within the hold has its own status`() async throws {
        let clock = ManualClock()
        try await withRelay(clock: clock) {
            $0.headSeconds = 1
            $0.headHoldSeconds = 3
        } _: { relay in
            let client = try relay.connect()
            let body = #"{"message":"x","model":"simulator?hang=1"}"#
            client.request("POST", "/chat/stream", body: body)
            #expect(waits { relay.calls("simulator?hang=1").calls == 1 })
            try await clock.pass(.seconds(1)) { #expect(client.isSilent) }
            #expect(try client.readHead().status == 504)
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `a failure after the hold is sent in the stream after a comment`() async throws {
        let clock = ManualClock()
        try await withRelay(clock: clock) {
            $0.headSeconds = 5
            $0.headHoldSeconds = 1
            $0.keepAliveSeconds = 1
        } _: { relay in
            let client = try relay.connect()
            let body = #"{"message":"x","model":"simulator?hang=1"}"#
            client.request("POST", "/chat/stream", ["Accept": "text/event-stream"], body: body)
            #expect(waits { relay.calls("simulator?hang=1").calls == 1 })
            try await clock.pass(.seconds(1)) { #expect(client.isSilent) }
            let head = try client.readHead()
            #expect(head.status == 200)
            // The status comes with a first event, whose id the client can come back with.
            let first = try client.readEvent()
            #expect(first?.name == "start" && first?.id == "\(head.id).0")
            for _ in 0..<3 { await clock.advance(by: .seconds(1)) }
            try await clock.pass(.seconds(1)) {
                let records = try relay.records()
                #expect(records.isEmpty)
            }
            #expect(try client.readEvents().map(\.name) == ["error"])
            #expect(client.commentCount >= 2)
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `a silent stream gets comments of one line that no reader minds`() async throws {
        let clock = ManualClock()
        try await withRelay(clock: clock, modelClock: clock) {
            $0.keepAliveSeconds = 1
        } _: { relay in
            for format in ["events", "text", "tokens", "content", "openai"] {
                let model = "simulator?say=one%20two&interval_ms=0&pause_after=1&pause_ms=1300"
                let (client, head) = try relay.begin(model, query: "?format=\(format)")
                #expect(head.status == 200)
                var bytes: [UInt8] = []
                while !String(decoding: bytes, as: UTF8.self).contains("one") {
                    bytes += try #require(try client.readPiece())
                }
                try await clock.pass(.seconds(1)) { #expect(client.isSilent) }
                bytes += try #require(try client.readPiece())
                await clock.advance(by: .milliseconds(300))
                while let piece = try client.readPiece() { bytes += piece }
                let text = String(decoding: bytes, as: UTF8.self)
                // One newline, at an event's boundary.
                #expect(text.contains("\n\n: keep-alive\n"))
                #expect(!text.contains(": keep-alive\n\n"))
                var decoder = EventDecoder()
                var offset = 0
                var last: [UInt8] = []
                while try decoder.next(bytes.span, from: &offset) { last = decoder.data }
                #expect(last == Array("[DONE]".utf8))
            }
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `a GET has its status and its first event before the model says anything`() async throws {
        try await withRelay { relay in
            let isPrompt = try await isPrompt(within: 1000) {
                let start = monotonicNow()
                let client = try relay.connect()
                client.request("GET", "/chat/stream?prompt=x&model=\(encoded("simulator?hang=1"))")
                let head = try client.readHead()
                let first = try client.readEvent()
                #expect(head.status == 200)
                #expect(first?.name == "start")
                #expect(client.retryMilliseconds == 1000)
                return Int((monotonicNow() - start) / 1_000_000)
            }
            #expect(isPrompt)
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `one upstream request that hangs holds up no other`() async throws {
        try await withRelay { relay in
            let hanging = try relay.connect()
            hanging.request("GET", "/chat/stream?prompt=x&model=\(encoded("simulator?hang=1"))")
            _ = try hanging.readHead()
            let isPrompt = try await isPrompt(within: 2000) {
                let start = monotonicNow()
                let heard = try relay.ask("simulator?tokens=1")
                #expect(heard.last.data == "[DONE]")
                return Int((monotonicNow() - start) / 1_000_000)
            }
            #expect(isPrompt)
        }
    }
}
