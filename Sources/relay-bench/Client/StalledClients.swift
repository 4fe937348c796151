import Loop

/// Clients that ask and then read nothing for as long as they are connected.
struct StalledClients {
    /// More than a refusal, or the beginning of an answer, has.
    private static let wantedBytes = 64 * 1024

    private let connections: [PlainConnection]

    /// Connects the clients, each of which asks for an answer.
    init(asking targets: [StreamTarget]) throws(SystemCallError) {
        var connections: [PlainConnection] = []
        for target in targets {
            let connection = try PlainConnection(port: target.port)
            try connection.send(target.request)
            connections.append(connection)
        }
        self.connections = connections
    }

    /// Lets each client read a little after all: figures of clients that got nothing would be too
    /// good.
    ///
    /// - Returns: one line for each client that was refused or got too little.
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
