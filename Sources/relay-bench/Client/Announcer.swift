import Loop
import Wire

/// Begins answers whose ids are needed, or that no client should read.
struct Announcer {
    /// Enough for each loop of the daemon to accept some, since it runs the answers asked on them.
    private static let connectionCount = 32

    private let port: Int
    private let connections: [PlainConnection]

    /// Connects to our daemon.
    init(port: Int) throws(SystemCallError) {
        self.port = port
        var connections: [PlainConnection] = []
        for _ in 0..<Self.connectionCount { connections.append(try PlainConnection(port: port)) }
        self.connections = connections
    }

    /// Begins an answer for each model name.
    ///
    /// - Parameter models: the simulator's model names.
    /// - Returns: the answers' ids, in the same order.
    /// - Throws: if one was refused, or the connection failed.
    func begin(_ models: [String]) throws -> [String] {
        var ids: [String] = []
        ids.reserveCapacity(models.count)
        var rest = models[...]
        while !rest.isEmpty {
            let asked = rest.prefix(connections.count)
            rest = rest.dropFirst(connections.count)
            for (connection, model) in zip(connections, asked) {
                try connection.send(StreamTarget.announcement(port: port, model: model).request)
            }
            for (connection, _) in zip(connections, asked) {
                ids.append(try Self.id(in: try connection.readContent()))
            }
        }
        return ids
    }

    /// The id in the answer to an announcement.
    static func id(in content: [UInt8]) throws -> String {
        guard let id = try JSON.parse(content.span)["id"]?.stringValue else {
            throw BenchError.unreadable("the answer to an announcement")
        }
        return id
    }
}
