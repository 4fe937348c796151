import Glibc

/// Rotation, deletion and compaction.
extension HistoryCatalog {
    /// The latest time of all deletions, read from the disk; later than any where that is not
    /// known.
    mutating func latestDeletion() -> [UInt8]? {
        do throws(StorageError) {
            try deletions.load()
        } catch {
            return [.max]
        }
        return deletions.latest
    }

    /// The latest time of all deletions.
    var lastDeletion: [UInt8]? { deletions.latest }

    /// Notes the deletion and forgets the records; their files are to be written anew.
    mutating func delete(_ conversation: [UInt8], at time: [UInt8]) throws(StorageError) {
        if let failure { throw failure }
        try deletions.add(conversation, at: time)
        begun.removeAll { $0.conversation == conversation }
        for number in index.delete(conversation: indexHash(conversation)) {
            parts[number].isDirty = true
        }
    }

    /// Gives the file that is appended to the name of an old one.
    ///
    /// - Parameters:
    ///   - bytes: only where it has grown so large.
    ///   - records: whose file it is.
    /// - Returns: its new path; nil where it stays.
    /// - Throws: what keeps it from going, or the next one from coming.
    mutating func seal(from bytes: Int, _ records: RecordQueue) throws(StorageError) -> String? {
        guard let number = parts.firstIndex(where: \.isActive), parts[number].end >= bytes else {
            return nil
        }
        let name = nextSealedName()
        let path = path(name)
        let identity = parts[number].identity
        let end = try records.withWriter { writer throws(StorageError) in
            try writer.rotate(to: path, identity)
        }
        guard let end else { return nil }
        parts[number].end = end
        parts[number].name = name
        parts[number].isActive = false
        return path
    }

    /// Whether deleted records stand in the files, or may stand in what was set aside.
    var wantsCompaction: Bool {
        !isCompacting && failure == nil && (hasUntidied || parts.contains(where: \.isDirty))
    }

    /// The next file that holds deleted records; without a file, where only torn lines are left.
    mutating func beginCompaction() -> Compaction? {
        guard !isCompacting, failure == nil else { return nil }
        isCompacting = true
        hasUntidied = false
        let number = parts.firstIndex(where: \.isDirty)
        if let number { parts[number].isDirty = false }
        return Compaction(
            directory: directory,
            part: number.map { parts[$0] },
            deletions: deletions
        )
    }

    /// The next file, once one is done; nil where there is none.
    mutating func beginNextCompaction() throws(StorageError) -> Compaction? {
        guard let next = beginCompaction() else { return nil }
        guard next.part == nil else { return next }
        if deletions.mustShrink { try deletions.shrink() }
        isCompacting = false
        return nil
    }

    /// Notes that a compaction failed: its file is to be tried again.
    mutating func giveUpCompaction(_ compaction: Compaction) {
        isCompacting = false
        let number = parts.firstIndex { $0.identity == compaction.part?.identity }
        if let number { parts[number].isDirty = true }
    }

    /// Puts the new file in the place of the old one.
    ///
    /// - Returns: the path; nil where nothing was replaced.
    mutating func finishCompaction(
        _ compaction: Compaction,
        _ outcome: Compaction.Outcome,
        _ records: RecordQueue
    ) throws(StorageError) -> String? {
        isCompacting = false
        guard let part = compaction.part else { return nil }
        // Its name may have changed meanwhile: what counts is which file it is.
        let number = parts.firstIndex { $0.identity == part.identity }
        guard let number, !outcome.cuts.isEmpty else {
            _ = unlink(compaction.path + Compaction.suffix)
            // Under its new name it is compacted next; what others moved away is not ours any more.
            if outcome.isMoved, let number, parts[number].name != part.name {
                parts[number].isDirty = true
            }
            return nil
        }
        let name = parts[number].name
        let identity: FileIdentity
        if parts[number].isActive {
            let replaced = try records.withWriter { writer throws(StorageError) in
                try writer.replaceFile(
                    by: compaction.newName,
                    part.identity,
                    copyingFrom: outcome.end
                )
            }
            guard let replaced else {
                _ = unlink(compaction.path + Compaction.suffix)
                return nil
            }
            identity = replaced
        } else {
            var old = try AppendFile.open(directory: directory, name: name)
            var new = try AppendFile.open(directory: directory, name: compaction.newName)
            try new.takePlace(of: &old, copyingFrom: outcome.end)
            identity = new.identity
        }
        replaced(number, by: identity, outcome.cuts)
        return path(name)
    }

    /// A file was replaced by one without some of its lines.
    private mutating func replaced(
        _ number: Int,
        by identity: FileIdentity,
        _ cuts: [Range<Int>]
    ) {
        let bytes = cuts.reduce(0) { $0 + $1.count }
        reported[identity] = reported.removeValue(forKey: parts[number].identity)
        parts[number].identity = identity
        parts[number].edition = 0
        parts[number].end -= bytes
        parts[number].indexedEnd -= bytes
        index.shift(part: number, cuts)
    }
}
