import Loop
import Wire

/// Answers questions to the history on a queue of its own, where its files also change their names:
/// so no question is ever between two of them.
final class HistoryReader: Sendable {
    /// What loops and the reader tell each other; times are in milliseconds since 1970.
    private struct Notes {
        /// The latest time of all deletions; nil where there are none.
        private(set) var latestDeletion: Int?
        /// How many records were begun.
        var begunCount = 0
        /// The time that a deletion needs to reach all that were begun.
        var latestStart = 0
        /// Where the file ended when the index last began to catch up.
        var indexedEnd = 0

        mutating func deleted(at time: Int?) {
            guard let time else { return }
            latestDeletion = max(latestDeletion ?? time, time)
        }
    }

    /// So much is written before the index catches up unasked, lest the next question waits for it.
    private static let unindexedBytes = 16 << 20

    /// What is read in a millisecond can wait for the first question.
    private static let fewBytes = 1 << 20

    /// The index and all that reads by it or renames files.
    private let catalog: Confined<HistoryCatalog>
    private let notes: Guarded<Notes>
    private let report: @Sendable (HistoryReport) -> Void
    /// Whether there is enough of a past to begin with the index before somebody asks.
    let isWorthReading: Bool

    /// Makes a reader of the files in a folder; nothing is read before `open`.
    ///
    /// - Parameters:
    ///   - directory: the folder.
    ///   - name: the name of the file that is appended to.
    ///   - platform: the disk, the threads and the clock.
    ///   - report: called on the reader's queue.
    init(
        directory: String,
        name: String,
        platform: Platform,
        report: @escaping @Sendable (HistoryReport) -> Void
    ) {
        let names = HistoryNames(directory: directory, activeName: name, on: platform.disk)
        notes = Guarded(Notes())
        isWorthReading = names.bytes() ?? .max > Self.fewBytes
        catalog = Confined(
            HistoryCatalog(names, on: platform),
            on: platform.work.queue("sse-relay.history.keeper", .usual)
        )
        self.report = report
    }

    /// Reads the deletions, once the file's lock is held: until then another process may add some.
    func open() {
        catalog.sync { catalog in
            let latest = catalog.readLatestDeletion()
            self.notes.withLock { $0.deleted(at: latest) }
        }
    }

    /// Runs work on the catalogue, which then has everything that was appended before.
    ///
    /// - Parameters:
    ///   - records: whose records they are; what waits there is written first.
    ///   - delay: how much later, in milliseconds.
    ///   - work: called on the reader's queue.
    func read(
        _ records: RecordQueue,
        afterMilliseconds delay: Int = 0,
        _ work: @escaping @Sendable (inout HistoryCatalog) -> Void
    ) {
        let read: @Sendable (inout HistoryCatalog) -> Void = { catalog in
            self.catchUp(&catalog, records)
            work(&catalog)
        }
        if delay > 0 {
            catalog.after(milliseconds: delay, read)
        } else {
            catalog.async(read)
        }
    }

    private func catchUp(_ catalog: inout HistoryCatalog, _ records: RecordQueue) {
        let (active, unsettled) = records.writeOut()
        catalog.catchUp(active, unsettled: unsettled)
        // At the start the list may not have been readable.
        let latestDeletion = catalog.latestDeletion
        notes.withLock { $0.deleted(at: latestDeletion) }
        for entry in catalog.takeReports() { report(entry) }
    }

    /// Deletes a conversation, on the reader's queue.
    ///
    /// The clock may have been set back since a record was begun: the deletion is never before one
    /// that it has to reach.
    ///
    /// - Parameters:
    ///   - conversation: the one that is meant.
    ///   - now: the time, in milliseconds since 1970.
    ///   - catalog: the reader's, which has all that was recorded.
    /// - Returns: how many records were begun before the deletion.
    /// - Throws: where the files cannot be read, or the disk refuses.
    func delete(
        _ conversation: ConversationName,
        at now: Int,
        in catalog: inout HistoryCatalog
    ) throws(StorageError) -> Int {
        let latestRecorded = try catalog.latestStart()
        // At once: whatever is begun is either before the deletion, or is told of it.
        let (time, count) = notes.withLock { notes in
            let time = max(now, latestRecorded, notes.latestStart)
            notes.deleted(at: time)
            return (time, notes.begunCount)
        }
        var text: [UInt8] = []
        Timestamp.append(milliseconds: time, into: &text)
        try catalog.delete(conversation, at: text)
        return count
    }

    /// Waits until what was asked so far is answered.
    func wait() { catalog.sync { _ in } }

    // MARK: For any thread

    /// Whether anything was deleted.
    var hasDeletions: Bool { notes.withLock { $0.latestDeletion != nil } }

    /// Whether so much was written that the index has to catch up with it unasked.
    func mustFollow(to end: Int) -> Bool {
        notes.withLock { notes in
            guard abs(end - notes.indexedEnd) >= Self.unindexedBytes else { return false }
            notes.indexedEnd = end
            return true
        }
    }

    /// Takes note that a record was begun by an earlier process and is written by this one.
    func began(_ head: RecordHead) {
        guard let time = Timestamp.milliseconds(head.deletableFrom) else { return }
        notes.withLock { $0.latestStart = max($0.latestStart, time) }
    }

    /// Takes note that a record is begun.
    ///
    /// - Parameter time: now, in milliseconds since 1970.
    /// - Returns: what the record has to say of it.
    func begins(at time: Int) -> RecordStart {
        notes.withLock { notes in
            notes.begunCount += 1
            var deletableFrom: Int?
            if let latest = notes.latestDeletion, latest >= time { deletableFrom = latest + 1 }
            notes.latestStart = max(notes.latestStart, deletableFrom ?? time)
            return RecordStart(number: notes.begunCount, deletableFrom: deletableFrom)
        }
    }
}
