import Testing
import Wire

@Suite struct BodyDecoderTests {
    private static let goodFraming: [(String, String)] = [
        ("0\r\n\r\n", ""),
        ("5\r\nhello\r\n0\r\n\r\n", "hello"),
        ("5\r\nhello\r\n6\r\n world\r\n000\r\n\r\n", "hello world"),
        ("A\r\nhelloworld\r\n0\r\n\r\n", "helloworld"),
        ("a\r\n\r\n\r\n\r\n\r\n\r\n\r\n0\r\n\r\n", "\r\n\r\n\r\n\r\n\r\n"),
        ("0005\r\nhello\r\n0\r\n\r\n", "hello"),
        ("5;ext=value\r\nhello\r\n0;last\r\n\r\n", "hello"),
        ("5 ; a ; b = c\t;d=\"x;\\\"\ty\" ;e\r\nhello\r\n0\r\n\r\n", "hello"),
        ("5;a=\"\"\r\nhello\r\n0\r\n\r\n", "hello"),
        ("5\r\nhello\r\n0\r\nX-Checksum: abc\r\nY:\r\n\r\n", "hello"),
    ]

    @Test(arguments: goodFraming)
    func `chunks are joined for every cut of the bytes`(framed: String, content: String) {
        let feed = SplitFeed(chunked(framed) + request("GET /next")).expectSameOutcome {
            RequestFeed($0)
        }
        #expect(feed.error == nil)
        #expect(feed.body == content)
        #expect(feed.requests.map(\.head.path) == ["/", "/next"])
    }

    private static let badFraming: [(String, RequestError)] = [
        ("5;\r\n", RequestError.invalidChunkExtension),
        ("5;bad[=x\r\n", .invalidChunkExtension),
        ("5;a=\r\n", .invalidChunkExtension),
        ("5;a=b c\r\n", .invalidChunkExtension),
        ("5;a \r\n", .invalidChunkExtension),
        ("5;a=\"x\r\n", .invalidChunkExtension),
        ("5;a=\"x\"y\r\n", .invalidChunkExtension),
        ("5;=b\r\n", .invalidChunkExtension),
        ("5;\0ext\r\n", .invalidChunkExtension),
        ("5 \r\n", .invalidChunkExtension),
        ("5 5\r\n", .invalidChunkExtension),
        ("1_0\r\n", .invalidChunkSize),
        ("0x5\r\n", .invalidChunkSize),
        ("+5\r\n", .invalidChunkSize),
        ("-1\r\n", .invalidChunkSize),
        (" 5\r\n", .invalidChunkSize),
        ("\r\n", .invalidChunkSize),
        (";a\r\n", .invalidChunkSize),
        ("g\r\n", .invalidChunkSize),
        ("FFFFFFFFFFFFFFFF0\r\n", .invalidChunkSize),
        ("FFFFFFFFFFFFFFFF\r\n", .invalidChunkSize),
        ("00000000000000005\r\n", .invalidChunkSize),
        ("7FFFFFFFFFFFFFFF\r\n", .bodyTooLarge(limit: 100)),
        ("65\r\n", .bodyTooLarge(limit: 100)),
        ("32\r\n\(text("x", 50))\r\n33\r\n", .bodyTooLarge(limit: 100)),
        ("5\nhello", .bareLineFeed),
        ("5;\nhello", .bareLineFeed),
        ("5\rhello", .bareCarriageReturn),
        ("5;a\rX\r\n", .bareCarriageReturn),
        ("5\r\nhello0\r\n\r\n", .missingChunkEnd),
        ("5\r\nhello!!\r\n", .missingChunkEnd),
        ("5\r\nhello\n0\r\n\r\n", .missingChunkEnd),
        ("5\r\nhello\r0\r\n\r\n", .missingChunkEnd),
        ("0\r\n\n", .bareLineFeed),
        ("0\r\n\rX", .bareCarriageReturn),
        ("0\r\n X: y\r\n", .invalidTrailer),
        ("0\r\nX : y\r\n", .invalidTrailer),
        ("0\r\nX\r\n", .invalidTrailer),
        ("0\r\n: y\r\n", .invalidTrailer),
        ("0\r\nX: \0\r\n", .invalidTrailer),
        ("0\r\nX: y\n", .bareLineFeed),
        ("0\r\n\(text("X: y\r\n", 4))", .tooManyFields(limit: 3)),
        ("0\r\nX:\(text("y", 200))", .trailersTooLarge(limit: 200)),
        ("5;\(text("a", 63))", .chunkLineTooLong(limit: 64)),
        (
            text("1;aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\nx\r\n", 7),
            .extensionsTooLong(limit: 200)
        ),
    ]

    @Test(arguments: badFraming)
    func `bad framing is refused for every cut of the bytes`(framed: String, error: RequestError) {
        var limits = RequestLimits()
        limits.maxBodyBytes = 100
        limits.maxTrailerBytes = 200
        limits.maxExtensionBytes = 200
        limits.maxFieldCount = 3
        limits.maxChunkLineBytes = 64
        let feed = SplitFeed(chunked(framed)).expectSameOutcome { RequestFeed($0, limits: limits) }
        #expect(feed.error == error)
    }

    @Test func `a body of no bytes is complete at once`() throws {
        for framing in [BodyFraming.none, .fixed(0)] {
            var decoder = BodyDecoder(framing: framing, limits: RequestLimits())
            var body: [UInt8] = []
            let result = try decoder.decode([UInt8]("GET".utf8).span, into: &body)
            #expect(result == (0, true))
            let empty: [UInt8] = []
            #expect(try decoder.decode(empty.span, into: &body) == (0, true))
        }
    }

    @Test func `a fixed body takes exactly its bytes`() throws {
        var decoder = BodyDecoder(framing: .fixed(5), limits: RequestLimits())
        var body: [UInt8] = []
        let first: [UInt8] = Array("hel".utf8)
        #expect(try decoder.decode(first.span, into: &body) == (3, false))
        let second: [UInt8] = Array("loGET".utf8)
        #expect(try decoder.decode(second.span, into: &body) == (2, true))
        #expect(body == Array("hello".utf8))
    }
}

/// The same text several times.
private func text(_ piece: String, _ count: Int) -> String {
    String(repeating: piece, count: count)
}
