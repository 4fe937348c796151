import Wire

/// Where to ask for a stream, and the whole request.
struct StreamTarget: Sendable {
    let port: Int
    let request: [UInt8]

    /// Makes a POST with a JSON body, on a connection that is kept open.
    ///
    /// - Parameters:
    ///   - port: of 127.0.0.1.
    ///   - path: the request's.
    ///   - headers: fields besides `Host`, `Content-Type` and `Content-Length`.
    ///   - body: the request's.
    init(port: Int, path: String, headers: [(String, String)] = [], body: JSON) {
        self.port = port
        var content: [UInt8] = []
        body.write(into: &content)
        var head = "POST \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\n"
        for (name, value) in headers { head += "\(name): \(value)\r\n" }
        head += "Content-Type: application/json\r\nContent-Length: \(content.count)\r\n\r\n"
        request = Array(head.utf8) + content
    }

    /// Makes a GET, on a connection that is kept open.
    ///
    /// - Parameters:
    ///   - port: of 127.0.0.1.
    ///   - path: the request's.
    ///   - headers: fields besides `Host`.
    init(port: Int, get path: String, headers: [(String, String)] = []) {
        self.port = port
        var head = "GET \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\n"
        for (name, value) in headers { head += "\(name): \(value)\r\n" }
        request = Array("\(head)\r\n".utf8)
    }

    /// A request for OpenAI's chat completions.
    static func openAI(
        port: Int,
        path: String = "/v1/chat/completions",
        headers: [(String, String)] = [],
        model: String
    ) -> StreamTarget {
        let message = JSON.object([
            JSON.Member(key: "role", value: .string("user")),
            JSON.Member(key: "content", value: .string(prompt)),
        ])
        let body = JSON.object([
            JSON.Member(key: "model", value: .string(model)),
            JSON.Member(key: "messages", value: .array([message])),
            JSON.Member(key: "stream", value: .bool(true)),
        ])
        return StreamTarget(port: port, path: path, headers: headers, body: body)
    }

    /// A request for a stream of our relay, in its default dialect.
    static func relay(
        port: Int,
        path: String = "/chat/stream",
        model: String
    ) -> StreamTarget {
        let body = JSON.object([
            JSON.Member(key: "message", value: .string(prompt)),
            JSON.Member(key: "model", value: .string(model)),
        ])
        return StreamTarget(port: port, path: path, body: body)
    }

    /// A request for a stream of our relay that runs even if it is not read; the answer is its id.
    static func announcement(port: Int, model: String) -> StreamTarget {
        .relay(port: port, path: "/api/streaming?on_disconnect=finish", model: model)
    }

    /// A request for a running stream of our relay, from its first event.
    static func reading(port: Int, id: String) -> StreamTarget {
        StreamTarget(port: port, get: "/chat/streams/\(id)")
    }

    /// A request for a running stream, from the event after the last that the client received.
    static func comingBack(port: Int, id: String, lastEventID: String) -> StreamTarget {
        let headers = [("Last-Event-ID", lastEventID)]
        return StreamTarget(port: port, get: "/chat/streams/\(id)", headers: headers)
    }

    /// The prompt, the same for every contestant.
    private static let prompt = "measure"
}
