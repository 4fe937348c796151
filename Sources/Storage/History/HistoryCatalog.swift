/// The history as it can be searched: its files with their index, and what the disk has refused so
/// far.
///
/// The history's reader alone has it, on its queue, where it does I/O; no loop ever waits for it.
package struct HistoryCatalog: Sendable {
    private let names: HistoryNames
    private let platform: Platform
    private var files: IndexedFiles
    /// Records that the disk has refused so far, as lines.
    private var unsettled: [UInt8] = []
    /// Why the files cannot be read at the moment.
    private var failure: StorageError?
    /// Whether a compaction is under way.
    private(set) var isCompacting = false
    /// Why the last compaction failed; nil where none did since.
    private var compactionFailure: StorageError?

    init(_ names: HistoryNames, on platform: Platform, isReadOnly: Bool = false) {
        self.names = names
        self.platform = platform
        files = IndexedFiles(names, on: platform, isReadOnly: isReadOnly)
    }

    // MARK: Questions

    /// The newest records, the newest first.
    ///
    /// - Parameters:
    ///   - filter: which records.
    ///   - before: only records written before the one with this id.
    ///   - limit: how many at most.
    ///   - maxBytes: no more are added once they have this size together.
    /// - Returns: the records, and what to ask for next.
    /// - Throws: where `before` names none, or the files cannot be read.
    package func records(
        _ filter: HistoryFilter,
        before: String?,
        limit: Int,
        maxBytes: Int
    ) throws(HistoryQueryError) -> HistoryPage {
        var pages = RecordPages(lookup: try lookup())
        return try pages.page(filter, before: before, limit: limit, maxBytes: maxBytes)
    }

    /// The record with an id; nil where there is none.
    ///
    /// One too that the disk has refused so far.
    package func record(id: String) throws(HistoryQueryError) -> [UInt8]? {
        var lookup = try lookup()
        var head = RecordHead()
        for line in unsettled.split(separator: newline) {
            let isRecord = head.read(line.span) && head.id.elementsEqual(id.utf8)
            if isRecord, !files.deletions.cover(head) { return Array(line) }
        }
        do throws(HistoryQueryError) {
            return try lookup.line(try lookup.find(id))
        } catch .unknownBefore {
            return nil
        }
    }

    /// Shows the records of a conversation, the newest first, as long as `visit` answers true.
    ///
    /// Those too that the disk has refused so far.
    package func visit(
        _ filter: HistoryFilter,
        _ visit: ([UInt8]) -> Bool
    ) throws(HistoryQueryError) {
        var pages = RecordPages(lookup: try lookup())
        var head = RecordHead()
        for line in unsettled.split(separator: newline).reversed() {
            let isMeant = head.read(line.span) && filter.includes(head)
            guard isMeant, !files.deletions.cover(head) else { continue }
            guard visit(Array(line)) else { return }
        }
        try pages.forEach(filter) { line, _ in visit(line) }
    }

    /// The next records of an export, the oldest first, as lines of a file.
    ///
    /// - Parameters:
    ///   - filter: which records.
    ///   - cursor: where the one before ended; nil for the first.
    ///   - maxBytes: no more are added once they have this size together.
    /// - Returns: the lines, and where to go on; nil after the last.
    /// - Throws: where the files were moved or cannot be read.
    package func export(
        _ filter: HistoryFilter,
        from cursor: HistoryCursor?,
        maxBytes: Int
    ) throws(HistoryQueryError) -> (lines: [UInt8], next: HistoryCursor?) {
        var pages = RecordPages(lookup: try lookup())
        let cursor = cursor ?? HistoryCursor(era: files.era, number: 0)
        guard cursor.era == files.era else { throw .moved }
        return try pages.lines(filter, from: cursor, maxBytes: maxBytes)
    }

    /// The conversations, the one with the newest record first.
    ///
    /// - Parameters:
    ///   - owner: only those of this owner.
    ///   - user: only those whose newest record is of this user.
    ///   - before: only those after this one.
    ///   - limit: how many at most.
    ///   - excluded: those that are left out, since the caller has them already.
    /// - Returns: the conversations, and what to ask for next.
    /// - Throws: where `before` names none, or the files cannot be read.
    package func conversations(
        owner: HistoryOwner = .any,
        user: String?,
        before: String?,
        limit: Int,
        excluding excluded: Set<ConversationName> = []
    ) throws(HistoryQueryError) -> (ends: [ConversationEnds], next: String?) {
        var list = ConversationList(lookup: try lookup())
        let filter = HistoryFilter(user: user, owner: owner)
        return try list.page(filter, before: before, limit: limit, excluding: excluded)
    }

    /// A conversation; nil where it has no records.
    ///
    /// - Throws: where the files cannot be read.
    package func conversation(
        _ name: ConversationName
    ) throws(HistoryQueryError) -> ConversationEnds? {
        var list = ConversationList(lookup: try lookup())
        return try list.conversation(name)
    }

    /// Whether the record of an answer that runs is meant and still to come.
    ///
    /// - Parameters:
    ///   - start: what the record begins with, at least up to when the answer was begun; it names a
    ///     conversation.
    ///   - filter: which records are meant.
    /// - Returns: false too where its conversation was deleted: then it never comes.
    /// - Throws: where the files cannot be read.
    package func awaits(
        _ start: [UInt8],
        _ filter: HistoryFilter
    ) throws(HistoryQueryError) -> Bool {
        var lookup = try lookup()
        var head = RecordHead()
        guard head.read(start.span), filter.includes(head), !files.deletions.cover(head) else {
            return false
        }
        return try !lookup.has(head.id, inKey: head.conversationKey)
    }

    private func lookup() throws(HistoryQueryError) -> RecordLookup {
        if let failure { throw .storage(failure) }
        return files.lookup()
    }

    // MARK: Following the files

    /// Takes into the index what was written since the last time.
    ///
    /// - Parameters:
    ///   - active: the file that is appended to.
    ///   - unsettled: the lines that are not in it yet.
    mutating func catchUp(_ active: ActiveFile?, unsettled: [UInt8]) {
        self.unsettled = unsettled
        do throws(StorageError) {
            try files.catchUp(active)
            failure = nil
        } catch {
            failure = error
        }
    }

    /// Gives what is to be reported of the files, once.
    mutating func takeReports() -> [HistoryReport] { files.takeReports() }

    // MARK: Changing the files

    /// Reads the latest time of all deletions; nil where there are none, or none can be read.
    mutating func readLatestDeletion() -> Int? { files.readLatestDeletion() }

    /// The time that a deletion needs to reach all records, whole or torn; 0 where there are none.
    ///
    /// - Throws: where the files cannot be read.
    mutating func latestStart() throws(StorageError) -> Int {
        if let failure { throw failure }
        files.noteTornLines()
        return files.latestStart
    }

    /// The latest time of all deletions; nil where nothing was deleted.
    var latestDeletion: Int? { files.deletions.latest }

    /// Notes the deletion and forgets the records; their files are to be written anew.
    ///
    /// - Parameters:
    ///   - conversation: the one that is meant.
    ///   - time: not before any of its records.
    /// - Throws: where the disk refuses.
    mutating func delete(
        _ conversation: ConversationName,
        at time: [UInt8]
    ) throws(StorageError) {
        try files.delete(conversation, at: time)
    }

    /// Gives the file that is appended to the name of an old one; see `HistoryParts.seal`.
    mutating func seal(from bytes: Int, _ records: RecordQueue) throws(StorageError) -> String? {
        if let failure { throw failure }
        return try files.parts.seal(from: bytes, records)
    }

    /// Whether the files cannot be read at the moment.
    var isUnreadable: Bool { failure != nil }

    /// Whether deleted records are in the files, or may be in what was set aside.
    var wantsCompaction: Bool { !isCompacting && failure == nil && files.isDirty }

    /// Takes note that a torn line was set aside.
    mutating func noteTornLine() { files.noteTornLine() }

    /// How far the removal of deleted records is.
    var tidiness: Tidiness {
        if let error = failure ?? compactionFailure { return .refused(error) }
        return isCompacting || files.isDirty ? .compacting : .tidy
    }

    /// How far the removal of deleted records is.
    enum Tidiness {
        /// None is in the files.
        case tidy
        /// Files are written anew, or will be soon.
        case compacting
        /// They cannot be written anew now; it is tried again.
        case refused(StorageError)
    }

    /// The next file that holds deleted records; without a file, where only torn lines are left.
    mutating func beginCompaction() -> Compaction? {
        guard !isCompacting, failure == nil else { return nil }
        isCompacting = true
        compactionFailure = nil
        // One that the disk refused to remove may be of a file that has another name by now.
        names.removeLeftovers()
        return Compaction(
            directory: names.directory,
            part: files.takeDirty(),
            era: files.era,
            deletions: files.deletions,
            disk: platform.disk
        )
    }

    /// Puts the new file in the place of the old one.
    ///
    /// - Parameters:
    ///   - compaction: what is done.
    ///   - outcome: what came of it.
    ///   - records: whose file it is, where it is appended to.
    /// - Returns: what became of it.
    /// - Throws: what keeps the new one from its place; then the old one keeps it.
    mutating func finishCompaction(
        _ compaction: Compaction,
        _ outcome: Compaction.Outcome,
        _ records: RecordQueue
    ) throws(StorageError) -> Compaction.Replacement {
        isCompacting = false
        guard let part = compaction.part else { return .needless }
        let replacement = try files.replace(part, by: compaction, outcome, records)
        switch replacement {
        case .done: break
        case .needless, .outdated, .refused: try compaction.removeNew()
        }
        return replacement
    }

    /// The next file, once one is done; nil where there is none.
    mutating func beginNextCompaction() throws(StorageError) -> Compaction? {
        let isUntidy = files.isUntidy
        guard let next = beginCompaction() else { return nil }
        // A deletion that came meanwhile may be of torn lines alone.
        guard next.part == nil, !isUntidy else { return next }
        try files.shrinkDeletions()
        isCompacting = false
        return nil
    }

    /// Notes that a compaction failed: its file is to be tried again.
    mutating func giveUpCompaction(_ compaction: Compaction, _ error: StorageError) {
        isCompacting = false
        compactionFailure = error
        // Where it stays, the next attempt writes it anew.
        try? compaction.removeNew()
        files.markDirty(compaction.part)
    }
}
