import HTTPServer
import Loop
import TestSupport
import Testing
import Wire

@Suite(.timeLimit(.minutes(2)))
struct ConnectionTests {
    @Test func `a connection carries one request after the other`() async throws {
        let server = try TestServer.echo()
        let client = server.client()
        for number in 0..<5 {
            let response = client.get("/\(number)")
            #expect(response?.status == 200)
            #expect(response?.text == "GET /\(number)\n")
            #expect(response?["Connection"] == nil)
        }
        let last = client.get("/last", "Connection: close")
        #expect(last?["Connection"] == "close")
        #expect(client.readToEnd() == ("", .closed))
        await server.stop()
    }

    @Test func `a hundred requests in one packet are answered in order`() async throws {
        let server = try TestServer.echo()
        let client = server.client()
        let requests = (0..<100).map { number in
            let body = String(repeating: "x", count: number)
            return number % 3 == 0
                ? "GET /\(number) HTTP/1.1\r\nHost: x\r\n\r\n"
                : "POST /\(number) HTTP/1.1\r\nHost: x\r\nContent-Length: \(number)\r\n\r\n\(body)"
        }
        client.send(requests.joined())
        for number in 0..<100 {
            let body = String(repeating: "x", count: number % 3 == 0 ? 0 : number)
            let method = number % 3 == 0 ? "GET" : "POST"
            #expect(client.response()?.text == "\(method) /\(number)\n\(body)")
        }
        await server.stop()
    }

    @Test func `a hundred requests of a client that then closes its side are all answered`()
        async throws
    {
        let server = try TestServer.echo()
        let client = server.client()
        client.send((0..<100).map { "GET /\($0) HTTP/1.1\r\nHost: x\r\n\r\n" }.joined())
        client.shutDownWriting()
        for number in 0..<100 { #expect(client.response()?.text == "GET /\(number)\n") }
        #expect(client.readToEnd() == ("", .closed))
        try await eventually { await server.connectionCount == 0 }
        await server.stop()
    }

    @Test func `pipelined requests wait while an answer is under way`() async throws {
        let server = try TestServer { exchange, reactor in
            // Each answer takes its time; the later ones less.
            let number = exchange.request.head.path == "/0" ? 30 : 1
            let deadline = reactor.makeDeadline {
                exchange.respond(.ok, [:], body: Array(exchange.request.head.path.utf8))
            }
            deadline.set(at: reactor.now + .milliseconds(number))
        }
        let client = server.client()
        client.send((0..<20).map { "GET /\($0) HTTP/1.1\r\nHost: x\r\n\r\n" }.joined())
        for number in 0..<20 { #expect(client.response()?.text == "/\(number)") }
        await server.stop()
    }

    @Test func `a client that asks faster than it is answered is read no faster`() async throws {
        var limits = ServerLimits()
        limits.maxPipelinedBytes = 4096
        let asked = Recorder<Int>()
        let server = try TestServer(limits: limits) { exchange, reactor in
            asked.record(0)
            // Each of the answers let in another 64 KiB, were they not counted; then none is given.
            guard asked.values.count <= 500 else { return }
            let deadline = reactor.makeDeadline { exchange.respond(.ok, [:]) }
            deadline.set(at: reactor.now + .milliseconds(1))
        }
        let client = server.client(timeoutSeconds: 1)
        let request = "GET / HTTP/1.1\r\nHost: x\r\nX-Filler: \(filler(900))\r\n\r\n"
        // The kernel's buffers hold some megabytes; the server may hold little more.
        var sent = 0
        while sent < 40_000, client.send(request) { sent += 1 }
        #expect(sent < 22_000)
        client.reset()
        try await eventually { await server.connectionCount == 0 }
        await server.stop()
    }

    private func filler(_ count: Int) -> String { String(repeating: "x", count: count) }

    @Test func `a client of HTTP/1.0 gets one answer, or more if it asks`() async throws {
        let server = try TestServer.echo()
        let once = server.client()
        #expect(once.ask("GET /a HTTP/1.0\r\n\r\n")?["Connection"] == "close")
        #expect(once.readToEnd() == ("", .closed))
        let often = server.client()
        for number in 0..<3 {
            let response = often.ask("GET /\(number) HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            #expect(response?.text == "GET /\(number)\n")
            #expect(response?["Connection"] == "keep-alive")
        }
        await server.stop()
    }

    @Test func `a HEAD is answered without content, whichever way the answer is given`()
        async throws
    {
        let server = try TestServer { exchange, _ in
            switch exchange.request.head.path {
            case "/whole": exchange.respond(.ok, [:], body: Array("whole".utf8))
            case "/stream":
                exchange.beginStream(.ok, [:])
                exchange.write { $0.append(contentsOf: "streamed".utf8) }
                exchange.finish()
            default:
                exchange.begin(.ok, [:], length: 5)
                exchange.write { $0.append(contentsOf: "fixed".utf8) }
                exchange.finish()
            }
        }
        let client = server.client()
        for (path, field, value) in [
            ("/whole", "Content-Length", "5"), ("/stream", "Transfer-Encoding", "chunked"),
            ("/fixed", "Content-Length", "5"),
        ] {
            let head = client.ask("HEAD \(path) HTTP/1.1\r\nHost: x\r\n\r\n", hasContent: false)
            #expect(head?.status == 200)
            #expect(head?[field] == value)
        }
        // Nothing of a content is in between, else this would not be read.
        #expect(client.get("/whole")?.text == "whole")
        #expect(client.input.isEmpty)
        await server.stop()
    }

    @Test func `every answer has the date`() async throws {
        let server = try TestServer.echo()
        let client = server.client()
        let before = wallMilliseconds() / 1000
        let date = client.get("/")?["Date"].flatMap { HTTPDate.parse($0) }
        #expect(((before)...(wallMilliseconds() / 1000)).contains(date ?? 0))
        #expect(client.ask("bad\r\n\r\n")?["Date"] != nil)
        await server.stop()
    }

    @Test func `an idle connection is closed in the end, one that waits for an answer is not`()
        async throws
    {
        let clock = ManualClock()
        let asked = Recorder<Void>()
        let server = try TestServer(clock: clock) { exchange, reactor in
            let deadline = reactor.makeDeadline { exchange.respond(.noContent, [:]) }
            deadline.set(at: reactor.now + .seconds(1000))
            asked.record(())
        }
        let client = server.client()
        client.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
        _ = try await asked.wait(count: 1)
        try await clock.pass(.seconds(1000)) { #expect(client.isSilent) }
        #expect(client.response()?.status == 204)
        try await clock.pass(.seconds(ServerLimits().idleSeconds)) { #expect(client.isSilent) }
        #expect(client.readToEnd() == ("", .closed))
        await server.stop()
    }

    @Test func `a connection is kept for longer than clients and proxies use an idle one`() {
        // Go's clients do for 90 seconds, nginx for 60.
        #expect(ServerLimits().idleSeconds > 90)
        #expect(ServerLimits().headSeconds < ServerLimits().idleSeconds)
    }

    @Test func `ten thousand requests leave one connection and no descriptor behind`() async throws
    {
        var limits = ServerLimits()
        limits.maxRequests = 10_001
        let server = try TestServer.echo(limits: limits)
        let client = server.client()
        _ = client.get("/")
        let before = openDescriptorCount()
        for number in 0..<10_000 {
            guard client.get("/\(number)")?.status == 200 else {
                Issue.record("request \(number) was not answered")
                break
            }
        }
        #expect(await server.connectionCount == 1)
        // Tests beside this one come and go with descriptors of their own.
        try await eventually { openDescriptorCount() <= before + 60 }
        client.close()
        try await eventually { await server.connectionCount == 0 }
        await server.stop()
    }
}
