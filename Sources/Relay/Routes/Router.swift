import Access
import ChatFormats
import Generations
import HTTPServer
import Loop
import Storage
import Wire

/// Takes the requests of one loop: decides who may ask, and passes each to the routes of its
/// family.
final class Router: RequestHandler {
    /// What the head of an admitted request came to.
    private struct Admitted: Sendable {
        let route: Route
        let caller: Caller
    }

    private let reactor: Reactor
    private let heap: HeapTrim
    private let page: StaticFiles?
    private let requestLog: RequestLog
    private var refusalLog: RefusalLog
    private let audit: Audit
    private let service: Service
    private let store: GenerationStore
    private var gate: Gate
    private var routes: Routes

    init(_ policies: Policies, store: GenerationStore, service: Service, page: StaticFiles?) {
        reactor = store.context.reactor
        heap = store.context.heap
        self.page = page
        self.service = service
        self.store = store
        requestLog = RequestLog(service.log, on: reactor)
        refusalLog = RefusalLog(service.log)
        audit = Audit(service.audit, on: reactor)
        gate = policies.gate
        routes = Routes(policies, store: store, service: service, audit)
    }

    /// Applies other policies to requests whose heads come in from now on.
    func reload(_ policies: Policies) {
        gate = policies.gate
        routes = Routes(policies, store: store, service: service, audit)
    }

    /// Writes the lines that wait for the turn's end.
    func flush() {
        requestLog.flush()
        audit.flush()
    }

    // MARK: Requests

    func admit(_ exchange: Exchange) -> Admission {
        let head = exchange.request.head
        exchange.commonFields = gate.responseFields(head)
        exchange.requestID = RequestID.of(head)
        do throws(Problem) {
            let host = try gate.checkHost(head)
            let route = try Route.match(head)
            let demand = route.demand(head)
            try gate.check(head, host: host, demand, isSecure: exchange.isSecure)
            if page == nil, route.isOfPage { throw Route.unknown(head) }
            gate.admit(head, demand, tickets: route.tickets(head), on: reactor) { result in
                switch result {
                case .success(let caller):
                    exchange.admitted = Admitted(route: route, caller: caller)
                    exchange.user = caller.id
                    exchange.decide(route.body)
                case .failure(let problem):
                    exchange.user = problem.caller
                    exchange.decide(.refuse(problem))
                }
            }
            // The decision is made already, unless it is not known yet who asks.
            return .wait
        } catch {
            return .refuse(error)
        }
    }

    func handle(_ exchange: Exchange) {
        guard let admitted = exchange.admitted as? Admitted else {
            preconditionFailure("the server hands over what was admitted, and that has a route")
        }
        do throws(Problem) {
            try answer(exchange, admitted.route, admitted.caller)
        } catch {
            exchange.respond(error)
        }
    }

    private func answer(
        _ exchange: Exchange,
        _ route: Route,
        _ caller: Caller
    ) throws(Problem) {
        let head = exchange.request.head
        switch route {
        case .chat(let route):
            try routes.chat.answer(exchange, meant(route, exchange, caller), caller)
        case .announce: try routes.twoStep.announce(exchange, caller)
        case .announced: try routes.twoStep.announced(exchange, caller)
        case .stream(let id): try routes.streams.read(exchange, id, caller)
        case .stop(let id): try routes.streams.stop(exchange, id, caller)
        case .history: try routes.history.records(exchange, caller)
        case .conversations: try routes.history.conversations(exchange, caller)
        case .conversation(let id): try routes.history.conversation(exchange, id, caller)
        case .deleteConversation(let id): try routes.history.delete(exchange, id, caller)
        case .passed(let route): try routes.passthrough.answer(exchange, route, caller)
        case .models: routes.models.list(exchange)
        case .model(let id): routes.models.one(exchange, id)
        case .ticket: try routes.login.ticket(exchange, caller)
        case .loginPage: routes.login.page(exchange, page)
        case .logIn: try routes.login.logIn(exchange)
        case .logOut: routes.login.logOut(exchange)
        case .health: routes.status.health(exchange)
        case .readiness: routes.status.readiness(exchange)
        case .options(let methods):
            var fields = gate.preflightFields(head, methods: methods)
            fields.append("Allow", methods)
            exchange.respond(.noContent, fields)
        case .file: page?.respond(to: exchange, missing: Route.unknown)
        }
    }

    /// The chat route that is meant: a library whose base URL lacks `/v1` gets what it can read.
    private func meant(_ route: ChatRoute, _ exchange: Exchange, _ caller: Caller) -> ChatRoute {
        let request = exchange.request
        guard route == .completions, OpenAIClient.wrote(request.body.span, request.head) else {
            return route
        }
        exchange.admitted = Admitted(route: .chat(.openAI), caller: caller)
        return .openAI
    }

    func body(of problem: Problem, for exchange: Exchange) -> [UInt8] {
        let route = (exchange.admitted as? Admitted)?.route
        guard let shape = Route.errorShape(of: exchange.request.head, route) else {
            return problem.body
        }
        var words = ErrorShape.Words(type: problem.type, message: problem.message, code: [])
        problem.appendCode(into: &words.code)
        words.param = problem.param
        problem.appendMore(into: &words.more)
        var body: [UInt8] = []
        shape.append(words, into: &body)
        return body
    }

    func finished(_ exchange: Exchange) {
        heap.somethingEnded()
        audit.finished(exchange)
        guard requestLog.isOn else {
            // What keeps the relay from being ready has lines of its own, when it begins and ends.
            let route = (exchange.admitted as? Admitted)?.route
            if route != .readiness {
                refusalLog.finished(exchange, at: reactor.now)
            }
            return
        }
        requestLog.add(Visit(exchange, endedAt: reactor.now))
    }

    func refused(_ problem: Problem, from peer: PeerAddress) {
        audit.refused(problem, from: peer)
        guard requestLog.isOn else {
            return refusalLog.refused(problem, from: peer, at: reactor.now)
        }
        requestLog.add(Visit(refused: problem, from: peer))
    }
}

/// The routes of one loop by their families, each given what it uses.
final class Routes {
    let chat: ChatRoutes
    let passthrough: Passthrough
    let twoStep: TwoStepRoutes
    let streams: StreamRoutes
    let history: HistoryRoutes
    let models: ModelRoutes
    let login: LoginRoutes
    let status: StatusRoutes

    init(_ policies: Policies, store: GenerationStore, service: Service, _ audit: Audit) {
        let history = HistoryDesk(
            service.stores,
            service.platform.time,
            service.log,
            on: store.context.reactor
        )
        let directory = AnswerDirectory(store: store, post: service.post)
        let recorded = RecordedAnswers(history: history, audit: audit)
        let asking = Asking(
            policies,
            store: store,
            keys: service.stores.keys,
            directory: directory,
            recorded: recorded,
            past: ConversationPast(
                history: history,
                budget: policies.context.configuration.contextTokens,
                filters: policies.context.configuration.filters
            ),
            audit: audit
        )
        streams = StreamRoutes(directory: directory, recorded: recorded, audit: audit)
        chat = ChatRoutes(policies: policies, asking: asking, streams: streams)
        passthrough = Passthrough(policies: policies, store: store, audit: audit)
        twoStep = TwoStepRoutes(
            policies: policies,
            asking: asking,
            directory: directory,
            streams: streams
        )
        self.history = HistoryRoutes(history: history, post: service.post, audit: audit)
        models = ModelRoutes(
            catalog: ModelCatalog(policies.models, service.modelLists),
            context: policies.context
        )
        login = LoginRoutes(
            callers: service.access.callers,
            reactor: store.context.reactor,
            audit: audit
        )
        status = StatusRoutes(
            health: service.health,
            models: policies.models,
            reactor: store.context.reactor
        )
    }
}

extension HeaderFields {
    /// For answers that hold only for this moment, and for one client.
    static let freshJSON: HeaderFields = [
        "Content-Type": "application/json", "Cache-Control": "no-store",
    ]
}
