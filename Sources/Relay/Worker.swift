import Generations
import HTTPServer
import Loop
import Storage
import Upstream
import Wire

/// The relay on one loop: makes what belongs to the loop, starts it and ends it.
final class Worker {
    private let reactor: Reactor
    private let service: Service
    private let client: UpstreamClient
    /// Every answer that began on this loop lives here.
    let store: GenerationStore
    private let router: Router
    private let server: Server

    init(_ service: Service, on loop: isolated EventLoop) throws(StartError) {
        let reactor = loop.reactor
        guard let client = service.makeClient(reactor, service.upstreamSettings) else {
            throw .outOfMemory
        }
        let context = LoopContext(
            reactor,
            service.configuration,
            client: client,
            heap: HeapTrim(on: reactor),
            random: service.platform.random,
            breakers: service.breakers,
            queues: service.queues,
            readBackQueue: service.readBackQueue,
            report: { service.reported($0) }
        )
        self.service = service
        self.reactor = reactor
        self.client = client
        store = GenerationStore(context, service.stores)
        router = Router(
            Policies(context, service.access),
            store: store,
            service: service,
            page: try Self.files(in: service.staticFolder)
        )
        server = Server(
            on: reactor,
            limits: service.limits,
            bodyBudget: service.bodyBudget,
            book: service.connectionBook,
            handler: router
        )
        store.start()
    }

    private static func files(in folder: String?) throws(StartError) -> StaticFiles? {
        guard let folder else { return nil }
        do throws(SystemCallError) {
            return try StaticFiles(
                folder,
                fields: PagePolicy.fields,
                pageFields: PagePolicy.pageFields
            )
        } catch {
            throw .staticFolder(folder, error)
        }
    }

    /// The worker of a loop, for work that is posted to the loop.
    static func of(_ loop: isolated EventLoop) -> Worker? {
        for tenant in loop.reactor.tenants {
            if let worker = tenant as? Worker { return worker }
        }
        return nil
    }

    func accept(from listeners: [Int32]) throws(StartError) {
        do throws(SystemCallError) {
            for listener in listeners { try server.accept(from: listener) }
        } catch {
            throw .listener(error)
        }
    }

    /// Applies these to what begins from now on.
    func reload(_ configuration: RelayConfiguration, _ limits: ServerLimits) {
        server.limits = limits
        store.context = store.context.with(configuration)
        router.reload(Policies(store.context, service.access))
    }

    /// Says how much memory answers and clients hold on this loop.
    func measureMemory() {
        service.queues.measured(store.heldBytes + server.heldBytes, on: reactor.index)
    }

    func adopt(_ detached: DetachedExchange) { server.adopt(detached) }

    func play(
        _ head: RequestHead,
        body: [UInt8],
        from peer: PeerAddress,
        with standIn: any ExchangeStandIn
    ) -> Exchange {
        server.play(head, body: body, from: peer, with: standIn)
    }

    func drain() { server.drain() }

    /// Drops all that is left; nothing is served afterwards.
    func closeAll() {
        store.interruptAll()
        server.closeAll()
        client.cancelAll()
        store.close()
        reactor.awaiting.removeAll()
        router.flush()
    }

    var load: Load {
        Load(
            generations: store.runningCount,
            connections: server.connectionCount,
            tokens: store.tokenCount
        )
    }
}
