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
                let answer = PassedAnswer(exchange) { passed in
                    guard let passed else { return policies.release(id) }
                    let said = route == .completions ? passed : 0
                    let usage = passed > 0 ? Self.estimate(asked, said) : nil
                    policies.settle(id, bill(usage, candidates[0]))
                }
                answer.start(PassedCall(request, candidates, policies.context, delegate: answer))
            } catch {
                exchange.respond(error)
            }
        }
    }

    /// What an answer that is not read has cost: as everywhere, a token is four bytes of text.
    private static func estimate(_ askedBytes: Int, _ saidBytes: Int) -> Usage {
        Usage(
            promptTokens: askedBytes / 4,
            completionTokens: saidBytes / 4
        )
    }

    private func bill(_ usage: Usage?, _ candidate: ModelTable.Candidate) -> RateBill {
        let price = policies.context.configuration.price(of: .init(candidate))
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

/// Writes to a client what comes of a request that was passed through.
final class PassedAnswer: ExchangeDelegate, PassedCallDelegate {
    private let exchange: Exchange
    private let settle: (_ passedBytes: Int?) -> Void
    private var call: PassedCall?

    /// - Parameters:
    ///   - exchange: the client's, which keeps this until it is finished or lost.
    ///   - settle: called once when the call is over, with how much was passed on; more than
    ///     nothing where the client left before anything was, since what it asked was taken; nil
    ///     where nobody was asked.
    init(_ exchange: Exchange, settle: @escaping (_ passedBytes: Int?) -> Void) {
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
        over(atLeast: 1)
    }

    private func over(atLeast least: Int = 0) {
        guard call.take() != nil else { return }
        settle(max(least, exchange.contentBytes))
    }

    // MARK: The upstream

    func passedCall(_ call: PassedCall, began status: Status, _ fields: HeaderFields) {
        exchange.note = Array("upstream=\(call.upstreamName)".utf8)
        var fields = fields
        fields.append("Cache-Control", "no-store")
        // A proxy that gathers the answer would gather a stream, too.
        fields.append("X-Accel-Buffering", "no")
        exchange.beginStream(status, fields)
    }

    func passedCall(_ call: PassedCall, received bytes: Span<UInt8>) {
        exchange.write { $0.append(span: bytes) }
        if exchange.isCongested { call.pause() }
    }

    func passedCall(_ call: PassedCall, ended failure: UpstreamFailure?) {
        over()
        guard let failure else { return exchange.finish() }
        guard exchange.status != nil else { return exchange.respond(failure.problem) }
        exchange.note += Array(": \(failure.message)".utf8)
        exchange.cutOff()
    }
}
