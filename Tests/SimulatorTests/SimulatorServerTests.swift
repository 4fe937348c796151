import Glibc
import Loop
import TestSupport
import Testing
import Wire

@testable import Simulator

/// The simulator over a real socket, with one server for all tests.
@Suite(.timeLimit(.minutes(1)))
struct SimulatorServerTests {
    private static let shared = try? SimulatorServer()
    private let server: SimulatorServer

    init() throws {
        server = try #require(Self.shared)
    }

    @Test
    func `both protocols stream to their end and the connection goes on`() {
        let client = Client(port: server.port)
        client.ask("both?say=one+two&interval_ms=1")
        let first = client.read(until: "0\r\n\r\n")
        #expect(first.text.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(first.text.contains("Content-Type: text/event-stream"))
        #expect(first.text.contains("data: [DONE]\n\n"))
        client.post(
            "/v1/messages",
            Client.body("both?say=one"),
            headers: "anthropic-version: 2023-06-01\r\n"
        )
        let second = client.read(until: "0\r\n\r\n")
        #expect(second.end == .found)
        #expect(second.text.contains("event: message_stop\n"))
        #expect(server.calls["both?say=one"] == .init(calls: 1, closedEarly: 0))
    }

    @Test
    func `an old client gets the stream up to the end of the connection`() {
        let client = Client(port: server.port)
        client.ask("old?say=one&chunk_bytes=3&interval_ms=0", version: "1.0")
        let (text, end) = client.read()
        #expect(end == .closed)
        #expect(text.contains("\"content\":\"one\""))
        #expect(text.hasSuffix("data: [DONE]\n\n"))
    }

    @Test
    func `pieces are chunks of exactly that size`() {
        let client = Client(port: server.port)
        client.ask("pieces?say=abc&chunk_bytes=1&interval_ms=0")
        let text = client.read(until: "0\r\n\r\n").text
        #expect(text.contains("1\r\nd\r\n1\r\na\r\n1\r\nt\r\n1\r\na\r\n1\r\n:\r\n"))
    }

    @Test
    func `events that leave one by one are chunks of one event each`() {
        let client = Client(port: server.port)
        client.ask("each?tokens=50&interval_ms=0&send_each=1")
        let (text, end) = client.read(until: "0\r\n\r\n")
        #expect(end == .found)
        // Opening, tokens, and the end, whose two events are one write.
        let chunks = text.split(separator: "\r\ndata: ").dropFirst()
        #expect(chunks.count == 52)
        #expect(chunks.dropLast().allSatisfy { !$0.contains("\ndata: ") })
    }

    @Test
    func `a cut is a proper HTTP response`() {
        let client = Client(port: server.port)
        client.ask("cut?cut_after=2&interval_ms=0")
        let (text, end) = client.read(until: "0\r\n\r\n")
        #expect(end == .found)
        #expect(text.contains("\"content\":\"!\""))
        #expect(!text.contains("[DONE]"))
    }

    @Test
    func `a truncated chunk ends the connection in the middle`() {
        let client = Client(port: server.port)
        client.ask("truncated?truncate_chunk_after=2&interval_ms=0")
        let (text, end) = client.read()
        #expect(end == .closed)
        #expect(text.hasSuffix("1000\r\ndata: {\"id\":"))
    }

    @Test
    func `a reset arrives after what was sent`() {
        let client = Client(port: server.port)
        client.ask("reset?reset_after=2&interval_ms=0")
        let (text, end) = client.read()
        #expect(end == .failed(ECONNRESET))
        #expect(text.contains("\"content\":\"!\""))
        #expect(server.calls["reset?reset_after=2&interval_ms=0"].closedEarly == 0)
    }

    @Test
    func `a caller that leaves is counted`() {
        for model in ["left?interval_ms=10&tokens=100000", "hung?hang=1", "fast?tokens=900000000"] {
            do {
                let client = Client(port: server.port)
                client.ask(model)
                let isHung = model.hasPrefix("hung")
                let reading = client.read(until: "content", milliseconds: isHung ? 200 : 30_000)
                #expect(reading.end == (isHung ? .timedOut : .found))
            }
            #expect(waits { server.calls[model].closedEarly > 0 })
            let count = server.calls[model]
            #expect(count.calls == 1)
            #expect(count.closedEarly == 1)
        }
    }

    @Test
    func `the time at which a caller left is known`() throws {
        let model = "leaving?hang=1"
        #expect(server.calls[model].lastClose == nil)
        let begun = wallMilliseconds()
        var asked = 0
        var left = 0
        do {
            let client = Client(port: server.port)
            client.ask(model)
            #expect(waits { server.calls[model].calls == 1 })
            asked = wallMilliseconds()
            _ = client.read(milliseconds: 150)
            left = wallMilliseconds()
        }
        #expect(waits { server.calls[model].closedEarly > 0 })
        let noticed = wallMilliseconds()
        let close = try #require(server.calls[model].lastClose)
        // One more at each end: the two clocks round on their own.
        #expect((left - asked - 1...noticed - begun + 1).contains(close.afterMilliseconds))
        #expect((left...noticed).contains(close.atMilliseconds))
        let client = Client(port: server.port)
        client.send("GET /simulator/calls HTTP/1.1\r\nHost: x\r\n\r\n")
        let said = "\"last_close\":{\"after_ms\":\(close.afterMilliseconds),"
        #expect(client.read(until: "}}").text.contains(said))
    }

    @Test
    func `prompts are counted, whatever the model`() {
        let client = Client(port: server.port)
        let question = "how often? \(server.port)"
        let get =
            "GET /simulator/calls?prompt=how+often%3F+\(server.port) HTTP/1.1\r\nHost: x\r\n\r\n"
        for count in 0..<3 {
            #expect(server.calls[prompt: question] == count)
            client.send(get)
            #expect(client.read(until: "}\n").text.hasSuffix("\r\n\r\n{\"calls\":\(count)}\n"))
            let body = Client.body("model-\(count)?say=x", stream: false, prompt: question)
            client.post("/v1/chat/completions", body)
            _ = client.read(until: "}\n")
        }
        #expect(server.calls[prompt: "how often?"] == 0)
    }

    @Test
    func `a refusal has its status, its hints and the vendor's shape, so many times`() {
        let client = Client(port: server.port)
        let model = "refused?status=429&retry_after=7&retry_after_ms=70&times=2&say=well"
        for _ in 0..<2 {
            client.ask(model)
            let text = client.read(until: "}}\n").text
            #expect(text.hasPrefix("HTTP/1.1 429 "))
            #expect(text.contains("Retry-After: 7\r\n"))
            #expect(text.contains("retry-after-ms: 70\r\n"))
            #expect(text.contains("\"type\":\"rate_limit_error\""))
        }
        client.ask(model)
        #expect(client.read(until: "[DONE]").text.contains("well"))
        #expect(server.calls[model].calls == 3)
    }

    @Test
    func `the head can be set`() {
        let client = Client(port: server.port)
        client.ask("head?say=x&http=close&content_type=text%2Fhtml&interval_ms=0")
        let (text, end) = client.read()
        #expect(end == .closed)
        #expect(text.contains("Content-Type: text/html\r\n"))
        #expect(text.contains("Connection: close\r\n"))
        #expect(text.hasSuffix("0\r\n\r\n"))
    }

    @Test
    func `an unknown option is refused by name in both shapes`() {
        let client = Client(port: server.port)
        client.ask("m?tokes=5")
        let openAI = client.read(until: "}}\n").text
        #expect(openAI.hasPrefix("HTTP/1.1 400 "))
        #expect(openAI.contains(#"{"error":{"message":"the simulator has no option \"tokes\"""#))
        client.post(
            "/v1/messages",
            Client.body("m?tokes=5"),
            headers: "anthropic-version: 2023-06-01\r\n"
        )
        let anthropic = client.read(until: "}}\n").text
        #expect(anthropic.contains(#"{"type":"error","error":{"type":"invalid_request_error""#))
        client.post("/v1/messages", Client.body("m"))
        #expect(client.read(until: "}}\n").text.contains("anthropic-version"))
        #expect(server.calls["m?tokes=5"].calls == 0)
    }

    @Test
    func `whole answers, models, counts and wrong routes`() {
        let client = Client(port: server.port)
        client.post("/v1/chat/completions", Client.body("whole?say=hi", stream: false))
        #expect(client.read(until: "}\n").text.contains("\"content\":\"hi\""))
        client.send("GET /v1/models HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(client.read(until: "]}\n").text.contains("\"id\":\"simulator\""))
        client.send("GET /simulator/calls HTTP/1.1\r\nHost: x\r\n\r\n")
        let counts = client.read(until: "}}").text
        #expect(counts.contains("\"whole?say=hi\":{\"calls\":1,\"closed_early\":0,"))
        client.send("GET /v1/chat/completions HTTP/1.1\r\nHost: x\r\n\r\n")
        let wrongMethod = client.read(until: "}}\n").text
        #expect(wrongMethod.hasPrefix("HTTP/1.1 405 "))
        #expect(wrongMethod.contains("Allow: POST\r\n"))
        client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(client.read(until: "}}\n").text.hasPrefix("HTTP/1.1 404 "))
    }

    @Test
    func `the server waits for a slow reader, and a fast one is not held up`() {
        let slow = Client(port: server.port)
        slow.ask("slow?tokens=50000&interval_ms=0")
        #expect(slow.read(until: "content").end == .found)
        let fast = Client(port: server.port)
        fast.ask("beside?say=hi&interval_ms=0")
        #expect(fast.read(until: "[DONE]").end == .found)
        #expect(slow.read(until: "[DONE]").end == .found)
    }

    @Test
    func `stopping drops what runs and refuses what comes`() throws {
        let other = try SimulatorServer()
        let client = Client(port: other.port)
        client.ask("stopped?tokens=100000")
        #expect(client.read(until: "content").end == .found)
        other.stop()
        #expect(client.read().end == .failed(ECONNRESET))
    }
}
