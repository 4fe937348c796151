import Glibc
import Loop
import Wire

/// One client's connection: requests in, answers out, in order.
final class Connection: ReadinessHandler, TurnEndHandler {
    private enum Phase {
        /// Between requests, or within one. → responding, lingering, closed
        case reading
        /// A request is being answered; what the client sends on waits. → reading, lingering, closed
        case responding(Exchange)
        /// All is sent and our side is shut; waits for the client to close, since closing with
        /// unread input would reset the answer on its way (RFC 9112 §9.6). → closed
        case lingering
        case closed
    }

    private unowned let server: Server
    var socket: ClientSocket
    private let peer: PeerAddress
    private var phase = Phase.reading
    private var reader: RequestReader
    /// Received bytes that no request has consumed yet.
    var input: [UInt8] = []
    private var output = OutputBuffer()
    private var keepsAlive = true
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
        reader = RequestReader(limits: server.limits.request)
        deadline = server.reactor.makeDeadline()
        deadline.whenDue { [unowned self] in deadlinePassed() }
    }

    deinit { deadline.abandon() }

    var unsentBytes: Int { output.count }
    var isCongested: Bool { unsentBytes > server.limits.outputHighWater }
    /// Whether nothing has been asked that is not answered.
    var isIdle: Bool {
        guard case .reading = phase else { return false }
        return input.isEmpty && !reader.isWithinBody
    }

    func start() throws(SystemCallError) {
        try socket.watch(self)
        setDeadline(server.limits.headSeconds)
    }

    /// Goes on with a request that another loop received.
    func resume(_ request: Request, input: [UInt8]) throws(SystemCallError) {
        try start()
        self.input = input
        dispatch(request)
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
        case .reading:
            guard input.isEmpty else {
                input.append(span: bytes)
                return consumeInput()
            }
            let (used, request) = consume(bytes)
            if used < bytes.count { input.append(span: bytes.extracting(used..<bytes.count)) }
            if let request { dispatch(request) }
        case .responding:
            input.append(span: bytes)
            if input.count > server.limits.maxPipelinedBytes {
                want(socket.interest.subtracting(.readable))
            }
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
        guard !input.isEmpty else { return }
        let bytes = input
        input = []
        let (used, request) = consume(bytes.span)
        if used == 0 { input = bytes } else if used < bytes.count { input = Array(bytes[used...]) }
        if let request { dispatch(request) }
    }

    /// Reads off the bytes up to the end of one request.
    ///
    /// The caller keeps the rest first and dispatches then: a handler may at once take the
    /// connection to another loop, together with its input.
    ///
    /// - Returns: how many bytes are used up, and the request if it is whole.
    private func consume(_ bytes: Span<UInt8>) -> (used: Int, request: Request?) {
        var offset = 0
        do throws(RequestError) {
            while true {
                let (used, step) = try reader.next(bytes.extracting(offset..<bytes.count))
                offset += used
                switch step {
                case .more:
                    if offset < bytes.count { headBegan() }
                    return (offset, nil)
                case .head(let head): bodyBegins(head)
                case .request(let head, let body):
                    return (offset, Request(head: head, body: body, peer: peer))
                }
            }
        } catch {
            refuse(Problem(error))
            return (bytes.count, nil)
        }
    }

    /// A head's time runs from its first byte, however many more drip in.
    private func headBegan() {
        guard !isHeadTimed else { return }
        isHeadTimed = true
        setDeadline(server.limits.headSeconds)
    }

    private func bodyBegins(_ head: RequestHead) {
        setDeadline(server.limits.bodySeconds)
        // A length over the limit was refused with the head, before the client is told to go on.
        guard head.expectsContinue else { return }
        writeRaw { $0.append(literal: "HTTP/1.1 100 Continue\r\n\r\n") }
    }

    private func dispatch(_ request: Request) {
        isHeadTimed = false
        deadline.clear()
        keepsAlive = request.head.keepsAlive && !server.isDraining
        let exchange = Exchange(
            request: request,
            connection: self,
            startedAt: server.reactor.now
        )
        phase = .responding(exchange)
        server.handler.handle(exchange)
    }

    /// Answers what is no acceptable request, and closes: where the next one would start is
    /// unknown (RFC 9112 §9.2).
    private func refuse(_ problem: Problem) {
        server.handler.refused(problem, from: peer)
        keepsAlive = false
        input = []
        var fields = problem.fields
        fields.append("Content-Type", "application/json")
        let body = problem.body
        fields.append("Content-Length", String(body.count))
        writeHead(problem.status, fields, isStream: false)
        writeRaw { $0.append(contentsOf: body) }
        phase = .lingering
    }

    // MARK: Answers

    /// Writes the head of an answer, whose content need not be known yet (`isStream`), and need not
    /// follow either (`hasContent`), as with a HEAD.
    func writeHead(
        _ status: Status,
        _ fields: HeaderFields,
        block: HeaderBlock = HeaderBlock(),
        isStream: Bool,
        hasContent: Bool = true
    ) {
        var fields = fields
        let framing = ResponseFraming(
            minorVersion: requestVersion,
            isStream: isStream,
            mayKeepAlive: keepsAlive && !server.isDraining
        )
        keepsAlive = framing.keepsAlive
        framing.appendFields(to: &fields)
        writeRaw { server.appendHead(status, block, fields, into: &$0) }
        output.isChunked = framing.isChunked && hasContent
    }

    func writeRaw(_ body: (inout [UInt8]) -> Void) {
        write { $0.appendRaw(body) }
    }

    func writeContent(_ body: (inout [UInt8]) -> Void) {
        write { $0.appendContent(body) }
    }

    func exchangeFinished() {
        write { $0.endContent() }
    }

    @inline(__always)
    private func write(_ body: (inout OutputBuffer) -> Void) {
        output.takeStorage(from: &server.spareBuffers)
        body(&output)
        scheduleTurnEnd()
    }

    func closeWhenFinished() {
        keepsAlive = false
    }

    func cutOff() {
        output.seal()
        output.isChunked = false
        keepsAlive = false
        scheduleTurnEnd()
    }

    private var requestVersion: Int {
        guard case .responding(let exchange) = phase else { return 1 }
        return exchange.request.head.minorVersion
    }

    private func scheduleTurnEnd() {
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
        case .reading, .closed: break
        }
    }

    /// Sends what is to be sent.
    ///
    /// - Returns: whether nothing is left and the connection is open.
    private func flush() -> Bool {
        guard let number = socket.number else { return false }
        output.seal()
        while !output.isEmpty {
            switch output.withUnsent({ SocketIO.send(number, $0) }) {
            case .bytes(let count):
                output.took(count)
                if socket.interest.contains(.writable) { setDeadline(server.limits.stalledSeconds) }
            case .wouldBlock:
                if !socket.interest.contains(.writable) {
                    want(socket.interest.union(.writable))
                    setDeadline(server.limits.stalledSeconds)
                }
                return false
            case .failed:
                close()
                return false
            }
        }
        output.giveStorage(to: &server.spareBuffers)
        if socket.interest.contains(.writable) {
            want(socket.interest.subtracting(.writable))
            if case .responding = phase { deadline.clear() }
        }
        return true
    }

    private func complete(_ exchange: Exchange) {
        exchange.complete()
        server.handler.finished(exchange)
        guard keepsAlive, !server.isDraining else {
            phase = .lingering
            return shutDown()
        }
        phase = .reading
        setDeadline(server.limits.idleSeconds)
        consumeInput()
        if hasPeerFinished { peerFinished() } else { readOn() }
    }

    /// Reads on, unless more than enough waits already behind the request under way: each answer
    /// must not let in more than it uses up.
    private func readOn() {
        if case .responding = phase, input.count > server.limits.maxPipelinedBytes { return }
        want(socket.interest.union(.readable))
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
        guard case .responding(let exchange) = phase else { return leave() }
        leave()
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
        case .lingering, .closed: close()
        // An orderly end could make half an answer look whole, and would leave what the reader
        // does not take in the kernel's memory.
        case .responding: abort()
        case .reading where isIdle: close()
        case .reading where reader.isWithinBody:
            refuse(.tooSlow("body", server.limits.bodySeconds))
        case .reading: refuse(.tooSlow("head", server.limits.headSeconds))
        }
    }

}
