import Access
import Generations
import Loop
import TestSupport
import Testing
import Wire

@testable import Relay

/// Answers that wait until their upstream, or the memory, has room for them.
@Suite(.timeLimit(.minutes(5))) struct QueueTests {
    /// An answer that runs until it is stopped.
    private static let long = "simulator?tokens=100000&interval_ms=50"
    private static let short = "simulator?tokens=2&interval_ms=0"

    /// Asks as a page does; the head is there at once, whoever waits.
    private func ask(
        _ relay: TestRelay,
        _ model: String,
        _ fields: HeaderFields = [:]
    ) throws -> (client: TestClient, id: String) {
        let client = try relay.connect()
        let query = model.replacing("?", with: "%3F").replacing("&", with: "%26")
        client.request("GET", "/chat/stream?prompt=hi&model=\(query)", fields)
        let head = try client.readHead()
        #expect(head.status == 200)
        return (client, head.id)
    }

    /// Asks as a program does, which waits for the upstream's verdict.
    private func post(_ relay: TestRelay, _ model: String) throws -> TestClient {
        let client = try relay.connect()
        client.request(
            "POST",
            "/chat/stream",
            [:],
            body: "{\"message\":\"hi\",\"model\":\"\(model)\"}"
        )
        return client
    }

    private func stop(_ relay: TestRelay, _ id: String, _ fields: HeaderFields = [:]) throws {
        #expect(try relay.exchange("DELETE", "/chat/streams/\(id)", fields).head.status == 204)
    }

    /// Reads events up to the first of a name.
    private func read(_ client: TestClient, upTo name: String) throws -> Event? {
        while let event = try client.readEvent() {
            if event.name == name { return event }
        }
        return nil
    }

    @Test(arguments: [1, 3])
    func `who waits is told the place, and is asked for in turn`(loops: Int) async throws {
        try await withRelay(loops: loops) {
            $0.maxGenerations = 1
        } _: { relay in
            let (first, firstID) = try ask(relay, Self.long)
            #expect(try read(first, upTo: "token") != nil)
            let (second, _) = try ask(relay, Self.short)
            let queued = try #require(try read(second, upTo: "queued"))
            #expect(queued.json["place"]?.intValue == 1)
            let (third, _) = try ask(relay, Self.short)
            let place = try read(third, upTo: "queued")?.json["place"]?.intValue
            #expect(place == 2)
            #expect(relay.calls(Self.short).calls == 0)
            try stop(relay, firstID)
            #expect(try second.readEvents().last?.name == "done")
            #expect(try third.readEvents().last?.name == "done")
            #expect(relay.calls(Self.short).calls == 2)
        }
    }

    @Test func `where the queue is full it is said at once, and may be asked for again`()
        async throws
    {
        try await withRelay {
            $0.maxGenerations = 1
            $0.maxQueued = 1
        } _: { relay in
            let (_, id) = try ask(relay, Self.long)
            let (waiting, _) = try ask(relay, Self.short)
            _ = try read(waiting, upTo: "queued")
            let refused = try post(relay, Self.short)
            let head = try refused.readHead()
            #expect(head.status == 503)
            #expect(head.fields.first("Retry-After") == "5")
            #expect(head.fields.first("x-should-retry") == "true")
            let error = try refused.readJSON()["error"]
            #expect(error?["code"]?.stringValue == "queue_full")
            #expect(error?["type"]?.stringValue == "overloaded_error")
            try stop(relay, id)
            #expect(try waiting.readEvents().last?.name == "done")
            #expect(relay.calls(Self.short).calls == 1)
        }
    }

    @Test func `nobody waits for longer than is said`() async throws {
        let clock = ManualClock()
        try await withRelay(clock: clock) {
            $0.maxGenerations = 1
            $0.queueSeconds = 7
            $0.headHoldSeconds = 15
        } _: { relay in
            let (first, _) = try ask(relay, Self.long)
            _ = try read(first, upTo: "token")
            let (waiting, _) = try ask(relay, Self.short)
            _ = try read(waiting, upTo: "queued")
            let program = try post(relay, Self.short)
            try await eventually { await relay.service.load().generations == 3 }
            for _ in 0..<6 { await clock.advance(by: .seconds(1)) }
            #expect(try read(waiting, upTo: "queued") != nil)
            await clock.advance(by: .seconds(1))
            await clock.advance(by: .seconds(1))
            let event = try #require(try read(waiting, upTo: "error"))
            #expect(event.json["error"]?["code"]?.stringValue == "queue_timeout")
            #expect(try program.readHead().status == 503)
            #expect(relay.calls(Self.short).calls == 0)
        }
    }

    @Test func `who stops or leaves makes room`() async throws {
        try await withRelay {
            $0.maxGenerations = 1
            $0.maxQueued = 1
        } _: { relay in
            let (_, firstID) = try ask(relay, Self.long)
            for _ in 0..<3 {
                let (waiting, id) = try ask(relay, Self.short)
                _ = try read(waiting, upTo: "queued")
                try stop(relay, id)
                #expect(try read(waiting, upTo: "done") != nil)
            }
            #expect(relay.calls(Self.short).calls == 0)
            try stop(relay, firstID)
            #expect(try read(try ask(relay, Self.short).client, upTo: "done") != nil)
        }
    }

    @Test func `a caller who asks much does not hold up another`() async throws {
        var keyring = try Keyring(["ann": .common, "bob": .common])
        var limits = CallerLimits()
        limits.requestsPerMinute = 100
        keyring.limit("ann", to: limits)
        let access = AccessState(callers: keyring.access.callers, budgets: RateBook())
        try await withRelay(access: access) {
            $0.maxGenerations = 1
            $0.maxQueued = 40
        } _: { relay in
            let ann = keyring.fields("ann")
            let (_, id) = try ask(relay, Self.long, ann)
            let others = try (0..<5).map { _ in try ask(relay, Self.long, ann) }
            for other in others { _ = try read(other.client, upTo: "queued") }
            let (bob, _) = try ask(relay, Self.short, keyring.fields("bob"))
            // One of ann's is before it, since it was her turn.
            let place = try read(bob, upTo: "queued")?.json["place"]?.intValue
            #expect(place == 2)
            try stop(relay, id, ann)
            _ = try read(others[0].client, upTo: "token")
            try stop(relay, others[0].id, ann)
            #expect(try bob.readEvents().last?.name == "done")
        }
    }

    @Test func `where memory is scarce new answers wait, and get it back`() async throws {
        try await withRelay {
            $0.maxMemoryBytes = 8 << 20
            $0.queueSeconds = 300
            // Nobody gets a head before it is asked for, however slow the machine is.
            $0.headHoldSeconds = 250
        } _: { relay in
            let model = "simulator?tokens=100000&interval_ms=50"
            let long = String(repeating: "word ", count: 40_000)
            let body =
                "{\"message\":\"\(long)\",\"on_disconnect\":\"cancel\",\"model\":\"\(model)\"}"
            var clients: [TestClient] = []
            for _ in 0..<60 {
                let client = try relay.connect()
                client.request("POST", "/chat/stream", [:], body: body)
                clients.append(client)
            }
            var statuses: [Int: Int] = [:]
            for client in clients {
                let head = try client.readHead()
                statuses[head.status, default: 0] += 1
                if head.status == 503 {
                    let code = try client.readJSON()["error"]?["code"]?.stringValue
                    #expect(code == "memory_full")
                }
                // What it held is given back, and who waits is asked for.
                client.close()
            }
            #expect(statuses[200, default: 0] >= 1)
            #expect(statuses[503, default: 0] >= 1)
            #expect(statuses.values.reduce(0, +) == 60)
            #expect(relay.calls(model).calls == statuses[200])
        }
    }

    @Test func `an upstream with a bound of its own leads to its stand-in`() async throws {
        try await withRelay {
            $0.maxQueued = 0
            $0.upstreams[0].maxGenerations = 1
            var other = $0.upstreams[0]
            other.name = "other"
            other.maxGenerations = nil
            $0.upstreams[0].serves.fallbacks = [.init(upstream: "other", model: nil)]
            $0.upstreams.append(other)
        } _: { relay in
            let (first, id) = try ask(relay, Self.long)
            _ = try read(first, upTo: "token")
            let second = try post(relay, Self.short)
            let head = try second.readHead()
            #expect(head.status == 200)
            #expect(try second.readEvents().last?.name == "done")
            #expect(try relay.record(head.id)["upstream"]?.stringValue == "other")
            try stop(relay, id)
        }
    }
}
