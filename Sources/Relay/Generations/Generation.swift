import ChatFormats
import HTTPServer
import Loop
import Storage
import Wire

/// One model's answer to one request: it starts, yields entries, ends exactly once.
///
/// It does not belong to a connection. Readers attach at any entry, leave and come back; what they
/// read is the log.
final class Generation: TurnEndHandler {
    let id: String
    /// What the client may ask for it by again; freed when nobody can come back to it.
    let key: RequestKey?
    /// Who answers.
    let source: GenerationRecord.Source
    var model: String { source.model }
    /// Whether its client asked for the usage, as OpenAI's protocol lets it.
    let includesUsage: Bool
    /// Whether its client named the model.
    let namesModel: Bool
    /// The beginning of its record; empty once the record is made.
    private(set) var recordHead: [UInt8] = []
    /// The conversation that it belongs to.
    private(set) var conversation: String?
    /// Everything said so far.
    ///
    /// Grows at its end only.
    var log = EntryLog()
    /// Milliseconds since 1970.
    let startedAt: Int
    /// Seconds since 1970, as OpenAI's frames carry it.
    var created: Int { startedAt / 1000 }
    /// Milliseconds from the start to the first token, once there is one.
    private(set) var firstTokenMilliseconds: Int?
    private(set) var failure: UpstreamFailure?
    /// Where it stands in the journal, and up to which entry.
    var journalTicket = JournalTicket()
    /// Whether its last entry must be safe on the disk before readers see it, and is not yet.
    private(set) var holdsEnd = false
    private let onDisconnect: OnDisconnect
    private let worker: Worker
    private let window: LogWindow
    private let startedInstant: Nanoseconds
    private(set) var call: UpstreamCall?
    private(set) var readers: [Reader] = []
    private var isTurnEndScheduled = false
    /// Whether it stands in the worker's bounded list of ended answers.
    private var isKept = false
    /// Whether nobody finds it any more.
    private(set) var isForgotten = false
    /// Without readers: when the answer is given up, or, ended, forgotten.
    private let leaving: Deadline

    init(
        id: String,
        key: RequestKey?,
        request: ChatRequest,
        source: GenerationRecord.Source,
        onDisconnect: OnDisconnect,
        worker: Worker
    ) {
        self.id = id
        self.key = key
        includesUsage = request.includesUsage
        namesModel = request.model != nil
        self.source = source
        conversation = request.conversation
        self.onDisconnect = onDisconnect
        self.worker = worker
        window = LogWindow(worker.configuration.logWindowBytes)
        startedAt = worker.reactor.wallMilliseconds
        startedInstant = worker.reactor.now
        leaving = worker.reactor.makeDeadline()
        leaving.whenDue { [unowned self] in leftAlone() }
        log.appendStart(id: id, model: source.model, created: startedAt / 1000)
        GenerationRecord.appendHead(
            id: id,
            request,
            key: key,
            startedAt: startedAt,
            into: &recordHead
        )
    }

    /// An ended one, as an earlier process left it in the journal.
    init(_ left: JournaledGeneration, worker: Worker) {
        id = left.head.id
        key = left.head.key
        includesUsage = left.head.includesUsage
        namesModel = left.head.namesModel
        source = left.head.source
        let conversation = left.recordHead.conversation
        if !conversation.isEmpty {
            self.conversation = String(decoding: conversation, as: UTF8.self)
        }
        onDisconnect = .finish
        self.worker = worker
        window = LogWindow(worker.configuration.logWindowBytes)
        startedAt = left.head.startedAt
        startedInstant = worker.reactor.now
        leaving = worker.reactor.makeDeadline()
        leaving.whenDue { [unowned self] in leftAlone() }
        log = left.answer.log.copy()
        failure = log.failure.map(UpstreamFailure.init)
    }

    deinit { leaving.abandon() }

    var isEnded: Bool { log.isEnded }

    /// Whether readers may see the end.
    var showsEnd: Bool { log.isEnded && !holdsEnd }

    /// How many entries readers may see.
    var visibleCount: Int { holdsEnd ? log.count - 1 : log.count }

    /// Whether anything of the model's answer is in the log, after the start.
    var hasAnswer: Bool { log.count > 1 }

    /// Has an upstream asked once the journal has the beginning: what is asked is paid for, and
    /// must not be asked by a process that then forgets it.
    ///
    /// - Parameters:
    ///   - upstream: who is asked.
    ///   - body: the request in the upstream's protocol; empty where it is still put together, and
    ///     `proceed` follows.
    func prepare(_ upstream: PreparedUpstream, _ body: [UInt8]) {
        call = UpstreamCall(self, body: body, upstream: upstream, worker: worker)
        // Nobody reads yet: a client that only announced itself may never come.
        switch onDisconnect {
        case .cancel: setLeaving(OnDisconnect.defaultGraceSeconds)
        case .grace(let seconds): setLeaving(max(seconds, OnDisconnect.defaultGraceSeconds))
        case .finish: break
        }
        guard let journal = worker.journal else { return askUpstream() }
        journal.begin(self)
        scheduleTurnEnd()
    }

    /// The journal has the beginning, or cannot have it.
    func askUpstream() { call?.begin() }

    /// Its end is safe on the disk, or cannot be.
    func showEnd() {
        guard holdsEnd else { return }
        holdsEnd = false
        scheduleTurnEnd()
    }

    /// The request is whole now, with the past of its conversation.
    func proceed(_ body: [UInt8]) { call?.proceed(body) }

    // MARK: Readers

    func attach(_ reader: Reader) {
        readers.append(reader)
        leaving.clear()
        scheduleTurnEnd()
    }

    /// A reader's client is gone.
    func lost(_ reader: Reader) {
        readers.removeAll { $0 === reader }
        guard readers.isEmpty else { return }
        guard !isEnded else { return rest() }
        call?.resume()
        switch onDisconnect {
        case .cancel: abandon()
        case .grace(let seconds): setLeaving(seconds)
        case .finish: break
        }
    }

    /// A reader has been sent the end.
    ///
    /// What was sent may still be lost on its way through kernels and proxies, and then the client
    /// comes back for it: the answer is kept for a while.
    func delivered(_ reader: Reader) {
        readers.removeAll { $0 === reader }
        if readers.isEmpty { rest() }
    }

    /// Ended and without readers: kept for a while, and within a bound, for one that comes back.
    func rest() {
        setLeaving(worker.configuration.resumeSeconds)
        guard !isKept else { return }
        isKept = true
        worker.shelve(self)
    }

    /// Nobody can come back to it any more.
    ///
    /// - Parameter isEarly: Whether its time is not over; then who asks under its key is told its
    ///   record, and nothing is paid twice.
    func letGo(isEarly: Bool = false) {
        isForgotten = true
        leaving.clear()
        guard isEarly, let key else { return freeKey() }
        let end = worker.reactor.now + .seconds(worker.configuration.resumeSeconds)
        worker.service.keys.forget(key, of: id, until: end)
    }

    private func freeKey() {
        if let key { worker.service.keys.free(key, of: id) }
    }

    /// From now on the key outlives this process too.
    private func keepKey() {
        guard let key, let file = worker.service.keyFile else { return }
        let now = worker.reactor.wallMilliseconds
        journalTicket.keyPlace = file.append(key.kept(for: id, endedAt: now))
    }

    /// About how much memory it holds.
    var heldBytes: Int { Self.emptyBytes + log.heldBytes }
    private static let emptyBytes = 2048

    /// A reader that was full takes more again.
    func readerDrained() {
        scheduleTurnEnd()
    }

    private func setLeaving(_ seconds: Int) {
        leaving.set(at: worker.reactor.now + .seconds(seconds))
    }

    private func leftAlone() {
        guard !isEnded else { return worker.forget(self) }
        abandon()
    }

    private func abandon() {
        end(
            UpstreamFailure(
                .abandoned,
                .gone,
                type: "abandoned",
                message: "nobody came back to read the answer",
                code: "abandoned"
            )
        )
    }

    // MARK: The answer

    /// Entries were added.
    func grew() {
        if firstTokenMilliseconds == nil, log.count > 1 {
            firstTokenMilliseconds = elapsedMilliseconds
        }
        worker.journal?.grew(self)
        scheduleTurnEnd()
    }

    /// The upstream's answer is whole.
    func answered(_ ending: Ending, finishReason: String, usage: Usage?) {
        guard !isEnded else { return }
        grew()
        close(usage) { $0.appendFinish(ending, finishReason: finishReason) }
    }

    /// The upstream failed for good.
    func failed(_ failure: UpstreamFailure, usage: Usage?) {
        guard !isEnded else { return }
        self.failure = failure
        // Words may have come in one piece with it.
        grew()
        close(usage) { log in
            log.appendFailure(
                failure.ending,
                type: failure.type,
                message: failure.message,
                code: failure.code
            )
        }
    }

    /// The user wants no more.
    ///
    /// Ends an answer that has not ended yet.
    func stop() {
        guard !isEnded else { return }
        call?.cancel()
        close(nil) { $0.appendFinish(.stopped, finishReason: "stop") }
    }

    /// The process is told to go.
    func interrupt() { end(.interrupted) }

    private func end(_ failure: UpstreamFailure) {
        guard !isEnded else { return }
        call?.cancel()
        failed(failure, usage: nil)
    }

    private func close(_ usage: Usage?, _ terminal: (inout EntryLog) -> Void) {
        if let usage { log.appendUsage(usage) }
        terminal(&log)
        let retries = call?.retryCount ?? 0
        call = nil
        // Nothing was answered: who asks again, as libraries do after a 429, is to be answered.
        if log.firstAnswerIsFailure { freeKey() } else { keepKey() }
        if let journal = worker.journal {
            holdsEnd = journal.holdsEnds
            journal.grew(self)
        }
        worker.record(self, totalMilliseconds: elapsedMilliseconds, retries: retries)
        if worker.journal == nil { dropRecordHead() }
        if readers.isEmpty { rest() }
        scheduleTurnEnd()
    }

    /// What was asked is in the record and the journal; it may be many times as long as the answer.
    func dropRecordHead() { recordHead = [] }

    var elapsedMilliseconds: Int {
        Int((worker.reactor.now - startedInstant) / 1_000_000)
    }

    // MARK: The turn

    private func scheduleTurnEnd() {
        guard !isTurnEndScheduled else { return }
        isTurnEndScheduled = true
        worker.reactor.atTurnEnd(self)
    }

    func turnEnded() {
        isTurnEndScheduled = false
        // Others' ends of this turn may have added it: the journal's is before the next round.
        guard !journalTicket.isNews else { return scheduleTurnEnd() }
        var leastLag = Int.max
        var mostLag = 0
        for reader in readers {
            reader.pump()
            let lag = reader.heldBytes
            leastLag = min(leastLag, lag)
            mostLag = max(mostLag, lag)
        }
        if log.heldBytes > window.unreadBytes { followWindow() }
        let bound = worker.configuration.readerBufferBytes
        if mostLag > bound, leastLag <= bound { cutOffLaggards(behind: bound) }
        guard let call, !readers.isEmpty else { return }
        // The upstream is read no faster than the fastest reader reads.
        if leastLag > bound {
            if call.pause() {
                // While nothing comes, only what they lack is wanted.
                dropOldEntries(keeping: 0, before: readers.map(\.nextEntry).min() ?? log.count)
                worker.heap.somethingEnded()
            }
        } else if leastLag <= bound / 2 {
            return call.resume()
        }
        // What they have not taken of their output counts, too, and they need not be full.
        if call.isPaused { for reader in readers { reader.tellWhenDrained() } }
    }

    private func followWindow() {
        // Of an ended one that was in memory whole, the journal need not have anything any more.
        let isRead = isEnded || !readers.isEmpty
        guard let kept = window.keptBytes(of: log.heldBytes, isRead: isRead) else { return }
        dropOldEntries(keeping: kept, before: log.count)
    }

    /// What the journal has need not be in memory too; `kept` bytes stay, and all from `wanted` on.
    private func dropOldEntries(keeping kept: Int, before wanted: Int) {
        let journaled = journalTicket.readableEntries
        let end = LogWindow.firstKept(of: log.count, journaled: journaled, wanted: wanted)
        log.dropFirst(keeping: kept, before: end)
    }

    /// Whether anything of it is to be read back from the journal, now or later.
    var isReadBack: Bool {
        !isEnded || log.first > 0 || log.heldBytes > window.readBytes
    }

    /// Those who were up with the answer and fell behind while others did not: each comes back with
    /// the id of its last event, and then reads what it missed at its own pace.
    private func cutOffLaggards(behind bound: Int) {
        for reader in readers where reader.isLive && reader.heldBytes > bound {
            reader.cutOff()
        }
    }
}

extension Generation {
    /// How it went, for the request's line in the log.
    func appendOutcome(to note: inout [UInt8]) {
        note.append(literal: " status=")
        note.append(text: log.ending?.rawValue ?? "running")
        note.append(literal: " tokens=")
        note.append(decimal: log.textEntryCount)
        guard let first = firstTokenMilliseconds else { return }
        note.append(literal: " ttft=")
        note.append(decimal: first)
        note.append(literal: "ms")
    }
}
