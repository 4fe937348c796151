package import Wire

/// What was read from a stream of bytes: requests, and then perhaps why it ended.
struct RequestFeed: Equatable {
    /// One request with its body, if the body is complete.
    struct Request: Equatable {
        let head: RequestHead
        var body: [UInt8] = []
        var isComplete = false
    }

    var requests: [Request] = []
    var error: RequestError?

    /// Reads requests from pieces as a connection does: bytes that are not consumed come again.
    init(_ pieces: [[UInt8]], limits: RequestLimits = RequestLimits()) {
        var parser = RequestParser(limits: limits)
        var decoder: BodyDecoder?
        var pending: [UInt8] = []
        do throws(RequestError) {
            for piece in pieces {
                pending += piece
                while true {
                    if var body = decoder {
                        let last = requests.count - 1
                        let step = try body.decode(pending.span, into: &requests[last].body)
                        pending.removeFirst(step.consumed)
                        requests[last].isComplete = step.isDone
                        decoder = step.isDone ? nil : body
                        guard step.isDone else { break }
                    }
                    guard let result = try parser.parse(pending.span) else { break }
                    pending.removeFirst(result.consumed)
                    requests.append(Request(head: result.head))
                    decoder = BodyDecoder(framing: result.head.framing, limits: limits)
                }
            }
        } catch {
            self.error = error
        }
    }

    init(_ text: String, limits: RequestLimits = RequestLimits()) {
        self.init([Array(text.utf8)], limits: limits)
    }

    /// The text of the first body.
    var body: String? {
        requests.first.map { String(decoding: $0.body, as: UTF8.self) }
    }
}

extension RequestHead: Equatable {
    /// Whether two requests say the same.
    package static func == (one: RequestHead, other: RequestHead) -> Bool {
        one.method == other.method && one.target == other.target && one.path == other.path
            && one.rawPath == other.rawPath && one.query == other.query
            && one.minorVersion == other.minorVersion && one.fields == other.fields
            && one.framing == other.framing && one.keepsAlive == other.keepsAlive
            && one.expectsContinue == other.expectsContinue && one.host == other.host
    }
}

/// A request to the host `h` with further lines, each with its line end.
func request(_ line: String, _ fields: String = "", body: String = "") -> String {
    "\(line) HTTP/1.1\r\nHost: h\r\n\(fields)\r\n\(body)"
}

/// A chunked request.
func chunked(_ body: String) -> String {
    request("POST /", "Transfer-Encoding: chunked\r\n", body: body)
}

/// Requests to damage and to cut.
let sampleRequests = [
    request("GET /chat/stream?prompt=hello%20you&model=m"),
    request(
        "GET /",
        "User-Agent: Mozilla/5.0 (X11; Linux)\r\nAccept: text/event-stream\r\nCookie: a=1; b=2\r\n"
    ),
    request("POST /v1", "Content-Length: 11\r\n", body: "hello\r\nyou!")
        + request("GET /next"),
    chunked("5\r\nhello\r\n6;a=b;c=\"d\\\"\"\r\n world\r\n0\r\nX: y\r\n\r\n") + request("GET /n"),
    "\r\nGET http://example.com:80/a?b HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    request("OPTIONS *", "Connection: close, x\r\n"),
]
