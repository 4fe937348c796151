import HTTPServer
import Loop
import Wire

@testable import Generations
@testable import Relay

/// An upstream that speaks OpenAI's protocol word for word as a test says, in orders for which the
/// simulator has no option.
final class ScriptedUpstream: Sendable {
    /// The answer to one call; the status is 200.
    struct Answer: Sendable {
        /// The data of each event.
        var events: [String]
        /// Whether the connection breaks after the last event, in the middle of the message.
        var isBroken = false
        /// What comes after the events, as it is.
        var body: [UInt8] = []
        var fields: HeaderFields = ["Content-Type": "text/event-stream"]

        /// A body that is no stream of events, or not only.
        static func body(
            _ text: String,
            type: String? = "text/event-stream"
        ) -> Answer {
            let fields: HeaderFields = type.map { ["Content-Type": $0] } ?? [:]
            return Answer(events: [], body: Array(text.utf8), fields: fields)
        }
        /// The status and the JSON of a refusal, in the place of all that.
        var refusal: (status: Int, json: String)?
        /// All that is sent before the connection closes, with the head, in the place of all that.
        var raw: String?

        static func raw(_ text: String) -> Answer { Answer(events: [], raw: text) }
    }

    let baseURL: String
    private let listener: ListeningSocket
    private let loop: EventLoop
    private let handler: Handler

    /// How often it was asked.
    var calls: Int { handler.calls.withLock { $0 } }

    /// The content codings for which each request asked.
    var codings: [String?] { handler.codings.withLock { $0 } }

    /// The heads of the requests.
    var heads: [RequestHead] { handler.heads.withLock { $0 } }

    /// What it was asked, byte for byte.
    var bodies: [String] {
        handler.bodies.withLock { $0 }.map { String(decoding: $0, as: UTF8.self) }
    }

    /// What it was asked, as JSON.
    var requests: [JSON] {
        handler.bodies.withLock { $0 }.map { (try? JSON.parse($0.span)) ?? .null }
    }

    /// Answers the first call with the first answer, and so on; the last one is repeated.
    init(_ answers: [Answer]) throws {
        listener = try ListeningSocket(host: "127.0.0.1", port: 0)
        baseURL = "http://127.0.0.1:\(listener.port)/v1"
        loop = try EventLoop(index: 0)
        handler = Handler(answers)
        let number = listener.number
        let handler = handler
        loop.post { loop in
            let server = Server(on: loop.reactor, limits: ServerLimits(), handler: handler)
            loop.reactor.tenants.append(server)
            try? server.accept(from: number)
        }
    }

    func stop() async {
        await Server.stop(on: loop)
        await loop.stop()
    }

    private final class Handler: RequestHandler, Sendable {
        let calls = Guarded(0)
        let bodies = Guarded<[[UInt8]]>([])
        let heads = Guarded<[RequestHead]>([])
        let codings = Guarded<[String?]>([])
        private let answers: [Answer]

        init(_ answers: [Answer]) { self.answers = answers }

        func admit(_ exchange: Exchange) -> Admission { .read() }

        func handle(_ exchange: Exchange) {
            let call = calls.withLock { count in
                count += 1
                return count
            }
            let body = exchange.request.body
            bodies.withLock { $0.append(body) }
            let head = exchange.request.head
            heads.withLock { $0.append(head) }
            let answer = answers[min(call, answers.count) - 1]
            codings.withLock { $0.append(exchange.request.head.fields.first("Accept-Encoding")) }
            if let raw = answer.raw {
                exchange.writeRaw { $0 += Array(raw.utf8) }
                return exchange.cutOff()
            }
            if let refusal = answer.refusal {
                exchange.respond(
                    Status(code: refusal.status, reason: "Refused"),
                    ["Content-Type": "application/json"],
                    body: Array(refusal.json.utf8)
                )
                return
            }
            exchange.beginStream(.ok, answer.fields)
            exchange.write { out in
                for event in answer.events { out += Array("data: \(event)\n\n".utf8) }
                out += answer.body
            }
            if answer.isBroken { exchange.cutOff() } else { exchange.finish() }
        }

        func finished(_ exchange: Exchange) {}

        func refused(_ problem: Problem, from peer: PeerAddress) {}
    }
}

/// Runs a test with a relay that asks such an upstream; both are stopped in any case.
func withRelay(
    asking answers: [ScriptedUpstream.Answer],
    _ configure: (inout RelayConfiguration) -> Void = { _ in },
    _ body: (TestRelay, ScriptedUpstream) async throws -> Void
) async throws {
    let upstream = try ScriptedUpstream(answers)
    do {
        try await withRelay(baseURL: upstream.baseURL, configure) { relay in
            try await body(relay, upstream)
        }
    } catch {
        await upstream.stop()
        throw error
    }
    await upstream.stop()
}
