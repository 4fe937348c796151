import ChatFormats
import Loop
import Storage

/// Keeps one loop's journal: before readers see what a turn has added, it is in the file.
///
/// The loop tells it first at a turn's end. While the disk refuses, readers are not held up; what the
/// journal lacks by then follows when it is written again.
final class GenerationJournal: TurnEndHandler {
    /// How long a record that is in the history keeps its place in the journal at most.
    ///
    /// In milliseconds.
    private static let settlingMilliseconds = 250

    private let journal: Journal
    private let history: HistoryFile
    private unowned let reactor: Reactor
    /// Those whose upstream is asked once their beginning is in the file.
    private var beginning: [Generation] = []
    /// All that the loop has, for when they must be said again.
    var generations: () -> [Generation] = { [] }
    /// Those with entries that are not in the file.
    private var dirty: [Generation] = []
    /// Ended ones whose end is shown once so many frames are safe.
    private var heldBack: [(generation: Generation, frames: Int)] = []
    /// Ended ones whose records are on their way into the history.
    private var settling: [(place: JournalPlace, record: Int)] = []
    private let settlingDue: Deadline
    private let retryDue: Deadline
    /// Whether ends wait until they are safe.
    let holdsEnds: Bool

    init(_ journal: Journal, durability: Durability, history: HistoryFile, on reactor: Reactor) {
        self.journal = journal
        self.history = history
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

    /// A generation begins; its upstream is asked behind the commit.
    func begin(_ generation: Generation) {
        generation.journalMark.place = journal.newPlace()
        beginning.append(generation)
        grew(generation)
    }

    /// A generation has entries that are not in the file.
    func grew(_ generation: Generation) {
        generation.journalMark.isNews = true
        guard !generation.journalMark.isDirty else { return }
        generation.journalMark.isDirty = true
        dirty.append(generation)
    }

    /// A generation's record was given to the history.
    ///
    /// - Parameters:
    ///   - generation: an ended one.
    ///   - place: the record's place in the history; nil where it was refused: then the journal keeps
    ///     the generation, and the next start makes the record.
    func recorded(_ generation: Generation, place: Int?) {
        generation.journalMark.recordPlace = place
    }

    // MARK: The turn

    func turnEnded() {
        if !dirty.isEmpty {
            if journal.wantsFrame { commit() } else { refused() }
        }
        // Their beginnings may have been written in mid-turn, behind an outage or a loss.
        guard !beginning.isEmpty else { return }
        for generation in beginning { generation.ask() }
        beginning.removeAll(keepingCapacity: true)
    }

    private func commit() {
        if journal.noticesLoss() { forgetWritten() }
        guard write() else { return refused() }
        for generation in dirty {
            generation.journaled()
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
        for generation in dirty {
            generation.appendNews(to: journal)
            // After an outage much may be missing; one frame has its bound.
            if journal.frame.count > Journal.segmentBytes, !journal.commit() { return false }
        }
        return journal.commit()
    }

    /// The disk may take again what it refused; it is tried without news too, so that the outage does
    /// not outlast its cause where nobody asks.
    func retry() {
        guard !journal.isWritable || !dirty.isEmpty else { return }
        if journal.wantsFrame { commit() } else { retryLater() }
    }

    private func retryLater() {
        if !journal.isWritable { retryDue.set(at: journal.wantsFrameAt) }
    }

    /// What was written of those that run is lost, or may be: the next frame has all of it.
    private func forgetWritten() {
        for generation in dirty { generation.journalMark.entries = 0 }
        for generation in generations() where !generation.isEnded {
            generation.journalMark.entries = 0
            grew(generation)
        }
    }

    /// Nobody waits for a disk that refuses.
    private func refused() {
        retryLater()
        for generation in dirty {
            generation.journalMark.isNews = false
            generation.showEnd()
        }
        // Those that ended meanwhile have their records waiting for the history; more cannot be done.
        dirty.removeAll { generation in
            guard generation.isEnded, generation.isForgotten else { return false }
            generation.journalMark.isDirty = false
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
        guard let record = generation.journalMark.recordPlace else { return }
        settling.append((generation.journalMark.place, record))
        if !settlingDue.isSet { setSettlingDue() }
    }

    private func setSettlingDue() {
        settlingDue.set(at: reactor.now + .milliseconds(Self.settlingMilliseconds))
    }

    /// Lets go of all whose records are safe in the history.
    private func settle() {
        let count = settling.prefix { history.isSafe($0.record) }.count
        if count > 0 { journal.release(settling.prefix(count).map(\.place)) }
        settling.removeFirst(count)
        retryLater()
        if !settling.isEmpty { setSettlingDue() }
    }
}

/// Where a generation stands in the journal.
///
/// Kept by the generation itself, so that no token costs a look-up.
struct JournalMark {
    var place = JournalPlace()
    /// How many of its entries are in the file.
    var entries = 0
    /// Whether it stands among those that have more.
    var isDirty = false
    /// Whether it has more since the journal was last told to take it.
    var isNews = false
    /// Its record's place in the history, once it has one.
    var recordPlace: Int?
    /// Whether its beginning was written.
    var isBegun: Bool { entries > 0 }
}

extension Generation {
    /// Adds what the journal lacks to its frame.
    fileprivate func appendNews(to journal: Journal) {
        journal.hold(&journalMark.place)
        let number = journalMark.place.number
        if !journalMark.isBegun {
            var head: [UInt8] = []
            journalHead.append(to: &head)
            journal.frame.begin(number: number, head: head.span)
        }
        let bytes = log.bytes
        for n in journalMark.entries..<log.count {
            journal.frame.entry(
                number: number,
                sequence: n,
                kind: log.kind(n).rawValue,
                payload: bytes.span.extracting(log.range(n))
            )
        }
    }

    /// All of the log so far is in the file.
    fileprivate func journaled() {
        journalMark.entries = log.count
        journalMark.isDirty = false
        journalMark.isNews = false
        if isEnded { dropRecordHead() }
    }

    private var journalHead: JournalHead {
        JournalHead(
            id: id,
            model: model,
            startedAt: startedAt,
            includesUsage: includesUsage,
            key: key,
            record: recordHead
        )
    }
}
