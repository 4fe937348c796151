import Loop
import TestSupport
import Testing
import Wire

@testable import HTTPServer

/// Connections of a trusted proxy, which says first whose they are.
@Suite(.timeLimit(.minutes(2)))
struct PreambleConnectionTests {
    private static let request = "GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 1.1.1.1\r\n\r\n"
    private static let line = "PROXY TCP4 203.0.113.7 192.0.2.1 5 443\r\n"

    private static func limits(_ change: (inout ServerLimits) -> Void = { _ in }) -> ServerLimits {
        var limits = ServerLimits()
        limits.proxies.networks = AddressNetwork.loopback
        limits.proxies.hasPreambles = true
        change(&limits)
        return limits
    }

    private static func server(
        _ limits: ServerLimits,
        clock: ManualClock? = nil
    ) throws -> TestServer {
        try TestServer(limits: limits, clock: clock) { exchange, _ in
            let text = "\(exchange.clientAddress) \(exchange.request.peer)"
            exchange.respond(.ok, [:], body: Array(text.utf8))
        }
    }

    @Test func `a client has its own address, and its fields are not believed`() async throws {
        let server = try Self.server(Self.limits())
        let client = server.client()
        client.send(Self.line + Self.request)
        #expect(client.response()?.text == "203.0.113.7 203.0.113.7")
        // The preamble comes once, and holds for all requests of the connection.
        #expect(client.ask(Self.request)?.text == "203.0.113.7 203.0.113.7")
        let pieces = server.client()
        for byte in Self.line.utf8 { pieces.send([byte]) }
        #expect(pieces.ask(Self.request)?.text == "203.0.113.7 203.0.113.7")
        // A proxy of requests, behind a proxy of connections.
        let behind = server.client()
        behind.send("PROXY TCP4 127.0.0.9 192.0.2.1 5 443\r\n")
        #expect(behind.ask(Self.request)?.text == "1.1.1.1 127.0.0.9")
        await server.stop()
    }

    @Test func `a proxy that names no client is believed nothing else of it`() async throws {
        let server = try Self.server(Self.limits())
        let unknown = server.client()
        #expect(unknown.ask("PROXY UNKNOWN\r\n" + Self.request)?.text == "- -")
        // The proxy's own connection is the proxy's.
        let local = server.client()
        local.send(Array("\r\n\r\n\0\r\nQUIT\n".utf8) + [0x20, 0, 0, 0])
        #expect(local.ask(Self.request)?.text == "1.1.1.1 127.0.0.1")
        await server.stop()
    }

    @Test(arguments: [request, "PROXY nonsense\r\n" + request])
    func `a proxy's connection without a preamble is refused`(sent: String) async throws {
        let server = try Self.server(Self.limits())
        let client = server.client()
        client.send(sent)
        let refusal = client.response()
        #expect(refusal?.status == 400 && refusal?["Connection"] == "close")
        #expect(refusal?.text.contains(#""code":"proxy_protocol""#) == true)
        #expect(client.readToEnd().text == "")
        #expect(server.events.values == ["refused 400 from 127.0.0.1"])
        await server.stop()
    }

    @Test func `nobody else may send one`() async throws {
        let limits = Self.limits { $0.proxies.networks = [] }
        let server = try Self.server(limits)
        let line = server.client()
        #expect(line.ask(Self.line + Self.request)?.status != 200)
        let binary = server.client()
        binary.send(Array("\r\n\r\n\0\r\nQUIT\n".utf8) + [0x20, 0, 0, 0])
        #expect(binary.ask(Self.request)?.status == 400)
        #expect(server.client().ask(Self.request)?.text == "127.0.0.1 127.0.0.1")
        await server.stop()
    }

    @Test func `a client's connections are counted by its own address`() async throws {
        let server = try Self.server(Self.limits { $0.maxConnectionsPerAddress = 2 })
        var clients = (0..<2).map { _ in server.client() }
        for client in clients { #expect(client.ask(Self.line + Self.request)?.status == 200) }
        let third = server.client()
        #expect(third.ask(Self.line + Self.request)?.status == 429)
        #expect(server.events.values.contains("refused 429 from 203.0.113.7"))
        let other = server.client()
        let line = "PROXY TCP4 203.0.113.8 192.0.2.1 5 443\r\n"
        #expect(other.ask(line + Self.request)?.status == 200)
        third.close()
        clients.removeFirst().close()
        try await eventually { await server.connectionCount == 2 }
        #expect(server.client().ask(Self.line + Self.request)?.status == 200)
        await server.stop()
    }

    @Test func `a preamble has the time of a head`() async throws {
        let clock = ManualClock()
        let server = try Self.server(Self.limits(), clock: clock)
        let begun = server.client()
        let silent = server.client()
        begun.send("PROXY TC")
        try await server.settle(connections: 2, clock)
        await clock.advance(by: .seconds(15) - 1)
        #expect(begun.isSilent && silent.isSilent)
        await clock.advance(by: 1)
        #expect(begun.response()?.status == 408)
        #expect(silent.readToEnd() == ("", .closed))
        await server.stop()
    }
}
