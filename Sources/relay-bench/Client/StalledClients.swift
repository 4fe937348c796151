import Loop

/// Clients that ask and then read nothing, for as long as they are there.
struct StalledClients {
    /// More than comes of a refusal or of the beginning of an answer.
    private static let wantedBytes = 64 * 1024

    private let connections: [PlainConnection]

    /// Connects them, each of which asks for an answer.
    init(asking targets: [StreamTarget]) throws(SystemCallError) {
        var connections: [PlainConnection] = []
        for target in targets {
            let connection = try PlainConnection(port: target.port)
            try connection.send(target.request)
            connections.append(connection)
        }
        self.connections = connections
    }

    /// Has each of them read a little after all, since figures of clients for which nothing came
    /// would flatter.
    ///
    /// - Returns: why that failed, one line for each client that was refused or got too little.
    func failures() -> [String] {
        connections.compactMap { connection in
            do {
                try Self.read(connection)
                return nil
            } catch {
                return "a stalled client: \(error)"
            }
        }
    }

    private static func read(_ connection: PlainConnection) throws {
        var buffer = [UInt8](repeating: 0, count: wantedBytes)
        var response = ResponseReader()
        var content: [UInt8] = []
        while content.count < wantedBytes {
            let count = try connection.receive(into: &buffer)
            let isDone = try response.receive(buffer.span.extracting(..<count), into: &content)
            guard !isDone else { throw BenchError.unreadable("an answer that ends") }
        }
    }
}
