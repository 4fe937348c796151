package import ChatFormats
package import HTTPServer
import Loop
package import Wire

/// One client attached to a generation: a dialect, a place in the log, an exchange.
///
/// A client that does not keep up lags behind in the log; nothing is queued for it beyond the
/// connection's own output buffer.
package final class Reader: ExchangeDelegate {
    /// How the answer is given.
    package enum Form {
        /// Events as they come; the status is settled at once.
        case stream
        /// Events as they come; the status waits for the upstream's verdict, so that a refusal is
        /// an honest status. For clients of POST, which can see one.
        case heldStream
        /// One JSON object at the end, for OpenAI's clients that do not stream.
        case completion
    }

    /// How much is written in one go, before other streams have their turn.
    private static let pieceBytes = 32 * 1024

    private let exchange: Exchange
    private let dialect: Dialect
    private let form: Form
    private let live: LiveLog
    private let loop: LoopContext
    private var context: FrameContext
    private var writer: any FrameWriter
    /// The number of the next entry to write.
    private var cursor: Int
    /// The entries that it reads and that are no longer in memory, as far as they were read back.
    private var old: SharedLog?
    /// The log's bytes before the next entry; counted, since the log knows it only for what is in
    /// memory.
    ///
    /// Too low for a reader that began among entries that are not in memory, until it is past them.
    private var servedBytes: Int
    /// The steps in which the client wants what comes; nil for each token at once.
    package var smoothing: Smoothing?
    private var isReadingBack = false
    private var hasBegun = false
    /// Whether it has been up with the answer since it came; until then it may lag to catch up.
    private(set) var isLive: Bool
    /// When the client last took something.
    private var tookAt: Nanoseconds
    /// Due when the stream has been silent for too long, or the status has been held for too long.
    private let silence: Deadline

    /// Makes a reader that reads nothing yet.
    ///
    /// - Parameters:
    ///   - exchange: the client's; it keeps the reader until it is finished or lost.
    ///   - live: the answer's log.
    ///   - cursor: the number of the first entry to write.
    ///   - dialect: how entries are written.
    ///   - form: how the answer is given.
    package init(
        _ exchange: Exchange,
        of live: LiveLog,
        from cursor: Int,
        _ dialect: Dialect,
        _ form: Form
    ) {
        self.exchange = exchange
        self.live = live
        loop = live.context
        self.cursor = cursor
        servedBytes = live.log.byteCount(before: cursor)
        isLive = cursor + 1 >= live.log.count
        self.dialect = dialect
        self.form = form
        silence = loop.reactor.makeDeadline()
        tookAt = loop.reactor.now
        context = Self.context(live, comesBack: Self.comesBack(exchange.request.head, dialect))
        writer = dialect.makeWriter(context)
        silence.whenDue { [unowned self] in fellSilent() }
    }

    /// Names who answers: another may than who was asked first.
    private func nameModel() {
        guard context.model != live.head.model else { return }
        context = Self.context(live, comesBack: context.hasIDs)
    }

    /// Whether the client may come back with an event's id.
    package static func comesBack(_ head: RequestHead, _ dialect: Dialect) -> Bool {
        switch dialect.media.ids {
        case .always: true
        case .forEventSources:
            head.method == .get
                || head.fields.tokens("Accept").contains { $0.hasPrefix("text/event-stream") }
        case .never: false
        }
    }

    /// How long a browser waits before it reconnects; its own default is three seconds.
    static let retryMilliseconds = 1000

    /// The number of the next entry that must stay in memory for it; a client that waits for the
    /// whole answer reads it at the end, from wherever it is.
    var nextEntry: Int { form == .completion ? live.log.count : cursor }

    /// About how much memory is held for the client, in the log and in its own output.
    ///
    /// A client that waits for the whole answer holds nobody up.
    var heldBytes: Int {
        guard form != .completion else { return 0 }
        return live.log.byteCount - servedBytes
            + EntryLog.entryBytes * (live.log.count - cursor) + exchange.unsentBytes
    }

    deinit { silence.abandon() }

    /// Attaches it; from now on it answers the exchange.
    package func start() {
        exchange.delegate = self
        exchange.forgetInput()
        live.attach(self)
        if form == .stream { begin() }
        if let place = live.waitingPlace, !live.hasAnswer { waits(at: place) }
        setSilence(form == .heldStream ? loop.configuration.headHoldSeconds : nil)
    }

    /// Asks to be called once the client has taken what was written, since the answer is held up.
    func tellWhenDrained() { exchange.tellWhenDrained() }

    // MARK: Writing

    /// Writes what is new, as far as the client takes it, and sends it.
    func pump() {
        if let smoothing, smoothing.holdsBack(live, from: cursor, heldBytes) { return }
        exchange.sendNow { writeNews() }
    }

    private func writeNews() {
        guard !exchange.isLost, !exchange.isFinished else { return }
        guard form != .completion else { return complete() }
        if !hasBegun {
            guard live.visibleCount > 1 || live.showsEnd else { return }
            if live.showsEnd, let failure = live.failure,
                live.log.firstAnswerIsFailure
            {
                return refuse(failure)
            }
            begin()
        }
        if cursor <= 1 { nameModel() }
        let end = live.visibleCount
        while cursor < end, !exchange.isCongested {
            if cursor >= live.log.first {
                old = nil
                writePiece(upTo: end)
            } else if let old, old.log.numbers.contains(cursor) {
                writePiece(upTo: old.log.count)
            } else {
                return readBack()
            }
        }
        guard cursor == end else { return }
        isLive = true
        if live.showsEnd { finish() }
    }

    private func writePiece(upTo end: Int) {
        var isWritten = false
        exchange.write { out in
            let start = out.count
            let next = write(cursor..<end, into: &out)
            if let old {
                servedBytes += old.log.byteCount(before: next) - old.log.byteCount(before: cursor)
            } else {
                servedBytes = live.log.byteCount(before: next)
            }
            cursor = next
            isWritten = out.count > start
        }
        guard isWritten else { return }
        tookAt = loop.reactor.now
        setSilence(nil)
    }

    /// Writes as many entries as one piece holds; returns which one comes next.
    private func write(_ entries: Range<Int>, into out: inout [UInt8]) -> Int {
        let most = Self.pieceBytes
        guard let old else {
            return writer.write(entries, of: live.log, context, upTo: most, into: &out)
        }
        return writer.write(entries, of: old.log, context, upTo: most, into: &out)
    }

    private func begin() {
        guard !hasBegun else { return }
        hasBegun = true
        var fields: HeaderFields = ["X-Stream-Id": live.head.id]
        fields.append(passedFields)
        exchange.beginStream(.ok, fields, block: dialect.media.head)
    }

    /// OpenAI's libraries show the upstream's name for the request, and what may still be asked.
    private var passedFields: HeaderFields {
        dialect == .openai ? live.passedFields : HeaderFields()
    }

    private func refuse(_ failure: UpstreamFailure) { respond(failure.problem) }

    private func respond(_ problem: Problem) {
        complete { WholeAnswer($0).refuse(problem, of: live.head.id) }
    }

    private func complete() {
        guard live.showsEnd else { return }
        nameModel()
        if let failure = live.failure, failure.endsWhole { return refuse(failure) }
        guard live.log.first > 0, live.log.ending != .stopped else {
            return complete { WholeAnswer($0, passedFields).respond(live.log, context) }
        }
        guard !isReadingBack else { return }
        isReadingBack = true
        ReadBack(live).completion(context) { [weak self] in self?.completionEnded($0) }
    }

    private func completionEnded(_ body: [UInt8]?) {
        guard !exchange.isLost, !exchange.isFinished else { return }
        guard let body else { return respond(.answerNotReadable) }
        complete { WholeAnswer($0, passedFields).respond(body, of: live.head.id) }
    }

    private func complete(_ answer: (Exchange) -> Void) {
        noteEnd()
        silence.clear()
        answer(exchange)
        live.served(self)
    }

    private func finish() {
        let isInOrder = dialect.media.endsInOrder(live.log)
        complete { isInOrder ? $0.finish() : $0.cutOff() }
    }

    /// Notes the answer for the request's line; done at the end, so that no open stream holds it.
    private func noteEnd() {
        var note = LogFields()
        live.appendName(to: &note)
        live.appendOutcome(to: &note)
        exchange.note = note
    }

    // MARK: The client

    package func exchangeIsWritable(_ exchange: Exchange) {
        live.readerDrained()
    }

    package func exchangeLost(_ exchange: Exchange) {
        leave("left")
    }

    /// Ends its stream in the middle; the answer goes on without it.
    func cutOff() {
        exchange.cutOff()
        leave("too slow")
    }

    private func leave(_ how: String) {
        noteLeaving(how)
        live.lost(self)
    }

    private func noteLeaving(_ how: String) {
        silence.clear()
        live.appendName(to: &exchange.note)
        exchange.note.add("reader", how)
    }

    // MARK: Silence

    private func setSilence(_ seconds: Int?) {
        guard form != .completion else { return }
        let seconds = seconds ?? loop.configuration.keepAliveSeconds
        silence.set(at: loop.reactor.now + .seconds(seconds))
    }

    /// Tells the client its place in the upstream's queue, where the dialect has words for it.
    func waits(at place: Int) {
        guard hasBegun, !exchange.isCongested, let append = dialect.media.place else { return }
        exchange.sendNow { exchange.write { append(place, &$0) } }
        setSilence(nil)
    }

    /// Keeps a silent connection alive, which proxies and browsers would take for a dead one.
    ///
    /// It also settles a status that was held back; a failure after that is sent in the stream.
    private func fellSilent() {
        // It waits for the client, unless it waits for the disk, or for this turn's end, which may
        // have nothing to write in this dialect.
        let waitsForClient =
            cursor < live.visibleCount && exchange.unsentBytes > 0 && !isReadingBack
        guard !hasBegun || !waitsForClient else { return stall() }
        // The first event and its id come with the status: from here on the client can come back.
        if !hasBegun { live.readerDrained() }
        begin()
        exchange.write { dialect.media.appendSilence(context, into: &$0) }
        setSilence(nil)
    }
}

// MARK: Long answers

extension Reader {
    /// Reads back what it needs next, which is no longer in memory.
    private func readBack() {
        guard !isReadingBack else { return }
        isReadingBack = true
        old = nil
        ReadBack(live).entries(from: cursor) { [weak self] in self?.readBackEnded($0) }
    }

    private func readBackEnded(_ part: SharedLog?) {
        isReadingBack = false
        guard !exchange.isLost, !exchange.isFinished else { return }
        // A part without that entry would be asked for again and again.
        guard let part, part.log.numbers.contains(cursor) else {
            // The client comes back with its last id, and then the disk may have the entry.
            exchange.cutOff()
            return leave("not readable")
        }
        old = part
        live.readerDrained()
    }
}

extension Reader {
    /// Drops a client that takes nothing, though there is something for it.
    ///
    /// A phone sleeps in a pocket, or a process was stopped: the answer must not wait for it for
    /// ever.
    private func stall() {
        let stallsAt = tookAt + .seconds(loop.configuration.stallSeconds)
        guard loop.reactor.now >= stallsAt else { return silence.set(at: stallsAt) }
        // The client would not take the connection's end either.
        exchange.delegate = nil
        // Its line in the log is written at once.
        noteLeaving("stalled")
        exchange.abort()
        live.lost(self)
    }
}
