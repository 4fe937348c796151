package import Loop
package import Wire

/// Produces the answer of one exchange over time.
package protocol ExchangeDelegate: AnyObject {
    /// A full output buffer has emptied: more can be written.
    func exchangeIsWritable(_ exchange: Exchange)
    /// The client left before the answer was finished. Nothing that is written reaches it any more.
    func exchangeLost(_ exchange: Exchange)
}

/// One request and its answer, on its connection's loop, from the head on.
///
/// The answer is either one `respond`, or a `begin…` followed by `write`s and one `finish`. After
/// the client is gone every call is accepted and does nothing.
package final class Exchange {
    /// What was asked; without its body until the handler is called to answer.
    package private(set) var request: Request
    /// When the request was whole, or its head where that was refused, on the monotonic clock.
    package private(set) var startedAt: Nanoseconds
    /// What became of the request at its head; nil while the handler is asked for the first time.
    private var admission: Admission?
    /// What the handler found out at the head, for when the request is whole.
    package var admitted: (any Sendable)?
    /// The status of the answer, once it has begun.
    package private(set) var status: Status?
    /// Bytes of content written so far.
    package private(set) var contentBytes = 0
    /// Whether the last byte has been written (not necessarily sent).
    package private(set) var isFinished = false
    /// Whether the client is gone.
    package private(set) var isLost = false
    /// Produces the answer; kept alive until that is finished or lost.
    package var delegate: (any ExchangeDelegate)?
    /// Why the request was answered with an error, if it was.
    package private(set) var reason: String?
    /// What the application wants in the request's line of the log.
    package var note = LogFields()
    /// Fields that every answer of this exchange carries.
    package var commonFields: HeaderFields = [:]
    /// What the client calls its request; goes back with the answer.
    package var requestID: String?
    /// Who asks, for the logs; nil where that is not known.
    package var user: String?
    /// Whether a producer stopped because of `isCongested` and has to learn when it may go on.
    var wantsWritable = false
    /// How much content `begin` announced.
    private var announcedBytes: Int?
    private var connection: Connection?
    /// Who takes the answer where there never is a connection; nil once the exchange is over.
    private var standIn: (any ExchangeStandIn)?
    /// What takes the place of the connection where the whole request is played.
    private(set) var played: PlayedRequest?

    /// At most one of those who take the answer is given.
    init(
        request: Request,
        connection: Connection? = nil,
        played: PlayedRequest? = nil,
        standIn: (any ExchangeStandIn)? = nil,
        startedAt: Nanoseconds
    ) {
        self.request = request
        self.connection = connection
        self.played = played
        self.standIn = played?.standIn ?? standIn
        self.startedAt = startedAt
    }

    /// A request that another loop received and admitted.
    convenience init(
        _ detached: DetachedExchange,
        connection: Connection? = nil,
        played: PlayedRequest? = nil,
        startedAt: Nanoseconds
    ) {
        self.init(
            request: detached.request,
            connection: connection,
            played: played,
            startedAt: startedAt
        )
        admission = .read()
        admitted = detached.admitted
        commonFields = detached.commonFields
        (requestID, user) = (detached.requestID, detached.user)
    }

    /// Decides what becomes of a request whose handler wanted to wait.
    ///
    /// Only the first decision counts.
    package func decide(_ admission: Admission) {
        switch self.admission {
        case nil: self.admission = admission
        case .wait?:
            self.admission = admission
            connection?.decided(self, admission)
            played?.decided(self, admission)
        case .read?, .ignore?, .refuse?: break
        }
    }

    /// What the handler decided: by `decide` while it was asked, or else by what it returned.
    func settle(_ returned: Admission) -> Admission {
        let settled = admission ?? returned
        admission = settled
        return settled
    }

    /// The body is whole.
    func receive(_ body: [UInt8], _ claim: BodyClaim?, at now: Nanoseconds) {
        request.body = body
        request.bodyClaim = claim
        startedAt = now
    }

    /// Whether the client has taken too little of what was written; `exchangeIsWritable` follows.
    package var isCongested: Bool {
        guard connection?.isCongested ?? standIn?.isCongested ?? false else { return false }
        wantsWritable = true
        return true
    }

    /// Bytes that were written and that the kernel has not taken.
    package var unsentBytes: Int { connection?.unsentBytes ?? standIn?.unsentBytes ?? 0 }

    /// Has `exchangeIsWritable` follow once the kernel has taken all that was written, if it has
    /// not.
    package func tellWhenDrained() {
        if unsentBytes > 0 { wantsWritable = true }
    }

    /// Where the client is: the other end of the connection, or who trusted proxies say that is
    /// behind it.
    package var clientAddress: PeerAddress { request.client.address }

    /// Whether the client uses https, as a trusted proxy says.
    package var isSecure: Bool { request.client.isSecure }

    /// Whether the end of the answer is in sight, however long the client takes to read it.
    var isBounded: Bool { isFinished || announcedBytes != nil }

    /// Gives back the memory of the request's fields and body, which were understood: an answer may
    /// take minutes.
    package func forgetInput() {
        request.head = request.head.withoutFields
        request.body = []
        request.bodyClaim = nil
    }

    /// Answers with a whole body.
    package func respond(_ status: Status, _ fields: HeaderFields, body: [UInt8] = []) {
        if body.count > LongBody.pieceBytes, status.allowsContent, hasContent {
            begin(status, fields, length: body.count)
            return LongBody(body).start(on: self)
        }
        guard begin(status) else { return }
        var fields = fields
        if status.allowsContent {
            fields.append("Content-Length", String(body.count))
        }
        writeHead(status, fields)
        if hasContent {
            contentBytes = body.count
            standIn?.wrote(body)
            connection?.write { $0.appendRaw { $0.append(contentsOf: body) } }
        }
        finish()
    }

    /// Answers with an error.
    package func respond(_ problem: Problem) {
        reason = problem.loggedReason ?? problem.message
        let handler = (connection?.server ?? played?.server)?.handler
        let body = handler?.body(of: problem, for: self) ?? problem.body
        respond(problem.status, problem.answerFields, body: body)
    }

    /// Begins an answer whose length is not known: chunked, or up to the end of the connection
    /// for a client of HTTP/1.0.
    ///
    /// - Parameters:
    ///   - status: its status.
    ///   - fields: its field lines.
    ///   - block: others, which were written before.
    package func beginStream(
        _ status: Status,
        _ fields: HeaderFields,
        block: HeaderBlock = HeaderBlock()
    ) {
        guard begin(status) else { return }
        writeHead(status, fields, block, isStream: status.allowsContent)
    }

    /// Begins an answer of a known length.
    ///
    /// Exactly that much must be written. Otherwise the connection is dropped at the end, since
    /// nobody could see where the next answer begins.
    package func begin(_ status: Status, _ fields: HeaderFields, length: Int) {
        guard begin(status) else { return }
        var fields = fields
        fields.append("Content-Length", String(length))
        announcedBytes = length
        writeHead(status, fields)
    }

    /// Appends content to the answer; it is sent at the end of the turn, except to a HEAD.
    package func write(_ body: (inout [UInt8]) -> Void) {
        guard let connection, !isFinished, hasContent else { return writeToStandIn(body) }
        connection.write { output in
            output.appendContent { out in
                let before = out.count
                body(&out)
                contentBytes += out.count - before
            }
        }
    }

    private func writeToStandIn(_ body: (inout [UInt8]) -> Void) {
        guard let standIn, !isLost, !isFinished, hasContent else { return }
        var bytes: [UInt8] = []
        body(&bytes)
        contentBytes += bytes.count
        standIn.wrote(bytes)
    }

    /// Sends what the body writes at once, for a caller that has collected all of a turn.
    package func sendNow(_ body: () -> Void) {
        guard let connection else { return body() }
        connection.sendNow(body)
    }

    /// Ends the answer.
    package func finish() {
        guard !isFinished else { return }
        // Without a head, the next answer would be taken for this one.
        guard status != nil else { return abort() }
        if let announcedBytes, hasContent, contentBytes != announcedBytes { return abort() }
        isFinished = true
        delegate = nil
        standIn?.ended(isWhole: true)
        played?.scheduleTurnEnd()
        connection?.write { $0.endContent() }
    }

    /// Appends bytes outside the framing of the answer, for a server that plays a broken one.
    package func writeRaw(_ body: (inout [UInt8]) -> Void) {
        guard let connection, !isFinished else { return }
        connection.write { output in
            output.appendRaw { out in
                let before = out.count
                body(&out)
                contentBytes += out.count - before
            }
        }
    }

    /// Has the connection closed after this answer; to be called before the answer begins.
    package func closeWhenFinished() {
        connection?.closeWhenFinished()
    }

    /// Sends what is written and closes in the middle of the answer, which must not look whole.
    ///
    /// A client of HTTP/1.0 has no chunks, so that the end of the connection is the end of the
    /// answer: it gets a reset instead, which may take with it what it has not received yet.
    package func cutOff() {
        guard !isFinished else { return }
        isFinished = true
        delegate = nil
        standIn?.ended(isWhole: false)
        played?.scheduleTurnEnd()
        connection?.cutOff(by: request.head.minorVersion > 0 ? .close : .reset)
    }

    /// Drops the connection with a reset: the answer must not look whole.
    package func abort() {
        if !isFinished { standIn?.ended(isWhole: false) }
        played?.close()
        connection?.abort()
    }

    /// Takes the connection off this loop, for `Server.adopt` on another.
    ///
    /// Possible once, and only for a whole request of which nothing has been answered.
    package func detach() -> DetachedExchange? {
        guard status == nil, connection != nil || played != nil else { return nil }
        let detached = connection?.detach(self) ?? played?.detach(self)
        forgetClient()
        delegate = nil
        return detached
    }

    /// The connection was lost, from below.
    func lose() {
        guard !isLost else { return }
        isLost = true
        forgetClient()
        guard !isFinished else { return }
        let delegate = delegate
        self.delegate = nil
        delegate?.exchangeLost(self)
    }

    /// The answer was handed to the kernel whole.
    func complete() {
        forgetClient()
        delegate = nil
    }

    private func forgetClient() {
        connection = nil
        played = nil
        standIn = nil
    }

    private var hasContent: Bool {
        request.head.method != .head && status?.allowsContent != false
    }

    /// - Returns: whether there is a client to answer.
    private func begin(_ status: Status) -> Bool {
        guard connection != nil || standIn != nil && !isLost else { return false }
        precondition(self.status == nil, "an exchange has one answer")
        self.status = status
        return true
    }

    /// Writes the head of an answer, whose content need not be known yet (`isStream`), and need not
    /// follow either, as with a HEAD.
    private func writeHead(
        _ status: Status,
        _ fields: HeaderFields,
        _ block: HeaderBlock = HeaderBlock(),
        isStream: Bool = false
    ) {
        var fields = fields
        fields.append(commonFields)
        // Another name of the request, such as an upstream's, gives way.
        if let requestID { fields.set(RequestID.field, requestID) }
        guard let connection else { return standIn?.began(status, fields) ?? () }
        let framing = ResponseFraming(
            minorVersion: request.head.minorVersion,
            isStream: isStream,
            mayKeepAlive: connection.mayKeepAlive
        )
        connection.writeHead(status, block, fields, framing)
        if framing.isChunked, hasContent { connection.output.isChunked = true }
    }
}
