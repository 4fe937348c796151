import Glibc
import HTTPServer
import TestSupport
import Testing
import Wire

@Suite(.timeLimit(.minutes(2)))
struct RequestBodyTests {
    private static let fixed =
        "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\nhello world"
    private static let chunked =
        "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        + "5;a=b\r\nhello\r\n1\r\n \r\n5\r\nworld\r\n0\r\nX-Trailer: y\r\n\r\n"

    @Test(arguments: [fixed, chunked])
    func `a body is whole however the network cuts it`(request: String) async throws {
        let server = try TestServer.echo()
        let client = server.client()
        let bytes = Array(request.utf8)
        for cut in 0...bytes.count {
            client.send(bytes[..<cut])
            // The server shall see the halves in reads of their own.
            usleep(300)
            client.send(bytes[cut...])
            #expect(client.response()?.text == "POST /a\nhello world", "cut at \(cut)")
        }
        for byte in bytes {
            client.send([byte])
            usleep(100)
        }
        #expect(client.response()?.text == "POST /a\nhello world")
        await server.stop()
    }

    @Test func `a client that waits for it is told to go on`() async throws {
        let server = try TestServer.echo()
        let client = server.client()
        let head =
            "POST /a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"
        #expect(client.ask(head)?.status == 100)
        client.send("hello")
        #expect(client.response()?.text == "POST /a\nhello")
        // One that does not wait gets both.
        #expect(client.ask(head + "hello")?.status == 100)
        #expect(client.response()?.text == "POST /a\nhello")
        await server.stop()
    }

    @Test func `a client of HTTP/1.0 is never told to go on`() async throws {
        let server = try TestServer.echo()
        let client = server.client()
        let response = client.ask(
            "POST /a HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello"
        )
        #expect(response?.text == "POST /a\nhello")
        await server.stop()
    }

    @Test func `a length over the limit is refused instead of waited for`() async throws {
        var limits = ServerLimits()
        limits.request.maxBodyBytes = 1000
        let server = try TestServer.echo(limits: limits)
        let client = server.client()
        let response = client.ask(
            "POST /a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1001\r\n\r\n"
        )
        #expect(response?.status == 413)
        #expect(response?["Connection"] == "close")
        await server.stop()
    }

    @Test func `a client that leaves within its body is lost, and nothing is answered`()
        async throws
    {
        let admitted = Recorder<Void>()
        let answered = Recorder<Void>()
        let server = try TestServer(
            admit: { _ in
                admitted.record(())
                return .read()
            },
            { _, _ in answered.record(()) }
        )
        for isReset in [false, true] {
            let client = server.client()
            client.send("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\nhello")
            // A reset takes back what was sent and not read.
            _ = try await admitted.wait(count: isReset ? 2 : 1)
            if isReset { client.reset() } else { client.close() }
            try await eventually { await server.connectionCount == 0 }
        }
        #expect(answered.values.isEmpty)
        #expect(server.events.values == ["lost /a 0", "lost /a 0"])
        await server.stop()
    }
}
