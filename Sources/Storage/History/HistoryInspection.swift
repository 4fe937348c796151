/// What a look at every byte of the history has found.
package struct HistoryInspection: Sendable, Equatable {
    /// One file of the history.
    package struct File: Sendable, Equatable {
        /// Its path.
        package let path: String
        /// How many whole records it has, deleted ones included.
        package internal(set) var records = 0
        /// How many of them have bytes that JSON does not allow; they are read without those.
        package internal(set) var repairable = 0
        /// Pieces of lines that are no record, and how many bytes they have.
        package internal(set) var pieces = 0
        /// How many bytes those pieces have.
        package internal(set) var damagedBytes = 0
        /// Where the first damage is.
        package internal(set) var firstDamage: Int?
        /// How many bytes follow the last end of a line.
        package internal(set) var unfinishedBytes = 0
        /// How many records are of deleted conversations, and wait to be removed.
        package internal(set) var deleted = 0

        /// Whether it has what a repair would set aside or put right.
        package var isDamaged: Bool { pieces + repairable + unfinishedBytes > 0 }
    }

    /// The files, the oldest first.
    package private(set) var files: [File] = []
    /// How many records have the id of another one.
    package private(set) var duplicates = 0
    /// Files of what was set aside before.
    package private(set) var setAside: [String] = []

    /// Whether any file is damaged.
    package var isDamaged: Bool { files.contains(where: \.isDamaged) }

    /// Reads every file of a history, and changes none.
    ///
    /// - Parameters:
    ///   - directory: the data folder.
    ///   - platform: whose disk it is on.
    /// - Throws: where one cannot be read.
    package init(directory: String, platform: Platform = .system) throws(StorageError) {
        let disk = platform.disk
        let names = HistoryNames(directory: directory, activeName: "history.jsonl", on: disk)
        var deletions = Deletions(directory: directory, platform: platform)
        try deletions.load()
        var ids: Set<UInt64> = []
        let folder = names.directory
        setAside = try naming(folder) { () throws(DiskError) in try disk.names(in: folder) }
            .filter(TornLines.isTorn).sorted().map(names.path)
        for name in try names.sealed() + [names.activeName] {
            guard !disk.isAbsent(names.path(name)) else { continue }
            let file = try OpenFile.reading(names.path(name), on: disk)
            files.append(try inspect(file, deletions, &ids))
        }
    }

    private mutating func inspect(
        _ file: borrowing OpenFile,
        _ deletions: Deletions,
        _ ids: inout Set<UInt64>
    ) throws(StorageError) -> File {
        var found = File(path: file.path)
        var scan = RecordScan()
        let size = try file.status().size
        let end = try FileLines.forEach(in: file, from: 0, to: size) { offset, line in
            scan.forEach(in: line) { piece, range, head in
                guard case .record(let isRepaired) = piece else {
                    if found.firstDamage == nil { found.firstDamage = offset + range.lowerBound }
                    found.pieces += 1
                    return found.damagedBytes += range.count
                }
                found.records += 1
                if deletions.cover(head) { found.deleted += 1 }
                if !ids.insert(indexHash(head.id)).inserted { duplicates += 1 }
                guard isRepaired else { return }
                found.repairable += 1
                if found.firstDamage == nil { found.firstDamage = offset + range.lowerBound }
            }
        }
        found.unfinishedBytes = size - end
        if end < size, found.firstDamage == nil { found.firstDamage = end }
        return found
    }
}
