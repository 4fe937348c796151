import Access
import ChatFormats
import Loop
import TestSupport
import Testing
import Wire

@testable import Generations
@testable import Relay

/// Callers with limits: how much each may ask for.
@Suite(.timeLimit(.minutes(5))) struct LimitTests {
    /// A relay whose caller ann has these limits, and bob none.
    private func withLimits(
        loops: Int = 1,
        _ change: (inout CallerLimits) -> Void,
        _ body: (TestRelay, Keyring, ManualClock) async throws -> Void
    ) async throws {
        var keyring = try Keyring(["ann": .common, "bob": .common])
        var limits = CallerLimits()
        change(&limits)
        keyring.limit("ann", to: limits)
        let clock = ManualClock()
        let book = RateBook { (clock.now, clock.wallMilliseconds) }
        let access = AccessState(callers: keyring.access.callers, budgets: book)
        try await withRelay(loops: loops, clock: clock, access: access) { relay in
            try await body(relay, keyring, clock)
        }
    }

    private static func body(_ model: String) -> String {
        "{\"message\":\"hi\",\"model\":\"\(model)\"}"
    }

    /// Asks, and returns the head; the answer is read to its end.
    private func ask(
        _ relay: TestRelay,
        _ fields: HeaderFields,
        _ model: String = "simulator?tokens=3&interval_ms=0",
        target: String = "/chat/stream"
    ) throws -> (head: Head, error: JSON?) {
        let client = try relay.connect()
        client.request("POST", target, fields, body: Self.body(model))
        let head = try client.readHead()
        if head.status == 200 {
            _ = try client.readBody()
            return (head, nil)
        }
        return (head, try client.readJSON()["error"])
    }

    @Test func `of a burst as many requests pass as a minute has, on all loops`() async throws {
        try await withLimits(loops: 3) {
            $0.requestsPerMinute = 5
        } _: { relay, keyring, clock in
            let ann = keyring.fields("ann")
            var passed = 0
            for _ in 0..<50 {
                let (head, error) = try ask(relay, ann)
                guard head.status == 429 else {
                    passed += 1
                    continue
                }
                #expect(error?["type"]?.stringValue == "rate_limit_error")
                #expect(error?["code"]?.stringValue == "requests_per_minute")
                #expect(head.fields.first("Retry-After") == "12")
                #expect(head.fields.first("RateLimit") == "\"requests_per_minute\";r=0;t=12")
                #expect(head.fields.first("RateLimit-Policy") == "\"requests_per_minute\";q=5")
            }
            #expect(passed == 5)
            #expect(try ask(relay, keyring.fields("bob")).head.status == 200)
            // What costs nothing is not counted.
            #expect(try relay.exchange("GET", "/chat/history", ann).head.status == 200)
            await clock.advance(by: .seconds(12))
            #expect(try ask(relay, ann).head.status == 200)
            #expect(try ask(relay, ann).head.status == 429)
        }
    }

    @Test func `an EventSource is told why it must wait, and asks again by itself`() async throws {
        try await withLimits {
            $0.requestsPerMinute = 1
        } _: { relay, keyring, clock in
            var fields = keyring.fields("ann")
            fields.append("Accept", "text/event-stream")
            let target = "/chat/stream?prompt=hi&model=simulator%3Ftokens%3D1"
            #expect(try relay.exchange("GET", target, fields).head.status == 200)
            // A reader that uses fetch sees the status.
            #expect(try relay.exchange("GET", target, fields).head.status == 429)
            fields.append("Cache-Control", "no-cache")
            let client = try relay.connect()
            client.request("GET", target, fields)
            let head = try client.readHead()
            #expect(head.status == 200)
            #expect(head.fields.first("RateLimit") == "\"requests_per_minute\";r=0;t=60")
            let body = String(decoding: try client.readBody(), as: UTF8.self)
            #expect(body.hasPrefix("retry: 60000\n"))
            #expect(body.contains("event: error\ndata: {\"error\":{\"type\":\"rate_limit_error\""))
            #expect(body.contains("\"code\":\"requests_per_minute\"},\"status\":\"refused\"}\n\n"))
            #expect(!body.contains("id:"))
            await clock.advance(by: .seconds(60))
            #expect(try relay.exchange("GET", target, fields).head.status == 200)
        }
    }

    @Test func `no more answers run at once than the limit has`() async throws {
        try await withLimits {
            $0.generations = 2
        } _: { relay, keyring, _ in
            let ann = keyring.fields("ann")
            let model = "simulator?tokens=1000&interval_ms=20"
            let running = try (0..<2).map { _ in
                let client = try relay.connect()
                client.request("POST", "/chat/stream", ann, body: Self.body(model))
                return try client.readHead().id
            }
            let (head, error) = try ask(relay, ann)
            #expect(head.status == 429)
            #expect(error?["code"]?.stringValue == "generations")
            let stop = try relay.exchange("DELETE", "/chat/streams/\(running[0])", ann)
            #expect(stop.head.status == 204)
            #expect(try ask(relay, ann).head.status == 200)
            #expect(try ask(relay, ann).head.status == 200)
        }
    }

    @Test func `an answer that failed, or was never asked for, gives its place back`() async throws
    {
        try await withLimits {
            $0.generations = 1
        } _: { relay, keyring, _ in
            let ann = keyring.fields("ann")
            for _ in 0..<3 {
                #expect(try ask(relay, ann, "simulator?status=401").head.status == 401)
                let passed = try ask(relay, ann, target: "/v1/embeddings")
                #expect(passed.head.status == 200 || passed.head.status == 400)
            }
            #expect(try ask(relay, ann).head.status == 200)
        }
    }

    @Test func `a stream that is passed on costs its events, and not their length`() async throws {
        try await withLimits {
            $0.tokensPerDay = 60
        } _: { relay, keyring, _ in
            let body =
                #"{"model":"simulator?tokens=20&interval_ms=0","prompt":"x","stream":true}"#
            for status in [200, 200, 429] {
                let client = try relay.connect()
                client.request("POST", "/v1/completions", keyring.fields("ann"), body: body)
                #expect(try client.readHead().status == status)
                if status == 200 { _ = try client.readBody() }
            }
        }
    }

    @Test func `who asks and leaves before the answer pays for the question`() async throws {
        try await withLimits {
            $0.tokensPerDay = 100
        } _: { relay, keyring, _ in
            let ann = keyring.fields("ann")
            let model = "simulator?first_ms=60000"
            let long = String(repeating: "word ", count: 200)
            let client = try relay.connect()
            client.request(
                "GET",
                "/chat/stream?prompt=\(long.replacing(" ", with: "+"))&model=simulator%3Ffirst_ms%3D60000",
                ann
            )
            let id = try client.readHead().id
            #expect(waits { relay.calls(model).calls == 1 })
            #expect(try relay.exchange("DELETE", "/chat/streams/\(id)", ann).head.status == 204)
            _ = try client.readBody()
            #expect(try ask(relay, ann).error?["code"]?.stringValue == "tokens_per_day")
        }
    }

    @Test func `money is counted by the prices of who answered`() async throws {
        var upstream = RelayConfiguration.Upstream(
            name: "priced",
            provider: .openAI,
            baseURL: "http://127.0.0.1:9",
            key: nil,
            model: "m"
        )
        upstream.prices = ["m": ModelPrice(input: 0.15, output: 0.6, cachedInput: 0.075)]
        let configuration = RelayConfiguration(upstreams: [upstream])
        let price = try #require(
            configuration.price(of: .init(upstream: "priced", model: "m"))
        )
        // 200 x 0.15 + 800 x 0.075 + 100 x 0.6 millionths of a dollar.
        let usage = Usage(promptTokens: 1000, completionTokens: 100, cachedTokens: 800)
        #expect(price.nanodollars(usage) == 150_000)
        #expect(configuration.price(of: .init(upstream: "priced", model: "n")) == nil)
        #expect(configuration.price(of: .init(upstream: "other", model: "m")) == nil)
    }

    @Test(arguments: [true, false])
    func `tokens that were used are counted when they are known`(isDay: Bool) async throws {
        try await withLimits {
            if isDay { $0.tokensPerDay = 50 } else { $0.tokensPerMinute = 50 }
        } _: { relay, keyring, clock in
            let ann = keyring.fields("ann")
            let model = "simulator?tokens=100&interval_ms=0"
            #expect(try ask(relay, ann, model).head.status == 200)
            let (head, error) = try ask(relay, ann, model)
            #expect(head.status == 429)
            let code = isDay ? "tokens_per_day" : "tokens_per_minute"
            #expect(error?["code"]?.stringValue == code)
            let seconds = try #require(
                head.fields.first("Retry-After").flatMap { parseDecimal($0) }
            )
            await clock.advance(by: .seconds(seconds))
            #expect(try ask(relay, ann, model).head.status == 200)
        }
    }
}
