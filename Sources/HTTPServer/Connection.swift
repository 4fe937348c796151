import Glibc
import Loop
import Wire

/// One client's connection: requests in, answers out, in order.
final class Connection: ReadinessHandler, TurnEndHandler {
    /// How a connection ends once all is sent.
    enum End {
        case close
        case reset
    }

    unowned let server: Server
    var socket: ClientSocket
    /// The other end; or who a trusted proxy says that is, once it has.
    private(set) var peer: PeerAddress
    /// Nil for a connection that is one too many, and only refused.
    private(set) var place: ConnectionPlace?
    var age: ConnectionAge
    var phase = ConnectionPhase.reading
    private let intake: RequestIntake
    var output = OutputBuffer()
    var keepsAlive = true
    private var end = End.close
    /// Whether the client has closed its side; what it asked before is still answered.
    private var hasPeerFinished = false
    private var isEndScheduled = false
    let deadline: Deadline

    init(
        _ descriptor: consuming Descriptor,
        peer: PeerAddress,
        place: ConnectionPlace?,
        age: ConnectionAge? = nil,
        server: Server
    ) {
        socket = ClientSocket(descriptor, poller: server.reactor.poller)
        self.peer = peer
        self.place = place
        self.age = age ?? ConnectionAge(since: server.reactor.now)
        self.server = server
        intake = RequestIntake(limits: server.limits.request, budget: server.bodyBudget)
        deadline = server.reactor.makeDeadline()
        deadline.whenDue { [unowned self] in deadlinePassed() }
    }

    deinit { deadline.abandon() }

    /// About how much memory one holds beside what it has not sent.
    static let emptyBytes = 2048

    var unsentBytes: Int { output.count }
    var isCongested: Bool { unsentBytes > server.limits.outputHighWater }

    func start() throws(SystemCallError) {
        try socket.watch(self)
        setDeadline(server.limits.headSeconds)
    }

    /// Goes on with a request that another loop received and admitted.
    func resume(_ detached: DetachedExchange, input: [UInt8]) throws(SystemCallError) {
        try start()
        intake.resume(detached, input: input, on: self)
    }

    // MARK: Readiness

    func descriptorReady(_ readiness: Readiness) {
        if readiness.contains(.failed) || readiness.contains(.hungUp) { return close() }
        if readiness.contains(.writable) { scheduleTurnEnd() }
        if readiness.contains(.readable) || readiness.contains(.peerClosed) { receive() }
    }

    private func receive() {
        guard let number = socket.number else { return }
        server.reactor.pace.hurry()
        switch SocketIO.receive(number, into: server.scratch) {
        case .bytes(0): peerFinished()
        case .bytes(let count):
            let received = UnsafeBufferPointer(rebasing: server.scratch[..<count])
            if case .introducing(let reader) = phase { return introduce(reader, received.span) }
            intake.accept(received.span, on: self)
        case .wouldBlock: break
        case .failed: close()
        }
    }

    /// The client has closed its side.
    ///
    /// A half-closed client that still reads looks like one that left. Where the end of the answer
    /// is in sight, the client gets it, and the answers to what it asked after that. A stream could
    /// go on for long with nobody to read it, so there the client counts as gone, as it does for
    /// nginx as a proxy.
    private func peerFinished() {
        guard case .responding(let exchange) = phase, exchange.isBounded else { return close() }
        hasPeerFinished = true
        want(socket.interest.subtracting([.readable, .peerClosed]))
    }

    /// A trusted proxy says whose connection this is; what follows is the client's.
    private func introduce(_ reader: PreambleReader, _ bytes: Span<UInt8>) {
        var reader = reader
        do throws(ProxyPreamble.Fault) {
            guard let (preamble, used) = try reader.read(bytes) else {
                phase = .introducing(reader)
                return
            }
            phase = .reading
            guard takePeer(preamble), used < bytes.count else { return }
            intake.accept(bytes.extracting(used...), on: self)
        } catch {
            refuse(Problem(error))
        }
    }

    /// - Returns: whether the client may have this connection.
    private func takePeer(_ preamble: ProxyPreamble) -> Bool {
        switch preamble {
        case .proxy: return true
        case .unknown: peer = .unknown
        case .client(let address): peer = address
        }
        do throws(ConnectionBook.Refusal) {
            place = try place?.moved(to: peer, server.limits)
            return true
        } catch {
            refuse(Problem(error))
            return false
        }
    }

    // MARK: Requests

    /// The handler has decided, later than it was asked, what becomes of a request.
    func decided(_ exchange: Exchange, _ admission: Admission) {
        intake.decided(exchange, admission, on: self)
    }

    /// Answers what has no head.
    func refuse(_ problem: Problem) {
        server.handler.refused(problem, from: peer)
        write { $0.appendRaw { server.appendLastAnswer(problem, into: &$0) } }
        phase = .lingering
    }

    // MARK: Answers

    func writeHead(
        _ status: Status,
        _ block: HeaderBlock,
        _ fields: HeaderFields,
        _ framing: ResponseFraming
    ) {
        keepsAlive = framing.keepsAlive
        write { $0.appendRaw { server.appendHead(status, block, fields, framing, into: &$0) } }
    }

    @inline(__always)
    func write(_ body: (inout OutputBuffer) -> Void) {
        output.takeStorage(from: &server.spareBuffers)
        body(&output)
        scheduleTurnEnd()
    }

    func scheduleTurnEnd() {
        guard !isEndScheduled else { return }
        isEndScheduled = true
        server.reactor.atTurnEnd(self)
    }

    /// Sends at once what the body writes: a token that was collected at the turn's end need not
    /// wait for another one, and its bytes are still in the processor's cache.
    func sendNow(_ body: () -> Void) {
        let wasScheduled = isEndScheduled
        isEndScheduled = true
        body()
        isEndScheduled = wasScheduled
        endTurn()
    }

    func turnEnded() {
        isEndScheduled = false
        endTurn()
    }

    private func endTurn() {
        guard flush() else { return }
        switch phase {
        case .responding(let exchange):
            if exchange.isFinished {
                complete(exchange)
            } else if exchange.wantsWritable {
                exchange.wantsWritable = false
                exchange.delegate?.exchangeIsWritable(exchange)
            }
        case .lingering: shutDown()
        case .introducing, .reading, .deciding, .receiving, .dropping, .closed: break
        }
    }

    /// Sends what is to be sent.
    ///
    /// - Returns: whether nothing is left and the connection is open.
    private func flush() -> Bool {
        output.seal()
        let wasBlocked = socket.interest.contains(.writable)
        switch socket.send(&output) {
        case .all:
            output.giveStorage(to: &server.spareBuffers)
            guard wasBlocked else { return true }
            want(socket.interest.subtracting(.writable))
            if case .responding = phase { deadline.clear() }
            return true
        case .part(let count):
            // A client that takes some of it is not stalled.
            if !wasBlocked || count > 0 { setDeadline(server.limits.stalledSeconds) }
            want(socket.interest.union(.writable))
            return false
        case .failed:
            close()
            return false
        }
    }

    private func complete(_ exchange: Exchange) {
        exchange.complete()
        server.handler.finished(exchange)
        guard mayKeepAlive else {
            phase = .lingering
            return shutDown()
        }
        let isWithinBody = intake.isWithinBody
        phase = isWithinBody ? .dropping : .reading
        setDeadline(isWithinBody ? server.limits.bodySeconds : server.idleSeconds)
        intake.consumeInput(on: self)
        if hasPeerFinished { peerFinished() } else { intake.readOn(self) }
    }

    /// Ends a connection whose requests are all answered.
    func linger() {
        intake.dropInput()
        phase = .lingering
        scheduleTurnEnd()
    }

    private func shutDown() {
        guard let number = socket.number else { return }
        guard end == .close else { return abort() }
        setDeadline(server.limits.lingerSeconds)
        shutdown(number, Int32(SHUT_WR))
        // What came in already counts as read; a client that has closed is noticed at once.
        want([.readable, .peerClosed])
    }

    // MARK: The end

    /// Whether nothing has been asked that is not answered.
    private var isIdle: Bool {
        switch phase {
        case .introducing(let reader): reader.isEmpty
        case .reading: intake.isEmpty
        case .deciding, .receiving, .responding, .dropping, .lingering, .closed: false
        }
    }

    /// Closes a connection that waits between requests: the server is going down.
    ///
    /// A request that has arrived but was not read yet is still answered, and so is the first one
    /// of a client that has just come: it could not know. A refused request has its answer, so the
    /// rest of its body is not waited for.
    func closeIfIdle() {
        if case .dropping = phase { return linger() }
        if isIdle { receive() }
        guard isIdle else { return }
        guard age.isNew(at: server.reactor.now) else { return close() }
        setDeadline(ConnectionAge.firstRequestSeconds)
    }

    func closeWhenFinished() { keepsAlive = false }

    /// Whether another request may follow the answer that begins.
    var mayKeepAlive: Bool { keepsAlive && !server.isDraining }

    /// Sends what is written and ends the connection, without the end of the answer.
    func cutOff(by end: End) {
        output.seal()
        output.isChunked = false
        keepsAlive = false
        self.end = end
        scheduleTurnEnd()
    }

    func abort() {
        guard let number = socket.number else { return }
        SocketIO.resetOnClose(number)
        close()
    }

    func detach(_ exchange: Exchange) -> DetachedExchange? {
        guard case .responding = phase, let descriptor = socket.take() else { return nil }
        let input = intake.takeInput()
        leave()
        return DetachedExchange(descriptor: descriptor, of: exchange, on: self, input: input)
    }

    func close() {
        guard socket.close() else { return }
        let exchange = phase.exchange
        leave()
        guard let exchange else { return }
        exchange.lose()
        server.handler.finished(exchange)
    }

    private func leave() {
        phase = .closed
        deadline.clear()
        server.forget(self)
    }

    func want(_ readiness: Readiness) {
        do {
            try socket.want(readiness)
        } catch {
            // The kernel has no memory for a registration it already has: nothing can be served.
            close()
        }
    }

    // MARK: Time

    func setDeadline(_ seconds: Int) {
        deadline.set(at: server.reactor.now + .seconds(seconds))
    }

    private func deadlinePassed() {
        switch phase {
        case .lingering, .closed, .deciding: close()
        // An orderly end could make half an answer look whole, and would leave what the reader
        // does not take in the kernel's memory.
        case .responding: abort()
        case .receiving, .dropping:
            intake.readingFailed(.tooSlow("body", server.limits.bodySeconds), on: self)
        case .introducing where isIdle, .reading where isIdle: close()
        case .introducing: refuse(.tooSlow("PROXY preamble", server.limits.headSeconds))
        case .reading: intake.readingFailed(.tooSlow("head", server.limits.headSeconds), on: self)
        }
    }
}
