import CLinux

/// Gives memory back to the system some time after answers have ended.
///
/// What many slow readers held lies between what lives, and the heap gives back its end alone:
/// after a rush it would stay as large as it ever was.
package final class HeapTrim {
    /// Free memory that is kept for the next answers.
    private static let keptBytes = 1 << 20
    /// How often it is looked at, at most: what is free now is often wanted again at once.
    private static let pauseSeconds = 2

    private let reactor: Reactor
    private let due: Deadline

    /// Looks after the heap from one loop.
    package init(on reactor: Reactor) {
        self.reactor = reactor
        due = reactor.makeDeadline { linux_trim_heap(Self.keptBytes) }
    }

    deinit { due.abandon() }

    /// Something that held memory is gone.
    package func somethingEnded() {
        guard !due.isSet else { return }
        due.set(at: reactor.now + .seconds(Self.pauseSeconds))
    }
}
