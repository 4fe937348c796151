import Dispatch
import Glibc
import Loop

/// What others ask of the history, answered on its own queue.
extension HistoryFile {
    /// Runs work on the history's queue, with everything in the index that was appended before.
    ///
    /// The first one may wait for the index over a long file.
    package func read(_ work: @escaping @Sendable (inout HistoryCatalog) -> Void) {
        keeper.async { self.withCatalog(work) }
    }

    /// Deletes a conversation: from now on it is not there, also after a crash, and a while later
    /// its text is gone from the files.
    ///
    /// - Parameters:
    ///   - conversation: its id.
    ///   - time: says what time it is, as records write it; what was begun later is another
    ///     conversation. Asked once all is in the index that was recorded up to then, so that it
    ///     parts those that are forgotten from those that are not.
    ///   - done: called on the history's queue when the deletion is safe on the disk.
    package func delete(
        conversation: String,
        at time: @escaping @Sendable () -> String,
        done: @escaping @Sendable (StorageError?) -> Void
    ) {
        read { catalog in
            var failure = catalog.failure
            if failure == nil {
                do throws(StorageError) {
                    try catalog.delete(Array(conversation.utf8), at: Array(time().utf8))
                    let latest = catalog.deletions.latest
                    self.latestDeletion.withLock { $0 = latest }
                } catch {
                    failure = error
                }
            }
            if failure == nil {
                // What is asked after this has another time than what was deleted.
                usleep(1000)
                self.compactSoon()
            }
            done(failure)
        }
    }

    /// Takes note that a record is begun, so that no deletion of before reaches it: a clock that
    /// was ahead has dated that one later.
    ///
    /// At once, and at next to no cost where the clock is right.
    ///
    /// - Parameters:
    ///   - id: the record's.
    ///   - conversation: the one it belongs to.
    ///   - time: says when, as records write it.
    package func begins(_ id: String, in conversation: String, at time: () -> [UInt8]) {
        guard let latest = latestDeletion.withLock({ $0 }) else { return }
        let startedAt = time()
        let isLater =
            latest.count == startedAt.count && latest.lexicographicallyPrecedes(startedAt)
        guard !isLater else { return }
        let head = RecordHead(id: id, conversation: conversation, startedAt: startedAt)
        begun.withLock { $0.append(head) }
        read { _ in }
    }

    func takeBegun() -> [RecordHead] {
        begun.withLock { begun in
            defer { begun = [] }
            return begun
        }
    }
}

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

    /// Notes the deletion and forgets the records; their files are to be written anew.
    mutating func delete(_ conversation: [UInt8], at time: [UInt8]) throws(StorageError) {
        try deletions.add(conversation, at: time)
        begun.removeAll { $0.conversation == conversation }
        for number in index.delete(conversation: indexHash(conversation)) {
            parts[number].isDirty = true
        }
    }
}
