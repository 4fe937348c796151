import Access
import HTTPServer
import Loop
import TestSupport
import Testing
import Wire

@testable import Generations
@testable import Relay

/// `/v1/embeddings` and `/v1/completions`: what goes to the model's upstream as it came.
@Suite struct PassthroughTests {
    private static let vectors = #"{"object":"list", "data":[ ]}"#

    @Test(
        .timeLimit(.minutes(5)),
        arguments: [
            ("/v1/embeddings", "/v1/embeddings"), ("//v1//embeddings/", "/v1/embeddings"),
            ("/v1/v1/completions", "/v1/completions"),
        ]
    )
    func `the body goes up as it is, and the answer comes back as it is`(
        target: String,
        asked: String
    ) async throws {
        var answer = ScriptedUpstream.Answer.body(Self.vectors, type: "application/json; x=1")
        answer.fields.append("x-request-id", "req_9")
        answer.fields.append("x-ratelimit-remaining-tokens", "7")
        answer.fields.append("x-secret", "no")
        let body = #"{ "input" : ["a"], "n": 1e0, "model" : "any",  "x":{} }"#
        try await withRelay(asking: [answer]) {
            $0.upstreams[0].style.query = "api-version=1"
            $0.upstreams[0].style.fields = [.init(name: "X-Own", value: "yes")]
        } _: { relay, upstream in
            let client = try relay.connect()
            client.request("POST", target, body: body)
            let head = try client.readHead()
            #expect(head.status == 200)
            #expect(head.fields.all("Content-Type") == ["application/json; x=1"])
            #expect(head.fields.all("x-request-id") == ["req_9"])
            #expect(head.fields.first("x-ratelimit-remaining-tokens") == "7")
            #expect(head.fields.first("x-secret") == nil)
            #expect(try client.readBody() == Array(Self.vectors.utf8))
            #expect(upstream.bodies == [body])
            let sent = try #require(upstream.heads.first)
            #expect(sent.target == "\(asked)?api-version=1")
            #expect(sent.fields.first("Authorization") == "Bearer sk-test-0123456789abcdef")
            #expect(sent.fields.first("X-Own") == "yes")
            #expect(sent.fields.all("Content-Type") == ["application/json"])
            #expect(try relay.records().isEmpty)
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `what the client calls its request comes back, and not the upstream's name`() async throws
    {
        var answer = ScriptedUpstream.Answer.body(Self.vectors, type: "application/json")
        answer.fields.append("x-request-id", "req_9")
        try await withRelay(asking: [answer]) { relay, _ in
            let (head, _) = try relay.exchange(
                "POST",
                "/v1/embeddings",
                ["X-Request-Id": "mine-1"],
                body: #"{"input":"a"}"#
            )
            #expect(head.status == 200)
            #expect(head.fields.all("X-Request-Id") == ["mine-1"])
        }
    }

    @Test(
        .timeLimit(.minutes(5)),
        arguments: [
            (#"{"model":"fast","input":"x"}"#, #"{"model":"small","input":"x"}"#),
            (#"{"input":"fast", "model": "f\u0061st" }"#, #"{"input":"fast", "model": "small" }"#),
            (#"{"input":"x","user":{"model":"fast"}}"#, #"{"input":"x","user":{"model":"fast"}}"#),
            (#"{"input":"x","model":null}"#, #"{"input":"x","model":null}"#),
        ]
    )
    func `of the body only an alias is replaced`(body: String, sent: String) async throws {
        try await withRelay(asking: [.body(Self.vectors)]) {
            $0.upstreams[0].serves.aliases = ["fast": "small"]
        } _: { relay, upstream in
            let (head, _) = try relay.exchange("POST", "/v1/embeddings", body: body)
            #expect(head.status == 200)
            #expect(upstream.bodies == [sent])
        }
    }

    @Test(
        .timeLimit(.minutes(5)),
        arguments: [
            (#"{"model":"claude-x","input":"a"}"#, 404, "model_not_found"),
            (#"{"model":"a\#(String(repeating: "\u{301}", count: 300))"}"#, 400, nil),
            ("[1]", 400, nil), (#"{"model":"x""#, 400, nil), ("", 400, nil),
        ] as [(String, Int, String?)]
    )
    func `what no upstream can be asked is an error`(
        body: String,
        status: Int,
        code: String?
    ) async throws {
        try await withRelay { relay in
            for target in ["/v1/embeddings", "/v1/completions"] {
                let (head, json) = try relay.exchange("POST", target, body: body)
                #expect(head.status == status)
                #expect(json["error"]?["code"]?.stringValue == code)
                #expect(json["error"]?.members?.map(\.key).contains("param") == true)
            }
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `an upstream's refusal has its words and leads to its cure`() async throws {
        let answer = RefusingUpstream.Answer(
            status: 404,
            fields: ["Content-Type": "application/json", "retry-after-ms": "9"],
            body: #"{"error":{"message":"no sk-test-0123456789abcdef","param":"input"}}"#
        )
        try await withRelay(refusedBy: answer) { relay, upstream in
            let (head, json) = try relay.exchange("POST", "/v1/embeddings", body: "{}")
            #expect(head.status == 404)
            #expect(head.fields.first("retry-after-ms") == "9")
            #expect(head.fields.first("x-should-retry") == "false")
            #expect(json["error"]?["param"]?.stringValue == "input")
            let message = try #require(json["error"]?["message"]?.stringValue)
            #expect(message.contains("no ***"))
            #expect(message.contains("POST \(upstream.baseURL)/embeddings"))
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `where no connection is made the next one of the chain is asked`() async throws {
        let standIn = try ScriptedUpstream([.body(Self.vectors)])
        do {
            try await withRelay(baseURL: "http://127.0.0.1:1/v1") {
                var second = $0.upstreams[0]
                second.name = "second"
                second.baseURL = standIn.baseURL
                $0.upstreams.append(second)
                $0.upstreams[0].serves.fallbacks = [.init("second/other")]
            } _: { relay in
                let body = #"{"model":"any"}"#
                let (head, _) = try relay.exchange("POST", "/v1/embeddings", body: body)
                #expect(head.status == 200)
                #expect(standIn.bodies == [#"{"model":"other"}"#])
            }
        } catch {
            await standIn.stop()
            throw error
        }
        await standIn.stop()
    }

    @Test(.timeLimit(.minutes(5)))
    func `an upstream that does not answer is not waited for longer than its clock`() async throws {
        try await withRelay {
            $0.headSeconds = 1
        } _: { relay in
            let body = #"{"model":"simulator?hang=1","input":"x"}"#
            let (head, json) = try relay.exchange("POST", "/v1/embeddings", body: body)
            #expect(head.status == 504)
            #expect(json["error"]?["code"]?.stringValue == "head_timeout")
            #expect(waits { relay.calls("simulator?hang=1").closedEarly == 1 })
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `an answer that breaks does not look whole`() async throws {
        try await withRelay { relay in
            let body = #"{"model":"simulator?reset_after=3","prompt":"x","stream":true}"#
            let client = try relay.connect()
            client.request("POST", "/v1/completions", body: body)
            #expect(try client.readHead().status == 200)
            #expect(throws: ClientError.cut) { try client.readBody() }
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `a client that leaves ends the upstream's work`() async throws {
        try await withRelay { relay in
            let model = "simulator?tokens=100000&interval_ms=5"
            let body = #"{"model":"\#(model)","prompt":"x","stream":true}"#
            let client = try relay.connect()
            client.request("POST", "/v1/completions", body: body)
            #expect(try client.readHead().status == 200)
            #expect(try client.readEvent()?.json["object"]?.stringValue == "text_completion")
            #expect(relay.calls(model).closedEarly == 0)
            client.close()
            #expect(waits { relay.calls(model).closedEarly == 1 })
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `what a client does not take is left with the upstream`() async throws {
        try await withRelay { relay in
            let loop = try #require(relay.service.post.loops.first)
            let body =
                #"{"model":"simulator?tokens=20000&interval_ms=0","prompt":"x","stream":true}"#
            await loop.run { loop in
                guard let store = Worker.of(loop)?.store else { return }
                let client = SlowClient(body, at: loop.reactor.now)
                loop.reactor.tenants.append(client)
                let policies = Policies(store.context, AccessState())
                let route = Passthrough(
                    policies: policies,
                    store: store,
                    audit: Audit(nil, on: store.context.reactor)
                )
                try? route.answer(client.exchange, .completions, .anonymous)
            }
            try await eventually { await loop.run { SlowClient.of($0)?.isCongested == true } }
            usleepMilliseconds(200)
            let held = await loop.run { SlowClient.of($0)?.unsentBytes } ?? 0
            // The bound, and what one turn takes from upstreams; all of it is eight times as long.
            #expect(held < SlowClient.bound + 256 * 1024)
            try await eventually {
                await loop.run { loop in
                    SlowClient.of(loop)?.drain()
                    return SlowClient.of(loop)?.isWhole == true
                }
            }
            let all = await loop.run { SlowClient.of($0)?.allBytes } ?? 0
            #expect(all > 20_000 * 120)
            await loop.run { loop in
                SlowClient.of(loop)?.leave()
                loop.reactor.tenants.removeAll { $0 is SlowClient }
            }
        }
    }
}

/// A client that takes nothing until the test has it do so.
private final class SlowClient: ExchangeStandIn {
    static let bound = 32 * 1024

    private(set) var unsentBytes = 0
    private(set) var allBytes = 0
    private(set) var isWhole = false
    private var made: Exchange?
    var isCongested: Bool { unsentBytes > Self.bound }

    var exchange: Exchange {
        guard let made else { preconditionFailure("made with the client") }
        return made
    }

    init(_ body: String, at now: Nanoseconds) {
        var parser = RequestParser(limits: RequestLimits())
        let text = Array("POST /v1/completions HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8)
        guard let head = (try? parser.parse(text.span))??.head else {
            preconditionFailure("this is a head")
        }
        made = Exchange(head, body: Array(body.utf8), with: self, at: now)
    }

    static func of(_ loop: isolated EventLoop) -> SlowClient? {
        loop.reactor.tenants.lazy.compactMap { $0 as? SlowClient }.first
    }

    /// Lets go of the exchange, which refers to this.
    func leave() { made = nil }

    func drain() {
        unsentBytes = 0
        made?.standInDrained()
    }

    func began(_ status: Status, _ fields: HeaderFields) {}

    func wrote(_ bytes: [UInt8]) {
        unsentBytes += bytes.count
        allBytes += bytes.count
    }

    func ended(isWhole: Bool) { self.isWhole = isWhole }
}
