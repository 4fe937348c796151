import Loop

/// Waits for the disk on a thread of its own, so that no loop does.
package final class JournalSyncer {
    /// Runs work on the loop that a journal belongs to.
    package typealias Post = @Sendable (@escaping @Sendable () -> Void) -> Void

    /// Told what came of a wait.
    ///
    /// `@unchecked`, since it is made on the loop, carried through the queue untouched, and called
    /// on the loop again.
    private final class Answer: @unchecked Sendable {
        let call: (StorageError?) -> Void
        init(_ call: @escaping (StorageError?) -> Void) { self.call = call }
    }

    private let queue: any WorkQueue
    private let post: Post

    init(on queue: any WorkQueue, post: @escaping Post) {
        self.queue = queue
        self.post = post
    }

    /// Makes a file safe; `done` is called on the loop.
    func synchronize(_ file: SegmentFile, done: @escaping (StorageError?) -> Void) {
        let answer = Answer(done)
        queue.async { [post] in
            var failure: StorageError?
            do throws(StorageError) {
                try file.synchronize()
            } catch {
                failure = error
            }
            post { [failure] in answer.call(failure) }
        }
    }
}
