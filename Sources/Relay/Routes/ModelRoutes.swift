import Generations
import HTTPServer
import Loop
import Wire

/// `GET /v1/models` and `GET /v1/models/{id}` in OpenAI's shape: what clients can ask for.
struct ModelRoutes {
    /// How long a client waits for upstreams to say what they have.
    static let waitMilliseconds = 2000

    let catalog: ModelCatalog
    let context: LoopContext

    /// Answers with all of them.
    func list(_ exchange: Exchange) {
        whenKnown(exchange) { [catalog] in
            exchange.respond(.ok, .freshJSON, body: Self.body(of: catalog.entries()))
        }
    }

    /// Answers with one.
    func one(_ exchange: Exchange, _ id: String) {
        whenKnown(exchange) { [catalog] in
            let entries = catalog.entries()
            // A client may have joined it with a slash too many.
            let bare = id.split(separator: "/").joined(separator: "/")
            guard
                let entry = entries.first(where: { equals($0.id, id) })
                    ?? entries.first(where: { equals($0.id, bare) })
            else {
                return exchange.respond(Self.unknown(id))
            }
            var body: [UInt8] = []
            Self.append(entry, into: &body)
            body.append(literal: "\n")
            exchange.respond(.ok, .freshJSON, body: body)
        }
    }

    /// Answers at once where all upstreams have said what they have, and otherwise once they do, or
    /// after a while.
    private func whenKnown(_ exchange: Exchange, answer: @escaping () -> Void) {
        let wait = ModelWait(on: context.reactor, answer)
        wait.count = catalog.refresh(context) {
            Ticket(on: context.reactor) { [weak wait] (_: Bool) in wait?.heard() }
        }
        guard wait.count > 0 else { return answer() }
        exchange.delegate = wait
        wait.clock.set(at: context.reactor.now + .milliseconds(Self.waitMilliseconds))
    }

    private static func unknown(_ id: String) -> Problem {
        let shown = id.utf8.count <= 256 ? "the model \(id)" : "this model"
        var problem = Problem.invalid(
            .notFound,
            "\(shown) is not among those that GET /v1/models lists",
            code: "model_not_found"
        )
        problem.param = "model"
        return problem
    }

    private static func body(of entries: [ModelCatalog.Entry]) -> [UInt8] {
        var body: [UInt8] = []
        body.append(literal: "{\"object\":\"list\",\"data\":[")
        for (index, entry) in entries.enumerated() {
            if index > 0 { body.append(literal: ",") }
            append(entry, into: &body)
        }
        body.append(literal: "]}\n")
        return body
    }

    private static func append(_ entry: ModelCatalog.Entry, into body: inout [UInt8]) {
        body.append(literal: "{\"id\":")
        JSONText.appendString(entry.id, into: &body)
        body.append(literal: ",\"object\":\"model\",\"created\":")
        body.append(decimal: entry.created)
        body.append(literal: ",\"owned_by\":")
        JSONText.appendString(entry.owner, into: &body)
        body.append(literal: "}")
    }
}

/// A client that waits until upstreams have said which models they have.
private final class ModelWait: ExchangeDelegate {
    /// How many of them have not said it.
    var count = 0
    let clock: Deadline
    private var answer: (() -> Void)?

    init(on reactor: Reactor, _ answer: @escaping () -> Void) {
        self.answer = answer
        clock = reactor.makeDeadline()
        clock.whenDue { [unowned self] in done() }
    }

    deinit { clock.abandon() }

    func heard() {
        count -= 1
        if count == 0 { done() }
    }

    private func done() {
        clock.clear()
        answer.take()?()
    }

    func exchangeIsWritable(_ exchange: Exchange) {}

    func exchangeLost(_ exchange: Exchange) {
        clock.clear()
        answer = nil
    }
}
