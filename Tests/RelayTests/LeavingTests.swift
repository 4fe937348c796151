import Glibc
import Loop
import Testing
import Wire

@testable import Relay
@testable import Simulator

/// How soon the upstream learns that nobody waits any more, wherever the client stands.
@Suite struct LeavingTests {
    /// In milliseconds.
    private static let soon = 100

    /// Waits for the upstream's connection to be closed, and says when it was.
    private func closeTime(_ relay: TestRelay, _ model: String) throws -> Int {
        #expect(waits(seconds: 5) { relay.calls(model).closedEarly == 1 })
        return try #require(relay.simulator.calls[model].lastClose).atMilliseconds
    }

    /// Whether this process, relay and upstream, has next to nothing to do.
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
        try await withRelay { relay in
            let model = "simulator?hang=1"
            let (method, target, body) = Self.waitingRequests[request]
            let client = try relay.connect()
            if method == "GET" {
                client.request(method, target + encoded(model))
            } else {
                client.request(method, target, body: "\(body)\"\(model)\"}")
            }
            #expect(waits(seconds: 2) { relay.calls(model).calls == 1 })
            let left = wallMilliseconds()
            if isReset { client.reset() } else { client.close() }
            #expect(try closeTime(relay, model) - left < Self.soon)
            #expect(waits(seconds: 2) { (try? relay.records().count) == 1 })
            #expect(try relay.records().first?["status"]?.stringValue == "abandoned")
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `a client that had asked more behind it has left as well`() async throws {
        try await withRelay { relay in
            let model = "simulator?hang=1"
            let client = try relay.connect()
            client.request(
                "GET",
                "/chat/stream?prompt=x&on_disconnect=cancel&model=\(encoded(model))"
            )
            client.request("GET", "/healthz")
            #expect(waits(seconds: 2) { relay.calls(model).calls == 1 })
            let left = wallMilliseconds()
            client.close()
            #expect(try closeTime(relay, model) - left < Self.soon)
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `a reader that has moved to another loop leaves as any other`() async throws {
        try await withRelay(loops: 2) {
            $0.onDisconnect = .cancel
        } _: { relay in
            for loop in 0..<2 {
                let model = "simulator?hang=1&first_ms=\(loop)"
                let target = "/chat/stream?prompt=x&stream=k\(loop)&model=\(encoded(model))"
                let clients = [
                    try relay.connect(onLoop: loop), try relay.connect(onLoop: 1 - loop),
                ]
                for client in clients {
                    client.request("GET", target)
                    let head = try client.readHead()
                    #expect(GenerationID.loop(of: head.id) == loop)
                }
                #expect(waits(seconds: 2) { relay.calls(model).calls == 1 })
                clients[0].close()
                #expect(!waits(seconds: 0.1) { relay.calls(model).closedEarly == 1 })
                let left = wallMilliseconds()
                clients[1].close()
                #expect(try closeTime(relay, model) - left < Self.soon)
            }
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `a reader that is full and leaves holds nothing up any more`() async throws {
        try await withRelay {
            $0.onDisconnect = .cancel
        } _: { relay in
            let model = "simulator?tokens=10000000&interval_ms=0"
            let client = try TestClient(port: relay.port, receiveBuffer: 4096)
            client.request("GET", "/chat/stream?prompt=x&model=\(encoded(model))")
            _ = try client.readHead()
            #expect(waits(seconds: 20) { isQuiet() }, "the upstream is paused in the end")
            #expect(relay.calls(model).closedEarly == 0)
            let left = wallMilliseconds()
            client.close()
            #expect(try closeTime(relay, model) - left < Self.soon)
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `who leaves between two attempts is not asked for again`() async throws {
        try await withRelay {
            $0.onDisconnect = .cancel
        } _: { relay in
            let model = "simulator?status=503&retry_after_ms=300"
            let client = try relay.connect()
            client.request("GET", "/chat/stream?prompt=x&model=\(encoded(model))")
            let head = try client.readHead()
            #expect(waits(seconds: 2) { relay.calls(model).calls == 1 })
            client.close()
            #expect(try relay.record(head.id)["status"]?.stringValue == "abandoned")
            usleepMilliseconds(500)
            #expect(relay.calls(model).calls == 1)
        }
    }

    @Test(.timeLimit(.minutes(5)), arguments: ["hang=1", "tokens=1000&interval_ms=10"])
    func `stop works from every loop, for every loop`(weather: String) async throws {
        try await withRelay(loops: 2) { relay in
            for owner in 0..<2 {
                for other in 0..<2 {
                    let model = "simulator?\(weather)&say=\(owner)\(other)"
                    let client = try relay.connect(onLoop: owner)
                    client.request("GET", "/chat/stream?prompt=x&model=\(encoded(model))")
                    let head = try client.readHead()
                    #expect(GenerationID.loop(of: head.id) == owner)
                    #expect(waits(seconds: 2) { relay.calls(model).calls == 1 })
                    let stopper = try relay.connect(onLoop: other)
                    let start = wallMilliseconds()
                    stopper.request("DELETE", "/chat/streams/\(head.id)")
                    #expect(try stopper.readHead().status == 204)
                    #expect(try closeTime(relay, model) - start < Self.soon)
                    #expect(try client.readEvents().last?.data == "[DONE]")
                    #expect(try relay.record(head.id)["status"]?.stringValue == "stopped")
                }
            }
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
