package import Loop
package import Wire

/// The connections of one loop.
package final class Server {
    /// What is sent is what its type says, and no browser is to guess otherwise.
    private static let typed = HeaderBlock(["X-Content-Type-Options": "nosniff"])
    /// The same for data, which a browser that shows it as a page must not run, frame or load into
    /// another site's page (CSP Level 3; Fetch, Cross-Origin-Resource-Policy).
    ///
    /// Whoever sends a page says for itself what it may do.
    private static let data = HeaderBlock([
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
    ])

    /// How many connections may be open only to tell them that they are too many.
    static let maxRefusedCount = 64

    /// The loop that all of this lives on.
    let reactor: Reactor
    /// What connections may hold and take; where it is set anew, for what begins afterwards.
    package var limits: ServerLimits {
        didSet {
            // A listener that takes no options is one that is gone, and accepts nothing any more.
            for listener in listeners { try? listener.boundUnacknowledged() }
        }
    }
    /// What the bodies of all connections take their memory from.
    let bodyBudget: BodyBudget
    /// What counts the connections.
    private let book: ConnectionBook
    /// How many connections are open only to tell them that they are too many.
    private var refusedCount = 0
    /// Answers the requests; the server keeps it alive.
    let handler: any RequestHandler
    /// Bytes just received, before they are parsed: one buffer for all connections of the loop,
    /// so that a waiting one holds none.
    let scratch = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 64 * 1024)
    /// Buffers for output that nobody uses: a connection has one only while it has something to
    /// send, and in a busy relay it is one that the processor's cache still holds.
    var spareBuffers: [[UInt8]] = []
    /// Whether the server is going down: answers say `Connection: close`.
    package private(set) var isDraining = false
    private var connections: [ObjectIdentifier: Connection] = [:]
    /// The requests without a connection, by number.
    private var plays: [Int: PlayedRequest] = [:]
    private var playedCount = 0
    private var listeners: [Acceptor] = []
    private var date = DateField()

    /// Creates a server that accepts nothing yet.
    ///
    /// - Parameters:
    ///   - reactor: the loop's.
    ///   - limits: what one connection may hold and take, to begin with.
    ///   - bodyBudget: shared with the servers of other loops; nil for one of its own.
    ///   - book: the same.
    ///   - handler: answers the requests.
    package init(
        on reactor: Reactor,
        limits: ServerLimits,
        bodyBudget: BodyBudget? = nil,
        book: ConnectionBook = ConnectionBook(),
        handler: any RequestHandler
    ) {
        self.book = book
        self.reactor = reactor
        self.limits = limits
        self.bodyBudget = bodyBudget ?? BodyBudget(maxBytes: limits.bodyMemoryBytes)
        self.handler = handler
    }

    deinit {
        scratch.deallocate()
    }

    /// How many connections are open.
    package var connectionCount: Int { connections.count - refusedCount + plays.count }

    /// About how much memory connections hold, in bytes.
    package var heldBytes: Int {
        let played = plays.values.reduce(0) {
            $0 + Connection.emptyBytes + $1.standIn.unsentBytes
        }
        return connections.values.reduce(played) {
            $0 + Connection.emptyBytes + $1.unsentBytes
        }
    }

    /// Accepts connections from a listening socket, which other loops may watch as well.
    ///
    /// - Parameter listener: stays owned by the caller.
    /// - Throws: where the loop cannot watch it.
    package func accept(from listener: Int32) throws(SystemCallError) {
        let acceptor = Acceptor(listener, server: self)
        try acceptor.watch()
        listeners.append(acceptor)
    }

    /// Stops accepting and closes connections that wait between requests; running answers go on.
    package func drain() {
        isDraining = true
        for listener in listeners { listener.stop() }
        listeners = []
        for connection in Array(connections.values) { connection.closeIfIdle() }
    }

    /// Drops every connection that is left.
    package func closeAll() {
        for connection in Array(connections.values) { connection.abort() }
        // In the same order every time, as whoever plays the clients wants it.
        for number in plays.keys.sorted() { plays[number]?.abort() }
    }

    /// Takes down the servers among a loop's tenants: nothing is accepted any more, and every
    /// connection is dropped.
    package static func stop(on loop: isolated EventLoop) {
        for case let server as Server in loop.reactor.tenants {
            server.drain()
            server.closeAll()
        }
        loop.reactor.tenants.removeAll { $0 is Server }
    }

    /// Goes on with a request that was detached from another loop's server.
    package func adopt(_ detached: DetachedExchange) {
        switch detached.client {
        case .connection(let moved): adopt(detached, on: moved)
        case .standIn(let carried):
            let played = makePlayed(detached.request.head, [], carried.value)
            played.resume(Exchange(detached, played: played, startedAt: reactor.now))
        }
    }

    private func adopt(_ detached: DetachedExchange, on moved: DetachedConnection) {
        let connection = Connection(
            Descriptor(owning: moved.descriptor),
            peer: detached.request.peer,
            place: moved.place,
            age: moved.age,
            server: self
        )
        connections[ObjectIdentifier(connection)] = connection
        do {
            try connection.resume(detached, input: moved.input)
        } catch {
            forget(connection)
        }
    }

    /// Takes a request that came whole from a client that is played, without a connection.
    ///
    /// It is treated as one that a connection brings, except that its client may take any time for
    /// the answer.
    ///
    /// - Parameters:
    ///   - head: what is asked; it says how the body is framed.
    ///   - body: what follows the head, as it would be sent.
    ///   - peer: where the client is.
    ///   - standIn: plays the client; it may be called before this returns.
    /// - Returns: the exchange, for the client to say that it takes more or has left.
    package func play(
        _ head: RequestHead,
        body: [UInt8] = [],
        from peer: PeerAddress = .unknown,
        with standIn: any ExchangeStandIn
    ) -> Exchange {
        let played = makePlayed(head, body, standIn)
        let exchange = Exchange(
            request: Request(
                head: head,
                body: [],
                peer: peer,
                client: ClientSource(head.fields, from: peer, limits.proxies)
            ),
            played: played,
            startedAt: reactor.now
        )
        played.begin(exchange)
        return exchange
    }

    private func makePlayed(
        _ head: RequestHead,
        _ body: [UInt8],
        _ standIn: any ExchangeStandIn
    ) -> PlayedRequest {
        playedCount += 1
        let played = PlayedRequest(self, number: playedCount, head, body, standIn)
        plays[played.number] = played
        return played
    }

    /// How long a connection may wait for its next request.
    var idleSeconds: Int {
        let isCrowded = book.connectionCount > limits.maxConnections / 4 * 3
        return isCrowded ? min(limits.crowdedIdleSeconds, limits.idleSeconds) : limits.idleSeconds
    }

    func open(_ descriptor: consuming Descriptor, peer: PeerAddress) {
        let place: ConnectionPlace
        do throws(ConnectionBook.Refusal) {
            place = try book.enter(peer, limits)
        } catch {
            return refuse(descriptor, peer, Problem(error))
        }
        let connection = Connection(descriptor, peer: peer, place: place, server: self)
        if limits.proxies.hasPreambles, limits.proxies.trusts(peer) {
            connection.phase = .introducing(PreambleReader())
        }
        connections[ObjectIdentifier(connection)] = connection
        do {
            try connection.start()
        } catch {
            // Not watched is not served; the descriptor closes with its owner.
            forget(connection)
        }
    }

    /// Tells a client that its connection is one too many, and closes it.
    ///
    /// In a flood of them only some are told: to wait until a client has read its answer takes a
    /// descriptor, too.
    @inline(never)
    private func refuse(
        _ descriptor: consuming Descriptor,
        _ peer: PeerAddress,
        _ problem: Problem
    ) {
        guard refusedCount < Self.maxRefusedCount else { return }
        let connection = Connection(descriptor, peer: peer, place: nil, server: self)
        do {
            try connection.start()
        } catch {
            return
        }
        connections[ObjectIdentifier(connection)] = connection
        refusedCount += 1
        connection.refuse(problem)
    }

    func forget(_ connection: Connection) {
        let forgotten = connections.removeValue(forKey: ObjectIdentifier(connection))
        if forgotten != nil, connection.place == nil { refusedCount -= 1 }
    }

    func forget(_ played: PlayedRequest) { plays[played.number] = nil }

    func appendHead(
        _ status: Status,
        _ block: HeaderBlock,
        _ fields: HeaderFields,
        _ framing: ResponseFraming,
        into out: inout [UInt8]
    ) {
        var fields = fields
        framing.appendFields(to: &fields)
        fields.append(date.field(atUnixSecond: reactor.wallMilliseconds / 1000))
        let isOfPage = fields.first("Content-Security-Policy") != nil
        appendResponseHead(
            status,
            minorVersion: 1,
            blocks: (isOfPage ? Self.typed : Self.data, block),
            fields: fields,
            into: &out
        )
    }

    /// Appends an answer to what has no head; the connection closes after it.
    func appendLastAnswer(_ problem: Problem, into out: inout [UInt8]) {
        let body = problem.body
        var fields = problem.answerFields
        fields.append("Content-Length", String(body.count))
        let framing = ResponseFraming(minorVersion: 1, isStream: false, mayKeepAlive: false)
        appendHead(problem.status, HeaderBlock(), fields, framing, into: &out)
        out.append(contentsOf: body)
    }
}

/// The `Date` field (RFC 9110 §6.6.1), written once a second.
private struct DateField {
    private var second = -1
    private var field = HeaderFields.Field("Date", "")

    mutating func field(atUnixSecond now: Int) -> HeaderFields.Field {
        guard now != second else { return field }
        second = now
        var bytes: [UInt8] = []
        HTTPDate.append(now, into: &bytes)
        field = HeaderFields.Field("Date", String(decoding: bytes, as: UTF8.self))
        return field
    }
}
