import HTTPServer
package import Loop

/// The model that is always available: an HTTP server on a port of this machine.
///
/// The relay talks to it over a real socket, as to any upstream.
package final class SimulatorServer: Sendable {
    /// The port on which it listens.
    package let port: Int
    /// The calls so far.
    package let calls = Calls()

    private let listener: ListeningSocket
    private let loops: [EventLoop]

    /// The base URL for OpenAI's protocol; it ends in `/v1`.
    package var openAIBaseURL: String { "http://127.0.0.1:\(port)/v1" }
    /// The base URL for Anthropic's protocol.
    package var anthropicBaseURL: String { "http://127.0.0.1:\(port)" }

    /// Listens, and answers from now on.
    ///
    /// - Parameters:
    ///   - port: 0 lets the kernel choose.
    ///   - loops: How many cores it may use. It has loops of its own, so that a relay in the same
    ///     process is measured and tested against something that runs beside it.
    ///   - time: The clock of its loops.
    /// - Throws: the call that failed, for instance because the port is taken.
    package init(
        port: Int = 0,
        loops: Int = 1,
        time: TimeSource = .system
    ) throws(SystemCallError) {
        listener = try ListeningSocket(host: "127.0.0.1", port: port)
        self.port = listener.port
        var made: [EventLoop] = []
        for index in 0..<loops { made.append(try EventLoop(index: index, time: time)) }
        self.loops = made
        let number = listener.number
        let calls = calls
        for loop in made {
            loop.post { loop in
                let routes = SimulatorRoutes(on: loop.reactor, calls: calls)
                let server = Server(on: loop.reactor, limits: Self.limits, handler: routes)
                loop.reactor.tenants.append(server)
                // This fails only if the kernel has no memory for another registration.
                try? server.accept(from: number)
            }
        }
    }

    /// Stops accepting and drops every connection.
    package func stop() {
        for loop in loops { loop.post { Server.stop(on: $0) } }
    }

    private static var limits: ServerLimits {
        var limits = ServerLimits()
        // The relay may stop reading for as long as its own client does.
        limits.stalledSeconds = 24 * 3600
        limits.idleSeconds = 300
        // The relay keeps its connections, and so does whoever measures.
        limits.maxConnections = .max
        limits.maxRequests = .max
        limits.connectionSeconds = 24 * 3600
        return limits
    }
}
