import Glibc
import HTTPServer
import Loop
import TestSupport
import Testing
import Wire

/// What the head decides is decided at the head: before the body is read, and before the client is
/// told to send it.
@Suite(.timeLimit(.minutes(2)))
struct AdmissionTests {
    private static let no = Problem(.forbidden, type: "permission_error", message: "no")

    /// Refuses what is under `/no`, and reads the rest.
    private static let refusing: @Sendable (Exchange) -> Admission = { exchange in
        exchange.commonFields = ["X-Common": "yes"]
        return exchange.request.head.path.hasPrefix("/no") ? .refuse(no) : .read()
    }

    private static func post(_ path: String, _ fields: String..., body: String = "") -> String {
        let lines = fields.map { $0 + "\r\n" }.joined()
        return "POST \(path) HTTP/1.1\r\nHost: x\r\n\(lines)\r\n\(body)"
    }

    private static let next = "GET /next HTTP/1.1\r\nHost: x\r\n\r\n"

    // MARK: Refused at once

    @Test(arguments: [
        post("/no", "Content-Length: 10", body: "0123456789"),
        post("/no", "Transfer-Encoding: chunked", body: "5\r\n01234\r\n5\r\n56789\r\n0\r\n\r\n"),
        post("/no", "Content-Length: 0"), post("/no"),
        "GET /no HTTP/1.1\r\nHost: x\r\n\r\n",
        "POST /no HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 3\r\n\r\nabc",
        // A client of HTTP/1.0 cannot mean it.
        "POST /no HTTP/1.0\r\nConnection: keep-alive\r\nExpect: 100-continue\r\n"
            + "Content-Length: 3\r\n\r\nabc",
    ])
    func `a refused request's body is dropped and the next request is answered`(
        refused: String
    ) async throws {
        let server = try TestServer.echo(admit: Self.refusing)
        let bytes = Array((refused + Self.next).utf8)
        let client = server.client()
        for cut in 0...bytes.count {
            client.send(bytes[..<cut])
            // The server shall see the halves in reads of their own.
            usleep(300)
            client.send(bytes[cut...])
            let refusal = client.response()
            #expect(refusal?.status == 403, "cut at \(cut)")
            #expect(refusal?["X-Common"] == "yes")
            #expect(client.response()?.text == "GET /next\n", "cut at \(cut)")
        }
        for byte in bytes {
            client.send([byte])
            usleep(100)
        }
        #expect(client.response()?.status == 403)
        #expect(client.response()?.text == "GET /next\n")
        #expect(!server.events.values.contains { $0.hasPrefix("refused") })
        await server.stop()
    }

    @Test(arguments: ["Content-Length: 5", "Transfer-Encoding: chunked"])
    func `a refused client that waits to be told to send is not told, and the connection ends`(
        framing: String
    ) async throws {
        let server = try TestServer.echo(admit: Self.refusing)
        let head = Array(Self.post("/no", "Expect: 100-continue", framing).utf8)
        for cut in 1...head.count {
            let client = server.client()
            client.send(head[..<cut])
            usleep(300)
            client.send(head[cut...])
            let refusal = client.response()
            #expect(refusal?.status == 403, "cut at \(cut)")
            #expect(refusal?["Connection"] == "close")
            #expect(client.readToEnd() == ("", .closed), "cut at \(cut)")
        }
        // What it sends all the same is no request, whatever it looks like.
        let client = server.client()
        client.send(Self.post("/no", "Expect: 100-continue", "Content-Length: 49", body: Self.next))
        #expect(client.response()?.status == 403)
        #expect(client.readToEnd() == ("", .closed))
        #expect(!server.events.values.contains { $0.contains("/next") })
        await server.stop()
    }

    @Test func `without a body to wait for, the connection lives in spite of an expectation`()
        async throws
    {
        let server = try TestServer.echo(admit: Self.refusing)
        let client = server.client()
        let head = Self.post("/no", "Expect: 100-continue", "Content-Length: 0")
        #expect(client.ask(head)?.status == 403)
        #expect(client.ask(Self.next)?.text == "GET /next\n")
        await server.stop()
    }

    @Test func `a HEAD is refused without content, and the connection lives`() async throws {
        let server = try TestServer.echo(admit: Self.refusing)
        let client = server.client()
        let head = client.ask("HEAD /no HTTP/1.1\r\nHost: x\r\n\r\n", hasContent: false)
        #expect(head?.status == 403)
        #expect(client.ask(Self.next)?.text == "GET /next\n")
        #expect(client.input.isEmpty)
        await server.stop()
    }

    @Test(arguments: [
        ("Content-Length: 66560", 66_560), ("Content-Length: 4000000", 4_000_000),
    ])
    func `a body too long to drop ends the connection, after the client has its answer`(
        length: String,
        count: Int
    ) async throws {
        let server = try TestServer.echo(admit: Self.refusing)
        for _ in 0..<10 {
            let client = server.client()
            client.send(Self.post("/no", length))
            // A close with this unread would reset the connection and destroy the answer.
            #expect(client.send([UInt8](repeating: 0x78, count: count)))
            let refusal = client.response()
            #expect(refusal?.status == 403)
            #expect(refusal?["Connection"] == "close")
            #expect(client.readToEnd() == ("", .closed))
        }
        await server.stop()
    }

    @Test func `chunks that come to too much, or are none, end the connection`() async throws {
        let server = try TestServer.echo(admit: Self.refusing)
        let chunk = "4000\r\n" + String(repeating: "x", count: 0x4000) + "\r\n"
        let head = Self.post("/no", "Transfer-Encoding: chunked")
        for rest in [String(repeating: chunk, count: 5), "nonsense\r\n"] {
            let client = server.client()
            #expect(client.ask(head)?.status == 403)
            #expect(client.send(rest))
            #expect(client.readToEnd() == ("", .closed))
        }
        // Up to the limit it lives.
        let client = server.client()
        client.send(head + String(repeating: chunk, count: 4) + "0\r\n\r\n" + Self.next)
        #expect(client.response()?.status == 403)
        #expect(client.response()?.text == "GET /next\n")
        await server.stop()
    }

    @Test func `a refused body that does not come to its end is waited for no longer than another`()
        async throws
    {
        var limits = ServerLimits()
        limits.bodySeconds = 1
        let clock = ManualClock()
        let server = try TestServer.echo(limits: limits, clock: clock, admit: Self.refusing)
        let client = server.client()
        #expect(client.ask(Self.post("/no", "Content-Length: 5", body: "abc"))?.status == 403)
        await clock.settle()
        try await clock.pass(.seconds(1)) { #expect(client.isSilent) }
        #expect(client.readToEnd() == ("", .closed))
        #expect(server.events.values.count == 1)
        await server.stop()
    }

    @Test func `a client that leaves within a refused body is forgotten`() async throws {
        let server = try TestServer.echo(admit: Self.refusing)
        let client = server.client()
        #expect(client.ask(Self.post("/no", "Content-Length: 5", body: "abc"))?.status == 403)
        #expect(await server.connectionCount == 1)
        client.close()
        try await eventually { await server.connectionCount == 0 }
        await server.stop()
    }

    @Test func `each route has its own limit, told before the body is sent`() async throws {
        let server = try TestServer.echo { exchange in
            exchange.commonFields = ["X-Common": "yes"]
            return .read(upTo: exchange.request.head.path == "/small" ? 5 : .max)
        }
        let waits = server.client()
        let refusal = waits.ask(Self.post("/small", "Expect: 100-continue", "Content-Length: 6"))
        #expect(refusal?.status == 413)
        #expect(refusal?.text.contains("5 bytes") == true)
        #expect(refusal?["X-Common"] == "yes")
        #expect(waits.readToEnd() == ("", .closed))
        let client = server.client()
        #expect(client.ask(Self.post("/small", "Content-Length: 6", body: "123456"))?.status == 413)
        let fits = client.ask(Self.post("/small", "Content-Length: 5", body: "12345"))
        #expect(fits?.text == "POST /small\n12345")
        let large = client.ask(Self.post("/large", "Content-Length: 6", body: "123456"))
        #expect(large?.text == "POST /large\n123456")
        // Chunks show their length only while they come.
        let chunked = Self.post("/small", "Transfer-Encoding: chunked", body: "6\r\n")
        let late = client.ask(chunked)
        #expect(late?.status == 413)
        #expect(late?["X-Common"] == "yes")
        #expect(client.readToEnd() == ("", .closed))
        await server.stop()
    }

    // MARK: Decided later

    @Test(arguments: [
        Self.next, post("/body", "Content-Length: 5", body: "hello"),
        post("/body", "Transfer-Encoding: chunked", body: "5\r\nhello\r\n0\r\n\r\n"),
        post("/body", "Content-Length: 0"),
    ])
    func `a request that waits is read once it is admitted, however it was cut`(
        request: String
    ) async throws {
        let waiting = WaitingRequests()
        let server = try TestServer.echo { exchange in
            exchange.request.head.path == "/after" ? .read() : waiting.wait(exchange)
        }
        let after = "GET /after HTTP/1.1\r\nHost: x\r\n\r\n"
        let bytes = Array((request + after).utf8)
        for cut in 0...request.utf8.count {
            let client = server.client()
            client.send(bytes[..<cut])
            usleep(300)
            // What comes while it waits is not lost either.
            client.send(bytes[cut...])
            _ = try await waiting.arrived.wait(count: cut + 1)
            await waiting.decide(.read(), on: server)
            let hasBody = request.contains("hello")
            let expected = request.hasPrefix("GET") ? "GET /next\n" : "POST /body\n"
            #expect(client.response()?.text == expected + (hasBody ? "hello" : ""), "\(cut)")
            #expect(client.response()?.text == "GET /after\n", "cut at \(cut)")
        }
        await server.stop()
    }

    @Test func `a request that waits is refused as one that did not`() async throws {
        let waiting = WaitingRequests()
        let server = try TestServer.echo { exchange in
            exchange.request.head.path == "/next" ? .read() : waiting.wait(exchange)
        }
        let client = server.client()
        client.send(Self.post("/a", "Content-Length: 5", body: "hello") + Self.next)
        _ = try await waiting.arrived.wait(count: 1)
        await waiting.decide(.refuse(Self.no), on: server)
        #expect(client.response()?.status == 403)
        #expect(client.response()?.text == "GET /next\n")
        await server.stop()
    }

    @Test func `a client is told to go on only once it is admitted`() async throws {
        let waiting = WaitingRequests()
        let server = try TestServer.echo { waiting.wait($0) }
        let head = Self.post("/a", "Expect: 100-continue", "Content-Length: 5")
        let admitted = server.client()
        admitted.send(head)
        _ = try await waiting.arrived.wait(count: 1)
        await waiting.decide(.read(), on: server)
        #expect(admitted.response()?.status == 100)
        admitted.send("hello")
        #expect(admitted.response()?.text == "POST /a\nhello")
        let refused = server.client()
        refused.send(head)
        _ = try await waiting.arrived.wait(count: 2)
        await waiting.decide(.refuse(Self.no), on: server)
        #expect(refused.response()?.status == 403)
        #expect(refused.readToEnd() == ("", .closed))
        await server.stop()
    }

    @Test func `the first word counts, be it said while the handler is asked`() async throws {
        let server = try TestServer.echo { exchange in
            let isRefused = exchange.request.head.path == "/no"
            exchange.decide(isRefused ? .refuse(Self.no) : .read())
            exchange.decide(isRefused ? .read() : .refuse(Self.no))
            return .wait
        }
        let client = server.client()
        for _ in 0..<3 {
            let refused = client.ask(Self.post("/no", "Content-Length: 5", body: "hello"))
            #expect(refused?.status == 403)
            let read = client.ask(Self.post("/yes", "Content-Length: 5", body: "hello"))
            #expect(read?.text == "POST /yes\nhello")
        }
        await server.stop()
    }

    @Test(arguments: [false, true])
    func `a client that leaves while it waits is noticed`(isReset: Bool) async throws {
        let waiting = WaitingRequests()
        let server = try TestServer.echo { waiting.wait($0) }
        let client = server.client()
        client.send(Self.post("/a", "Content-Length: 5", body: "hello") + Self.next)
        _ = try await waiting.arrived.wait(count: 1)
        if isReset { client.reset() } else { client.close() }
        try await eventually { await server.connectionCount == 0 }
        #expect(server.events.values == ["lost /a 0"])
        // Too late to matter.
        await waiting.decide(.read(), on: server)
        #expect(server.events.values == ["lost /a 0"])
        await server.stop()
    }

    @Test func `what a client sends while it waits stays bounded`() async throws {
        var limits = ServerLimits()
        limits.maxPipelinedBytes = 4096
        let waiting = WaitingRequests()
        let server = try TestServer.echo(limits: limits) { waiting.wait($0) }
        let client = server.client(timeoutSeconds: 1)
        client.send(Self.next)
        _ = try await waiting.arrived.wait(count: 1)
        let request = "GET / HTTP/1.1\r\nHost: x\r\nX-Filler: \(filler(900))\r\n\r\n"
        // The kernel's buffers hold some megabytes; the server may hold little more.
        var sent = 0
        while sent < 40_000, client.send(request) { sent += 1 }
        #expect(sent < 22_000)
        await waiting.decide(.read(), on: server)
        _ = try await waiting.arrived.wait(count: 2)
        client.reset()
        try await eventually { await server.connectionCount == 0 }
        await server.stop()
    }

    private func filler(_ count: Int) -> String { String(repeating: "x", count: count) }

    @Test func `requests that wait when draining begins get their answers and the end`()
        async throws
    {
        let waiting = WaitingRequests()
        let server = try TestServer.echo { waiting.wait($0) }
        var clients: [Client] = []
        for number in 1...2 {
            let client = server.client()
            client.send(Self.post("/a", "Content-Length: 5", body: "hello"))
            _ = try await waiting.arrived.wait(count: number)
            clients.append(client)
        }
        _ = await server.onLoop { $0.drain() }
        #expect(await server.connectionCount == 2)
        await waiting.decide(.read(), on: server)
        await waiting.decide(.refuse(Self.no), on: server)
        for (client, status) in zip(clients, [200, 403]) {
            let response = client.response()
            #expect(response?.status == status)
            #expect(response?["Connection"] == "close")
            #expect(client.readToEnd() == ("", .closed))
        }
        await server.stop()
    }
}
