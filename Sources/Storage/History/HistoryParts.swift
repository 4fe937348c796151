import Glibc

/// The files of the history, in the order in which they were written.
///
/// People rotate, move and remove files: which file is meant is known by its identity, and its name
/// is looked at anew each time.
struct HistoryParts: Sendable {
    private let names: HistoryNames
    private let platform: Platform
    private var list: [HistoryPart] = []
    /// How often the list was begun anew, because somebody moved the files: numbers of entries from
    /// before mean nothing.
    private(set) var era = 0
    /// How many bytes of each file were reported to be no record.
    private var reported: [FileIdentity: Int] = [:]

    init(_ names: HistoryNames, on platform: Platform) {
        self.names = names
        self.platform = platform
    }

    var indices: Range<Int> { list.indices }

    subscript(number: Int) -> HistoryPart {
        get { list[number] }
        _modify { yield &list[number] }
    }

    /// The first file that holds records of deleted conversations.
    var firstDirty: Int? { list.firstIndex(where: \.isDirty) }

    /// The number of a file; nil where it is none of the history any more.
    func number(of identity: FileIdentity?) -> Int? { list.firstIndex { $0.identity == identity } }

    // MARK: Following

    /// Begins the list with the files that were rotated away.
    ///
    /// - Parameter report: takes what is to be reported of files that are left out.
    /// - Throws: where a file cannot be read now, and may be later.
    mutating func load(_ report: (HistoryReport) -> Void) throws(StorageError) {
        list = []
        for name in try names.sealed() {
            let file: OpenFile
            do throws(StorageError) {
                file = try OpenFile.reading(names.path(name), on: platform.disk)
            } catch .systemCall(_, _, ENOENT) {
                continue
            } catch  where !error.mayPass {
                if era == 0 { report(.unreadableFile(error)) }
                continue
            }
            let status = try file.status()
            list.append(
                HistoryPart(name: name, identity: status.identity, end: status.size)
            )
        }
    }

    /// The file that is appended to, where the writer has none open at the moment.
    ///
    /// A disk that refuses at the start, or between the old file and the next, hides no record that
    /// can be read: an answer that seemed to be gone would be paid for again under its key.
    ///
    /// - Returns: nil where there is no file of its name.
    /// - Throws: where it cannot be read.
    func unopened() throws(StorageError) -> ActiveFile? {
        do throws(StorageError) {
            let file = try OpenFile.reading(names.path(names.activeName), on: platform.disk)
            let status = try file.status()
            let known = list.first { $0.isActive && $0.identity == status.identity }
            return ActiveFile(
                identity: status.identity,
                end: status.size,
                edition: known?.edition ?? 0
            )
        } catch .systemCall(_, _, ENOENT) {
            return nil
        }
    }

    /// Follows the file that is appended to; nil where there is none.
    ///
    /// - Returns: false where somebody moved it away or cut it off: the list has to be loaded anew.
    mutating func follow(_ active: ActiveFile?) -> Bool {
        guard let number = list.firstIndex(where: \.isActive) else {
            guard let active else { return true }
            list.append(
                HistoryPart(
                    name: names.activeName,
                    identity: active.identity,
                    end: active.end,
                    isActive: true,
                    edition: active.edition
                )
            )
            return true
        }
        guard let active, list[number].identity == active.identity,
            list[number].indexedEnd <= active.end, list[number].edition == active.edition
        else {
            era += 1
            return false
        }
        list[number].end = active.end
        return true
    }

    /// What is to be reported of a file that has bytes which are no record; nil where nothing was
    /// added to what was reported.
    mutating func reportDamage(of number: Int) -> HistoryReport? {
        let part = list[number]
        guard part.damage.bytes > reported[part.identity, default: 0] else { return nil }
        reported[part.identity] = part.damage.bytes
        return .unreadable(
            path: names.path(part.name),
            pieces: part.damage.pieces,
            bytes: part.damage.bytes,
            firstOffset: part.damage.firstOffset
        )
    }

    /// Opens a file of the history.
    ///
    /// - Returns: nil where the name leads to another file by now, or to none.
    func open(_ number: Int) throws(StorageError) -> OpenFile? {
        try list[number].open(in: names.directory, on: platform.disk)
    }

    // MARK: Changing

    /// Gives the file that is appended to the name of an old one.
    ///
    /// - Parameters:
    ///   - bytes: only where it has grown so large.
    ///   - records: whose file it is.
    /// - Returns: its new path; nil where it stays.
    /// - Throws: what keeps it from going, or the next one from coming.
    mutating func seal(from bytes: Int, _ records: RecordQueue) throws(StorageError) -> String? {
        guard let number = list.firstIndex(where: \.isActive), list[number].end >= bytes else {
            return nil
        }
        let name = try names.nextSealed()
        let path = names.path(name)
        let known = list[number].asActive
        let end = try records.withWriter { writer throws(StorageError) in
            try writer.rotate(to: path, known)
        }
        guard let end else { return nil }
        list[number].end = end
        list[number].name = name
        list[number].isActive = false
        return path
    }

    /// Puts a file that was written anew in the place of the old one.
    ///
    /// - Parameters:
    ///   - number: the old one.
    ///   - name: the new one's name so far.
    ///   - outcome: what was left out of it.
    ///   - records: whose file it is, where it is appended to.
    /// - Returns: its path; nil where the old one is another file by now, or reads otherwise.
    /// - Throws: what keeps the new one from its place; then the old one keeps it.
    mutating func replace(
        _ number: Int,
        by name: String,
        _ outcome: Compaction.Outcome,
        _ records: RecordQueue
    ) throws(StorageError) -> String? {
        let old = list[number]
        guard let identity = try replace(old, by: name, outcome.end, records) else { return nil }
        let bytes = outcome.cuts.reduce(0) { $0 + $1.count }
        reported[identity] = reported.removeValue(forKey: old.identity)
        list[number].identity = identity
        list[number].edition = 0
        list[number].end -= bytes
        list[number].indexedEnd -= bytes
        return names.path(old.name)
    }

    private func replace(
        _ part: HistoryPart,
        by name: String,
        _ end: Int,
        _ records: RecordQueue
    ) throws(StorageError) -> FileIdentity? {
        guard !part.isActive else {
            return try records.withWriter { writer throws(StorageError) in
                try writer.replaceFile(by: name, part.asActive, copyingFrom: end)
            }
        }
        // Somebody may have cut it off, and what was cut off must not come back.
        let file = try part.open(in: names.directory, on: platform.disk)
        guard let size = try file?.status().size, size >= end else { return nil }
        var old = try AppendFile.open(
            directory: names.directory,
            name: part.name,
            on: platform
        )
        var new = try AppendFile.open(
            directory: names.directory,
            name: name,
            on: platform
        )
        try new.takePlace(of: &old, copyingFrom: end)
        return new.identity
    }
}
