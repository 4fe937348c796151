import Wire

/// Where streams are asked for, and in which words.
struct StreamTarget: Sendable {
    private enum Route {
        /// The relay's own, in its default dialect.
        case relay
        /// The upstream itself, asked as the relay asks it.
        case upstream
        case whole([UInt8])
    }

    var request: [UInt8] {
        if case .whole(let request) = route { return request }
        return []
    }

    init(port: Int, path: String, headers: [(String, String)] = [], body: JSON) {
        let draft = StreamTarget(port: port, route: .relay)
        self.init(port: port, route: .whole(draft.request(path: path, body: body)))
    }

    private init(port: Int, route: Route) {
        self.port = port
        self.route = route
    }

    static func relay(port: Int, model: String) -> StreamTarget {
        StreamTarget(
            port: port,
            route: .whole(StreamTarget.relay(port: port).request(model: model))
        )
    }

    static func openAI(port: Int, model: String) -> StreamTarget {
        StreamTarget(
            port: port,
            route: .whole(StreamTarget.upstream(port: port).request(model: model))
        )
    }

    let port: Int
    private let route: Route

    static func relay(port: Int) -> StreamTarget { StreamTarget(port: port, route: .relay) }

    static func upstream(port: Int) -> StreamTarget { StreamTarget(port: port, route: .upstream) }

    /// The whole request for a stream of a model.
    func request(model: String) -> [UInt8] {
        switch route {
        case .whole(let request): request
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
