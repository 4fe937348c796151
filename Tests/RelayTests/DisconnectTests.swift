import Loop
import TestSupport
import Testing
import Wire

@testable import Generations
@testable import Relay

/// What happens to an answer whose readers leave, and to one that is stopped.
@Suite struct DisconnectTests {
    @Test(.timeLimit(.minutes(5)), arguments: ["simulator", "claude-x"])
    func `cancel closes the upstream at once`(name: String) async throws {
        let isClosed = try await isPrompt(within: 200) {
            try await withRelay { relay in
                let model = "\(name)?tokens=1000&interval_ms=10"
                let (client, head) = try relay.begin(model, more: #","on_disconnect":"cancel""#)
                for _ in 0..<3 { _ = try client.readEvent() }
                client.close()
                let time = closeTime(of: model, relay)
                let record = try relay.record(head.id)
                #expect(record["status"]?.stringValue == "abandoned")
                #expect(record["error"]?["type"]?.stringValue == "abandoned")
                #expect((record["content"]?.stringValue ?? "").isEmpty == false)
                #expect(record["finish_reason"] == .null)
                return time
            }
        }
        #expect(isClosed)
    }

    /// Waits for the upstream's connection to be closed, and returns how long that took.
    private func closeTime(of model: String, _ relay: TestRelay) -> Int {
        let start = monotonicNow()
        #expect(waits { relay.calls(model).closedEarly == 1 })
        return Int((monotonicNow() - start) / 1_000_000)
    }

    @Test(.timeLimit(.minutes(5)), arguments: ["hang=1", "first_ms=60000"])
    func `cancel works before the first token`(weather: String) async throws {
        let isClosed = try await isPrompt(within: 200) {
            try await withRelay { relay in
                let model = "simulator?" + weather
                let client = try relay.connect()
                client.request(
                    "POST",
                    "/chat/stream?on_disconnect=cancel",
                    body: "{\"message\":\"x\",\"model\":\"\(model)\"}"
                )
                #expect(waits { relay.calls(model).calls == 1 })
                client.close()
                let time = closeTime(of: model, relay)
                #expect(waits { (try? relay.records().count) == 1 })
                #expect(try relay.records().first?["status"]?.stringValue == "abandoned")
                return time
            }
        }
        #expect(isClosed)
    }

    @Test(.timeLimit(.minutes(5)))
    func `grace waits for the reader to come back`() async throws {
        let clock = ManualClock()
        try await withRelay(clock: clock) { relay in
            let model = "simulator?tokens=3000&interval_ms=10"
            let (client, head) = try relay.begin(model, query: "?on_disconnect=grace:4s")
            for _ in 0..<3 { _ = try client.readEvent() }
            client.close()
            try await eventually { await relay.readers(head.id) == 0 }
            await clock.advance(by: .seconds(4) - 1)
            // The client is back in time: the grace begins anew with the next absence.
            let again = try relay.connect()
            again.request("GET", "/chat/streams/\(head.id)")
            _ = try again.readHead()
            for _ in 0..<5 { _ = try again.readEvent() }
            await clock.advance(by: .seconds(4))
            for _ in 0..<20 { _ = try again.readEvent() }
            again.close()
            try await eventually { await relay.readers(head.id) == 0 }
            try await clock.pass(.seconds(4)) {
                #expect(!waits(seconds: 0.02) { relay.calls(model).closedEarly == 1 })
            }
            #expect(waits { relay.calls(model).closedEarly == 1 })
            #expect(try relay.record(head.id)["status"]?.stringValue == "abandoned")
        }
    }

    /// Begins an answer as a client of OpenAI does, and leaves after its first events.
    private func leave(
        _ relay: TestRelay,
        _ model: String,
        query: String = "",
        _ fields: HeaderFields = [:]
    ) throws -> String {
        let client = try relay.connect()
        client.request(
            "POST",
            "/v1/chat/completions" + query,
            fields,
            body: """
                {"model":"\(model)","stream":true,"messages":[{"role":"user","content":"x"}]}
                """
        )
        let head = try client.readHead()
        for _ in 0..<3 { _ = try client.readEvent() }
        client.close()
        return head.id
    }

    @Test(.timeLimit(.minutes(5)))
    func `a client of OpenAI that leaves stops its answer, unless it could come back`()
        async throws
    {
        let model = "simulator?tokens=3000&interval_ms=10"
        let clock = ManualClock()
        try await withRelay(clock: clock) { relay in
            let record = try relay.record(try leave(relay, model))
            #expect(record["status"]?.stringValue == "abandoned")
            // The grace of other routes would last 30 s.
            #expect(try #require(record["timing"]?["total_ms"]?.intValue) < 25_000)
            let keyed = try leave(relay, model + "&a", ["Idempotency-Key": "k"])
            let asked = try leave(relay, model + "&b", query: "?on_disconnect=grace:30")
            for id in [keyed, asked] {
                try await eventually { await relay.readers(id) == 0 }
            }
            await clock.advance(by: .seconds(30) - 1)
            #expect(!waits(seconds: 0.02) { relay.calls(model + "&a").closedEarly > 0 })
            #expect(relay.calls(model + "&b").closedEarly == 0)
        }
        try await withRelay(clock: clock) {
            $0.onDisconnect = .grace(seconds: 30)
        } _: { relay in
            let id = try leave(relay, model)
            try await eventually { await relay.readers(id) == 0 }
            await clock.advance(by: .seconds(30) - 1)
            #expect(!waits(seconds: 0.02) { relay.calls(model).closedEarly > 0 })
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `finish completes the answer for the history and for a client that comes back`()
        async throws
    {
        try await withRelay {
            $0.onDisconnect = .finish
        } _: { relay in
            let model = "simulator?tokens=30&interval_ms=10"
            let (client, head) = try relay.begin(model)
            _ = try client.readEvent()
            client.close()
            let record = try relay.record(head.id)
            #expect(record["status"]?.stringValue == "complete")
            #expect(record["timing"]?["tokens"]?.intValue == 30)
            let rest = try relay.get("simulator", ["Last-Event-ID": "\(head.id).10"])
            #expect(rest.events.count { $0.name == "token" } == 20)
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `as long as one reader stays the answer goes on`() async throws {
        try await withRelay {
            $0.onDisconnect = .cancel
        } _: { relay in
            let (client, head) = try relay.begin("simulator?tokens=40&interval_ms=10")
            _ = try client.readEvent()
            let other = try relay.connect()
            other.request("GET", "/chat/streams/\(head.id)")
            _ = try other.readHead()
            client.close()
            #expect(try other.readEvents().last?.data == "[DONE]")
            #expect(try relay.record(head.id)["status"]?.stringValue == "complete")
        }
    }

    @Test(.timeLimit(.minutes(5)), arguments: ["tokens=1000&interval_ms=10", "hang=1"])
    func `stop ends the stream and the upstream within a blink, any number of times`(
        weather: String
    ) async throws {
        for name in ["simulator", "claude-x"] {
            let isClosed = try await isPrompt(within: 100) {
                try await withRelay(loops: 2) { relay in
                    let model = "\(name)?" + weather
                    let client = try relay.connect()
                    client.request("GET", "/chat/stream?prompt=x&model=\(encoded(model))")
                    let head = try client.readHead()
                    _ = try client.readEvent()
                    #expect(waits { relay.calls(model).calls == 1 })
                    let target = "/chat/streams/\(head.id)"
                    let start = monotonicNow()
                    #expect(try relay.exchange("DELETE", target).head.status == 204)
                    #expect(waits { relay.calls(model).closedEarly == 1 })
                    let time = Int((monotonicNow() - start) / 1_000_000)
                    let events = try client.readEvents()
                    #expect(events.last?.data == "[DONE]")
                    let finish = events.first { $0.name == "finish" }?.json
                    #expect(finish?["status"]?.stringValue == "stopped")
                    for _ in 0..<3 {
                        #expect(try relay.exchange("DELETE", target).head.status == 204)
                    }
                    let record = try relay.record(head.id)
                    #expect(record["status"]?.stringValue == "stopped")
                    #expect(record["error"] == .null)
                    return time
                }
            }
            #expect(isClosed)
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `stop while a retry is waited for ends the waiting`() async throws {
        try await withRelay { relay in
            let model = "simulator?status=503&retry_after_ms=60000"
            let client = try relay.connect()
            client.request("GET", "/chat/stream?prompt=x&model=\(encoded(model))")
            let head = try client.readHead()
            #expect(waits { relay.calls(model).calls == 1 })
            usleepMilliseconds(50)
            #expect(try relay.exchange("DELETE", "/chat/streams/\(head.id)").head.status == 204)
            #expect(try client.readEvents().last?.data == "[DONE]")
            #expect(try relay.record(head.id)["status"]?.stringValue == "stopped")
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `what nobody knows cannot be stopped`() async throws {
        try await withRelay(loops: 2) { relay in
            for id in ["x", GenerationID.make(loop: 0), GenerationID.make(loop: 1)] {
                let (head, json) = try relay.exchange("DELETE", "/chat/streams/\(id)")
                #expect(head.status == 404)
                #expect(json["error"]?["code"]?.stringValue == "unknown_stream")
            }
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `an interrupted relay says so to its readers and the history`() async throws {
        try await withRelay(loops: 2) { relay in
            var readers: [(TestClient, Head)] = []
            for number in 0..<6 {
                readers.append(
                    try relay.begin("simulator?tokens=1000&interval_ms=10&first_ms=\(number)")
                )
            }
            await relay.service.interrupt()
            for (client, head) in readers {
                let last = try client.readEvents().last
                #expect(last?.name == "error")
                #expect(last?.json["status"]?.stringValue == "interrupted")
                let record = try relay.record(head.id)
                #expect(record["status"]?.stringValue == "interrupted")
                #expect(record["error"]?["code"]?.stringValue == "interrupted")
            }
            #expect(await relay.service.load().generations == 0)
        }
    }
}
