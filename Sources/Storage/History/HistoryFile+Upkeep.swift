import Dispatch
import Glibc
import Loop

/// What is to be done soon, so that it is arranged once.
struct Upkeep: Sendable {
    var isRotationDue: Bool
    var isCompactionDue = false
    /// Whether the process ends, and what is held for its last records is theirs.
    var isEnding = false
    /// Whether no other compaction may begin.
    var isClosed = false
    /// Where the file ended when the index was last told to catch up.
    var indexedEnd = 0
}

/// Rotation and compaction. Files change their names on the history's queue alone, so that nobody
/// who reads there is ever between two of them.
extension HistoryFile {
    /// How long after a failure a rotation or a compaction is tried again.
    private static let retryMilliseconds = 60_000

    /// So much is written before the index catches up unasked, lest the next question waits for it.
    private static let unindexedBytes = 16 << 20

    /// The file ends here now: arranges what follows from that.
    func noteEnd(_ end: Int) {
        let (mustRotate, mustIndex) = upkeep.withLock { upkeep in
            let mustRotate = rotateBytes > 0 && end >= rotateBytes && !upkeep.isRotationDue
            if mustRotate { upkeep.isRotationDue = true }
            let mustIndex = abs(end - upkeep.indexedEnd) >= Self.unindexedBytes
            if mustIndex { upkeep.indexedEnd = end }
            return (mustRotate, mustIndex)
        }
        if mustRotate {
            keeper.async { self.rotate() }
        } else if mustIndex {
            read { _ in }
        }
    }

    /// Writes what waits, and runs work on an index that knows it.
    func withCatalog(_ work: (inout HistoryCatalog) -> Void) {
        writeAll()
        let (active, unsettled) = writerState()
        // Behind that: what has its record in the file was begun before.
        let begun = takeBegun()
        let (mustCompact, reports) = catalog.withLock { catalog in
            catalog.begun += begun
            catalog.catchUp(active, unsettled: unsettled)
            work(&catalog)
            return (catalog.wantsCompaction, catalog.takeReports())
        }
        for entry in reports { report(entry) }
        if mustCompact { compactSoon() }
    }

    // MARK: The reserve

    /// Holds room on the disk for the records of the end, now or as soon as there is any.
    package func holdReserve() {
        compactor.async {
            guard !self.upkeep.withLock({ $0.isEnding || $0.isClosed }) else { return }
            // What stands in the way is told where records are refused for it.
            if let held = try? self.reserve.hold(), held >= Reserve.maxBytes { return }
            self.compactor.asyncAfter(deadline: .now() + .milliseconds(Self.retryMilliseconds)) {
                self.holdReserve()
            }
        }
    }

    /// Waits like `flush`, at the end of the process: on a full disk the last records take the room
    /// that is held for them.
    ///
    /// - Returns: whether all are in the file and safe.
    package func finish(timeoutMilliseconds: Int) -> Bool {
        upkeep.withLock { $0.isEnding = true }
        return flush(timeoutMilliseconds: timeoutMilliseconds)
    }

    /// Whether there is room at the end where there was none.
    func makesRoom(after failure: StorageError) -> Bool {
        failure.isLackOfRoom && upkeep.withLock { $0.isEnding } && reserve.giveUp()
    }

    // MARK: Rotation

    /// Ends what `holdsRotation` began: with the next record, a file that is large enough goes.
    package func allowRotation() {
        upkeep.withLock { $0.isRotationDue = false }
    }

    /// Gives the file that has grown large enough the name of an old one, and begins a new one.
    private func rotate() {
        var failure: StorageError?
        withCatalog { catalog in
            do throws(StorageError) {
                try rotate(&catalog)
            } catch {
                failure = error
            }
        }
        guard let failure else { return upkeep.withLock { $0.isRotationDue = false } }
        report(.upkeepFailed(failure))
        keeper.asyncAfter(deadline: .now() + .milliseconds(Self.retryMilliseconds)) {
            self.upkeep.withLock { $0.isRotationDue = false }
        }
    }

    private func rotate(_ catalog: inout HistoryCatalog) throws(StorageError) {
        guard let number = catalog.parts.firstIndex(where: \.isActive),
            catalog.parts[number].end >= rotateBytes
        else { return }
        let name = catalog.nextSealedName()
        let identity = catalog.parts[number].identity
        let path = catalog.path(name)
        let end = try writer.withLock { writer throws(StorageError) in
            try writer.rotate(to: path, identity)
        }
        guard let end else { return }
        catalog.parts[number].end = end
        catalog.parts[number].name = name
        catalog.parts[number].isActive = false
        report(.rotated(to: path))
    }

    // MARK: Compaction

    /// Begins a compaction a little later, for several deletions at once.
    func compactSoon() {
        let isDue = upkeep.withLock { upkeep in
            defer { upkeep.isCompactionDue = true }
            return upkeep.isCompactionDue
        }
        if !isDue { compactSoon(afterMilliseconds: compactionDelayMilliseconds) }
    }

    private func compactSoon(afterMilliseconds delay: Int) {
        keeper.asyncAfter(deadline: .now() + .milliseconds(delay)) {
            let isClosed = self.upkeep.withLock { upkeep in
                upkeep.isCompactionDue = false
                return upkeep.isClosed
            }
            guard !isClosed else { return }
            var next: Compaction?
            self.withCatalog { next = $0.beginCompaction() }
            if let next { self.compact(next) }
        }
    }

    private func compact(_ compaction: Compaction) {
        compactor.async {
            do throws(StorageError) {
                // What is not safe may read as something else.
                if compaction.part?.isActive == true {
                    try self.writer.withLock { writer throws(StorageError) in
                        try writer.synchronize()
                    }
                }
                let outcome = try compaction.run()
                self.keeper.async { self.finish(compaction, outcome) }
            } catch {
                self.keeper.async { self.giveUp(compaction, error) }
            }
        }
    }

    private func finish(_ compaction: Compaction, _ outcome: Compaction.Outcome) {
        var next: Compaction?
        var failure: StorageError?
        withCatalog { catalog in
            catalog.isCompacting = false
            do throws(StorageError) {
                try replace(compaction, outcome, &catalog)
                next = catalog.beginCompaction()
                if next?.part == nil, catalog.deletions.mustShrink {
                    try catalog.deletions.shrink()
                }
            } catch {
                failure = error
            }
        }
        if let failure { return giveUp(compaction, failure) }
        if let next, next.part != nil {
            compact(next)
        } else {
            catalog.withLock { $0.isCompacting = false }
        }
    }

    private func giveUp(_ compaction: Compaction, _ error: StorageError) {
        _ = unlink(compaction.path + Compaction.suffix)
        let isClosed = upkeep.withLock { upkeep in
            upkeep.isCompactionDue = true
            return upkeep.isClosed
        }
        guard !isClosed else { return }
        report(.upkeepFailed(error))
        catalog.withLock { catalog in
            catalog.isCompacting = false
            let number = catalog.parts.firstIndex { $0.identity == compaction.part?.identity }
            if let number { catalog.parts[number].isDirty = true }
        }
        compactSoon(afterMilliseconds: Self.retryMilliseconds)
    }

    /// Puts the new file in the place of the old one.
    private func replace(
        _ compaction: Compaction,
        _ outcome: Compaction.Outcome,
        _ catalog: inout HistoryCatalog
    ) throws(StorageError) {
        guard let part = compaction.part else { return }
        // Its name may have changed meanwhile: what counts is which file it is.
        let number = catalog.parts.firstIndex { $0.identity == part.identity }
        guard let number, !outcome.cuts.isEmpty else {
            _ = unlink(compaction.path + Compaction.suffix)
            // Under its new name it is compacted next; what others moved away is not ours any more.
            if outcome.isMoved, let number, catalog.parts[number].name != part.name {
                catalog.parts[number].isDirty = true
            }
            return
        }
        let name = catalog.parts[number].name
        let identity: FileIdentity
        if catalog.parts[number].isActive {
            let replaced = try writer.withLock { writer throws(StorageError) in
                try writer.replaceFile(
                    by: compaction.newName,
                    part.identity,
                    copyingFrom: outcome.end
                )
            }
            guard let replaced else {
                _ = unlink(compaction.path + Compaction.suffix)
                return
            }
            identity = replaced
        } else {
            var old = try AppendFile.open(directory: catalog.directory, name: name)
            var new = try AppendFile.open(
                directory: catalog.directory,
                name: compaction.newName
            )
            try new.takePlace(of: &old, copyingFrom: outcome.end)
            identity = new.identity
        }
        catalog.replaced(number, by: identity, outcome.cuts)
        report(.compacted(path: catalog.path(name)))
    }
}

extension HistoryCatalog {
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

    /// A file was replaced by one without some of its lines.
    mutating func replaced(_ number: Int, by identity: FileIdentity, _ cuts: [Range<Int>]) {
        let bytes = cuts.reduce(0) { $0 + $1.count }
        reported[identity] = reported.removeValue(forKey: parts[number].identity)
        parts[number].identity = identity
        parts[number].edition = 0
        parts[number].end -= bytes
        parts[number].indexedEnd -= bytes
        index.shift(part: number, cuts)
    }
}
