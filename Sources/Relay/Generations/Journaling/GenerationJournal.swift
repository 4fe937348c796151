import ChatFormats
import Loop
import Storage

/// What a loop's journal needs of those whose answers it keeps.
protocol GenerationJournalOwner: AnyObject {
    /// All answers that the loop has: what a lost journal had of them is written again.
    var allGenerations: [Generation] { get }
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
final class GenerationJournal: TurnEndHandler {
    /// How long a record that is in the history keeps its place in the journal at most.
    private static let settlingMilliseconds = 250

    private let journal: Journal
    private let history: HistoryFile
    private let keys: KeyFile?
    private unowned let reactor: Reactor
    private unowned let owner: any GenerationJournalOwner
    /// Those whose upstream is asked once their beginning is in the file.
    private var beginning: [Generation] = []
    /// Those with entries that are not in the file.
    private var dirty: [Generation] = []
    /// Ended ones whose end is shown once so many frames are safe.
    private var heldBack: [(generation: Generation, frames: Int)] = []
    /// Ended ones whose records are on their way into the history, and whose keys into their file.
    private var settling: [(place: JournalPlace, record: Int, key: Int)] = []
    /// Ended ones whose records the history refused: a slice, which loses its first at no cost.
    private var unrecorded: ArraySlice<UnrecordedGeneration> = []
    private var isRecordingAgain = false
    private let settlingDue: Deadline
    private let retryDue: Deadline
    /// Whether ends wait until they are safe.
    let holdsEnds: Bool

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
        journal.onSafe = { [unowned self] in showEnds() }
        journal.onLost = { [unowned self] in
            forgetWritten()
            commit()
        }
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

    /// A generation begins; its upstream is asked after the commit.
    func begin(_ generation: Generation) {
        generation.journalTicket.place = journal.newPlace()
        beginning.append(generation)
        grew(generation)
    }

    /// A generation has entries that are not in the file.
    func grew(_ generation: Generation) {
        generation.journalTicket.isNews = true
        guard !generation.journalTicket.isDirty else { return }
        generation.journalTicket.isDirty = true
        dirty.append(generation)
    }

    /// An ended generation's record was made.
    func recorded(_ generation: Generation, _ recording: RecordOutcome) {
        generation.journalTicket.recording = recording
        if !generation.journalTicket.isDirty { beginSettling(generation) }
    }

    // MARK: The turn

    func turnEnded() {
        if !dirty.isEmpty {
            if journal.wantsFrame { commit() } else { refused() }
        }
        // Their beginnings may have been written in mid-turn, after an outage or a loss.
        guard !beginning.isEmpty else { return }
        for generation in beginning { generation.askUpstream() }
        beginning.removeAll(keepingCapacity: true)
    }

    private func commit() {
        if journal.noticesLoss() { forgetWritten() }
        guard write() else { return refused() }
        for generation in dirty {
            generation.becameWhole()
            if generation.holdsEnd { heldBack.append((generation, journal.writtenFrames)) }
            if generation.isEnded { beginSettling(generation) }
        }
        dirty.removeAll(keepingCapacity: true)
        // Before anything is waited for: while the disk makes nothing safe, nobody waits.
        if !heldBack.isEmpty { showEnds() }
        if !heldBack.isEmpty { journal.synchronize() }
    }

    /// - Returns: whether all that the dirty ones lack is in the file.
    private func write() -> Bool {
        // Those before have nothing in the frame under way.
        var first = 0
        for place in dirty.indices {
            // After an outage much may be missing; one frame has its bound.
            while !dirty[place].appendNews(to: journal) {
                guard commitFrame(of: first..<place + 1) else { return false }
                first = place
            }
        }
        return commitFrame(of: first..<dirty.count)
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
        for generation in dirty { generation.journalTicket.forgetWritten() }
        for generation in owner.allGenerations where !generation.isEnded {
            generation.journalTicket.forgetWritten()
            grew(generation)
        }
    }

    /// Nobody waits for a disk that refuses.
    private func refused() {
        retryLater()
        for generation in dirty {
            generation.journalTicket.isNews = false
            generation.showEnd()
        }
        // Those that ended meanwhile have their records waiting for the history; more cannot be
        // done.
        dirty.removeAll { generation in
            guard generation.isEnded, generation.isForgotten else { return false }
            generation.journalTicket.isDirty = false
            beginSettling(generation)
            return true
        }
    }

    private func showEnds() {
        let count = heldBack.prefix { journal.isSafe($0.frames) }.count
        for held in heldBack.prefix(count) { held.generation.showEnd() }
        heldBack.removeFirst(count)
    }

    // MARK: Settling

    /// All of an ended one is in the file; its record may take a moment longer.
    private func beginSettling(_ generation: Generation) {
        switch generation.journalTicket.recording {
        case .taken(let record):
            let ticket = generation.journalTicket
            settling.append((ticket.place, record, ticket.keyPlace))
        case .refused: unrecorded.append(UnrecordedGeneration(generation))
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
        owner.recordAgain(answer) { [unowned self] recording in
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
