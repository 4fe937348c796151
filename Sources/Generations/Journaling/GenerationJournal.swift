import ChatFormats
import Loop
import Storage

/// What a loop's journal needs from the owner of the answers that it keeps.
protocol GenerationJournalOwner: AnyObject {
    /// The logs of all running answers: what a lost journal had of them is written again.
    var runningLogs: [LiveLog] { get }
    /// Makes a record that the history refused before; `use` takes the outcome, on the loop.
    func recordAgain(
        _ answer: UnrecordedGeneration,
        then use: @escaping (RecordOutcome) -> Void
    )
}

/// Keeps one loop's journal: what a turn has added is in the file before readers see it.
///
/// The loop calls it first at a turn's end. While the disk refuses, readers are not held up; what
/// the journal lacks follows once it can be written again.
package final class GenerationJournal: TurnEndHandler, EntrySink, JournalOwner {
    /// The longest time that a record in the history still keeps its place in the journal.
    private static let settlingMilliseconds = 250
    /// How long a disk is left alone that did not return what was written to it.
    private static let rereadingMilliseconds = 5000

    private let journal: Journal
    private let history: HistoryFile
    private let keys: KeyFile?
    private unowned let reactor: Reactor
    private unowned let owner: any GenerationJournalOwner
    /// Work that starts once the beginnings so far are in the file.
    private var beginning: [() -> Void] = []
    /// Logs with entries that are not in the file.
    private var dirty: [LiveLog] = []
    /// Ended logs, each with the number of frames that must be safe before its end is shown.
    private var heldBack: [(live: LiveLog, frames: Int)] = []
    /// Ended answers whose records are on their way into the history, and whose keys into their
    /// file.
    private var settling: [(place: JournalPlace, record: Int, key: Int)] = []
    /// Ended answers whose records the history refused, or whose entries the disk did not return;
    /// a slice, since it drops its first at no cost.
    private var unrecorded: ArraySlice<UnrecordedGeneration> = []
    /// No record is tried again before that.
    private var nextRecording: Nanoseconds = 0
    private var isRecordingAgain = false
    /// Whether the history is to look through the records that were made so late.
    private var owesLook = false
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

    /// Begins to journal, and learns from the start whether the disk takes anything.
    func start() {
        journal.begin()
        retryLater()
    }

    package func begin(_ live: LiveLog, then start: @escaping () -> Void) {
        live.journalTicket.place = journal.newPlace()
        beginning.append(start)
        grew(live)
    }

    package func beganAnew(_ live: LiveLog) {
        // The beginning is written before the entries that are missing; the last one counts.
        live.journalTicket.forgetWritten()
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

    package func journalIsSafer() {
        showEnds()
        // They were written while the disk was busy with those before.
        if !heldBack.isEmpty { journal.synchronize() }
    }

    package func journalMayBeLost() {
        forgetWritten()
        commit()
    }

    // MARK: The turn

    package func turnEnded() {
        if !dirty.isEmpty {
            if journal.wantsFrame { commit() } else { refused() }
        }
        // The beginnings may have been written in mid-turn, after an outage or a loss.
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
        // This comes before the wait: while the disk makes nothing safe, nobody waits.
        if !heldBack.isEmpty { showEnds() }
        if !heldBack.isEmpty { journal.synchronize() }
    }

    /// Notes that all of its log so far is in the file.
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

    /// - Returns: whether all that the dirty logs lack is in the file.
    private func write() -> Bool {
        // The logs before this one have nothing in the frame under way.
        var first = 0
        for index in dirty.indices {
            // After an outage much may be missing, and a frame has its bound.
            while !appendNews(of: dirty[index]) {
                guard commitFrame(of: first..<index + 1) else { return false }
                first = index
            }
        }
        return commitFrame(of: first..<dirty.count)
    }

    private func appendNews(of live: LiveLog) -> Bool {
        live.journalTicket.appendNews(of: live.head, live.log, to: journal)
    }

    private func commitFrame(of indices: Range<Int>) -> Bool {
        let isWritten = journal.commit()
        for index in indices { dirty[index].journalTicket.frameEnded(isWritten, in: journal) }
        return isWritten
    }

    /// Tries again what the disk refused, even without new entries, so that the outage does not
    /// outlast its cause where nobody asks.
    func retry() {
        guard !journal.isWritable || !dirty.isEmpty else { return }
        if journal.wantsFrame { commit() } else { retryLater() }
    }

    private func retryLater() {
        if !journal.isWritable { retryDue.set(at: journal.wantsFrameAt) }
    }

    /// What was written of running answers is lost, or may be: the next frame has all of it.
    private func forgetWritten() {
        for live in dirty { live.journalTicket.forgetWritten() }
        for live in owner.runningLogs {
            live.journalTicket.forgetWritten()
            grew(live)
        }
    }

    /// Lets readers go on: nobody waits for a disk that refuses.
    private func refused() {
        retryLater()
        for live in dirty { allow(live, upTo: live.log.count) }
        // The records of those that ended meanwhile wait for the history; no more can be done.
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

    /// Lets an ended answer, all of which is in the file, wait for its record.
    private func beginSettling(_ live: LiveLog) {
        switch live.journalTicket.recording {
        case .taken(let record):
            let ticket = live.journalTicket
            settling.append((ticket.place, record, ticket.keyPlace))
        case .refused: unrecorded.append(UnrecordedGeneration(live))
        case .unread: wasUnread(UnrecordedGeneration(live))
        case .unreadable, nil: return
        }
        if !settlingDue.isSet { setSettlingDue() }
    }

    private func setSettlingDue() {
        settlingDue.set(at: reactor.now + .milliseconds(Self.settlingMilliseconds))
    }

    /// Lets go of answers whose records are safe in the history and whose keys are safe in their
    /// file.
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

    /// A disk that did not return an answer is given a while.
    private func wasUnread(_ answer: UnrecordedGeneration) {
        var answer = answer
        answer.wasUnread = true
        unrecorded.append(answer)
        // Not again while one waits: others would be put off for ever.
        guard nextRecording <= reactor.now else { return }
        nextRecording = reactor.now + .milliseconds(Self.rereadingMilliseconds)
    }

    /// Makes the next record: the history has room again once all that waited is in the file.
    private func recordNext() {
        guard !isRecordingAgain, history.isWritable, !unrecorded.isEmpty,
            nextRecording <= reactor.now
        else { return }
        isRecordingAgain = true
        let answer = unrecorded.removeFirst()
        owner.recordAgain(answer) { [self] recording in
            isRecordingAgain = false
            switch recording {
            case .taken(let record):
                settling.append((answer.place, record, answer.keyPlace))
                owesLook = true
            case .refused: unrecorded.append(answer)
            case .unread: wasUnread(answer)
            case .unreadable:
                // What the journal took is for the next start; what it never took is gone.
                if !answer.isWritten { journal.release([answer.place]) }
            }
            if recording != .refused { recordNext() }
            if owesLook, !isRecordingAgain {
                owesLook = false
                history.followLate()
            }
            if !settlingDue.isSet { setSettlingDue() }
        }
    }
}
