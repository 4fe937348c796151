import Glibc
package import Loop

/// The journal of one loop: what every turn adds to its generations, in the file before any reader
/// sees it.
///
/// Written on the loop itself, once a turn, and made safe against a loss of power on a queue of its
/// own. While the disk refuses, nothing waits for it: frames are dropped, and the owner adds all
/// that is missing to the first frame that is wanted again. Where what was written is lost, the
/// owner writes all of it again, into another segment.
package final class Journal {
    /// How large a segment grows before another follows it.
    package static let segmentBytes = JournalLimits().segmentBytes
    /// A frame's memory beyond this is given back after a burst.
    private static let keptFrameBytes = 256 << 10
    /// How often the journal checks that the segment is still where it was created.
    private static let lookMilliseconds = 1000
    private static let tidyMilliseconds = 5000

    private let durability: Durability
    private let limits: JournalLimits
    private let reactor: Reactor
    private let report: (JournalReport) -> Void
    private let syncer: JournalSyncer
    /// It keeps this journal, so it is there as long; nil until `open` is done.
    ///
    /// Not weak: retaining what was ever referred to weakly takes twice the instructions, and each
    /// token does that.
    private unowned var owner: (any JournalOwner)?
    private var segments: JournalSegments
    private var lastNumber: UInt64 = 0
    private var rounds = SafetyRounds()
    private var syncDue: Deadline
    /// When the round under way has taken too long.
    private let patience: Deadline
    /// When the disk is asked again to let go of what nobody wants.
    private let tidyDue: Deadline
    private var outage = Outage()
    private var nextLook: Nanoseconds = 0

    /// Where the last frame is that was written; nil before the first one.
    private(set) var lastFrame: FramePlace?
    /// What this turn adds.
    package var frame = JournalFrame()

    /// Opens the journal of a loop, after the segments that are there, and makes its owner.
    ///
    /// The owner needs the journal, and the journal loses what nobody hears: so neither is there
    /// without the other.
    ///
    /// - Parameters:
    ///   - folder: where it is, whose, and within which bounds.
    ///   - durability: when frames are made safe.
    ///   - reactor: the loop it belongs to.
    ///   - post: runs work on that loop, from any thread.
    ///   - report: called on the loop.
    ///   - makeOwner: makes the owner, which keeps the journal.
    /// - Returns: the owner.
    package static func open<Owner: JournalOwner>(
        _ folder: JournalFolder,
        durability: Durability,
        on reactor: Reactor,
        post: @escaping JournalSyncer.Post,
        report: @escaping (JournalReport) -> Void,
        for makeOwner: (Journal) -> Owner
    ) -> Owner {
        let syncer = JournalSyncer(
            on: folder.platform.work.queue("sse-relay.journal", .usual),
            post: post
        )
        let journal = Journal(folder, durability, on: reactor, syncer, report)
        let owner = makeOwner(journal)
        journal.owner = owner
        return owner
    }

    private init(
        _ folder: JournalFolder,
        _ durability: Durability,
        on reactor: Reactor,
        _ syncer: JournalSyncer,
        _ report: @escaping (JournalReport) -> Void
    ) {
        self.durability = durability
        limits = folder.limits
        self.reactor = reactor
        self.report = report
        self.syncer = syncer
        segments = JournalSegments(
            folder,
            loop: reactor.index,
            areNamesSafe: durability != .never
        )
        syncDue = reactor.makeDeadline()
        patience = reactor.makeDeadline()
        tidyDue = reactor.makeDeadline()
        syncDue.whenDue { [unowned self] in synchronize() }
        patience.whenDue { [unowned self] in tookTooLong() }
        tidyDue.whenDue { [unowned self] in release([]) }
    }

    deinit {
        syncDue.abandon()
        patience.abandon()
        tidyDue.abandon()
    }

    /// Whether the disk takes what it is given; it may take it and not make it safe.
    package var isWritable: Bool { !outage.isOn }

    /// Whether a frame of this moment would be written: while the disk refuses, frames need not
    /// even be filled.
    package var wantsFrame: Bool { wantsFrameAt <= reactor.now }

    /// When a frame is wanted again; now, while the disk takes what it is given.
    package var wantsFrameAt: Nanoseconds { outage.attempt(at: reactor.now) }

    /// Creates the first segment, so that a disk that refuses is known before an answer needs it.
    package func begin() {
        do throws(StorageError) {
            try segments.open()
        } catch {
            suffer(error)
        }
    }

    /// A place for a generation that begins.
    package func newPlace() -> JournalPlace {
        lastNumber += 1
        return JournalPlace(number: lastNumber)
    }

    /// Notes that this turn's frame has something of a generation.
    package func hold(_ place: inout JournalPlace) { segments.book.hold(&place) }

    /// Lets go of generations whose records are in the history; segments that nobody wants any more
    /// are removed.
    ///
    /// To be called between frames. The segment that is being written is emptied where nobody wants
    /// it either: what was deleted from the history must not stay here. But it stays while older
    /// ones do, since it notes what of them was let go of: without that, an answer that had ended
    /// would come back cut.
    package func release(_ places: consuming [JournalPlace]) {
        for var place in places { segments.book.release(&place) }
        let unwanted = segments.book.takeUnwanted()
        // Before they go, what they note of others that stay has to be noted elsewhere.
        if !segments.book.isUnwanted, wantsFrame { _ = commit() }
        segments.remove(unwanted)
        if segments.book.isUnwanted { empty() }
        if segments.isUntidy { tidyDue.set(at: reactor.now + .milliseconds(Self.tidyMilliseconds)) }
    }

    private func empty() {
        lastFrame = nil
        switch segments.empty() {
        case .emptied: break
        case .left:
            rounds.forgot()
            owner?.journalIsSafer()
        case .refused: if wantsFrame { _ = commit() }
        }
    }

    // MARK: Writing

    /// Checks, now and then, that the segment is still where it was created, before a frame is
    /// filled: people remove folders, and frames in a file without a name are lost silently.
    ///
    /// - Returns: whether it is gone, and the owner has to write all of it again.
    package func noticesLoss() -> Bool {
        guard nextLook <= reactor.now, !segments.isEmpty else { return false }
        nextLook = reactor.now + .milliseconds(Self.lookMilliseconds)
        guard let path = segments.leaveMoved() else { return false }
        report(.lost(path: path))
        return true
    }

    /// Writes the frame, if there is anything in it; during an outage an empty one too, to see
    /// whether it has passed.
    ///
    /// - Returns: whether all that was ever added is in the file.
    package func commit() -> Bool {
        guard !frame.isEmpty || segments.book.isRetiring || !isWritable || rounds.isUnsafe else {
            return true
        }
        defer { frame.clear(keeping: Self.keptFrameBytes) }
        // Generations add again what a refused frame dropped; those that retire are gone by then.
        if segments.book.isRetiring {
            for number in segments.book.retiring { frame.retire(number: number) }
        }
        let milliseconds = reactor.wallMilliseconds
        frame.seal(milliseconds: milliseconds)
        do throws(StorageError) {
            lastFrame = try segments.append(frame.bytes, milliseconds)
        } catch {
            suffer(error)
            if case .systemCall(_, _, EFBIG) = error, let full = segments.leaveFull() {
                synchronize(left: full)
            }
            return false
        }
        rounds.wrote()
        if segments.book.isRetiring { segments.book.retired() }
        if durability != .never || rounds.isUnsafe, !syncDue.isSet {
            setSyncDue(Durability.intervalMilliseconds)
        }
        recover()
        if let full = segments.turn(at: limits.segmentBytes) { synchronize(left: full) }
        return true
    }

    private func synchronize(left segment: WritableSegment) {
        guard durability != .never else { return }
        syncer.synchronize(segment.file) { [weak self] error in
            guard let self, let error else { return }
            notSafe(error, rounds.failed())
        }
    }

    // MARK: Safety

    /// How many frames were written so far; what `isSafe` is asked about.
    package var writtenFrames: Int { rounds.written }

    /// Whether so many frames would survive a loss of power, as far as the disk can be brought to
    /// answer that.
    package func isSafe(_ frames: Int) -> Bool {
        rounds.safe >= frames || !isWritable || rounds.isUnsafe
    }

    /// Makes all that is written safe, on another thread; then the owner hears of it.
    ///
    /// While one round is on its way, the next waits for it.
    package func synchronize() {
        guard rounds.isWanted else { return }
        // All that was not safe may have been let go of since. Without a file the disk would never
        // be asked again, and never be trusted where nobody asks for an answer.
        if rounds.isUnsafe, segments.isEmpty, (try? segments.open()) == nil {
            return setSyncDue(Backoff.milliseconds.upperBound)
        }
        guard let file = segments.file else { return }
        let frames = rounds.begin()
        patience.set(at: reactor.now + .milliseconds(limits.patienceMilliseconds))
        syncer.synchronize(file) { [weak self] error in self?.synchronized(frames, error) }
    }

    private func synchronized(_ frames: Int, _ error: StorageError?) {
        patience.clear()
        let outcome = rounds.ended(covering: frames, hasFailed: error != nil)
        switch outcome {
        case .failed: if let error { notSafe(error, outcome) }
        case .writeAgain:
            segments.writeAgain()
            owner?.journalMayBeLost()
            setSyncDue(Backoff.milliseconds.lowerBound)
        case .safe(let isBack, let isBehind):
            if isBack { report(.safeAgain) }
            // It is set where something was written since, and is not put off then.
            if isBehind, durability != .never, !syncDue.isSet {
                setSyncDue(Durability.intervalMilliseconds)
            }
        }
        owner?.journalIsSafer()
    }

    private func notSafe(_ error: StorageError, _ outcome: SafetyRounds.Outcome) {
        if outcome == .failed(isNew: true) { report(.notSafe(error)) }
        setSyncDue(Backoff.milliseconds.upperBound)
    }

    /// A disk may hang instead of failing: nobody waits for it either.
    private func tookTooLong() {
        notSafe(
            .late("fsync", path: segments.path, milliseconds: limits.patienceMilliseconds),
            rounds.late()
        )
        owner?.journalIsSafer()
    }

    private func setSyncDue(_ milliseconds: Int) {
        syncDue.set(at: reactor.now + .milliseconds(milliseconds))
    }

    // MARK: Outage

    private func suffer(_ error: StorageError) {
        if outage.failed(at: reactor.now) { report(.writeFailed(error)) }
    }

    private func recover() {
        if outage.succeeded() { report(.writesResumed) }
    }
}
