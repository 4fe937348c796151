import HTTPServer
import Loop
import TestSupport
import Testing
import Wire

@Suite(.timeLimit(.minutes(1)))
struct LoopMoveTests {
    /// Two servers on loops of their own; the first gives everything under `/move` to the second.
    private func pair(
        _ asked: Recorder<String> = Recorder()
    ) async throws -> (first: TestServer, second: TestServer) {
        let admit: @Sendable (Exchange) -> Admission = { exchange in
            asked.record(exchange.request.head.path)
            exchange.admitted = exchange.request.head.path.utf8.count
            exchange.commonFields = ["X-Common": "yes"]
            return .read()
        }
        let second = try TestServer(admit: admit) { exchange, _ in
            #expect(exchange.admitted as? Int == exchange.request.head.path.utf8.count)
            let text = "second \(exchange.request.head.path) "
            exchange.respond(.ok, [:], body: Array(text.utf8) + exchange.request.body)
        }
        let first = try TestServer(admit: admit) { exchange, _ in
            guard exchange.request.head.path.hasPrefix("/move") else {
                return exchange.respond(.ok, [:], body: Array("first".utf8))
            }
            guard let detached = exchange.detach() else { return }
            // Nothing of the connection is left here.
            #expect(exchange.detach() == nil)
            exchange.respond(.ok, [:])
            second.loop.post { loop in
                for case let server as Server in loop.reactor.tenants { server.adopt(detached) }
            }
        }
        return (first, second)
    }

    @Test func `a connection moves to another loop and is served there from then on`() async throws
    {
        let (first, second) = try await pair()
        let client = first.client()
        #expect(client.get("/stay")?.text == "first")
        #expect(client.get("/move")?.text == "second /move ")
        #expect(client.get("/stay")?.text == "second /stay ")
        #expect(await first.connectionCount == 0)
        #expect(await second.connectionCount == 1)
        await first.stop()
        await second.stop()
    }

    @Test func `a request that has moved was admitted once, and what its head said moves with it`()
        async throws
    {
        let asked = Recorder<String>()
        let (first, second) = try await pair(asked)
        let client = first.client()
        let moved = client.get("/move")
        #expect(moved?.text == "second /move ")
        #expect(moved?["X-Common"] == "yes")
        #expect(client.get("/next")?.text == "second /next ")
        #expect(asked.values == ["/move", "/next"])
        await first.stop()
        await second.stop()
    }

    @Test func `what was sent behind the request moves with it, however it was cut`() async throws {
        let (first, second) = try await pair()
        let head = "POST /move HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"
        let behind = "GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n"
        let bytes = Array((head + behind).utf8)
        for cut in stride(from: head.utf8.count - 3, through: bytes.count, by: 1) {
            let client = first.client()
            client.send(bytes[..<cut])
            try await Task.sleep(nanoseconds: 200_000)
            client.send(bytes[cut...])
            #expect(client.response()?.text == "second /move hello", "cut at \(cut)")
            #expect(client.response()?.text == "second /a ", "cut at \(cut)")
            #expect(client.response()?.text == "second /b ", "cut at \(cut)")
        }
        await first.stop()
        await second.stop()
    }

    @Test func `a client that left while its connection moved is noticed`() async throws {
        let (first, second) = try await pair()
        for _ in 0..<50 {
            let client = first.client()
            client.send("GET /move HTTP/1.1\r\nHost: x\r\n\r\n")
            client.reset()
        }
        try await eventually { await first.connectionCount == 0 }
        try await eventually { await second.connectionCount == 0 }
        await first.stop()
        await second.stop()
    }
}
