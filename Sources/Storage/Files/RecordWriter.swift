import Loop

/// The writer's own state: the file, the batch in hand, and the outage it may be in.
struct RecordWriter: ~Copyable {
    /// From the first failure until everything kept is in the file.
    struct Outage {
        private var backoff = Backoff()
        /// Which attempt is due, so that an attempt made early leaves no second timer.
        private(set) var attempt = 0
        /// How many records were in the file when it began, and how many had been refused.
        let settled: Int
        let refused: Int

        init(settled: Int = 0, refused: Int = 0) {
            self.settled = settled
            self.refused = refused
        }

        /// Counts an attempt that failed.
        ///
        /// - Returns: the pause before the next one, in milliseconds.
        mutating func failed() -> Int {
            attempt += 1
            return backoff.next()
        }
    }

    /// A buffer that grew beyond this in a burst is given back instead of being used again.
    private static let maxSpareBytes = 1024 * 1024

    private let directory: String
    private let name: String
    /// How much may be in the file and not safe.
    private let maxUnsyncedBytes: Int
    /// Whether what is in the file is made safe.
    private let keepsUnsynced: Bool
    private let platform: Platform
    /// Absent after a start into an outage, and once closed.
    private var file: AppendFile?
    private(set) var isClosed = false
    /// Where the file ended before this process wrote to it; nil before it was open.
    private var endAtStart: Int?
    /// Whether half a line was set aside after the start, since somebody last asked.
    private var hasSetAside = false
    /// Lines taken and not finished; those before `start` are in the file.
    private var batch: [UInt8] = []
    private var start = 0
    /// How many records of the batch are not in the file yet.
    private var recordsLeft = 0
    var outage: Outage?
    /// Whether a round of making records safe is on its way.
    var isSyncDue = false
    /// How many rounds were begun, so that one made early leaves no second timer.
    var syncRounds = 0
    /// The pauses while the disk makes nothing safe.
    var syncBackoff = Backoff()

    init(
        directory: String,
        name: String,
        maxUnsyncedBytes: Int,
        keepsUnsynced: Bool,
        on platform: Platform
    ) {
        self.directory = directory
        self.name = name
        self.maxUnsyncedBytes = maxUnsyncedBytes
        self.keepsUnsynced = keepsUnsynced
        self.platform = platform
    }

    /// Opens the file, and returns what became of an unfinished last line.
    mutating func open() throws(StorageError) -> RecordReport? {
        let opened = try openFile(name)
        let tail = opened.tornTail
        if endAtStart == nil { endAtStart = try opened.end() }
        file = consume opened
        return tail.map { .tornTail(setAsideIn: $0.setAsideIn, bytes: $0.bytes) }
    }

    /// Whether half a line was set aside after the start, since this was last asked: it may be of
    /// what was deleted.
    mutating func takeSetAside() -> Bool {
        defer { hasSetAside = false }
        return hasSetAside
    }

    private func openFile(_ name: String) throws(StorageError) -> AppendFile {
        try AppendFile.open(
            directory: directory,
            name: name,
            keepsUnsynced: keepsUnsynced,
            on: platform
        )
    }

    /// Takes all that waits, unless a batch is in hand still.
    ///
    /// - Returns: Whether there is anything to write.
    mutating func takeBatch(from pending: borrowing Guarded<PendingRecords>) -> Bool {
        guard recordsLeft == 0 else { return true }
        recordsLeft = pending.withLock { $0.take(into: &batch) }
        return recordsLeft > 0
    }

    /// What one attempt achieved.
    struct Progress {
        var records = 0
        var bytes = 0
        var failure: StorageError?
    }

    /// Writes what is in hand; opens the file first where it isn't open or no longer in its place.
    mutating func attempt(_ report: (RecordReport) -> Void) -> Progress {
        guard !batch.isEmpty || outage != nil || file == nil else { return Progress() }
        do throws(StorageError) {
            try makeReady(report)
        } catch {
            return Progress(failure: error)
        }
        guard !batch.isEmpty else { return Progress() }
        let (kept, failure) = file?.append(batch, from: start) ?? (0, nil)
        guard let failure else {
            defer { dropBatch() }
            return Progress(records: recordsLeft, bytes: kept)
        }
        let records = batch[start..<start + kept].count { $0 == newline }
        start += kept
        recordsLeft -= records
        return Progress(records: records, bytes: kept, failure: failure)
    }

    /// See `AppendFile.distrust`.
    ///
    /// All of the part, however long: each of several processes that failed may have left as much
    /// as may be not safe at a time.
    ///
    /// - Returns: whether there is a file to do it with.
    mutating func distrust(
        _ part: Range<Int>,
        mending mend: (inout [UInt8]) -> Bool
    ) throws(StorageError) -> Bool {
        let part = part.clamped(to: 0..<(endAtStart ?? 0))
        try file?.distrust(part, piecesOf: maxUnsyncedBytes, mending: mend)
        return file != nil
    }

    /// Waits until all that was written would survive a loss of power.
    mutating func synchronize() throws(StorageError) { try file?.synchronize() }

    /// The file as it is now; nil where there is none at the moment.
    var active: ActiveFile? {
        file?.position()
    }

    /// The lines in hand that are not in the file.
    var leftover: [UInt8] { Array(batch[start...]) }

    /// Gives the file another name and begins a new one.
    ///
    /// - Parameters:
    ///   - path: the name.
    ///   - known: which file is meant, as the index knows it.
    /// - Returns: where the file ends for good; nil where it is another one by now, or reads
    ///   otherwise.
    /// - Throws: what keeps the one from going or the other from coming.
    mutating func rotate(
        to path: String,
        _ known: ActiveFile
    ) throws(StorageError) -> Int? {
        guard try settle(known) else { return nil }
        try file?.retire(to: path)
        let end = try file?.end()
        // Should the new one fail, the next attempt to write begins with it.
        file = nil
        try platform.disk.synchronizeFolder(parentFolder(of: path))
        _ = try open()
        return end
    }

    /// Replaces the file by one that was written anew from it.
    ///
    /// - Parameters:
    ///   - name: the new one's name so far.
    ///   - known: which file is meant, as the index knows it.
    ///   - start: up to where the new one was made from it; what was appended since is copied.
    /// - Returns: which file it is now; nil where it is another one by now, or reads otherwise.
    /// - Throws: what keeps the new one from its place; then the old one keeps it.
    mutating func replaceFile(
        by name: String,
        _ known: ActiveFile,
        copyingFrom start: Int
    ) throws(StorageError) -> FileIdentity? {
        guard try settle(known), var old = file.take() else { return nil }
        do throws(StorageError) {
            var new = try openFile(name)
            try new.takePlace(of: &old, copyingFrom: start)
            let identity = new.identity
            file = consume new
            return identity
        } catch {
            file = consume old
            throw error
        }
    }

    /// Makes the file safe.
    ///
    /// What a failed fsync lost may come back with that: then the index has to read it again before
    /// the file gets another name, or its lines other places.
    ///
    /// - Returns: whether it is the file that is meant, in its place, and as the index knows it.
    private mutating func settle(_ known: ActiveFile) throws(StorageError) -> Bool {
        guard file?.identity == known.identity, file?.isInPlace == true else { return false }
        try file?.settle()
        return active?.edition == known.edition
    }

    mutating func close() {
        file = nil
        isClosed = true
    }

    private mutating func makeReady(_ report: (RecordReport) -> Void) throws(StorageError) {
        guard let isInPlace = file?.isInPlace else {
            try openLate(report)
            return
        }
        try boundUnsynced()
        guard !isInPlace, !batch.isEmpty else { return }
        // Half a line must not stay in the file that was moved away.
        try file?.payOwedCut()
        try file?.synchronize()
        try openLate(report)
        report(.begunAnew(path: joinedPath(directory, name)))
    }

    private mutating func openLate(_ report: (RecordReport) -> Void) throws(StorageError) {
        guard let tail = try open() else { return }
        hasSetAside = true
        report(tail)
    }

    /// Opens the file anew where it is not in its place any more, and nothing waits to be written:
    /// what waits does it by itself.
    ///
    /// Where that fails, the next line finds out why.
    mutating func reopenWhereMoved() {
        guard file?.isInPlace == false, batch.isEmpty else { return }
        do throws(StorageError) {
            try file?.payOwedCut()
            try file?.synchronize()
            _ = try open()
        } catch {
            return
        }
    }

    /// Before more than the bound is in memory until it is safe, it has to become safe.
    ///
    /// A disk that takes everything and makes nothing safe is like one that takes nothing.
    private mutating func boundUnsynced() throws(StorageError) {
        guard let kept = file?.unsyncedBytes, kept > 0,
            kept + batch.count - start > maxUnsyncedBytes
        else { return }
        try file?.synchronize()
    }

    private mutating func dropBatch() {
        start = 0
        recordsLeft = 0
        batch.removeAll(keepingCapacity: batch.capacity <= Self.maxSpareBytes)
    }
}
