import Glibc
import Loop
import TestSupport
import Testing
import Wire

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

    /// More lines than fit, each of them short.
    private static let flood = String(
        repeating: "Set-Cookie: \(String(repeating: "x", count: 1000))\r\n",
        count: Transfer.maxHeaderBytes / 1000
    )
    private static let interim = String(
        repeating: "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n",
        count: Transfer.maxHeaderBytes / 40
    )

    @Test(
        .timeLimit(.minutes(2)),
        arguments: [
            "HTTP/1.1 200 OK\r\n\(flood)\r\nConnection: close\r\n\r\n",
            "\(interim)HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n"
                + "\(flood)\r\n",
        ]
    )
    func `header lines without end are too large, wherever they come`(
        script: String
    ) async throws {
        try await withServer({ _ in script }) { server in
            let (error, text) = try await error(server.url)
            #expect(text.isEmpty)
            guard case .headTooLarge? = error else {
                Issue.record("expected headTooLarge, found \(String(describing: error))")
                return
            }
        }
    }

    @Test(
        .timeLimit(.minutes(2)),
        arguments: ["gzip, gzip", "gzip\r\ncontent-encoding: gzip", "br,gzip"]
    )
    func `content that is encoded twice is not decoded`(codings: String) async throws {
        let head = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Encoding: \(codings)"
        try await withServer({ _ in "\(head)\r\n\r\nx" }) { server in
            let (error, text) = try await error(server.url)
            #expect(error == .other("its content is encoded more than once") && text.isEmpty)
        }
    }

    @Test(.timeLimit(.minutes(2))) func `a trailer is no part of the head`() async throws {
        let script =
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
            + "2\r\nhi\r\n0\r\nRetry-After: 9\r\n\r\n"
        try await withServer({ _ in script }) { server in
            let heard = Heard()
            try await withBench { loop in
                let url = server.url
                loop.post { Bench.of($0)?.start(url, heard) }
                #expect(heard.waitForEnd())
                #expect(heard.text == "hi" && heard.now.error == nil)
                let fields = await loop.run { Bench.of($0)?.transfers.last?.head.fields }
                #expect(fields == [:])
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
