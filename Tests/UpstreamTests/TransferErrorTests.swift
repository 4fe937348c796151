import Glibc
import Loop
import TestSupport
import Testing

@testable import Upstream

/// Every way to get no whole answer has an error of its own.
@Suite struct TransferErrorTests {
    private func error(
        _ url: String,
        _ settings: UpstreamSettings = UpstreamSettings()
    ) async throws
        -> (error: TransferError?, text: String)
    {
        let heard = Heard()
        try await withBench(settings) { loop in
            loop.post { Bench.of($0)?.start(url, heard) }
            #expect(heard.waitForEnd())
        }
        return (heard.now.error, heard.text)
    }

    @Test(.timeLimit(.minutes(2))) func `no server listens there`() async throws {
        guard case .notConnected? = try await error("http://127.0.0.1:1/").error else {
            Issue.record("expected notConnected")
            return
        }
    }

    @Test(.timeLimit(.minutes(2))) func `the name has no address`() async throws {
        guard case .nameNotResolved? = try await error("http://relay-test.invalid/").error else {
            Issue.record("expected nameNotResolved")
            return
        }
    }

    @Test(
        .timeLimit(.minutes(2)),
        arguments: [
            "HTTP/1.1 200 OK\r\nContent-Length: 10\r\nConnection: close\r\n\r\nhalf",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n4\r\nhalf\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n9\r\nhalf",
        ]
    )
    func `the connection closes before the end`(bytes: String) async throws {
        try await withServer({ _ in bytes }) { server in
            let (error, text) = try await error(server.url)
            #expect(text == "half")
            guard case .broken? = error else {
                Issue.record("expected broken, found \(String(describing: error))")
                return
            }
        }
    }

    @Test(.timeLimit(.minutes(2))) func `a header line of two megabytes is too large`() async throws
    {
        let line = "X-Long: \(String(repeating: "x", count: 2_000_000))"
        let script = "HTTP/1.1 200 OK\r\n\(line)\r\nConnection: close\r\n\r\nhello"
        try await withServer({ _ in script }) { server in
            let (error, text) = try await error(server.url)
            #expect(text.isEmpty)
            guard case .headTooLarge? = error else {
                Issue.record("expected headTooLarge, found \(String(describing: error))")
                return
            }
        }
    }

    @Test(.timeLimit(.minutes(2)), arguments: ["", "garbage"])
    func `no answer, or one that is not HTTP, is an error`(bytes: String) async throws {
        let script = bytes.isEmpty ? nil : bytes + "\r\n\r\nConnection: close"
        try await withServer({ _ in script }) { server in
            let (error, _) = try await error(server.url)
            #expect(error != nil)
        }
    }

    @Test(
        .timeLimit(.minutes(2)),
        arguments: ["file:///etc/passwd", "ftp://127.0.0.1/", "nonsense://x"]
    )
    func `only HTTP and HTTPS are accepted`(url: String) async throws {
        guard case .other? = try await error(url).error else {
            Issue.record("expected other")
            return
        }
    }

    @Test(
        .timeLimit(.minutes(2)),
        .enabled(if: access("/usr/bin/openssl", X_OK) == 0, "openssl is not installed")
    )
    func `a certificate that no authority signed is refused, and accepted once it is named`()
        async throws
    {
        let server = try #require(TLSServer())
        defer { server.stop() }
        #expect(waits { server.port != nil })
        let port = try #require(server.port)
        let url = "https://localhost:\(port)/"
        guard case .insecure? = try await error(url).error else {
            Issue.record("expected insecure")
            return
        }
        var settings = UpstreamSettings()
        settings.certificateFile = server.certificate
        // With trust, the request is sent; this server never answers a POST.
        let heard = Heard()
        try await withBench(settings) { loop in
            loop.post { Bench.of($0)?.start(url, heard) }
            usleepMilliseconds(500)
        }
        #expect(heard.now.ends == 0)
        // The right certificate with the wrong name is refused.
        guard
            case .insecure? = try await self.error("https://127.0.0.1:\(port)/", settings)
                .error
        else {
            Issue.record("expected insecure")
            return
        }
    }
}
