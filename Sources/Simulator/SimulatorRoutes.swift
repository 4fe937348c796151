import HTTPServer
import Loop
import Wire

/// The simulator's answers to the requests of one loop.
final class SimulatorRoutes: RequestHandler {
    private let reactor: Reactor
    private let calls: Calls
    private let turns: SendTurns

    init(on reactor: Reactor, calls: Calls) {
        turns = SendTurns(on: reactor)
        self.reactor = reactor
        self.calls = calls
    }

    func admit(_ exchange: Exchange) -> Admission { .read() }

    func handle(_ exchange: Exchange) {
        let head = exchange.request.head
        switch (head.path, head.method) {
        case ("/v1/chat/completions", .post): answer(exchange, .openAI)
        case ("/v1/completions", .post): answer(exchange, .completions)
        case ("/v1/messages", .post): answer(exchange, .anthropic)
        case ("/v1/embeddings", .post): embed(exchange)
        case ("/v1/models", .get), ("/v1/models", .head): respond(exchange, ModelNames.list)
        case (let path, .get) where path.hasPrefix(ModelNames.path): one(exchange, path)
        case ("/simulator/calls", .get), ("/simulator/calls", .head):
            count(exchange)
        case ("/v1/chat/completions", _), ("/v1/messages", _), ("/v1/completions", _),
            ("/v1/embeddings", _):
            refuseMethod(exchange, allowed: "POST")
        case ("/v1/models", _), ("/simulator/calls", _):
            refuseMethod(exchange, allowed: "GET, HEAD")
        default:
            let message = "The simulator does not answer \(head.method.name) \(head.path)."
            refuse(exchange, .openAI, ModelRefusal(status: .notFound, message: message))
        }
    }

    func finished(_ exchange: Exchange) {}

    func refused(_ problem: Problem, from peer: PeerAddress) {}

    // MARK: Answers

    private func answer(_ exchange: Exchange, _ vendor: Vendor) {
        do throws(ModelRefusal) {
            let version = exchange.request.head.fields.first("anthropic-version")
            if vendor == .anthropic, version == nil {
                throw .badRequest("anthropic-version: header is required")
            }
            let body = exchange.request.body
            let request = try ModelRequest(body.span, for: vendor)
            let call = calls.begin(request.model, prompt: request.prompt, at: reactor.now)
            let plan = AnswerPlan(request, call: call.ofModel)
            if plan.behaviour.closesConnection { exchange.closeWhenFinished() }
            if plan.behaviour.hangs { return hang(exchange, call) }
            if let shape = plan.behaviour.shape { return respond(exchange, shape) }
            if let status = plan.behaviour.status { throw .simulated(status, plan.behaviour) }
            var facts = AnswerFacts(
                number: call.ofAll,
                model: plan.behaviour.model,
                created: wallMilliseconds() / 1000,
                promptTokens: request.promptTokens,
                hasUsage: !plan.behaviour.omitsUsage,
                wantsUsage: request.wantsUsage
            )
            facts.isCompletion = vendor == .completions
            if request.streams {
                stream(exchange, call, plan, plan.script(vendor, facts))
            } else {
                try answerWhole(exchange, vendor, call, plan, facts)
            }
        } catch {
            refuse(exchange, vendor, error)
        }
    }

    private func stream(
        _ exchange: Exchange,
        _ call: Calls.Call,
        _ plan: AnswerPlan,
        _ script: any AnswerScript
    ) {
        exchange.beginStream(
            .ok,
            [
                "Content-Type": plan.behaviour.contentType ?? "text/event-stream; charset=utf-8",
                "Cache-Control": "no-cache",
            ]
        )
        let stream = AnswerStream(
            exchange,
            on: reactor,
            script: script,
            cutter: WriteCutter(plan.behaviour),
            turns: plan.behaviour.sendsEach ? turns : nil,
            begin: plan.behaviour.begin(at: reactor.now),
            onEarlyClose: left(call)
        )
        exchange.delegate = stream
        stream.play()
    }

    private func answerWhole(
        _ exchange: Exchange,
        _ vendor: Vendor,
        _ call: Calls.Call,
        _ plan: AnswerPlan,
        _ facts: AnswerFacts
    ) throws(ModelRefusal) {
        let longest = max(plan.behaviour.tokens ?? 0, plan.behaviour.reasoningTokens)
        guard longest <= UnstreamedAnswer.maxTokens else {
            throw .badRequest("more than \(UnstreamedAnswer.maxTokens) tokens must be streamed")
        }
        let type = plan.behaviour.contentType ?? "application/json"
        let body = UnstreamedAnswer.body(vendor, facts, plan)
        exchange.delegate = Silence(
            on: reactor,
            milliseconds: plan.behaviour.firstMilliseconds,
            onEarlyClose: left(call),
            then: { [weak exchange] in
                exchange?.respond(.ok, ["Content-Type": type], body: body)
            }
        )
    }

    private func hang(_ exchange: Exchange, _ call: Calls.Call) {
        exchange.delegate = Silence(
            on: reactor,
            milliseconds: nil,
            onEarlyClose: left(call),
            then: {}
        )
    }

    /// What to do if the caller leaves before the end.
    private func left(_ call: Calls.Call) -> () -> Void {
        { [calls, reactor] in calls.closeEarly(call, at: reactor.now) }
    }

    // MARK: Everything else

    private func embed(_ exchange: Exchange) {
        do throws(ModelRefusal) {
            let body = exchange.request.body
            let request = try EmbeddingRequest(body.span)
            let call = calls.begin(request.model, prompt: request.inputs[0], at: reactor.now)
            let behaviour = request.behaviour.forCall(call.ofModel)
            if behaviour.hangs { return hang(exchange, call) }
            if let status = behaviour.status { throw .simulated(status, behaviour) }
            exchange.delegate = Silence(
                on: reactor,
                milliseconds: behaviour.firstMilliseconds,
                onEarlyClose: left(call),
                then: { [weak self, weak exchange] in
                    if let exchange { self?.respond(exchange, request.answer) }
                }
            )
        } catch {
            refuse(exchange, .openAI, error)
        }
    }

    private func one(_ exchange: Exchange, _ path: String) {
        let name = path.dropFirst(ModelNames.path.count)
        if let body = ModelNames.one(String(name)) { return respond(exchange, body) }
        let message = "The model '\(name)' does not exist."
        refuse(exchange, .openAI, ModelRefusal(status: .notFound, message: message, param: "model"))
    }

    /// Answers with all counts, or with the number of calls that had `?prompt=`.
    private func count(_ exchange: Exchange) {
        var body: [UInt8] = []
        if let prompt = QueryItems(exchange.request.head.query ?? "")?["prompt"] {
            body.append(literal: "{\"calls\":")
            body.append(decimal: calls[prompt: prompt])
            body.append(literal: "}\n")
        } else {
            calls.appendJSON(into: &body)
        }
        respond(exchange, body)
    }

    private func respond(_ exchange: Exchange, _ shape: Shape) {
        var fields: HeaderFields = ["Content-Type": shape.contentType]
        if let encoding = shape.encoding { fields.append("Content-Encoding", encoding) }
        exchange.respond(.ok, fields, body: shape.body)
    }

    private func respond(_ exchange: Exchange, _ body: [UInt8]) {
        exchange.respond(.ok, ["Content-Type": "application/json"], body: body)
    }

    private func refuse(_ exchange: Exchange, _ vendor: Vendor, _ error: ModelRefusal) {
        var fields = error.fields
        fields.append("Content-Type", "application/json")
        exchange.respond(error.status, fields, body: error.body(for: vendor))
    }

    private func refuseMethod(_ exchange: Exchange, allowed: String) {
        let error = ModelRefusal(
            status: .methodNotAllowed,
            message: "This path answers only \(allowed).",
            fields: ["Allow": allowed]
        )
        let isAnthropic = exchange.request.head.path == "/v1/messages"
        refuse(exchange, isAnthropic ? .anthropic : .openAI, error)
    }
}
