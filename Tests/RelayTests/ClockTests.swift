import Loop
import TestSupport
import Testing
import Wire

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
            Silence(model: "simulator?first_ms=60000", code: "first_byte_timeout", status: 504),
            Silence(model: "claude-x?first_ms=60000", code: "first_byte_timeout", status: 504),
            Silence(model: "simulator?hang=1", code: "first_byte_timeout", status: 504),
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
            Silence(
                model: "simulator?tokens=1000&interval_ms=100",
                code: "total_timeout",
                status: 200
            ),
        ]
    )
    func `a silence that is too long ends the answer and names its clock`(
        silence: Silence
    ) async throws {
        try await withRelay {
            $0.firstByteSeconds = 1
            $0.idleSeconds = 1
            $0.totalSeconds = 2
        } _: { relay in
            let client = try relay.connect()
            client.request(
                "POST",
                "/chat/stream",
                body: "{\"message\":\"x\",\"model\":\(quoted(silence.model))}"
            )
            let head = try client.readHead()
            #expect(head.status == silence.status)
            let error: JSON?
            if head.status == 200 {
                let last = try #require(try client.readEvents().last)
                #expect(last.json["status"]?.stringValue == "timeout")
                error = last.json["error"]
            } else {
                error = try client.readJSON()["error"]
            }
            #expect(error?["code"]?.stringValue == silence.code)
            #expect(error?["type"]?.stringValue == "timeout_error")
            let record = try relay.record(head.id)
            #expect(record["status"]?.stringValue == "timeout")
            #expect(record["error"]?["code"]?.stringValue == silence.code)
            // The upstream is not left running, and not asked again.
            #expect(waits { relay.calls(silence.model).closedEarly == 1 })
            #expect(relay.calls(silence.model).calls == 1)
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `a failure within the hold has its own status`() async throws {
        try await withRelay {
            $0.firstByteSeconds = 1
            $0.headHoldSeconds = 3
        } _: { relay in
            let (head, _) = try relay.exchange(
                "POST",
                "/chat/stream",
                body: #"{"message":"x","model":"simulator?hang=1"}"#
            )
            #expect(head.status == 504)
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `a failure behind the hold is told in the stream behind a comment`() async throws {
        try await withRelay {
            $0.firstByteSeconds = 5
            $0.headHoldSeconds = 1
            $0.keepAliveSeconds = 1
        } _: { relay in
            var last: TestClient?
            let isHeldNoLonger = try await isPrompt(within: 2500) {
                let start = monotonicNow()
                let (client, head) = try relay.begin("simulator?hang=1")
                last = client
                #expect((monotonicNow() - start) / 1_000_000 > 900)
                #expect(head.status == 200)
                // The status comes with a first event, whose id the client can come back with.
                let first = try client.readEvent()
                #expect(first?.name == "start" && first?.id == "\(head.id).0")
                return Int((monotonicNow() - start) / 1_000_000)
            }
            #expect(isHeldNoLonger)
            let client = try #require(last)
            #expect(try client.readEvents().map(\.name) == ["error"])
            #expect(client.commentCount >= 2)
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `a silent stream gets comments of one line that no reader minds`() async throws {
        try await withRelay {
            $0.keepAliveSeconds = 1
        } _: { relay in
            for format in ["events", "text", "tokens", "content", "openai"] {
                let model = "simulator?tokens=2&interval_ms=0&pause_after=1&pause_ms=1300"
                let (client, head) = try relay.begin(model, query: "?format=\(format)")
                #expect(head.status == 200)
                var bytes: [UInt8] = []
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
