import ChatFormats
import Loop
import Storage

/// What a loop's journal needs of those whose answers it keeps.
protocol GenerationJournalOwner: AnyObject {
    /// The logs of all answers that run: what a lost journal had of them is written again.
    var runningLogs: [LiveLog] { get }
    /// Makes a record that the history refused before; `use` takes what became of it, on the loop.
    func recordAgain(
        _ answer: UnrecordedGeneration,
        then use: @escaping (RecordOutcome) -> Void
    )
}

/// Keeps one loop's journal: before readers see what a turn has added, it is in the file.
///
/// The loop tells it first at a turn's end. While the disk refuses, readers are not held up; what
/// the journal lacks by then follows when it is written again.
package final class GenerationJournal: TurnEndHandler, EntrySink, JournalOwner {
    /// How long a record that is in the history keeps its place in the journal at most.
    private static let settlingMilliseconds = 250

    private let journal: Journal
    private let history: HistoryFile
    private let keys: KeyFile?
    private unowned let reactor: Reactor
    private unowned let owner: any GenerationJournalOwner
    /// What is started once the beginnings so far are in the file.
    private var beginning: [() -> Void] = []
    /// Those with entries that are not in the file.
    private var dirty: [LiveLog] = []
    /// Ended ones whose end is shown once so many frames are safe.
    private var heldBack: [(live: LiveLog, frames: Int)] = []
    /// Ended ones whose records are on their way into the history, and whose keys into their file.
    private var settling: [(place: JournalPlace, record: Int, key: Int)] = []
    /// Ended ones whose records the history refused: a slice, which loses its first at no cost.
    private var unrecorded: ArraySlice<UnrecordedGeneration> = []
    private var isRecordingAgain = false
    private let settlingDue: Deadline
    private let retryDue: Deadline
    /// Whether ends wait until they are safe.
    private let holdsEnds: Bool

    init(
        _ journal: Journal,
        durability: Durability,
        history: HistoryFile,
        keys: KeyFile?,
        on reactor: Reactor,
        owner: any GenerationJournalOwner
    ) {
        self.owner = owner
        self.journal = journal
        self.history = history
        self.keys = keys
        self.reactor = reactor
        holdsEnds = durability == .always
        settlingDue = reactor.makeDeadline()
        retryDue = reactor.makeDeadline()
        settlingDue.whenDue { [unowned self] in settle() }
        retryDue.whenDue { [unowned self] in retry() }
    }

    deinit {
        settlingDue.abandon()
        retryDue.abandon()
    }

    // MARK: Generations

    /// Nothing is journaled before this: whether the disk takes anything is known from the start.
    func start() {
        journal.begin()
        retryLater()
    }

    package func begin(_ live: LiveLog, then start: @escaping () -> Void) {
        live.journalTicket.place = journal.newPlace()
        beginning.append(start)
        grew(live)
    }

    package func grew(_ live: LiveLog) {
        guard !live.journalTicket.isDirty else { return }
        live.journalTicket.isDirty = true
        dirty.append(live)
    }

    package func recorded(_ live: LiveLog, _ outcome: RecordOutcome) {
        live.journalTicket.recording = outcome
        if !live.journalTicket.isDirty { beginSettling(live) }
    }

    // MARK: The disk

    package func journalIsSafer() { showEnds() }

    package func journalMayBeLost() {
        forgetWritten()
        commit()
    }

    // MARK: The turn

    package func turnEnded() {
        if !dirty.isEmpty {
            if journal.wantsFrame { commit() } else { refused() }
        }
        // Their beginnings may have been written in mid-turn, after an outage or a loss.
        guard !beginning.isEmpty else { return }
        // What begins meanwhile is not in the file yet.
        let count = beginning.count
        for index in 0..<count { beginning[index]() }
        beginning.removeFirst(count)
    }

    private func commit() {
        if journal.noticesLoss() { forgetWritten() }
        guard write() else { return refused() }
        for live in dirty { becameWhole(live) }
        dirty.removeAll(keepingCapacity: true)
        // Before anything is waited for: while the disk makes nothing safe, nobody waits.
        if !heldBack.isEmpty { showEnds() }
        if !heldBack.isEmpty { journal.synchronize() }
    }

    /// All of its log so far is in the file.
    private func becameWhole(_ live: LiveLog) {
        guard live.isEnded else {
            live.journalTicket.becameWhole(isReadBack: true)
            return allow(live, upTo: live.log.count)
        }
        let isRefused = live.journalTicket.recording == .refused
        live.journalTicket.becameWhole(isReadBack: live.isReadBack || isRefused)
        live.head.dropRecord()
        if holdsEnds, !live.showsEnd {
            allow(live, upTo: live.log.count - 1)
            heldBack.append((live, journal.writtenFrames))
        } else {
            allow(live, upTo: live.log.count)
        }
        beginSettling(live)
    }

    private func allow(_ live: LiveLog, upTo readable: Int) {
        live.allow(readable: readable, droppable: live.journalTicket.readableEntries)
    }

    /// - Returns: whether all that the dirty ones lack is in the file.
    private func write() -> Bool {
        // Those before have nothing in the frame under way.
        var first = 0
        for place in dirty.indices {
            // After an outage much may be missing; one frame has its bound.
            while !appendNews(of: dirty[place]) {
                guard commitFrame(of: first..<place + 1) else { return false }
                first = place
            }
        }
        return commitFrame(of: first..<dirty.count)
    }

    private func appendNews(of live: LiveLog) -> Bool {
        live.journalTicket.appendNews(of: live.head, live.log, to: journal)
    }

    private func commitFrame(of places: Range<Int>) -> Bool {
        let isWritten = journal.commit()
        for place in places { dirty[place].journalTicket.frameEnded(isWritten, in: journal) }
        return isWritten
    }

    /// The disk may take again what it refused; it is tried without news too, so that the outage
    /// does not outlast its cause where nobody asks.
    func retry() {
        guard !journal.isWritable || !dirty.isEmpty else { return }
        if journal.wantsFrame { commit() } else { retryLater() }
    }

    private func retryLater() {
        if !journal.isWritable { retryDue.set(at: journal.wantsFrameAt) }
    }

    /// What was written of those that run is lost, or may be: the next frame has all of it.
    private func forgetWritten() {
        for live in dirty { live.journalTicket.forgetWritten() }
        for live in owner.runningLogs {
            live.journalTicket.forgetWritten()
            grew(live)
        }
    }

    /// Nobody waits for a disk that refuses.
    private func refused() {
        retryLater()
        for live in dirty { allow(live, upTo: live.log.count) }
        // Those that ended meanwhile have their records waiting for the history; more cannot be
        // done.
        dirty.removeAll { live in
            guard live.isEnded, live.isForgotten else { return false }
            live.journalTicket.isDirty = false
            beginSettling(live)
            return true
        }
    }

    private func showEnds() {
        let count = heldBack.prefix { journal.isSafe($0.frames) }.count
        for held in heldBack.prefix(count) { allow(held.live, upTo: held.live.log.count) }
        heldBack.removeFirst(count)
    }

    // MARK: Settling

    /// All of an ended one is in the file; its record may take a moment longer.
    private func beginSettling(_ live: LiveLog) {
        switch live.journalTicket.recording {
        case .taken(let record):
            let ticket = live.journalTicket
            settling.append((ticket.place, record, ticket.keyPlace))
        case .refused: unrecorded.append(UnrecordedGeneration(live))
        case .unreadable, nil: return
        }
        if !settlingDue.isSet { setSettlingDue() }
    }

    private func setSettlingDue() {
        settlingDue.set(at: reactor.now + .milliseconds(Self.settlingMilliseconds))
    }

    /// Lets go of all whose records are safe in the history, and whose keys are in their file.
    private func settle() {
        let count = settling.prefix {
            history.isSafe($0.record) && keys?.isSafe($0.key) ?? true
        }.count
        if count > 0 { journal.release(settling.prefix(count).map(\.place)) }
        settling.removeFirst(count)
        retryLater()
        recordNext()
        if !settling.isEmpty || !unrecorded.isEmpty { setSettlingDue() }
    }

    /// The history has room again once all that waited is in the file.
    private func recordNext() {
        guard !isRecordingAgain, history.isWritable, !unrecorded.isEmpty else { return }
        isRecordingAgain = true
        let answer = unrecorded.removeFirst()
        owner.recordAgain(answer) { [self] recording in
            isRecordingAgain = false
            switch recording {
            case .taken(let record): settling.append((answer.place, record, answer.keyPlace))
            case .refused: unrecorded.append(answer)
            case .unreadable:
                // What the journal took is for the next start; of what it never had nothing will
                // come.
                if !answer.isWritten { journal.release([answer.place]) }
            }
            if recording != .refused { recordNext() }
            if !settlingDue.isSet { setSettlingDue() }
        }
    }
}
