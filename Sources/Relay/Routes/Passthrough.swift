import Access
import ChatFormats
import Generations
import HTTPServer
import Wire

/// The routes of OpenAI's API that are passed through to the model's upstream.
enum PassedRoute: String, Sendable {
    case embeddings = "/embeddings"
    case completions = "/completions"

    /// What it is, for an upstream whose protocol does not have it.
    fileprivate var words: String {
        switch self {
        case .embeddings: "embeddings"
        case .completions: "completions; POST /v1/chat/completions is there"
        }
    }
}

/// Passes requests through to upstreams.
struct Passthrough {
    let policies: Policies
    let store: GenerationStore
    let audit: Audit

    func answer(_ exchange: Exchange, _ route: PassedRoute, _ caller: Caller) throws(Problem) {
        let text = try RequestText(exchange.request).bytes
        let request: PassedRequest
        do throws(JSONError) {
            request = try PassedRequest(
                route.rawValue,
                body: text,
                mayTakeLong: route == .completions
            )
        } catch {
            throw .invalid("the body must be a JSON object: \(error)")
        }
        let candidates = policies.models.openAICandidates(for: request.model)
        guard !candidates.isEmpty else { throw Self.notThere(request.model, route) }
        let id = store.makeID()
        policies.reserve(id, caller, exchange) { result in
            do throws(Problem) {
                try result.get()
                audit.write(AuditEvent(.passed, by: caller.id, exchange))
                let asked = text.count
                let answer = PassedAnswer(exchange) { end in
                    guard let end else { return policies.release(id) }
                    policies.settle(id, bill(end, askedBytes: asked, route))
                }
                answer.start(PassedCall(request, candidates, policies.context, delegate: answer))
            } catch {
                exchange.respond(error)
            }
        }
    }

    /// What an answer that is not read has cost: an event is a token, and otherwise, as everywhere,
    /// four bytes of text are.
    private func bill(_ end: PassedEnd, askedBytes: Int, _ route: PassedRoute) -> RateBill {
        guard end.isTaken else { return RateBill() }
        let said = end.eventCount > 0 ? end.eventCount : end.bytes / 4
        let usage = Usage(
            promptTokens: askedBytes / 4,
            completionTokens: route == .completions ? said : 0
        )
        let price = policies.context.configuration.price(of: .init(end.candidate))
        let bill = AnswerBill(usage, price)
        return RateBill(tokens: bill.tokens, nanodollars: bill.nanodollars)
    }

    private static func notThere(_ model: String?, _ route: PassedRoute) -> Problem {
        var problem = Problem.invalid(
            .notFound,
            "\(model == nil ? "the default model" : "this model") is asked through Anthropic's"
                + " protocol, which has no \(route.words)",
            code: "model_not_found"
        )
        problem.param = "model"
        return problem
    }
}

/// What is known of a passed answer once it is over.
struct PassedEnd {
    /// Whether the upstream has taken what was asked: it answers, or the client left before that.
    let isTaken: Bool
    let bytes: Int
    /// The events of a stream; 0 for other answers.
    let eventCount: Int
    let candidate: ModelTable.Candidate
}

/// Writes to a client what comes of a request that was passed through.
final class PassedAnswer: ExchangeDelegate, PassedCallDelegate {
    private let exchange: Exchange
    private let settle: (PassedEnd?) -> Void
    private var call: PassedCall?
    private var isStream = false
    /// Whether the last byte has ended a line, so that another end makes the line after it empty.
    private var isAtLineStart = false
    private var eventCount = 0

    /// - Parameters:
    ///   - exchange: the client's, which keeps this until it is finished or lost.
    ///   - settle: called once when the call is over; with nil where nobody was asked.
    init(_ exchange: Exchange, settle: @escaping (PassedEnd?) -> Void) {
        self.exchange = exchange
        self.settle = settle
    }

    func start(_ call: PassedCall) {
        guard !exchange.isLost else { return settle(nil) }
        self.call = call
        exchange.delegate = self
        exchange.forgetInput()
        call.start()
    }

    // MARK: The client

    func exchangeIsWritable(_ exchange: Exchange) { call?.resume() }

    func exchangeLost(_ exchange: Exchange) {
        call?.cancel()
        over(hasLeft: true)
    }

    private func over(hasLeft: Bool = false) {
        guard let call = call.take() else { return }
        settle(
            PassedEnd(
                isTaken: hasLeft || exchange.contentBytes > 0,
                bytes: exchange.contentBytes,
                eventCount: eventCount,
                candidate: call.candidate
            )
        )
    }

    // MARK: The upstream

    func passedCall(_ call: PassedCall, began status: Status, _ fields: HeaderFields) {
        exchange.note = LogFields("upstream", call.upstreamName)
        if let id = fields.first("x-request-id") { exchange.note.add("upstream_request_id", id) }
        let type = fields.first("Content-Type")?.lowercased()
        isStream = type?.hasPrefix("text/event-stream") == true
        var fields = fields
        fields.append("Cache-Control", "no-store")
        // A proxy that gathers the answer would gather a stream, too.
        fields.append("X-Accel-Buffering", "no")
        exchange.beginStream(status, fields)
    }

    func passedCall(_ call: PassedCall, received bytes: Span<UInt8>) {
        if isStream { countEvents(bytes) }
        exchange.write { $0.append(span: bytes) }
        if exchange.isCongested { call.pause() }
    }

    /// Counts empty lines, each of which ends an event (WHATWG HTML §9.2.6).
    private func countEvents(_ bytes: Span<UInt8>) {
        for index in bytes.indices where bytes[index] != UInt8(ascii: "\r") {
            let isEnd = bytes[index] == UInt8(ascii: "\n")
            if isEnd, isAtLineStart { eventCount += 1 }
            isAtLineStart = isEnd
        }
    }

    func passedCall(_ call: PassedCall, ended failure: UpstreamFailure?) {
        over()
        guard let failure else { return exchange.finish() }
        guard exchange.status != nil else { return exchange.respond(failure.problem) }
        exchange.note.add("reason", failure.message)
        exchange.cutOff()
    }
}
