import Glibc
import HTTPServer
import Loop
import TestSupport
import Testing
import Wire

@Suite(.timeLimit(.minutes(2)))
struct RefusalTests {
    private static func field(_ count: Int) -> String { String(repeating: "x", count: count) }

    /// A request beyond a limit, its status, and what the message must name.
    private static let beyond: [(request: String, status: Int, limit: String)] = [
        ("GET /\(field(300)) HTTP/1.1\r\nHost: x\r\n\r\n", 414, "200 bytes"),
        ("GET / HTTP/1.1\r\nHost: x\r\nA: \(field(1000))\r\n\r\n", 431, "800 bytes"),
        (
            "GET / HTTP/1.1\r\nHost: x\r\n\((0..<20).map { "A\($0): b\r\n" }.joined())\r\n",
            431, "10 header lines"
        ),
        ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 70000\r\n\r\n", 413, "100 bytes"),
        (
            "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "40\r\n\(field(64))\r\n40\r\n\(field(64))\r\n0\r\n\r\n",
            413, "100 bytes"
        ),
    ]

    private static var limits: ServerLimits {
        var limits = ServerLimits()
        limits.request.maxTargetBytes = 200
        limits.request.maxHeadBytes = 800
        limits.request.maxFieldCount = 10
        limits.request.maxBodyBytes = 100
        limits.headSeconds = 1
        limits.bodySeconds = 1
        return limits
    }

    @Test func `each limit has its status and names itself`() async throws {
        let server = try TestServer.echo(limits: Self.limits)
        for (request, status, limit) in Self.beyond {
            let client = server.client()
            let response = client.ask(request)
            #expect(response?.status == status)
            #expect(response?.text.contains(limit) == true, "\(response?.text ?? "")")
            let start = "{\"error\":{\"type\":\"invalid_request_error\""
            #expect(response?.text.hasPrefix(start) == true)
            #expect(response?["Content-Type"] == "application/json")
            #expect(response?["Connection"] == "close")
            #expect(client.readToEnd() == ("", .closed))
        }
        // What has a head is a request like any other.
        let expected = Self.beyond.map { beyond in
            beyond.status == 413 ? "finished /" : "refused \(beyond.status) from 127.0.0.1"
        }
        #expect(server.events.values.count == expected.count)
        for (event, start) in zip(server.events.values, expected) {
            #expect(event.hasPrefix(start))
        }
        await server.stop()
    }

    @Test(arguments: [
        ("GET / HTTP/1.1\r\nHost: x", "head"),
        ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhell", "body"),
    ])
    func `a request that does not come to its end is a 408`(
        request: String,
        part: String
    ) async throws {
        let clock = ManualClock()
        let server = try TestServer.echo(limits: Self.limits, clock: clock)
        let client = server.client()
        client.send(request)
        try await server.settle(clock)
        try await clock.pass(.seconds(1)) { #expect(client.isSilent) }
        let response = client.response()
        #expect(response?.status == 408)
        #expect(response?.text.contains("request's \(part) was not complete within 1 s") == true)
        #expect(client.readToEnd() == ("", .closed))
        await server.stop()
    }

    @Test func `dripping bytes does not put the deadline off`() async throws {
        let clock = ManualClock()
        let server = try TestServer.echo(limits: Self.limits, clock: clock)
        let client = server.client()
        client.send("GET / HTTP/1.1\r\nHost: x\r\nA: ")
        try await server.settle(clock)
        for _ in 0..<49 {
            client.send("x")
            await clock.advance(by: .milliseconds(20))
            #expect(client.isSilent)
        }
        client.send("x")
        await clock.advance(by: .milliseconds(20))
        #expect(client.response()?.status == 408)
        await server.stop()
    }

    @Test func `a connection that never asks is closed without a word`() async throws {
        let clock = ManualClock()
        let server = try TestServer.echo(limits: Self.limits, clock: clock)
        let client = server.client()
        try await server.settle(clock)
        try await clock.pass(.seconds(1)) { #expect(client.isSilent) }
        #expect(client.readToEnd() == ("", .closed))
        await server.stop()
    }

    @Test(arguments: [
        "\u{16}\u{3}\u{1}\u{0}\u{5}hello", "GET /\r\n\r\n", "GET / HTTP/1.1\nHost: x\n\n",
        "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
        "GET / HTTP/1.1\r\nHost : x\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n",
        "GET /a b HTTP/1.1\r\nHost: x\r\n\r\n", "GET /%00 HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n", "G\u{0}T / HTTP/1.1\r\nHost: x\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +5\r\n\r\nhello",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, gzip\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloXX",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n",
    ])
    func `what is no request is answered with 400 and the end`(request: String) async throws {
        let server = try TestServer.echo()
        let client = server.client()
        // Behind a good request, whose answer comes first.
        let response = client.ask("GET /good HTTP/1.1\r\nHost: x\r\n\r\n" + request)
        #expect(response?.text == "GET /good\n")
        let refusal = client.response()
        #expect(refusal?.status == 400)
        #expect(refusal?["Connection"] == "close")
        #expect(client.readToEnd() == ("", .closed))
        await server.stop()
    }

    @Test func `the refusal is received though the client goes on sending`() async throws {
        var limits = ServerLimits()
        limits.request.maxBodyBytes = 100
        let server = try TestServer.echo(limits: limits)
        for _ in 0..<10 {
            let client = server.client()
            client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4000000\r\n\r\n")
            // A close with this unread would reset the connection and destroy the answer.
            let body = [UInt8](repeating: 0x78, count: 50_000)
            for _ in 0..<80 { #expect(client.send(body)) }
            #expect(client.response()?.status == 413)
            #expect(client.readToEnd() == ("", .closed))
        }
        await server.stop()
    }

    @Test func `a refused client that never closes is let go after a while`() async throws {
        var limits = ServerLimits()
        limits.lingerSeconds = 1
        let clock = ManualClock()
        let server = try TestServer.echo(limits: limits, clock: clock)
        let client = server.client()
        #expect(client.ask("nonsense\r\n\r\n")?.status == 400)
        await clock.settle()
        try await clock.pass(.seconds(1)) { #expect(await server.connectionCount == 1) }
        #expect(await server.connectionCount == 0)
        await server.stop()
    }
}
