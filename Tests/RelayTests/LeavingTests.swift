import Glibc
import Loop
import TestSupport
import Testing
import Wire

@testable import Generations
@testable import Relay
@testable import Simulator

/// How soon the upstream learns that nobody waits, whatever the client was doing.
@Suite struct LeavingTests {
    /// In milliseconds.
    private static let soon = 100

    /// Waits for the upstream's connection to be closed, and returns how long after `left` it was.
    private func closeTime(
        of model: String,
        since left: Int,
        _ relay: TestRelay
    ) throws -> Int {
        #expect(waits { relay.calls(model).closedEarly == 1 })
        let close = try #require(relay.simulator.calls[model].lastClose)
        return close.atMilliseconds - left
    }

    /// Whether this process, with relay and upstream, has next to nothing to do.
    private func isQuiet() -> Bool {
        let start = clock()
        usleepMilliseconds(100)
        return (clock() - start) * 1000 / Int(CLOCKS_PER_SEC) < 20
    }

    private static let waitingRequests = [
        ("GET", "/chat/stream?prompt=x&on_disconnect=cancel&model=", ""),
        ("POST", "/chat/stream?on_disconnect=cancel", #"{"message":"x","model":"#),
        ("POST", "/stream-chat?on_disconnect=cancel", #"{"message":"x","model":"#),
        ("POST", "/chat/completions?on_disconnect=cancel", #"{"message":"x","model":"#),
        (
            "POST", "/v1/chat/completions?on_disconnect=cancel",
            #"{"messages":[{"role":"user","content":"x"}],"model":"#
        ),
        (
            "POST", "/v1/chat/completions?on_disconnect=cancel",
            #"{"messages":[{"role":"user","content":"x"}],"stream":true,"model":"#
        ),
    ]

    @Test(.timeLimit(.minutes(5)), arguments: 0..<6, [false, true])
    func `before the first token it is noticed at once`(request: Int, isReset: Bool) async throws {
        let isNoticed = try await isPrompt(within: Self.soon) {
            try await withRelay { relay in
                let model = "simulator?hang=1"
                let (method, target, body) = Self.waitingRequests[request]
                let client = try relay.connect()
                if method == "GET" {
                    client.request(method, target + encoded(model))
                } else {
                    client.request(method, target, body: "\(body)\"\(model)\"}")
                }
                #expect(waits { relay.calls(model).calls == 1 })
                let left = wallMilliseconds()
                if isReset { client.reset() } else { client.close() }
                let time = try closeTime(of: model, since: left, relay)
                #expect(waits { (try? relay.records().count) == 1 })
                #expect(try relay.records().first?["status"]?.stringValue == "abandoned")
                return time
            }
        }
        #expect(isNoticed)
    }

    @Test(.timeLimit(.minutes(5)))
    func `a client that had asked more after it has left as well`() async throws {
        let isNoticed = try await isPrompt(within: Self.soon) {
            try await withRelay { relay in
                let model = "simulator?hang=1"
                let target = "/chat/stream?prompt=x&on_disconnect=cancel&model=\(encoded(model))"
                let client = try relay.connect()
                client.request("GET", target)
                client.request("GET", "/healthz")
                #expect(waits { relay.calls(model).calls == 1 })
                let left = wallMilliseconds()
                client.close()
                return try closeTime(of: model, since: left, relay)
            }
        }
        #expect(isNoticed)
    }

    @Test(.timeLimit(.minutes(5)))
    func `a reader that has moved to another loop leaves as any other`() async throws {
        for loop in 0..<2 {
            let isNoticed = try await isPrompt(within: Self.soon) {
                try await withRelay(loops: 2) {
                    $0.onDisconnect = .cancel
                } _: { relay in
                    let model = "simulator?hang=1"
                    let target = "/chat/stream?prompt=x&stream=k&model=\(encoded(model))"
                    let clients = [
                        try relay.connect(onLoop: loop), try relay.connect(onLoop: 1 - loop),
                    ]
                    for client in clients {
                        client.request("GET", target)
                        let head = try client.readHead()
                        #expect(GenerationID.loop(of: head.id) == loop)
                    }
                    #expect(waits { relay.calls(model).calls == 1 })
                    clients[0].close()
                    #expect(!waits(seconds: 0.1) { relay.calls(model).closedEarly == 1 })
                    let left = wallMilliseconds()
                    clients[1].close()
                    return try closeTime(of: model, since: left, relay)
                }
            }
            #expect(isNoticed)
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `a reader that is full and leaves no longer holds anything up`() async throws {
        let isNoticed = try await isPrompt(within: Self.soon) {
            try await withRelay {
                $0.onDisconnect = .cancel
            } _: { relay in
                let model = "simulator?tokens=10000000&interval_ms=0"
                let client = try TestClient(port: relay.port, receiveBuffer: 4096)
                client.request("GET", "/chat/stream?prompt=x&model=\(encoded(model))")
                _ = try client.readHead()
                #expect(waits { isQuiet() }, "the upstream is paused in the end")
                #expect(relay.calls(model).closedEarly == 0)
                let left = wallMilliseconds()
                client.close()
                return try closeTime(of: model, since: left, relay)
            }
        }
        #expect(isNoticed)
    }

    @Test(.timeLimit(.minutes(5)))
    func `an answer whose client leaves between two attempts is not asked for again`() async throws
    {
        let clock = ManualClock()
        try await withRelay(clock: clock) {
            $0.onDisconnect = .cancel
        } _: { relay in
            let model = "simulator?status=503&retry_after_ms=2000"
            let client = try relay.connect()
            client.request("GET", "/chat/stream?prompt=x&model=\(encoded(model))")
            let head = try client.readHead()
            try await eventually { await relay.retries(head.id) == 1 }
            client.close()
            #expect(try relay.record(head.id)["status"]?.stringValue == "abandoned")
            await clock.advance(by: .seconds(3))
            #expect(!waits(seconds: 0.05) { relay.calls(model).calls > 1 })
        }
    }

    @Test(.timeLimit(.minutes(5)), arguments: ["hang=1", "tokens=1000&interval_ms=10"])
    func `stop works from every loop, for every loop`(weather: String) async throws {
        for (owner, other) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
            let isNoticed = try await isPrompt(within: Self.soon) {
                try await withRelay(loops: 2) { relay in
                    let model = "simulator?\(weather)"
                    let client = try relay.connect(onLoop: owner)
                    client.request("GET", "/chat/stream?prompt=x&model=\(encoded(model))")
                    let head = try client.readHead()
                    #expect(GenerationID.loop(of: head.id) == owner)
                    #expect(waits { relay.calls(model).calls == 1 })
                    let stopper = try relay.connect(onLoop: other)
                    let start = wallMilliseconds()
                    stopper.request("DELETE", "/chat/streams/\(head.id)")
                    #expect(try stopper.readHead().status == 204)
                    let time = try closeTime(of: model, since: start, relay)
                    #expect(try client.readEvents().last?.data == "[DONE]")
                    #expect(try relay.record(head.id)["status"]?.stringValue == "stopped")
                    return time
                }
            }
            #expect(isNoticed)
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `stops from two loops at once are two 204 and one end`() async throws {
        try await withRelay(loops: 2) { relay in
            let stoppers = [try relay.connect(), try relay.connect()]
            for round in 0..<50 {
                let model = "simulator?hang=1&first_ms=\(round)"
                let client = try relay.connect(onLoop: round % 2)
                client.request("GET", "/chat/stream?prompt=x&model=\(encoded(model))")
                let head = try client.readHead()
                for (loop, stopper) in stoppers.enumerated() {
                    try relay.place(stopper, onLoop: loop)
                }
                for stopper in stoppers { stopper.request("DELETE", "/chat/streams/\(head.id)") }
                for stopper in stoppers { #expect(try stopper.readHead().status == 204) }
                let events = try client.readEvents()
                #expect(events.count { $0.name == "finish" } == 1)
                #expect(events.last?.data == "[DONE]")
                #expect(try relay.record(head.id)["status"]?.stringValue == "stopped")
            }
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `stopping what has ended changes nothing`() async throws {
        try await withRelay(loops: 2) { relay in
            let heard = try relay.ask("simulator?tokens=3&interval_ms=0")
            for loop in [0, 1, 0] {
                let client = try relay.connect(onLoop: loop)
                client.request("DELETE", "/chat/streams/\(heard.head.id)")
                #expect(try client.readHead().status == 204)
            }
            #expect(try relay.record(heard.head.id)["status"]?.stringValue == "complete")
            let again = try relay.get("simulator", ["Last-Event-ID": "\(heard.head.id).0"])
            #expect(again.events.count { $0.name == "token" } == 3)
        }
    }
}
