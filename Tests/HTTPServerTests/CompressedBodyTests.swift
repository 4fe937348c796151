import HTTPServer
import TestSupport
import Testing
import Wire

/// Compressed bodies over real sockets.
@Suite(.timeLimit(.minutes(2)))
struct CompressedBodyTests {
    private static let text = Array(#"{"message":"a text, a text, a text"}"#.utf8)

    private static func request(
        _ encoding: String,
        _ body: [UInt8],
        more: String = ""
    ) -> [UInt8] {
        let head =
            "POST /a HTTP/1.1\r\nHost: x\r\nContent-Encoding: \(encoding)\r\n\(more)"
            + "Content-Length: \(body.count)\r\n\r\n"
        return Array(head.utf8) + body
    }

    @Test(arguments: [
        ("gzip", Compressed.gzip(text)), ("GZIP", Compressed.gzip(text)),
        ("x-gzip", Compressed.gzip(text)), ("deflate", Compressed.zlib(text)),
        ("deflate", Compressed.bare(text)), ("identity", text), ("", text),
        ("identity, gzip", Compressed.gzip(text)),
    ])
    func `a body is decompressed`(encoding: String, body: [UInt8]) async throws {
        let budget = BodyBudget(maxBytes: 1 << 20)
        let server = try TestServer.echo(bodyBudget: budget)
        let client = server.client()
        let expected = "POST /a\n" + String(decoding: Self.text, as: UTF8.self)
        for _ in 0..<2 {
            client.send(Self.request(encoding, body))
            #expect(client.response()?.text == expected)
        }
        client.send(
            "POST /a HTTP/1.1\r\nHost: x\r\nContent-Encoding: \(encoding)\r\n"
                + "Transfer-Encoding: chunked\r\n\r\n"
        )
        for byte in body {
            client.send("1\r\n")
            client.send([byte])
            client.send("\r\n")
        }
        client.send("0\r\n\r\n")
        #expect(client.response()?.text == expected)
        try await eventually { budget.claimedBytes == 0 }
        await server.stop()
    }

    @Test(arguments: [
        ("br", "br"), ("zstd", "zstd"), ("compress", "compress"), ("aws-chunked", "aws-chunked"),
        ("gzip, gzip", "several"), ("gzip, br", "several"), ("deflate,gzip", "several"),
        ("g<z>ip", "what it names"),
    ])
    func `another coding is refused by its name, before the body comes`(
        encoding: String,
        named: String
    ) async throws {
        let server = try TestServer.echo()
        let client = server.client()
        client.send(
            "POST /a HTTP/1.1\r\nHost: x\r\nContent-Encoding: \(encoding)\r\n"
                + "Expect: 100-continue\r\nContent-Length: 5\r\n\r\n"
        )
        let refusal = client.response()
        #expect(refusal?.status == 415)
        #expect(refusal?["Accept-Encoding"] == "gzip, deflate")
        #expect(refusal?.text.contains(named) == true)
        #expect(refusal?.text.contains(#""code":"content_encoding""#) == true)
        await server.stop()
    }

    @Test(arguments: [
        (text, "is not valid gzip"), (Array(Compressed.gzip(text).dropLast(1)), "ends too early"),
        (Compressed.gzip(text) + [0], "followed by something else"),
    ])
    func `a broken body is refused by name`(body: [UInt8], named: String) async throws {
        let server = try TestServer.echo()
        let client = server.client()
        client.send(Self.request("gzip", body))
        let refusal = client.response()
        #expect(refusal?.status == 400)
        #expect(refusal?.text.contains(named) == true)
        #expect(client.readToEnd() == ("", .closed))
        await server.stop()
    }

    @Test func `the limit counts after decompression, and a bomb ends there`() async throws {
        var limits = ServerLimits()
        limits.request.maxBodyBytes = 100_000
        let budget = BodyBudget(maxBytes: 300_000)
        let server = try TestServer.echo(limits: limits, bodyBudget: budget)
        for (count, status) in [(100_000, 200), (100_001, 413), (8 << 20, 413)] {
            let client = server.client()
            client.send(
                Self.request("gzip", Compressed.gzip([UInt8](repeating: 120, count: count)))
            )
            #expect(client.response()?.status == status, "\(count) bytes")
        }
        try await eventually { budget.claimedBytes == 0 }
        // What one body may hold is the body and what decompresses it, and never more.
        let tight = BodyBudget(maxBytes: 50_000)
        let small = try TestServer.echo(limits: limits, bodyBudget: tight)
        let client = small.client()
        client.send(Self.request("gzip", Compressed.gzip(Self.text)))
        #expect(client.response()?.status == 503)
        try await eventually { tight.claimedBytes == 0 }
        await server.stop()
        await small.stop()
    }

    @Test func `a body that nobody reads stays as it is`() async throws {
        let server = try TestServer(admit: { _ in .ignore(upTo: 100) }) { exchange, _ in
            exchange.respond(.ok, [:], body: exchange.request.body)
        }
        let client = server.client()
        client.send(Self.request("br", Array("abc".utf8)))
        #expect(client.response()?.text == "abc")
        await server.stop()
    }
}
