package import ChatFormats
import Loop
import Wire

/// What makes or mirrors the answer that a log has.
protocol LiveLogOwner: AnyObject {
    /// A reader has come.
    func readerCame()
    /// The last reader's client left before the end was sent to it.
    func readersLost()
    /// The last reader has been sent the end.
    func readersServed()
    /// All readers are far behind.
    ///
    /// - Returns: whether nothing is added from now on until `readersDrained`.
    func readersStalled() -> Bool
    /// The fastest reader takes more again.
    func readersDrained()
}

/// An answer's log while it is read: the entries, the readers, the window of what is in memory, and
/// what happens at the end of a turn in which it grew.
///
/// It does not belong to a connection. Readers attach at any entry, leave and come back.
package final class LiveLog: TurnEndHandler {
    /// What holds up the owner of the entries.
    private enum Flow {
        case open
        /// All readers are so far behind that nothing further is wanted.
        case stalled
    }

    package let head: AnswerHead
    let context: LoopContext
    /// Everything said so far.
    ///
    /// It grows at its end only, through `take`.
    package private(set) var log: EntryLog
    package private(set) var readers: [Reader] = []
    /// Why the answer is not whole, once it has ended so.
    package private(set) var failure: UpstreamFailure?
    /// Milliseconds from the start to the first token, once there is one.
    package private(set) var firstTokenMilliseconds: Int?
    /// Milliseconds from the start to the end, once it has ended in this process.
    private var endMilliseconds: Int?
    /// How often a model was asked for it, once it has ended in this process.
    private var tries = 0
    /// Fields of the upstream's answer that a client of OpenAI's protocol is sent, too, while its
    /// status is not settled.
    var passedFields = HeaderFields()
    /// After how many others the upstream is asked; nil where nothing is waited for.
    private(set) var waitingPlace: Int?
    /// The steps in which its request wants what comes; a reader that comes back may want others.
    package var smoothMilliseconds: Int?
    /// Where the answer is in the journal: kept here, so that no token costs a look-up.
    package var journalTicket = JournalTicket()
    /// Whether the answer can no longer be found.
    private(set) var isForgotten = false
    /// Not reference-counted: the owner detaches itself before it is gone.
    private unowned(unsafe) var owner: (any LiveLogOwner)?
    /// Not reference-counted: it lives as long as its store, through which alone the log grows.
    private unowned(unsafe) let sink: (any EntrySink)?
    private let window: LogWindow
    private let startedInstant: Nanoseconds
    /// Readers may read the entries before this one.
    private var readableEnd: Int
    /// The log may drop the entries before this one.
    private var droppableEnd = 0
    private var flow = Flow.open
    private var isTurnEndScheduled = false
    /// The round of turn ends in or after which entries last came.
    private var grownInRound = 0

    /// Makes the log of a new answer, with its first entry.
    ///
    /// - Parameters:
    ///   - head: the answer's.
    ///   - context: the loop's.
    ///   - sink: says by `allow` what may be read; without a sink everything may.
    init(_ head: AnswerHead, _ context: LoopContext, sink: (any EntrySink)?) {
        self.head = head
        self.context = context
        window = LogWindow(context.configuration.logWindowBytes)
        startedInstant = context.reactor.now
        self.sink = sink
        readableEnd = sink == nil ? .max : 0
        log = EntryLog()
        log.appendStart(id: head.id, model: head.model, created: head.created)
    }

    /// Makes the log of an ended answer, as an earlier process left it.
    init(_ head: AnswerHead, _ context: LoopContext, ended log: consuming EntryLog) {
        self.head = head
        self.context = context
        window = LogWindow(context.configuration.logWindowBytes)
        startedInstant = context.reactor.now
        sink = nil
        readableEnd = .max
        failure = log.failure.map(UpstreamFailure.init)
        self.log = log
    }

    /// Sets the owner, which must be known before the first reader comes.
    func setOwner(_ owner: any LiveLogOwner) { self.owner = owner }

    /// Removes the owner: readers go on with what is there.
    func removeOwner() { owner = nil }

    package var isEnded: Bool { log.isEnded }

    /// Whether anything of the model's answer is in the log, after the start.
    var hasAnswer: Bool { log.count > 1 }

    /// How many entries readers may see.
    var visibleCount: Int { min(log.count, readableEnd) }

    /// Whether readers may see the end.
    var showsEnd: Bool { log.isEnded && log.count <= readableEnd }

    /// Whether anything of an ended log is read back from the journal, now or later.
    var isReadBack: Bool { log.first > 0 || log.heldBytes > window.readBytes }

    /// It ends.
    ///
    /// - Parameter tries: how often a model was asked for it.
    func noteEnd(tries: Int) {
        endMilliseconds = elapsedMilliseconds
        self.tries = tries
    }

    var elapsedMilliseconds: Int {
        Int((context.reactor.now - startedInstant) / 1_000_000)
    }

    // MARK: Entries

    /// Starts the source once the sink has the beginning.
    func begin(then start: @escaping () -> Void) {
        guard let sink else { return start() }
        sink.begin(self, then: start)
        // What is written at a turn's end is written where somebody waits for one.
        scheduleTurnEnd()
    }

    /// Adds entries: the only way by which they come in.
    @inline(__always)
    func take<Failure: Error>(
        _ add: (inout EntryLog) throws(Failure) -> Void
    ) throws(Failure) {
        let before = log.count
        defer { if log.count > before { grew() } }
        try add(&log)
    }

    /// Notes that somebody else answers; the sink's beginning names who was asked first.
    func answersFrom(_ source: GenerationRecord.Source) {
        guard source != head.source else { return }
        head.answersFrom(source)
        sink?.beganAnew(self)
        scheduleTurnEnd()
    }

    /// Notes why the answer is not whole; its last entry follows.
    func note(_ failure: UpstreamFailure) { self.failure = failure }

    private func grew() {
        // An answer that failed at once has no first token.
        if firstTokenMilliseconds == nil, !log.isEnded {
            firstTokenMilliseconds = elapsedMilliseconds
        }
        sink?.grew(self)
        grownInRound = context.reactor.round
        scheduleTurnEnd()
    }

    /// Takes from the sink how far it is.
    ///
    /// - Parameters:
    ///   - readable: readers may read the entries before this one.
    ///   - droppable: what is before this one can be read back, and need not be in memory.
    func allow(readable: Int, droppable: Int) {
        droppableEnd = droppable
        guard readable != readableEnd else { return }
        readableEnd = readable
        if !readers.isEmpty { scheduleTurnEnd() }
    }

    /// Notes that nobody can come back to the answer from now on.
    func forget() { isForgotten = true }

    // MARK: Readers

    func attach(_ reader: Reader) {
        readers.append(reader)
        owner?.readerCame()
        scheduleTurnEnd()
    }

    /// Removes a reader whose client is gone.
    func lost(_ reader: Reader) {
        readers.removeAll { $0 === reader }
        guard readers.isEmpty else { return }
        // Nobody is behind now.
        opened()
        owner?.readersLost()
    }

    /// Removes a reader that has been sent the end.
    func served(_ reader: Reader) {
        readers.removeAll { $0 === reader }
        if readers.isEmpty { owner?.readersServed() }
    }

    /// Tells the readers after how many others the upstream is asked, which is no entry; nil once
    /// nothing is waited for.
    func tellPlace(_ place: Int?) {
        waitingPlace = place
        guard let place else { return }
        for reader in readers { reader.waits(at: place) }
    }

    /// Goes on with a reader whose client takes more.
    package func readerDrained() { scheduleTurnEnd() }

    // MARK: The turn

    private func scheduleTurnEnd() {
        guard !isTurnEndScheduled else { return }
        isTurnEndScheduled = true
        context.reactor.atTurnEnd(self)
    }

    package func turnEnded() {
        isTurnEndScheduled = false
        // What another's end of the turn has added came after the journal was written in this
        // round: it is written at the start of the next one.
        if grownInRound == context.reactor.round { scheduleTurnEnd() }
        var leastLag = Int.max
        var mostLag = 0
        for reader in readers {
            reader.pump()
            let lag = reader.heldBytes
            leastLag = min(leastLag, lag)
            mostLag = max(mostLag, lag)
        }
        if log.heldBytes > window.unreadBytes { followWindow() }
        let bound = context.configuration.readerBufferBytes
        if mostLag > bound, leastLag <= bound { cutOffLaggards(behind: bound) }
        if !isEnded, !readers.isEmpty { follow(leastLag, bound) }
    }

    /// Reads the source no faster than the fastest reader.
    private func follow(_ leastLag: Int, _ bound: Int) {
        if leastLag > bound {
            stalled()
        } else if leastLag <= bound / 2 {
            return opened()
        }
        guard case .stalled = flow else { return }
        // Their unsent output counts, too, and their buffers need not be full.
        for reader in readers { reader.tellWhenDrained() }
    }

    private func stalled() {
        guard case .open = flow, owner?.readersStalled() == true else { return }
        flow = .stalled
        // While nothing comes, only what the readers lack is wanted.
        dropOldEntries(keeping: 0, before: readers.map(\.nextEntry).min() ?? log.count)
        context.heap.somethingEnded()
    }

    private func opened() {
        guard case .stalled = flow else { return }
        flow = .open
        owner?.readersDrained()
    }

    private func followWindow() {
        // The journal may no longer have an answer that was in memory whole when it ended.
        let isRead = isEnded || !readers.isEmpty
        guard let kept = window.keptBytes(of: log.heldBytes, isRead: isRead) else { return }
        dropOldEntries(keeping: kept, before: log.count)
    }

    /// Drops what can be read back; `kept` bytes stay, and everything from `wanted` on.
    private func dropOldEntries(keeping kept: Int, before wanted: Int) {
        let end = LogWindow.firstKept(of: log.count, droppable: droppableEnd, wanted: wanted)
        log.dropFirst(keeping: kept, before: end)
    }

    /// Cuts off readers that were up with the answer and fell behind while others did not: each
    /// comes back with the id of its last event, and then reads what it missed at its own pace.
    private func cutOffLaggards(behind bound: Int) {
        for reader in readers where reader.isLive && reader.heldBytes > bound {
            reader.cutOff()
        }
    }
}

extension LiveLog {
    /// Appends which answer it is, and who gave it.
    func appendName(to note: inout LogFields) {
        note.add("id", head.id)
        // What failed may be a key in the place of a name.
        note.add("model", failure == nil ? head.model : Redaction.clean(head.model))
        note.add("upstream", head.source.upstream)
        guard !passedFields.fields.isEmpty, let id = passedFields.first("x-request-id") else {
            return
        }
        note.add("upstream_request_id", id)
    }

    /// What an answer of nothing but text has besides: its start, its usage and its end.
    private static let otherEntries = 3

    /// Appends how the answer went, for the request's line in the log.
    func appendOutcome(to note: inout LogFields) {
        let tokens = log.textEntryCount
        let ending = log.ending
        note.add("ending", word: ending?.rawValue ?? "running")
        note.add("tokens", tokens)
        if tries > 0 { note.add("tries", tries) }
        guard let first = firstTokenMilliseconds else { return }
        note.add("ttft_ms", first)
        // Reasoning and calls of tools take their time, too, and so does a call that fails.
        let isTextAlone = log.count - tokens <= Self.otherEntries && ending == .complete
        guard isTextAlone, tokens > 1, let span = endMilliseconds.map({ $0 - first }), span > 0
        else { return }
        note.add("tokens_per_s", tenths: (tokens - 1) * 10_000 / span)
    }
}
