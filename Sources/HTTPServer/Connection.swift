import Glibc
import Loop
import Wire

/// One client's connection: requests in, answers out, in order.
final class Connection: ReadinessHandler, TurnEndHandler {
    private enum Phase {
        /// Between requests, or within a head. → body, responding, lingering, closed
        case head
        /// Within a body. → responding, lingering, closed
        case body(RequestHead)
        /// A request is being answered; what the client sends on waits. → head, lingering, closed
        case responding(Exchange)
        /// All is sent and our side is shut; waits for the client to close, since closing with
        /// unread input would reset the answer on its way (RFC 9112 §9.6). → closed
        case lingering
        case closed
    }

    private unowned let server: Server
    private var descriptor: Descriptor?
    private let peer: PeerAddress
    private var registration: Registration?
    private var interest: Readiness = [.readable, .peerClosed]
    private var phase = Phase.head
    private var parser: RequestParser
    private var bodyDecoder: BodyDecoder
    private var body: [UInt8] = []
    /// Received bytes that no request has consumed yet.
    private var input: [UInt8] = []
    private var output = OutputBuffer()
    private var keepsAlive = true
    /// Whether the client has closed its side; what it asked before is still answered.
    private var hasPeerFinished = false
    private var isEndScheduled = false
    private lazy var deadline = server.reactor.makeDeadline { [weak self] in self?.deadlinePassed()
    }

    init(_ descriptor: consuming Descriptor, peer: PeerAddress, server: Server) {
        self.descriptor = consume descriptor
        self.peer = peer
        self.server = server
        parser = RequestParser(limits: server.limits.request)
        bodyDecoder = BodyDecoder(framing: .none, limits: server.limits.request)
    }

    var isCongested: Bool { output.count > server.limits.outputHighWater }
    /// Whether nothing has been asked that is not answered.
    var isIdle: Bool {
        guard case .head = phase else { return false }
        return input.isEmpty
    }

    func start() throws(SystemCallError) {
        guard let number = descriptor?.number else { return }
        registration = try server.reactor.poller.add(number, interest, self)
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

    private func receive() {
        guard let number = descriptor?.number else { return }
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
        case .head, .body:
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
                want(interest.subtracting(.readable))
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
        want(interest.subtracting([.readable, .peerClosed]))
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
            if case .head = phase {
                guard let (head, used) = try parser.parse(bytes) else {
                    if !bytes.isEmpty, !deadlineIsForHead {
                        deadlineIsForHead = true
                        setDeadline(server.limits.headSeconds)
                    }
                    return (0, nil)
                }
                offset = used
                begin(head)
            }
            if case .body(let head) = phase {
                let rest = bytes.extracting(offset..<bytes.count)
                let (used, isDone) = try bodyDecoder.decode(rest, into: &body)
                offset += used
                if isDone {
                    let request = Request(head: head, body: body, peer: peer)
                    body = []
                    return (offset, request)
                }
            }
        } catch {
            refuse(Problem(error))
            return (bytes.count, nil)
        }
        return (offset, nil)
    }

    private var deadlineIsForHead = false

    private func begin(_ head: RequestHead) {
        parser = RequestParser(limits: server.limits.request)
        deadlineIsForHead = false
        phase = .body(head)
        guard head.framing != .none else { return }
        bodyDecoder = BodyDecoder(framing: head.framing, limits: server.limits.request)
        setDeadline(server.limits.bodySeconds)
        // A length over the limit was refused with the head, before the client is told to go on.
        if head.expectsContinue {
            output.appendRaw { $0.append(literal: "HTTP/1.1 100 Continue\r\n\r\n") }
            scheduleTurnEnd()
        }
    }

    private func dispatch(_ request: Request) {
        if request.head.framing != .none {
            bodyDecoder = BodyDecoder(framing: .none, limits: server.limits.request)
        }
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

    /// - Parameters:
    ///   - isStream: whether the content's length is unknown.
    ///   - hasContent: whether content follows, which it does not to a HEAD.
    func writeHead(
        _ status: Status,
        _ fields: HeaderFields,
        isStream: Bool,
        hasContent: Bool = true
    ) {
        var fields = fields
        let minorVersion = requestVersion
        let endsWithConnection = isStream && minorVersion == 0
        if endsWithConnection || server.isDraining { keepsAlive = false }
        if !keepsAlive {
            fields.append("Connection", "close")
        } else if minorVersion == 0 {
            fields.append("Connection", "keep-alive")
        }
        if isStream, !endsWithConnection { fields.append("Transfer-Encoding", "chunked") }
        output.appendRaw { out in
            server.appendHead(status, fields, into: &out)
        }
        output.isChunked = isStream && hasContent && !endsWithConnection
        scheduleTurnEnd()
    }

    func writeRaw(_ body: (inout [UInt8]) -> Void) {
        output.appendRaw(body)
        scheduleTurnEnd()
    }

    func writeContent(_ body: (inout [UInt8]) -> Void) {
        output.appendContent(body)
        scheduleTurnEnd()
    }

    func exchangeFinished() {
        output.endContent()
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

    func turnEnded() {
        isEndScheduled = false
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
        case .head, .body, .closed: break
        }
    }

    /// Sends what is to be sent.
    ///
    /// - Returns: whether nothing is left and the connection is open.
    private func flush() -> Bool {
        guard let number = descriptor?.number else { return false }
        output.seal()
        while !output.isEmpty {
            let offset = output.offset
            let moved = output.unsent.withUnsafeBytes { bytes in
                SocketIO.send(number, UnsafeRawBufferPointer(rebasing: bytes[offset...]))
            }
            switch moved {
            case .bytes(let count):
                output.took(count)
                if interest.contains(.writable) { setDeadline(server.limits.stalledSeconds) }
            case .wouldBlock:
                if !interest.contains(.writable) {
                    want(interest.union(.writable))
                    setDeadline(server.limits.stalledSeconds)
                }
                return false
            case .failed:
                close()
                return false
            }
        }
        if interest.contains(.writable) {
            want(interest.subtracting(.writable))
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
        phase = .head
        setDeadline(server.limits.idleSeconds)
        if input.isEmpty { output.releaseMemory() }
        consumeInput()
        if hasPeerFinished { peerFinished() } else { readOn() }
    }

    /// Reads on, unless more than enough waits already behind the request under way: each answer
    /// must not let in more than it uses up.
    private func readOn() {
        if case .responding = phase, input.count > server.limits.maxPipelinedBytes { return }
        want(interest.union(.readable))
    }

    private func shutDown() {
        guard let number = descriptor?.number else { return }
        setDeadline(server.limits.lingerSeconds)
        shutdown(number, Int32(SHUT_WR))
        // What came in already counts as read; a client that has closed is noticed at once.
        want([.readable, .peerClosed])
    }

    // MARK: The end

    /// Closes a connection that waits between requests: the server is going down.
    ///
    /// A request that has arrived but was not read yet is still answered.
    func closeIfIdle() {
        if isIdle { receive() }
        if isIdle { close() }
    }

    func abort() {
        guard let number = descriptor?.number else { return }
        SocketIO.resetOnClose(number)
        close()
    }

    func detach(_ request: Request) -> DetachedExchange? {
        guard let descriptor = takeDescriptor() else { return nil }
        let input = input
        leave()
        return DetachedExchange(descriptor: descriptor, request: request, input: input)
    }

    private func close() {
        guard takeAndClose() else { return }
        guard case .responding(let exchange) = phase else { return leave() }
        leave()
        exchange.lose()
        server.handler.finished(exchange)
    }

    private func leave() {
        phase = .closed
        deadline.clear()
        server.forget(self)
    }

    private func takeAndClose() -> Bool {
        guard let number = takeDescriptor() else { return false }
        _ = Descriptor(owning: number)
        return true
    }

    private func takeDescriptor() -> Int32? {
        guard let descriptor = descriptor.take() else { return nil }
        if let registration { server.reactor.poller.remove(registration) }
        registration = nil
        return descriptor.release()
    }

    private func want(_ readiness: Readiness) {
        guard readiness != interest, let registration else { return }
        interest = readiness
        do {
            try server.reactor.poller.modify(registration, readiness)
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
        case .head where input.isEmpty, .lingering, .closed: close()
        // An orderly end could make half an answer look whole, and would leave what the reader
        // does not take in the kernel's memory.
        case .responding: abort()
        case .head: refuse(Self.tooSlow("head", server.limits.headSeconds))
        case .body: refuse(Self.tooSlow("body", server.limits.bodySeconds))
        }
    }

    private static func tooSlow(_ part: String, _ seconds: Int) -> Problem {
        Problem(
            .requestTimeout,
            type: "timeout_error",
            message: "the request's \(part) was not complete within \(seconds) s"
        )
    }
}
