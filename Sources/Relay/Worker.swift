import Access
import ChatFormats
import HTTPServer
import Loop
import Storage
import Upstream
import Wire

/// The relay on one loop: every request comes here, every answer that began here lives here.
final class Worker: RequestHandler {
    let reactor: Reactor
    let service: Service
    let client: UpstreamClient
    private let files: StaticFiles?
    private let requestLog: RequestLog
    let heap: HeapTrim
    /// Nil where none is kept.
    private(set) var journal: GenerationJournal?
    private var random = RandomWords()
    private var gate: Gate
    private let models: ModelTable
    /// Answers by their ids: running ones, and ended ones that a reader may come back for.
    var generations = GenerationStore()
    /// What other threads are asked for this loop's requests and answers.
    var awaiting = Awaiting()
    /// Nil once all is over: it keeps its handler alive, and that is this worker.
    private lazy var server: Server? = Server(
        on: reactor,
        limits: service.limits,
        bodyBudget: service.bodyBudget,
        handler: self
    )

    var configuration: RelayConfiguration { service.configuration }
    var log: Log { service.log }

    init(_ service: Service, on loop: isolated EventLoop) throws(StartError) {
        let reactor = loop.reactor
        self.service = service
        self.reactor = reactor
        guard let client = UpstreamClient(on: reactor, settings: service.upstreamSettings) else {
            throw .outOfMemory
        }
        self.client = client
        requestLog = RequestLog(service.log, on: reactor)
        heap = HeapTrim(on: reactor)
        gate = Gate(
            hosts: service.configuration.hosts,
            origins: service.configuration.corsOrigins
        )
        models = ModelTable(service.configuration.upstreams)
        files = try Self.files(in: service.staticFolder)
        journal = Self.journal(service, on: loop, of: self)
        reactor.leader = journal
        journal?.start()
    }

    private static func files(in folder: String?) throws(StartError) -> StaticFiles? {
        guard let folder else { return nil }
        do throws(SystemCallError) {
            return try StaticFiles(
                folder,
                fields: PagePolicy.fields,
                pageFields: Gate.pageFields
            )
        } catch {
            throw .staticFolder(folder, error)
        }
    }

    private static func journal(
        _ service: Service,
        on loop: isolated EventLoop,
        of owner: any GenerationJournalOwner
    ) -> GenerationJournal? {
        guard let folder = service.journal else { return nil }
        let journal = Journal(
            folder,
            durability: service.durability,
            on: loop.reactor,
            post: { [loop] work in loop.post { _ in work() } },
            report: { service.journalReported($0) }
        )
        return GenerationJournal(
            journal,
            durability: service.durability,
            history: service.history,
            keys: service.keyFile,
            on: loop.reactor,
            owner: owner
        )
    }

    /// The worker of a loop, from work posted to it.
    static func of(_ loop: isolated EventLoop) -> Worker? {
        for tenant in loop.reactor.tenants {
            if let worker = tenant as? Worker { return worker }
        }
        return nil
    }

    // MARK: Life

    func accept(from listener: Int32) throws(StartError) {
        do throws(SystemCallError) {
            try server?.accept(from: listener)
        } catch {
            throw .listener(error)
        }
    }

    func drain() { server?.drain() }

    func interrupt() {
        for generation in generations.all { generation.interrupt() }
    }

    /// Drops all that is left; nothing is served after it.
    func closeAll() {
        interrupt()
        server?.closeAll()
        server = nil
        client.cancelAll()
        generations.removeAll()
        awaiting.removeAll()
        // The process may be gone before this turn ends.
        journal?.turnEnded()
        reactor.leader = nil
        requestLog.flush()
    }

    /// Takes over what an earlier process left: for a while, readers may come back to it.
    func adopt(_ left: JournaledGeneration) {
        let generation = Generation(left, worker: self)
        generations.add(generation)
        // One that failed before anything of it came had freed its key.
        if let key = generation.key, !generation.log.firstAnswerIsFailure {
            let isKept = service.keys.adopt(key, for: generation.id, at: reactor.now)
            // One that was cut ends now.
            let endedAt = left.isEnded ? left.lastAt : reactor.wallMilliseconds
            if !isKept {
                _ = service.keyFile?.append(key.kept(for: left.head.id, endedAt: endedAt))
            }
        }
        generation.rest()
    }

    func adopt(_ detached: DetachedExchange) { server?.adopt(detached) }

    var load: (generations: Int, connections: Int) {
        (generations.runningCount, server?.connectionCount ?? 0)
    }

    // MARK: Requests

    func admit(_ exchange: Exchange) -> Admission {
        let head = exchange.request.head
        exchange.commonFields = gate.responseFields(head)
        do throws(Problem) {
            let host = try gate.checkHost(head)
            let route = try Route.match(head)
            try gate.check(head, host: host, route.demand(head))
            if route == .file, files == nil { throw StaticFiles.notFound(head.path) }
            exchange.admitted = route
            return route.readsBody ? .read() : .read(upTo: Route.maxUnreadBytes)
        } catch {
            return .refuse(Self.inShape(error, head))
        }
    }

    func handle(_ exchange: Exchange) {
        guard let route = exchange.admitted as? Route else {
            preconditionFailure("the server hands over what was admitted, and that has a route")
        }
        do throws(Problem) {
            try answer(exchange, route)
        } catch {
            exchange.respond(Self.inShape(error, exchange.request.head))
        }
    }

    /// OpenAI's clients look for a member more, whatever went wrong.
    private static func inShape(_ problem: Problem, _ head: RequestHead) -> Problem {
        var problem = problem
        problem.isVendorShape = head.path.hasPrefix("/v1/")
        return problem
    }

    func finished(_ exchange: Exchange) {
        heap.somethingEnded()
        guard requestLog.isOn else { return }
        let head = exchange.request.head
        let elapsed = (reactor.now - exchange.startedAt) / 1_000_000
        requestLog.add { line in
            exchange.request.peer.append(to: &line)
            line.append(UInt8(ascii: " "))
            line.append(text: head.method.name)
            line.append(UInt8(ascii: " "))
            // The query stays out: it may be somebody's prompt.
            line.append(text: head.rawPath)
            line.append(UInt8(ascii: " "))
            line.append(decimal: exchange.status?.code ?? 0)
            line.append(UInt8(ascii: " "))
            line.append(decimal: Int(elapsed))
            line.append(literal: "ms ")
            line.append(decimal: exchange.contentBytes)
            line.append(UInt8(ascii: "B"))
            guard !exchange.note.isEmpty else { return }
            line.append(UInt8(ascii: " "))
            line.append(contentsOf: exchange.note)
        }
    }

    func refused(_ problem: Problem, from peer: PeerAddress) {
        guard requestLog.isOn else { return }
        requestLog.add {
            $0.append(text: "\(peer) refused \(problem.status.code): \(problem.message)")
        }
    }

    private func answer(_ exchange: Exchange, _ route: Route) throws(Problem) {
        let head = exchange.request.head
        switch route {
        case .chat(let route): try chat(exchange, route)
        case .announce: try announce(exchange)
        case .announced: try announced(exchange)
        case .stream(let id): try read(exchange, id)
        case .stop(let id): try stop(exchange, id)
        case .history: try history(exchange)
        case .conversations: try conversations(exchange)
        case .conversation(let id): try conversation(exchange, id)
        case .deleteConversation(let id): deleteConversation(exchange, id)
        case .models: exchange.respond(.ok, Self.json, body: Models.list(configuration))
        case .health: exchange.respond(.ok, Self.json, body: Array("{\"status\":\"ok\"}\n".utf8))
        case .readiness: try readiness(exchange)
        case .options(let methods):
            var fields = gate.preflightFields(head, methods: methods)
            fields.append("Allow", methods)
            exchange.respond(.noContent, fields)
        case .file: files?.respond(to: exchange)
        }
    }

    /// For answers that are of this moment, and somebody's own.
    static let json: HeaderFields = [
        "Content-Type": "application/json", "Cache-Control": "no-store",
    ]

    private func readiness(_ exchange: Exchange) throws(Problem) {
        guard service.history.isWritable else {
            throw Problem(
                .serviceUnavailable,
                type: "storage_error",
                message: "the history file cannot be written; answers go on",
                code: "history_not_writable"
            )
        }
        guard service.isJournalWritable else {
            throw Problem(
                .serviceUnavailable,
                type: "storage_error",
                message: "the journal cannot be written; answers go on",
                code: "journal_not_writable"
            )
        }
        guard service.keyFile?.isWritable ?? true else {
            throw Problem(
                .serviceUnavailable,
                type: "storage_error",
                message: "the file of keys cannot be written; answers go on",
                code: "keys_not_writable"
            )
        }
        exchange.respond(.ok, Self.json, body: Array("{\"status\":\"ready\"}\n".utf8))
    }

    // MARK: Chat

    private func chat(_ exchange: Exchange, _ route: ChatRoute) throws(Problem) {
        let query = try ChatCall.query(exchange.request.head)
        if let position = StreamPosition(exchange.request.head, query) {
            let dialect = try ChatCall.dialect(query) ?? route.dialect
            return try resume(exchange, position, dialect)
        }
        let ask = try ChatCall(exchange.request, route, configuration)
        let asked = try generation(for: ask, exchange, isVendorShape: route.isVendor) { id in
            answerAgain(exchange, ask, id, isVendorShape: route.isVendor)
        }
        guard let generation = asked else { return }
        let isGet = exchange.request.head.method == .get
        attach(
            exchange,
            generation,
            from: 0,
            ask.dialect,
            ask.request.stream ? (isGet ? .stream : .heldStream) : .completion,
            isVendorRoute: route.isVendor
        )
    }

    /// A new answer's id.
    func makeID() -> String { GenerationID.make(loop: reactor.index, from: &random) }

    /// Starts the answer to a request on this loop.
    func begin(_ ask: ChatCall, id: String, isVendorShape: Bool) throws(Problem) -> Generation {
        let candidate = models.candidate(for: ask.request.model)
        let chosen = candidate.upstream.configuration
        let model = candidate.model
        var body: [UInt8] = []
        body.reserveCapacity(512)
        do throws(ChatRequestError) {
            try chosen.provider.writeBody(ask.request, model: model, into: &body)
        } catch {
            throw Problem(error, isVendorShape: isVendorShape)
        }
        let generation = Generation(
            id: id,
            key: ask.key,
            request: ask.request,
            source: .init(upstream: chosen.name, model: model),
            onDisconnect: ask.onDisconnect,
            worker: self
        )
        generations.add(generation)
        if let conversation = generation.conversation {
            service.history.begins(id, in: conversation) {
                var text: [UInt8] = []
                Timestamp.append(milliseconds: generation.startedAt, into: &text)
                return text
            }
        }
        guard wantsPast(ask.request) else {
            generation.prepare(candidate.upstream, body)
            return generation
        }
        generation.prepare(candidate.upstream, [])
        fetchPast(ask.request, model: model, chosen.provider, for: generation.id)
        return generation
    }

    func attach(
        _ exchange: Exchange,
        _ generation: Generation,
        from cursor: Int,
        _ dialect: Dialect,
        _ form: Reader.Form,
        isVendorRoute: Bool = false
    ) {
        Reader(
            exchange,
            of: generation,
            from: cursor,
            dialect,
            form,
            isVendorRoute: isVendorRoute,
            worker: self
        ).start()
    }

    // MARK: Generations

    /// Nobody has come back for an ended answer.
    func forget(_ generation: Generation) {
        heap.somethingEnded()
        generations.remove(generation)
    }

    /// An ended answer is without readers, and one may come back.
    func shelve(_ generation: Generation) {
        generations.shelve(generation, upTo: configuration.keptBytes)
    }
}
