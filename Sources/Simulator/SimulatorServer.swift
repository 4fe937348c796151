import HTTPServer
package import Loop

/// The model that is always there: an HTTP server on a port of this machine.
///
/// The relay talks to it over a real socket, as to any upstream.
package final class SimulatorServer: Sendable {
    /// The port that it listens on.
    package let port: Int
    /// What was asked of it so far.
    package let calls = Calls()

    private let listener: ListeningSocket
    private let loops: [EventLoop]

    /// Where OpenAI's protocol is spoken; ends in `/v1`.
    package var openAIBaseURL: String { "http://127.0.0.1:\(port)/v1" }
    /// Where Anthropic's protocol is spoken.
    package var anthropicBaseURL: String { "http://127.0.0.1:\(port)" }

    /// Listens, and answers from now on.
    ///
    /// - Parameters:
    ///   - port: 0 lets the kernel choose.
    ///   - loops: How many cores may be busy with it. It has loops of its own, so that a relay in
    ///     the same process is measured and tested against something that runs beside it.
    ///   - time: Where its loops have the time from.
    /// - Throws: the call that failed, as when the port is taken.
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
                // Can fail only when the kernel has no memory for one registration more.
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
        // A reader that the relay has paused for its own client's sake is no fault.
        limits.stalledSeconds = 24 * 3600
        limits.idleSeconds = 300
        return limits
    }
}
