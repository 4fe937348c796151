import Testing
import Wire

/// Each of these would make two parsers see two different requests, or is plain noise.
@Suite struct RequestRefusalTests {
    private static let badRequestLines: [(String, RequestError)] = [
        ("GET / HTTP/1.1\nHost: h\r\n\r\n", RequestError.bareLineFeed),
        ("GET / HTTP/1.1\r\nHost: h\n\r\n", .bareLineFeed),
        ("GET / HTTP/1.1\rHost: h\r\n\r\n", .bareCarriageReturn),
        ("\nGET / HTTP/1.1\r\n", .bareLineFeed),
        ("\r\n\r\n\r\n\r\n\r\n", .tooManyEmptyLines(limit: 4)),
        ("GET /\r\n", .malformedRequestLine),
        ("GET\r\n", .malformedRequestLine),
        ("GET  / HTTP/1.1\r\n", .malformedRequestLine),
        ("GET HTTP/1.1\r\n", .malformedRequestLine),
        ("GET\t/ HTTP/1.1\r\n", .controlByte(9)),
        (" GET / HTTP/1.1\r\n", .invalidMethod),
        ("   \r\n\r\n", .invalidMethod),
        ("G@T / HTTP/1.1\r\n", .invalidMethod),
        ("GÉT / HTTP/1.1\r\n", .invalidMethod),
        ("\u{16}\u{3}\u{1}\u{2}", .controlByte(0x16)),
        ("\(String(repeating: "A", count: 129)) / HTTP/1.1\r\n", .methodTooLong(limit: 128)),
        ("GET / HTTP/9.9\r\n", .unsupportedVersion),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", .unsupportedVersion),
        ("GET / HTTP/1\r\n", .invalidVersion),
        ("GET / HTTP/01.01\r\n", .invalidVersion),
        ("GET / HTTP/ 1.1\r\n", .invalidVersion),
        ("GET / http/1.1\r\n", .invalidVersion),
        ("GET / HTTP/1.1 \r\n", .invalidVersion),
        ("GET / HTTP/1.x\r\n", .invalidVersion),
        ("GET /a b HTTP/1.1\r\n", .invalidVersion),
        ("GET /p#f HTTP/1.1\r\n", .invalidTarget),
        ("GET /a\\b HTTP/1.1\r\n", .invalidTarget),
        ("GET /é HTTP/1.1\r\n", .invalidTarget),
        ("GET /\0 HTTP/1.1\r\n", .controlByte(0)),
        ("GET /\u{7F} HTTP/1.1\r\n", .controlByte(0x7F)),
        ("GET /% HTTP/1.1\r\n", .invalidTarget),
        ("GET /%4 HTTP/1.1\r\n", .invalidTarget),
        ("GET /%zz HTTP/1.1\r\n", .invalidTarget),
        ("GET /%00 HTTP/1.1\r\n", .invalidTarget),
        ("GET /%0d%0aX:y HTTP/1.1\r\n", .invalidTarget),
        ("GET /%C0%AF HTTP/1.1\r\n", .invalidTarget),
        ("GET /%ED%A0%80 HTTP/1.1\r\n", .invalidTarget),
        ("GET * HTTP/1.1\r\n", .invalidTarget),
        ("OPTIONS *a HTTP/1.1\r\n", .invalidTarget),
        ("GET a/b HTTP/1.1\r\n", .invalidTarget),
        ("GET http:// HTTP/1.1\r\n", .invalidTarget),
        ("GET http:///x HTTP/1.1\r\n", .invalidTarget),
        ("GET http://u:p@h/ HTTP/1.1\r\n", .invalidTarget),
        ("GET ftp://h/ HTTP/1.1\r\n", .invalidTarget),
        ("GET h:80 HTTP/1.1\r\n", .invalidTarget),
        ("CONNECT h:443 HTTP/1.1\r\n", .connectUnsupported),
        ("CONNECT / HTTP/1.1\r\n", .connectUnsupported),
    ]

    @Test(arguments: badRequestLines)
    func `a bad request line is refused`(text: String, error: RequestError) {
        expectRefusal(text, error)
    }

    private static let badFieldLines: [(String, RequestError)] = [
        ("X: a\r\n b\r\n", RequestError.lineFolding),
        (" X: a\r\n", .lineFolding),
        (" \r\n", .lineFolding),
        ("X : a\r\n", .blankBeforeColon),
        ("X\t: a\r\n", .blankBeforeColon),
        ("NoColon\r\n", .missingColon),
        (": a\r\n", .invalidFieldName),
        ("Bad[Name: a\r\n", .invalidFieldName),
        ("X-Të: a\r\n", .invalidFieldName),
        ("X Y: a\r\n", .blankBeforeColon),
        ("X: a\u{7}b\r\n", .controlByte(7)),
        ("X: a\0b\r\n", .controlByte(0)),
        ("X: a\rb\r\n", .bareCarriageReturn),
        ("X: a\r\r\n", .bareCarriageReturn),
        ("X: a\n", .bareLineFeed),
        (
            "X: a\(String(repeating: "\u{301}", count: CombiningMarks.maxRun + 1))\r\n",
            .tooManyMarks(limit: CombiningMarks.maxRun)
        ),
        ("Host: h\r\n", .repeatedHost),
        ("Host: other\r\n", .repeatedHost),
        ("Expect: 200-ok\r\n", .unknownExpectation),
        ("Content-Length: abc\r\n", .invalidContentLength),
        ("Content-Length: +5\r\n", .invalidContentLength),
        ("Content-Length: -1\r\n", .invalidContentLength),
        ("Content-Length: -0\r\n", .invalidContentLength),
        ("Content-Length: 0x5\r\n", .invalidContentLength),
        ("Content-Length: 1_0\r\n", .invalidContentLength),
        ("Content-Length: 1 0\r\n", .invalidContentLength),
        ("Content-Length: 005\r\n", .invalidContentLength),
        ("Content-Length: 00\r\n", .invalidContentLength),
        ("Content-Length: \r\n", .invalidContentLength),
        ("Content-Length: 5, 5\r\n", .invalidContentLength),
        ("Content-Length: 5, 10\r\n", .invalidContentLength),
        ("Content-Length: 99999999999999999999\r\n", .invalidContentLength),
        ("Content-Length: 5\r\nContent-Length: 5\r\n", .repeatedContentLength),
        ("Content-Length: 5\r\nContent-Length: 6\r\n", .repeatedContentLength),
        ("Content-Length: 8388609\r\n", .bodyTooLarge(limit: 8_388_608)),
        ("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", .lengthAndCoding),
        ("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", .lengthAndCoding),
        ("Transfer-Encoding: identity\r\nContent-Length: 5\r\n", .lengthAndCoding),
        ("Transfer-Encoding: gzip\r\n", .unknownTransferCoding),
        ("Transfer-Encoding: xchunked\r\n", .unknownTransferCoding),
        ("Transfer-Encoding: gzip, chunked\r\n", .unknownTransferCoding),
        ("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", .unknownTransferCoding),
        ("Transfer-Encoding: chunked, gzip\r\n", .chunkedNotLast),
        ("Transfer-Encoding: chunked, chunked\r\n", .chunkedNotLast),
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", .chunkedNotLast),
        ("Transfer-Encoding: \r\n", .invalidTransferEncoding),
        ("Transfer-Encoding: , chunked\r\n", .invalidTransferEncoding),
        ("Transfer-Encoding: chunked,\r\n", .invalidTransferEncoding),
        ("Transfer-Encoding: chunked;a=b\r\n", .invalidTransferEncoding),
        ("Transfer-Encoding: \"chunked\"\r\n", .invalidTransferEncoding),
        ("Transfer-Encoding: \u{B}chunked\r\n", .controlByte(0xB)),
        ("Transfer-Encoding:\r\n chunked\r\n", .lineFolding),
    ]

    @Test(arguments: badFieldLines)
    func `a bad header line is refused`(fields: String, error: RequestError) {
        expectRefusal(request("POST /", fields), error)
    }

    @Test(arguments: [
        "", "u@h", "h/p", "h:x", "h:65536", "h:1:2", "a b", "a, b", "a,b", "h?", "h#", "[::1",
        "[::1]x", "[g::]", "[1]", "é", "%4", "h:99999999999999999999", ":80", "h\\",
    ])
    func `a host that is not a host name is refused`(host: String) {
        expectRefusal("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n", .invalidHost)
    }

    @Test func `HTTP 1.1 needs a host and HTTP 1.0 has no codings`() {
        expectRefusal("GET / HTTP/1.1\r\n\r\n", .missingHost)
        expectRefusal("GET http://h/ HTTP/1.1\r\n\r\n", .missingHost)
        expectRefusal(
            "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
            .transferEncodingBeforeHTTP11
        )
    }

    @Test func `every limit has its error, even before the line has ended`() {
        var limits = RequestLimits()
        limits.maxTargetBytes = 20
        limits.maxHeadBytes = 400
        limits.maxFieldCount = 5
        let path = "/" + String(repeating: "a", count: 19)
        #expect(RequestFeed(request("GET \(path)"), limits: limits).error == nil)
        expectRefusal(request("GET \(path)a"), .targetTooLong(limit: 20), limits)
        let endless = String(repeating: "a", count: 1000)
        expectRefusal("GET /\(endless)", .targetTooLong(limit: 20), limits)
        expectRefusal(endless, .methodTooLong(limit: 128), limits)
        expectRefusal("GET / \(endless)", .invalidVersion, limits)
        expectRefusal("GET / HTTP/1.1\r\nX: \(endless)", .headTooLarge(limit: 400), limits)
        let five = (1...5).map { "X\($0): y\r\n" }.joined()
        expectRefusal(request("GET /", five), .tooManyFields(limit: 5), limits)
        let exact = request("GET /", "X: ").utf8.count + 2
        let fits = request("GET /", "X: \(String(repeating: "y", count: 400 - exact))\r\n")
        #expect(fits.utf8.count == 400)
        #expect(SplitFeed(fits).expectSameOutcome { RequestFeed($0, limits: limits) }.error == nil)
        let over = request("GET /", "X: \(String(repeating: "y", count: 401 - exact))\r\n")
        expectRefusal(over, .headTooLarge(limit: 400), limits)
    }

    private static let statuses: [(RequestError, Int)] = [
        (RequestError.targetTooLong(limit: 7), 414), (.headTooLarge(limit: 7), 431),
        (.tooManyFields(limit: 7), 431), (.bodyTooLarge(limit: 7), 413),
        (.unsupportedVersion, 505), (.unknownTransferCoding, 501), (.unknownExpectation, 417),
        (.chunkedNotLast, 400), (.bareLineFeed, 400), (.connectUnsupported, 501),
        (.methodTooLong(limit: 7), 400), (.invalidTransferEncoding, 400),
        (.tooManyMarks(limit: 7), 400),
        (.extensionsTooLong(limit: 7), 400), (.trailersTooLarge(limit: 7), 431),
        (.chunkLineTooLong(limit: 7), 400), (.tooManyEmptyLines(limit: 7), 400),
    ]

    @Test(arguments: statuses)
    func `an error knows its status and names its limit`(error: RequestError, code: Int) {
        #expect(error.status.code == code)
        let hasLimit = "\(error)".contains("limit: 7")
        #expect(error.detail.contains("7") == hasLimit)
        #expect(error.detail.hasSuffix("."))
    }

    /// Expects the error for every cut of the bytes.
    private func expectRefusal(
        _ text: String,
        _ error: RequestError,
        _ limits: RequestLimits = RequestLimits(),
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let feed = SplitFeed(text).expectSameOutcome(sourceLocation: sourceLocation) {
            RequestFeed($0, limits: limits)
        }
        #expect(feed.error == error, "\(text.debugDescription)", sourceLocation: sourceLocation)
        #expect(!error.detail.isEmpty)
    }
}
