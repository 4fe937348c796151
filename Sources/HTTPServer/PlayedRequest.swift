import Loop
import Wire

/// One request without a connection, whose client is played: takes it to the handler as a
/// connection does with one that came whole, and ends it as one.
final class PlayedRequest: TurnEndHandler {
    private enum Phase {
        /// The handler has not decided yet what becomes of the request. → responding, closed
        case deciding
        /// The request is being answered. → closed
        case responding
        case closed
    }

    unowned let server: Server
    /// Its number among those of the server.
    let number: Int
    let standIn: any ExchangeStandIn
    private var reader: RequestReader
    /// The body as it came, until it is read.
    private var body: [UInt8]
    private var phase = Phase.deciding
    private var isEndScheduled = false
    /// Nil once the request is over here.
    private var exchange: Exchange?

    init(
        _ server: Server,
        number: Int,
        _ head: RequestHead,
        _ body: [UInt8],
        _ standIn: any ExchangeStandIn
    ) {
        self.server = server
        self.number = number
        self.standIn = standIn
        self.body = body
        reader = RequestReader(
            after: head,
            limits: server.limits.request,
            budget: server.bodyBudget
        )
    }

    // MARK: The request

    /// Asks the handler what becomes of it.
    func begin(_ exchange: Exchange) {
        self.exchange = exchange
        let admission = exchange.settle(server.handler.admit(exchange))
        // The handler may have dropped it.
        if case .deciding = phase { admitted(exchange, admission) }
    }

    /// The handler has decided, later than it was asked.
    func decided(_ exchange: Exchange, _ admission: Admission) {
        if case .deciding = phase { admitted(exchange, admission) }
    }

    /// Goes on with a request that another loop received and admitted.
    func resume(_ exchange: Exchange) {
        self.exchange = exchange
        phase = .responding
        standIn.moved(to: exchange)
        // The client may have left meanwhile, and says so only now.
        if case .responding = phase { server.handler.handle(exchange) }
    }

    private func admitted(_ exchange: Exchange, _ admission: Admission) {
        switch admission {
        case .wait: break
        case .refuse(let problem):
            phase = .responding
            exchange.respond(problem)
        case .read(let limit): readBody(of: exchange, upTo: limit, decodes: true)
        case .ignore(let limit): readBody(of: exchange, upTo: limit, decodes: false)
        }
    }

    private func readBody(of exchange: Exchange, upTo limit: Int, decodes: Bool) {
        phase = .responding
        let limits = server.limits
        do throws(RequestError) {
            let maxBytes = min(limit, limits.request.maxBodyBytes)
            if try reader.keepBody(upTo: maxBytes, decodes: decodes) {
                guard case .body(let bytes, let claim) = try read(body) else {
                    // Its rest never comes.
                    return exchange.respond(.tooSlow("body", limits.bodySeconds))
                }
                exchange.receive(bytes, claim, at: server.reactor.now)
            }
        } catch {
            reader.giveUpBody()
            return exchange.respond(Problem(error))
        }
        body = []
        server.handler.handle(exchange)
    }

    private func read(_ bytes: [UInt8]) throws(RequestError) -> RequestReader.Step {
        try reader.next(bytes.span).step
    }

    // MARK: The answer

    /// Looks at the end of this turn whether the answer was taken whole.
    func scheduleTurnEnd() {
        guard !isEndScheduled else { return }
        isEndScheduled = true
        server.reactor.atTurnEnd(self)
    }

    func turnEnded() {
        isEndScheduled = false
        guard let exchange, exchange.isFinished, standIn.unsentBytes == 0 else { return }
        leave()
        exchange.complete()
        server.handler.finished(exchange)
    }

    /// Ends it in the middle: the client is gone, or is to see no whole answer.
    func close() {
        guard let exchange else { return }
        leave()
        exchange.lose()
        server.handler.finished(exchange)
    }

    /// Drops what is left of it, and tells the client so.
    func abort() { exchange?.abort() }

    func detach(_ exchange: Exchange) -> DetachedExchange? {
        guard case .responding = phase else { return nil }
        leave()
        return DetachedExchange(of: exchange, with: standIn)
    }

    private func leave() {
        phase = .closed
        exchange = nil
        server.forget(self)
    }
}
