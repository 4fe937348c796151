import Dispatch
import Glibc

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
}

extension HistoryCatalog {
    /// Notes the deletion and forgets the records; their files are to be written anew.
    mutating func delete(_ conversation: [UInt8], at time: [UInt8]) throws(StorageError) {
        try deletions.add(conversation, at: time)
        for number in index.delete(conversation: indexHash(conversation)) {
            parts[number].isDirty = true
        }
    }
}
