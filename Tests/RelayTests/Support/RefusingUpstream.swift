import HTTPServer
import Loop
import Wire

@testable import Generations
@testable import Relay

/// An upstream that gives one answer to all calls: a status, fields and a body.
final class RefusingUpstream: Sendable {
    struct Answer: Sendable {
        var status = 400
        var fields: HeaderFields = ["Content-Type": "application/json"]
        var body = "{}"
    }

    let baseURL: String
    private let listener: ListeningSocket
    private let loop: EventLoop

    init(_ answer: Answer) throws {
        listener = try ListeningSocket(host: "127.0.0.1", port: 0)
        baseURL = "http://127.0.0.1:\(listener.port)/v1"
        loop = try EventLoop(index: 0)
        let number = listener.number
        loop.post { loop in
            let server = Server(
                on: loop.reactor,
                limits: ServerLimits(),
                handler: Handler(answer)
            )
            loop.reactor.tenants.append(server)
            try? server.accept(from: number)
        }
    }

    func stop() async {
        await Server.stop(on: loop)
        await loop.stop()
    }

    private final class Handler: RequestHandler, Sendable {
        private let answer: Answer

        init(_ answer: Answer) { self.answer = answer }

        func admit(_ exchange: Exchange) -> Admission { .read() }

        func handle(_ exchange: Exchange) {
            let status = Status(code: answer.status, reason: "Answered")
            exchange.respond(status, answer.fields, body: Array(answer.body.utf8))
        }

        func finished(_ exchange: Exchange) {}

        func refused(_ problem: Problem, from peer: PeerAddress) {}
    }
}

/// Runs a test with a relay that asks such an upstream, whose variables are OpenAI's; both are
/// stopped in any case.
func withRelay(
    refusedBy answer: RefusingUpstream.Answer,
    _ body: (TestRelay, RefusingUpstream) async throws -> Void
) async throws {
    let upstream = try RefusingUpstream(answer)
    do {
        try await withRelay(baseURL: upstream.baseURL) {
            $0.maxRetries = 0
            $0.upstreams[0].keyVariable = "OPENAI_API_KEY"
            $0.upstreams[0].addressVariable = "OPENAI_BASE_URL"
        } _: { relay in
            try await body(relay, upstream)
        }
    } catch {
        await upstream.stop()
        throw error
    }
    await upstream.stop()
}
