import Testing
import Wire

@Suite struct RequestParserTests {
    @Test func `a browser's request is taken apart`() throws {
        let feed = RequestFeed(
            request("GET /caf%C3%A9/x%2Fy?q=%20a&b", "Accept: */*\r\nX-Empty:\r\nx:  a b \t\r\n")
        )
        let head = try #require(feed.requests.first?.head)
        #expect(head.method == .get)
        #expect(head.target == "/caf%C3%A9/x%2Fy?q=%20a&b")
        #expect(head.rawPath == "/caf%C3%A9/x%2Fy")
        #expect(head.path == "/café/x/y")
        #expect(head.query == "q=%20a&b")
        #expect(head.minorVersion == 1)
        #expect(head.framing == .none)
        #expect(head.keepsAlive)
        #expect(!head.expectsContinue)
        #expect(head.host == "h")
        #expect(head.fields.fields.map(\.name) == ["Host", "Accept", "X-Empty", "x"])
        #expect(head.fields.fields.map(\.value) == ["h", "*/*", "", "a b"])
    }

    @Test func `a head without its fields keeps everything else`() throws {
        let fields = "Expect: 100-continue\r\nContent-Length: 3\r\n"
        let feed = RequestFeed(request("POST /a%20b?c", fields))
        let head = try #require(feed.requests.first?.head)
        let rest = head.withoutFields
        #expect(rest.fields == [:])
        #expect(rest.host == nil)
        #expect(rest.method == .post)
        #expect(rest.target == "/a%20b?c")
        #expect(rest.path == "/a b")
        #expect(rest.rawPath == "/a%20b")
        #expect(rest.query == "c")
        #expect(rest.minorVersion == 1)
        #expect(rest.framing == .fixed(3))
        #expect(rest.keepsAlive)
        #expect(rest.expectsContinue)
    }

    private static let methods: [(String, Method)] = [
        ("GET", Method.get), ("HEAD", .head), ("POST", .post), ("PUT", .put),
        ("DELETE", .delete), ("OPTIONS", .options), ("PATCH", .patch), ("get", .other("get")),
        ("TRACE", .other("TRACE")), ("M-SEARCH", .other("M-SEARCH")),
        (String(repeating: "A", count: 128), .other(String(repeating: "A", count: 128))),
    ]

    @Test(arguments: methods)
    func `methods are recognised by their exact name`(name: String, method: Method) {
        let head = RequestFeed(request("\(name) /")).requests.first?.head
        #expect(head?.method == method)
        #expect(head?.method.name == name)
    }

    @Test(
        arguments: [
            ("/", "/", "/", nil, "h"),
            ("/?", "/", "/", "", "h"),
            ("/a?b?c", "/a", "/a", "b?c", "h"),
            ("//evil.example/x", "//evil.example/x", "//evil.example/x", nil, "h"),
            ("/a/../b", "/a/../b", "/a/../b", nil, "h"),
            ("/a%2e%2E/%25", "/a../%", "/a%2e%2E/%25", nil, "h"),
            ("/q?a[]={x}|`^\"<>&%zz", "/q", "/q", "a[]={x}|`^\"<>&%zz", "h"),
            ("http://e.com", "/", "/", nil, "e.com"),
            ("HTTP://e.com:8080/a?b", "/a", "/a", "b", "e.com:8080"),
            ("https://[::1]:1?x", "/", "/", "x", "[::1]:1"),
        ] as [(String, String, String, String?, String)]
    )
    func `targets are split into path and query`(
        target: String,
        path: String,
        rawPath: String,
        query: String?,
        host: String
    ) throws {
        let feed = RequestFeed(request("GET \(target)"))
        let head = try #require(feed.requests.first?.head, "\(String(describing: feed.error))")
        #expect(head.path == path)
        #expect(head.rawPath == rawPath)
        #expect(head.query == query)
        #expect(head.host == host)
        #expect(head.target == rawPath + (query.map { "?" + $0 } ?? ""))
    }

    @Test func `an asterisk is a target for OPTIONS`() {
        #expect(RequestFeed(request("OPTIONS *")).requests.first?.head.path == "*")
    }

    @Test(arguments: [
        ("HTTP/1.1", "", true), ("HTTP/1.1", "Connection: close\r\n", false),
        ("HTTP/1.1", "Connection: x, Close\r\n", false),
        ("HTTP/1.1", "Connection: keep-alive\r\nConnection: close\r\n", false),
        ("HTTP/1.0", "", false), ("HTTP/1.0", "Connection: Keep-Alive\r\n", true),
        ("HTTP/1.0", "Connection: keep-alive, close\r\n", false), ("HTTP/1.7", "", true),
    ])
    func `the version and Connection decide about keep-alive`(
        version: String,
        fields: String,
        keepsAlive: Bool
    ) {
        let feed = RequestFeed("GET / \(version)\r\nHost: h\r\n\(fields)\r\n")
        #expect(feed.requests.first?.head.keepsAlive == keepsAlive)
    }

    @Test(arguments: [
        ("HTTP/1.1", "Content-Length: 5\r\n", true), ("HTTP/1.1", "Content-Length: 0\r\n", false),
        ("HTTP/1.1", "", false), ("HTTP/1.1", "Transfer-Encoding: chunked\r\n", true),
        ("HTTP/1.0", "Content-Length: 5\r\n", false),
    ])
    func `a client waits for 100 only with a body to send`(
        version: String,
        fields: String,
        expects: Bool
    ) {
        let feed = RequestFeed(
            "POST / \(version)\r\nHost: h\r\nExpect: 100-Continue\r\n\(fields)\r\n"
        )
        #expect(feed.requests.first?.head.expectsContinue == expects)
    }

    @Test(arguments: [
        "h", "example.com", "example.com:8080", "h:", "127.0.0.1:1", "[::1]", "[2001:db8::1]:65535",
        "a_b-c~.d", "%41.x",
    ])
    func `a host name with an optional port is a host`(host: String) {
        let feed = RequestFeed("GET / HTTP/1.1\r\nhOST:\t\(host) \r\n\r\n")
        #expect(feed.requests.first?.head.host == host)
    }

    @Test func `HTTP 1.0 needs no host`() throws {
        let head = try #require(RequestFeed("GET / HTTP/1.0\r\n\r\n").requests.first?.head)
        #expect(head.host == nil)
        #expect(head.minorVersion == 0)
    }

    @Test func `empty lines before a request are skipped`() {
        let feed = RequestFeed("\r\n\r\n" + request("GET /a") + "\r\n" + request("GET /b"))
        #expect(feed.requests.map(\.head.path) == ["/a", "/b"])
    }

    @Test func `pipelined requests come out one by one`() {
        let feed = RequestFeed(
            request("POST /a", "Content-Length: 2\r\n", body: "hi")
                + chunked("2\r\nho\r\n0\r\n\r\n")
                + request("GET /c")
        )
        #expect(feed.requests.map(\.head.path) == ["/a", "/", "/c"])
        #expect(feed.requests.map(\.body) == [Array("hi".utf8), Array("ho".utf8), []])
        #expect(feed.requests.map(\.isComplete) == [true, true, true])
    }

    @Test(arguments: sampleRequests)
    func `the cut of the bytes does not matter`(sample: String) {
        let feed = SplitFeed(sample).expectSameOutcome { RequestFeed($0) }
        #expect(feed.error == nil)
        #expect(feed.requests.last?.isComplete == true)
    }

    @Test(arguments: sampleRequests)
    func `nothing after the input is read`(sample: String) throws {
        let bytes = Array(sample.utf8)
        let guarded = GuardedBuffer()
        for count in 0...bytes.count {
            var parser = RequestParser(limits: RequestLimits())
            _ = try guarded.withBytes(Array(bytes[..<count])) { input throws(RequestError) in
                try parser.parse(input)?.consumed
            }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `feeding a large head byte by byte is linear`() throws {
        let fields = (0..<90).map { "X-\($0): \(String(repeating: "v", count: 300))\r\n" }.joined()
        let bytes = Array(request("GET /", fields).utf8)
        var parser = RequestParser(limits: RequestLimits())
        var heads = 0
        for count in 1...bytes.count {
            heads += try parser.parse(bytes.span.extracting(0..<count)) == nil ? 0 : 1
        }
        #expect(heads == 1)
    }
}
