import HTTPServer
import Loop
import TestSupport
import Wire

/// Admits and answers as a test says, and writes down what it hears.
final class ClosureHandler: RequestHandler {
    private let reactor: Reactor
    private let events: Recorder<String>
    private let admission: @Sendable (Exchange) -> Admission
    private let answer: @Sendable (Exchange, Reactor) -> Void

    init(
        _ reactor: Reactor,
        _ events: Recorder<String>,
        admit: @escaping @Sendable (Exchange) -> Admission,
        _ answer: @escaping @Sendable (Exchange, Reactor) -> Void
    ) {
        self.reactor = reactor
        self.events = events
        admission = admit
        self.answer = answer
    }

    func admit(_ exchange: Exchange) -> Admission {
        admission(exchange)
    }

    func handle(_ exchange: Exchange) {
        answer(exchange, reactor)
    }

    func finished(_ exchange: Exchange) {
        let end = exchange.isLost ? "lost" : "finished"
        events.record("\(end) \(exchange.request.head.path) \(exchange.contentBytes)")
    }

    func refused(_ problem: Problem, from peer: PeerAddress) {
        events.record("refused \(problem.status.code) from \(peer)")
    }
}

/// A server on a loop of its own, at a port of its own.
final class TestServer: Sendable {
    let port: Int
    let loop: EventLoop
    /// What the handler heard after the answers.
    let events = Recorder<String>()
    private let listener: ListeningSocket
    var listenerNumber: Int32 { listener.number }

    init(
        limits: ServerLimits = ServerLimits(),
        bodyBudget: BodyBudget? = nil,
        clock: ManualClock? = nil,
        admit: @escaping @Sendable (Exchange) -> Admission = { _ in .read() },
        _ answer: @escaping @Sendable (Exchange, Reactor) -> Void
    ) throws {
        listener = try ListeningSocket(host: "127.0.0.1", port: 0)
        port = listener.port
        loop = try EventLoop(index: 0, time: clock.map(TimeSource.manual) ?? .system)
        let number = listener.number
        let events = events
        loop.post { loop in
            let server = Server(
                on: loop.reactor,
                limits: limits,
                bodyBudget: bodyBudget,
                handler: ClosureHandler(loop.reactor, events, admit: admit, answer)
            )
            loop.reactor.tenants.append(server)
            try? server.accept(from: number)
        }
    }

    /// Echoes method, target and body.
    static func echo(
        limits: ServerLimits = ServerLimits(),
        bodyBudget: BodyBudget? = nil,
        clock: ManualClock? = nil,
        admit: @escaping @Sendable (Exchange) -> Admission = { _ in .read() }
    ) throws -> TestServer {
        try TestServer(
            limits: limits,
            bodyBudget: bodyBudget,
            clock: clock,
            admit: admit
        ) { exchange, _ in
            let request = exchange.request
            let start = "\(request.head.method.name) \(request.head.target)\n"
            exchange.respond(.ok, [:], body: Array(start.utf8) + request.body)
        }
    }

    /// Does something with the server on its loop.
    func onLoop<Result: Sendable>(_ work: @Sendable (Server) -> Result) async -> Result? {
        await loop.run { loop in
            for case let server as Server in loop.reactor.tenants { return work(server) }
            return nil
        }
    }

    var connectionCount: Int {
        get async { await onLoop { $0.connectionCount } ?? -1 }
    }

    /// Waits until so many connections were accepted and what came on them was read.
    func settle(connections: Int = 1, _ clock: ManualClock) async throws {
        try await eventually { await connectionCount == connections }
        await clock.settle()
    }

    func client(timeoutSeconds: Int = 20, receiveBufferBytes: Int32? = nil) -> Client {
        Client(port: port, timeoutSeconds: timeoutSeconds, receiveBufferBytes: receiveBufferBytes)
    }

    func stop() async {
        await Server.stop(on: loop)
        await loop.stop()
    }
}
