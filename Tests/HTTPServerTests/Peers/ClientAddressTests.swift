import Testing
import Wire

@testable import HTTPServer

/// The client's address as the handlers of requests see it.
@Suite(.timeLimit(.minutes(2)))
struct ClientAddressTests {
    private static let head = "GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 203.0.113.7\r\n"

    private static func server(_ limits: ServerLimits) throws -> TestServer {
        try TestServer(limits: limits) { exchange, _ in
            exchange.forgetInput()
            let text = "\(exchange.clientAddress) \(exchange.isSecure) \(exchange.request.peer)"
            exchange.respond(.ok, [:], body: Array(text.utf8))
        }
    }

    @Test func `an exchange has the address of the client behind a trusted proxy`() async throws {
        var limits = ServerLimits()
        limits.proxies.networks = AddressNetwork.loopback
        let server = try Self.server(limits)
        let client = server.client()
        client.send(Self.head + "X-Forwarded-Proto: https\r\n\r\n")
        #expect(client.response()?.text == "203.0.113.7 true 127.0.0.1")
        client.send(Self.head + "\r\n")
        #expect(client.response()?.text == "203.0.113.7 false 127.0.0.1")
        // From now on nobody is believed.
        _ = await server.onLoop { $0.limits.proxies = ProxyTrust() }
        client.send(Self.head + "X-Forwarded-Proto: https\r\n\r\n")
        #expect(client.response()?.text == "127.0.0.1 false 127.0.0.1")
        await server.stop()
    }
}
