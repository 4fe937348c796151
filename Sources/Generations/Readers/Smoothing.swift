import Loop

/// Even steps in which a reader is sent what came meanwhile.
package final class Smoothing {
    /// How many milliseconds there may be between two steps.
    package static let milliseconds = 10...1000

    private let context: LoopContext
    private let step: Nanoseconds
    private let due: Deadline
    /// When the next step is due; nil before the first one.
    private var next: Nanoseconds?

    /// Makes the steps of one reader.
    ///
    /// - Parameters:
    ///   - milliseconds: the least time between two steps.
    ///   - live: the log that is read.
    package init(milliseconds: Int, of live: LiveLog) {
        context = live.context
        step = .milliseconds(milliseconds)
        due = context.reactor.makeDeadline()
        due.whenDue { [weak live] in live?.readerDrained() }
    }

    deinit { due.abandon() }

    /// Whether what is new waits for the next step: the first token does not, nor the end, nor what
    /// would hold up the upstream.
    ///
    /// - Parameters:
    ///   - live: the log that is read.
    ///   - cursor: the number of the reader's next entry.
    ///   - heldBytes: what is held for the reader.
    /// - Returns: whether nothing is written now; then the step wakes the log.
    func holdsBack(_ live: LiveLog, from cursor: Int, _ heldBytes: Int) -> Bool {
        // Nothing is there beside the start.
        guard live.visibleCount > max(cursor, 1), !live.showsEnd else { return false }
        guard heldBytes < context.configuration.readerBufferBytes / 2 else { return false }
        if let next, context.reactor.now < next {
            due.set(at: next)
            return true
        }
        next = context.reactor.now + step
        return false
    }
}
