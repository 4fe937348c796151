import Loop
import Wire

/// Takes the requests off what one client sends, one after the other: the next waits until the one
/// before is answered.
///
/// A part of its connection, which it is given at each call and which keeps the phase.
final class RequestIntake {
    private var reader: RequestReader
    /// Received bytes that no request has used up yet.
    private var input = InputBuffer()
    /// Whether the deadline is that of a head that has begun.
    private var isHeadTimed = false

    init(limits: RequestLimits, budget: BodyBudget) {
        reader = RequestReader(limits: limits, budget: budget)
    }

    /// Whether no received byte waits.
    var isEmpty: Bool { input.isEmpty }

    /// Whether the body of an answered request is not read to its end yet.
    var isWithinBody: Bool { reader.isWithinBody }

    // MARK: Bytes

    /// Goes on with a request that another loop received and admitted.
    func resume(
        _ detached: DetachedExchange,
        input waiting: [UInt8],
        on connection: Connection
    ) {
        input = InputBuffer(waiting)
        let now = connection.server.reactor.now
        connection.keepsAlive = mayKeepAlive(detached.request.head, on: connection)
        dispatch(Exchange(detached, connection: connection, startedAt: now), on: connection)
    }

    /// What waits, for another loop to go on with.
    func takeInput() -> [UInt8] { Array(input.bytes[input.start...]) }

    /// Drops what waits: no request is read any more.
    func dropInput() { input = InputBuffer() }

    /// Takes what has been received.
    func accept(_ bytes: Span<UInt8>, on connection: Connection) {
        switch connection.phase {
        case .reading, .receiving, .dropping:
            guard input.isEmpty else {
                input.append(bytes)
                return consumeInput(on: connection)
            }
            let (used, exchange) = consume(bytes, on: connection)
            if used < bytes.count { input.append(bytes.extracting(used..<bytes.count)) }
            if let exchange { dispatch(exchange, on: connection) }
        case .deciding, .responding:
            input.append(bytes)
            guard isFull(on: connection) else { return }
            connection.want(connection.socket.interest.subtracting(.readable))
        case .introducing, .lingering, .closed: break
        }
    }

    /// Goes on with what waits.
    func consumeInput(on connection: Connection) {
        guard !input.isEmpty, connection.phase.takesInput else { return }
        let bytes = input.bytes
        let (used, exchange) = consume(bytes.span.extracting(input.start...), on: connection)
        input.drop(used)
        if let exchange { dispatch(exchange, on: connection) }
    }

    /// Reads on, unless more than enough waits already after the request under way: each answer
    /// must not let in more than it uses up.
    func readOn(_ connection: Connection) {
        if !connection.phase.takesInput, isFull(on: connection) { return }
        connection.want(connection.socket.interest.union(.readable))
    }

    private func isFull(on connection: Connection) -> Bool {
        input.count > connection.server.limits.maxPipelinedBytes
    }

    /// Reads off the bytes up to the end of one request, or up to where its handler has to decide
    /// what becomes of it.
    ///
    /// The caller keeps the rest first and dispatches then: a handler may at once take the
    /// connection to another loop, together with its input.
    ///
    /// - Returns: how many bytes are used up, and the request if it is whole.
    private func consume(
        _ bytes: Span<UInt8>,
        on connection: Connection
    ) -> (used: Int, whole: Exchange?) {
        var offset = 0
        do throws(RequestError) {
            while connection.phase.takesInput {
                let (used, step) = try reader.next(bytes.extracting(offset..<bytes.count))
                offset += used
                switch step {
                case .more:
                    if offset < bytes.count { headBegan(on: connection) }
                    return (offset, nil)
                case .head(let head):
                    if let exchange = headEnded(head, on: connection) { return (offset, exchange) }
                case .body(let body, let claim):
                    let exchange = connection.phase.exchange
                    exchange?.receive(body, claim, at: connection.server.reactor.now)
                    return (offset, exchange)
                case .dropped: dropped(on: connection)
                }
            }
            return (offset, nil)
        } catch {
            readingFailed(Problem(error), on: connection)
            return (bytes.count, nil)
        }
    }

    // MARK: Heads

    /// A head's time runs from its first byte, however many more drip in.
    private func headBegan(on connection: Connection) {
        guard !isHeadTimed else { return }
        isHeadTimed = true
        connection.setDeadline(connection.server.limits.headSeconds)
    }

    private func mayKeepAlive(_ head: RequestHead, on connection: Connection) -> Bool {
        let server = connection.server
        return head.keepsAlive && !connection.age.isSpent(at: server.reactor.now, server.limits)
    }

    /// - Returns: the request if it is whole and may be answered.
    private func headEnded(_ head: RequestHead, on connection: Connection) -> Exchange? {
        isHeadTimed = false
        connection.age.requestCount += 1
        connection.keepsAlive = mayKeepAlive(head, on: connection)
        let exchange = Exchange(
            request: Request(
                head: head,
                body: [],
                peer: connection.peer,
                client: ClientSource(
                    head.fields,
                    from: connection.peer,
                    connection.server.limits.proxies
                )
            ),
            connection: connection,
            startedAt: connection.server.reactor.now
        )
        connection.phase = .deciding(exchange)
        let admission = exchange.settle(connection.server.handler.admit(exchange))
        // The handler may have dropped the connection.
        guard case .deciding = connection.phase else { return nil }
        return admitted(exchange, admission, on: connection) ? exchange : nil
    }

    /// The handler has decided, later than it was asked, what becomes of a request.
    func decided(_ exchange: Exchange, _ admission: Admission, on connection: Connection) {
        guard case .deciding = connection.phase else { return }
        if admitted(exchange, admission, on: connection) {
            dispatch(exchange, on: connection)
        } else {
            consumeInput(on: connection)
        }
        readOn(connection)
    }

    /// - Returns: whether the request is whole and may be answered.
    private func admitted(
        _ exchange: Exchange,
        _ admission: Admission,
        on connection: Connection
    ) -> Bool {
        switch admission {
        case .wait: connection.deadline.clear()
        case .refuse(let problem): refuse(exchange, problem, on: connection)
        case .read(let limit): return keepBody(of: exchange, upTo: limit, on: connection)
        case .ignore(let limit):
            return keepBody(of: exchange, upTo: limit, decodes: false, on: connection)
        }
        return false
    }

    /// - Returns: whether the request is whole, since it has no body.
    private func keepBody(
        of exchange: Exchange,
        upTo limit: Int,
        decodes: Bool = true,
        on connection: Connection
    ) -> Bool {
        let limits = connection.server.limits
        do throws(RequestError) {
            let maxBytes = min(limit, limits.request.maxBodyBytes)
            guard try reader.keepBody(upTo: maxBytes, decodes: decodes) else { return true }
            connection.phase = .receiving(exchange)
            connection.setDeadline(limits.bodySeconds)
            guard exchange.request.head.expectsContinue else { return false }
            connection.write { output in
                output.appendRaw { $0.append(literal: "HTTP/1.1 100 Continue\r\n\r\n") }
            }
        } catch {
            refuse(exchange, Problem(error), on: connection)
        }
        return false
    }

    private func dispatch(_ exchange: Exchange, on connection: Connection) {
        connection.deadline.clear()
        connection.phase = .responding(exchange)
        connection.server.handler.handle(exchange)
    }

    // MARK: Refusals

    /// Answers a request by its head alone; what of its body can be read past is dropped then.
    private func refuse(_ exchange: Exchange, _ problem: Problem, on connection: Connection) {
        connection.deadline.clear()
        connection.phase = .responding(exchange)
        let maxBytes = connection.server.limits.maxDroppedBytes
        if !reader.dropBody(upTo: maxBytes) { connection.keepsAlive = false }
        exchange.respond(problem)
    }

    /// A refused request's body is read past.
    private func dropped(on connection: Connection) {
        guard !connection.server.isDraining else { return connection.linger() }
        connection.phase = .reading
        connection.setDeadline(connection.server.idleSeconds)
    }

    /// What comes in is no acceptable request, or comes too slowly: where the next one would start
    /// is unknown (RFC 9112 §9.2), so the connection ends with the answer.
    func readingFailed(_ problem: Problem, on connection: Connection) {
        connection.keepsAlive = false
        dropInput()
        reader.giveUpBody()
        switch connection.phase {
        case .receiving(let exchange):
            connection.deadline.clear()
            connection.phase = .responding(exchange)
            exchange.respond(problem)
        // Its request has been answered.
        case .dropping: connection.linger()
        default: connection.refuse(problem)
        }
    }
}
