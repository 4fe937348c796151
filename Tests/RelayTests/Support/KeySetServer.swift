import Glibc
import HTTPServer
import Loop
import Wire

/// An issuer that publishes a key set, or something else in its place.
final class KeySetServer: Sendable {
    /// What it answers from now on.
    struct Answer: Sendable {
        var status = 200
        var fields: HeaderFields = ["Content-Type": "application/json"]
        var body: String

        static func keys(_ keys: String...) -> Answer {
            Answer(body: "{\"keys\":[\(keys.joined(separator: ","))]}")
        }
    }

    private struct State {
        var answer: Answer
        var isHeld = false
        var calls = 0
    }

    let url: String
    private let listener: ListeningSocket
    private let loop: EventLoop
    private let handler: Handler

    /// How often it was asked.
    var calls: Int { handler.state.withLock { $0.calls } }

    init(_ answer: Answer, isHeld: Bool = false) throws {
        listener = try ListeningSocket(host: "127.0.0.1", port: 0)
        url = "http://127.0.0.1:\(listener.port)/jwks"
        loop = try EventLoop(index: 0)
        handler = Handler(State(answer: answer, isHeld: isHeld))
        let (number, handler) = (listener.number, handler)
        loop.post { loop in
            let server = Server(on: loop.reactor, limits: ServerLimits(), handler: handler)
            loop.reactor.tenants.append(server)
            try? server.accept(from: number)
        }
    }

    /// Publishes something else.
    func publish(_ answer: Answer) { handler.state.withLock { $0.answer = answer } }

    /// Keeps answers back, or sends those that were.
    func hold(_ isHeld: Bool) { handler.state.withLock { $0.isHeld = isHeld } }

    func stop() async {
        hold(false)
        await Server.stop(on: loop)
        await loop.stop()
    }

    private final class Handler: RequestHandler, Sendable {
        let state: Guarded<State>

        init(_ state: State) { self.state = Guarded(state) }

        func admit(_ exchange: Exchange) -> Admission { .read() }

        func handle(_ exchange: Exchange) {
            state.withLock { $0.calls += 1 }
            // It is this server's own loop that waits.
            while state.withLock({ $0.isHeld }) { usleep(1000) }
            let answer = state.withLock { $0.answer }
            let status = Status(code: answer.status, reason: "Answered")
            exchange.respond(status, answer.fields, body: Array(answer.body.utf8))
        }

        func finished(_ exchange: Exchange) {}

        func refused(_ problem: Problem, from peer: PeerAddress) {}
    }
}
