import Wire

/// The files of the history with the index over their records, less what was deleted.
///
/// Nothing is read before the first question, and all is read anew where somebody moves the files.
struct IndexedFiles: Sendable {
    private let names: HistoryNames
    /// Whether another process may have the files.
    private let isReadOnly: Bool
    var parts: HistoryParts
    private var index = HistoryIndex()
    private(set) var deletions: Deletions
    /// The time that a deletion needs to reach all records of conversations, in milliseconds since
    /// 1970; 0 where there are none.
    ///
    /// A record whose time is none of ours counts as before every deletion.
    private(set) var latestStart = 0
    private var isLoaded = false
    /// Whether torn lines may have been set aside since they were last looked through.
    private(set) var isUntidy = false
    /// What is to be reported of the files.
    private var reports: [HistoryReport] = []

    init(_ names: HistoryNames, on platform: Platform, isReadOnly: Bool) {
        self.names = names
        self.isReadOnly = isReadOnly
        parts = HistoryParts(names, on: platform)
        deletions = Deletions(directory: names.directory, platform: platform)
    }

    /// See `HistoryParts.era`.
    var era: Int { parts.era }

    /// What one question looks through.
    func lookup() -> RecordLookup { RecordLookup(index, parts) }

    /// Gives what is to be reported of the files, once.
    mutating func takeReports() -> [HistoryReport] {
        defer { reports = [] }
        return reports
    }

    // MARK: Following

    /// Takes into the index what was written since the last time.
    ///
    /// - Parameter active: the file that is appended to; nil where the writer has none open.
    /// - Throws: where the files cannot be read now.
    mutating func catchUp(_ active: ActiveFile?) throws(StorageError) {
        if !isLoaded { try load() }
        let active = if let active { active } else { try parts.unopened() }
        if !parts.follow(active) {
            try load()
            _ = parts.follow(active)
        }
        for number in parts.indices where parts[number].indexedEnd < parts[number].end {
            try indexPart(number)
            if let report = parts.reportDamage(of: number) { reports.append(report) }
        }
    }

    private mutating func load() throws(StorageError) {
        // Should it fail on its way, the next question begins anew.
        isLoaded = false
        if parts.era == 0, !isReadOnly { names.removeLeftovers() }
        index = HistoryIndex()
        try deletions.load()
        isUntidy = !deletions.isEmpty
        try parts.load { reports.append($0) }
        isLoaded = true
    }

    private mutating func indexPart(_ number: Int) throws(StorageError) {
        guard let file = try parts.open(number) else { return }
        let part = parts[number]
        var scan = RecordScan()
        let end = try FileLines.forEach(
            in: file,
            from: part.indexedEnd,
            to: part.end,
            // A line without its end is still being written in the file that is appended to.
            takesTail: !part.isActive
        ) { offset, line throws(StorageError) in
            var isBlank = parts[number].isActive
            scan.forEach(in: line) { piece, range, head in
                isBlank = false
                note(piece, range.lowerBound + offset..<range.upperBound + offset, head, in: number)
            }
            // Blanks take the place of a damaged record: no reader of the file should stumble.
            if isBlank, RecordScan.isAllSpaces(line) { parts[number].isDirty = true }
            parts[number].indexedEnd = min(offset + line.count + 1, part.end)
        }
        if !part.isActive { parts[number].end = end }
    }

    private mutating func note(
        _ piece: RecordScan.Piece,
        _ range: Range<Int>,
        _ head: RecordHead,
        in number: Int
    ) {
        guard !deletions.cover(piece, head) else { return parts[number].isDirty = true }
        noteStart(of: head)
        guard case .record(let isRepaired) = piece, range.count <= UInt32.max else {
            parts[number].halves.insert(indexHash(head.conversation))
            return parts[number].damage.add(range.count, at: range.lowerBound)
        }
        index.add(
            .init(
                part: number,
                offset: range.lowerBound,
                length: UInt32(range.count),
                isRepaired: isRepaired,
                id: shortIndexHash(head.id),
                user: shortIndexHash(head.namedUser)
            ),
            conversation: head.conversation.isEmpty ? nil : indexHash(head.conversationKey)
        )
    }

    private mutating func noteStart(of head: RecordHead) {
        guard !head.conversation.isEmpty,
            let start = Timestamp.milliseconds(head.deletableFrom)
        else { return }
        latestStart = max(latestStart, start)
    }

    // MARK: Deletions

    /// Takes note that a torn line was set aside, maybe one of a conversation that was deleted.
    mutating func noteTornLine() {
        if !deletions.isEmpty { isUntidy = true }
    }

    /// Takes note of when torn lines were begun, of which no index knows.
    ///
    /// One that cannot be read keeps nobody from deleting what can.
    mutating func noteTornLines() {
        do throws(StorageError) {
            try names.tornLines.forEach { _, head, _ in noteStart(of: head) }
        } catch {
            reports.append(.unreadableFile(error))
        }
    }

    /// Reads the latest time of all deletions; nil where there are none, or none can be read.
    mutating func readLatestDeletion() -> Int? {
        // The next question reads it again, and says what is wrong.
        try? deletions.load()
        return deletions.latest
    }

    /// Notes a deletion and forgets the records; their files are to be written anew.
    mutating func delete(
        _ conversation: ConversationName,
        at time: [UInt8]
    ) throws(StorageError) {
        let key = conversation.key
        try deletions.add(conversation, at: time)
        isUntidy = true
        for number in index.delete(conversation: indexHash(key)) {
            parts[number].isDirty = true
        }
        // Halves of records are in no index.
        let hash = indexHash(Array(conversation.id.utf8))
        for number in parts.indices where parts[number].halves.contains(hash) {
            parts[number].isDirty = true
        }
    }

    /// Whether deleted records are in the files, or may be in what was set aside.
    var isDirty: Bool { isUntidy || parts.firstDirty != nil }

    /// The first file that holds deleted records, which the caller takes care of.
    mutating func takeDirty() -> HistoryPart? {
        isUntidy = false
        guard let number = parts.firstDirty else { return nil }
        parts[number].isDirty = false
        return parts[number]
    }

    /// Notes that a file still holds deleted records.
    mutating func markDirty(_ part: HistoryPart?) {
        // Torn lines are looked through before the file is.
        isUntidy = true
        if let number = parts.number(of: part?.identity) { parts[number].isDirty = true }
    }

    /// Puts a file that was written anew in the place of the old one, and follows it in the index.
    ///
    /// - Parameters:
    ///   - part: the old one.
    ///   - compaction: what made the new one.
    ///   - outcome: what was left out of it.
    ///   - records: whose file it is, where it is appended to.
    /// - Returns: what became of it.
    /// - Throws: what keeps the new one from its place; then the old one keeps it.
    mutating func replace(
        _ part: HistoryPart,
        by compaction: Compaction,
        _ outcome: Compaction.Outcome,
        _ records: RecordQueue
    ) throws(StorageError) -> Compaction.Replacement {
        // Its name may have changed meanwhile: what counts is which file it is.
        guard let number = parts.number(of: part.identity) else { return .needless }
        guard !part.isActive || compaction.era == era else {
            // Somebody cut it off, say, and what was cut off must not come back.
            parts[number].isDirty = true
            return .outdated
        }
        guard !outcome.cuts.isEmpty else {
            // Under its new name it is compacted next; what others moved away is not ours any more.
            if outcome.isMoved, parts[number].name != part.name { parts[number].isDirty = true }
            return .needless
        }
        let name = compaction.newName
        guard let path = try parts.replace(number, by: name, outcome, records) else {
            parts[number].isDirty = true
            return .refused
        }
        index.shift(part: number, outcome.cuts)
        // The end of the old one may have been set aside only now.
        if !part.isActive { isUntidy = true }
        return .done(path: path)
    }

    /// Forgets the oldest deletions where there are too many.
    mutating func shrinkDeletions() throws(StorageError) {
        if deletions.mustShrink { try deletions.shrink() }
    }
}
