import Wire

/// Where a stream is asked for, and the whole request that asks for it.
struct StreamTarget: Sendable {
    let port: Int
    let request: [UInt8]

    /// A POST with a JSON body on a connection that is kept.
    ///
    /// - Parameters:
    ///   - port: of 127.0.0.1.
    ///   - path: the request's.
    ///   - headers: fields beside `Host`, `Content-Type` and `Content-Length`.
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

    /// As OpenAI's chat completions are asked.
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

    /// Our relay's own way, in its default dialect.
    static func relay(port: Int, model: String) -> StreamTarget {
        let body = JSON.object([
            JSON.Member(key: "message", value: .string(prompt)),
            JSON.Member(key: "model", value: .string(model)),
        ])
        return StreamTarget(port: port, path: "/chat/stream", body: body)
    }

    /// The same for every contestant.
    private static let prompt = "measure"
}
