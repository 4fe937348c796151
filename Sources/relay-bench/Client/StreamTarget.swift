import Wire

/// Where streams are asked for, and in which words.
struct StreamTarget: Sendable {
    private enum Route {
        /// The relay's own, in its default dialect.
        case relay
        /// The upstream itself, asked as the relay asks it.
        case upstream
    }

    let port: Int
    private let route: Route

    static func relay(port: Int) -> StreamTarget { StreamTarget(port: port, route: .relay) }

    static func upstream(port: Int) -> StreamTarget { StreamTarget(port: port, route: .upstream) }

    /// The whole request for a stream of a model.
    func request(model: String) -> [UInt8] {
        switch route {
        case .relay:
            request(
                path: "/chat/stream",
                body: .object([
                    JSON.Member(key: "message", value: .string("measure")),
                    JSON.Member(key: "model", value: .string(model)),
                ])
            )
        case .upstream:
            request(
                path: "/v1/chat/completions",
                body: .object([
                    JSON.Member(key: "model", value: .string(model)),
                    JSON.Member(key: "messages", value: .array([Self.message])),
                    JSON.Member(key: "stream", value: .bool(true)),
                ])
            )
        }
    }

    private static let message = JSON.object([
        JSON.Member(key: "role", value: .string("user")),
        JSON.Member(key: "content", value: .string("measure")),
    ])

    private func request(path: String, body: JSON) -> [UInt8] {
        var content: [UInt8] = []
        body.write(into: &content)
        let head = """
            POST \(path) HTTP/1.1\r
            Host: 127.0.0.1:\(port)\r
            Content-Type: application/json\r
            Content-Length: \(content.count)\r
            \r

            """
        return Array(head.utf8) + content
    }
}
