import Glibc
import Loop
import Wire

/// One client's connection: requests in, answers out, in order.
final class Connection: ReadinessHandler, TurnEndHandler {
    private unowned let server: Server
    var socket: ClientSocket
    private let peer: PeerAddress
    private(set) var phase = ConnectionPhase.reading
    private var reader: RequestReader
    /// Received bytes that no request has consumed yet.
    var input = InputBuffer()
    var output = OutputBuffer()
    var keepsAlive = true
    /// Whether the deadline is that of a head that has begun.
    private var isHeadTimed = false
    /// Whether the client has closed its side; what it asked before is still answered.
    private var hasPeerFinished = false
    private var isEndScheduled = false
    private let deadline: Deadline

    init(_ descriptor: consuming Descriptor, peer: PeerAddress, server: Server) {
        socket = ClientSocket(descriptor, poller: server.reactor.poller)
        self.peer = peer
        self.server = server
        reader = RequestReader(limits: server.limits.request, budget: server.bodyBudget)
        deadline = server.reactor.makeDeadline()
        deadline.whenDue { [unowned self] in deadlinePassed() }
    }

    deinit { deadline.abandon() }

    var unsentBytes: Int { output.count }
    var isCongested: Bool { unsentBytes > server.limits.outputHighWater }

    func start() throws(SystemCallError) {
        try socket.watch(self)
        setDeadline(server.limits.headSeconds)
    }

    /// Goes on with a request that another loop received and admitted.
    func resume(_ detached: DetachedExchange) throws(SystemCallError) {
        try start()
        input = InputBuffer(detached.input)
        keepsAlive = detached.request.head.keepsAlive
        dispatch(Exchange(detached, connection: self, startedAt: server.reactor.now))
    }

    // MARK: Readiness

    func descriptorReady(_ readiness: Readiness) {
        if readiness.contains(.failed) || readiness.contains(.hungUp) { return close() }
        if readiness.contains(.writable) { scheduleTurnEnd() }
        if readiness.contains(.readable) || readiness.contains(.peerClosed) { receive() }
    }

    func receive() {
        guard let number = socket.number else { return }
        server.reactor.pace.hurry()
        switch SocketIO.receive(number, into: server.scratch) {
        case .bytes(0): peerFinished()
        case .bytes(let count):
            let received = UnsafeBufferPointer(rebasing: server.scratch[..<count])
            accept(received.span)
        case .wouldBlock: break
        case .failed: close()
        }
    }

    private func accept(_ bytes: Span<UInt8>) {
        switch phase {
        case .reading, .receiving, .dropping:
            guard input.isEmpty else {
                input.append(bytes)
                return consumeInput()
            }
            let (used, exchange) = consume(bytes)
            if used < bytes.count { input.append(bytes.extracting(used..<bytes.count)) }
            if let exchange { dispatch(exchange) }
        case .deciding, .responding:
            input.append(bytes)
            guard input.count > server.limits.maxPipelinedBytes else { return }
            want(socket.interest.subtracting(.readable))
        case .lingering, .closed: break
        }
    }

    /// The client has closed its side.
    ///
    /// A half-closed client that still reads looks like one that left. Where the end of the answer
    /// is in sight, it gets it, and the answers to what it asked behind it. A stream could go on
    /// for nobody and for long, so there the client counts as gone: nginx, as a proxy, takes it the
    /// same way.
    private func peerFinished() {
        guard case .responding(let exchange) = phase, exchange.isBounded else { return close() }
        hasPeerFinished = true
        want(socket.interest.subtracting([.readable, .peerClosed]))
    }

    // MARK: Requests

    private func consumeInput() {
        guard !input.isEmpty, phase.takesInput else { return }
        let bytes = input.bytes
        let (used, exchange) = consume(bytes.span.extracting(input.start...))
        input.drop(used)
        if let exchange { dispatch(exchange) }
    }

    /// Reads off the bytes up to the end of one request, or up to where its handler has to say what
    /// becomes of it.
    ///
    /// The caller keeps the rest first and dispatches then: a handler may at once take the
    /// connection to another loop, together with its input.
    ///
    /// - Returns: how many bytes are used up, and the request if it is whole.
    private func consume(_ bytes: Span<UInt8>) -> (used: Int, whole: Exchange?) {
        var offset = 0
        do throws(RequestError) {
            while phase.takesInput {
                let (used, step) = try reader.next(bytes.extracting(offset..<bytes.count))
                offset += used
                switch step {
                case .more:
                    if offset < bytes.count { headBegan() }
                    return (offset, nil)
                case .head(let head):
                    if let exchange = headEnded(head) { return (offset, exchange) }
                case .body(let body, let claim):
                    phase.exchange?.receive(body, claim, at: server.reactor.now)
                    return (offset, phase.exchange)
                case .dropped: dropped()
                }
            }
            return (offset, nil)
        } catch {
            readingFailed(Problem(error))
            return (bytes.count, nil)
        }
    }

    /// A head's time runs from its first byte, however many more drip in.
    private func headBegan() {
        guard !isHeadTimed else { return }
        isHeadTimed = true
        setDeadline(server.limits.headSeconds)
    }

    /// - Returns: the request if it is whole and may be answered.
    private func headEnded(_ head: RequestHead) -> Exchange? {
        isHeadTimed = false
        keepsAlive = head.keepsAlive
        let exchange = Exchange(
            request: Request(head: head, body: [], peer: peer),
            connection: self,
            startedAt: server.reactor.now
        )
        phase = .deciding(exchange)
        let admission = exchange.settle(server.handler.admit(exchange))
        // The handler may have dropped the connection.
        guard case .deciding = phase else { return nil }
        return admitted(exchange, admission) ? exchange : nil
    }

    /// The handler has said later what becomes of a request.
    func decided(_ exchange: Exchange, _ admission: Admission) {
        guard case .deciding = phase else { return }
        if admitted(exchange, admission) { dispatch(exchange) } else { consumeInput() }
        readOn()
    }

    /// - Returns: whether the request is whole and may be answered.
    private func admitted(_ exchange: Exchange, _ admission: Admission) -> Bool {
        switch admission {
        case .wait: deadline.clear()
        case .refuse(let problem): refuse(exchange, problem)
        case .read(let limit):
            do throws(RequestError) {
                let maxBytes = min(limit, server.limits.request.maxBodyBytes)
                guard try reader.keepBody(upTo: maxBytes) else { return true }
                phase = .receiving(exchange)
                setDeadline(server.limits.bodySeconds)
                guard exchange.request.head.expectsContinue else { return false }
                write { $0.appendRaw { $0.append(literal: "HTTP/1.1 100 Continue\r\n\r\n") } }
            } catch {
                refuse(exchange, Problem(error))
            }
        }
        return false
    }

    private func dispatch(_ exchange: Exchange) {
        deadline.clear()
        phase = .responding(exchange)
        server.handler.handle(exchange)
    }

    /// Answers a request by its head alone; what of its body can be read past is dropped then.
    private func refuse(_ exchange: Exchange, _ problem: Problem) {
        deadline.clear()
        phase = .responding(exchange)
        if !reader.dropBody(upTo: server.limits.maxDroppedBytes) { keepsAlive = false }
        exchange.respond(problem)
    }

    /// A refused request's body is read past.
    private func dropped() {
        guard !server.isDraining else { return linger() }
        phase = .reading
        setDeadline(server.limits.idleSeconds)
    }

    /// What comes in is no acceptable request, or comes too slowly: where the next one would start
    /// is unknown (RFC 9112 §9.2), so the connection ends with the answer.
    private func readingFailed(_ problem: Problem) {
        keepsAlive = false
        input = InputBuffer()
        reader.giveUpBody()
        switch phase {
        case .receiving(let exchange):
            deadline.clear()
            phase = .responding(exchange)
            exchange.respond(problem)
        // Its request has been answered.
        case .dropping: linger()
        default: refuse(problem)
        }
    }

    /// Answers what has no head.
    private func refuse(_ problem: Problem) {
        server.handler.refused(problem, from: peer)
        write { $0.appendRaw { server.appendLastAnswer(problem, into: &$0) } }
        phase = .lingering
    }

    // MARK: Answers

    /// Whether another request may follow the answer that begins.
    var mayKeepAlive: Bool { keepsAlive && !server.isDraining }

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

    /// Sends what the body writes at once, where the turn's end is too long a way: a token has been
    /// collected there already, and its bytes are still in the processor's cache.
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
        case .reading, .deciding, .receiving, .dropping, .closed: break
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
            // Whoever takes some of it is not stalled.
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
        phase = reader.isWithinBody ? .dropping : .reading
        let limits = server.limits
        setDeadline(reader.isWithinBody ? limits.bodySeconds : limits.idleSeconds)
        consumeInput()
        if hasPeerFinished { peerFinished() } else { readOn() }
    }

    /// Reads on, unless more than enough waits already behind the request under way: each answer
    /// must not let in more than it uses up.
    private func readOn() {
        if !phase.takesInput, input.count > server.limits.maxPipelinedBytes { return }
        want(socket.interest.union(.readable))
    }

    /// Ends a connection whose answers are given.
    func linger() {
        input = InputBuffer()
        phase = .lingering
        scheduleTurnEnd()
    }

    private func shutDown() {
        guard let number = socket.number else { return }
        setDeadline(server.limits.lingerSeconds)
        shutdown(number, Int32(SHUT_WR))
        // What came in already counts as read; a client that has closed is noticed at once.
        want([.readable, .peerClosed])
    }

    // MARK: The end

    func close() {
        guard socket.close() else { return }
        let exchange = phase.exchange
        leave()
        guard let exchange else { return }
        exchange.lose()
        server.handler.finished(exchange)
    }

    func leave() {
        phase = .closed
        deadline.clear()
        server.forget(self)
    }

    private func want(_ readiness: Readiness) {
        do {
            try socket.want(readiness)
        } catch {
            // The kernel is out of memory for a registration it already has: nothing to serve with.
            close()
        }
    }

    // MARK: Time

    private func setDeadline(_ seconds: Int) {
        deadline.set(at: server.reactor.now + .seconds(seconds))
    }

    private func deadlinePassed() {
        switch phase {
        case .lingering, .closed, .deciding: close()
        // An orderly end could make half an answer look whole, and would leave what the reader
        // does not take in the kernel's memory.
        case .responding: abort()
        case .receiving, .dropping: readingFailed(.tooSlow("body", server.limits.bodySeconds))
        case .reading where isIdle: close()
        case .reading: readingFailed(.tooSlow("head", server.limits.headSeconds))
        }
    }
}
