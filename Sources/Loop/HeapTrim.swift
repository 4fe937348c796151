import CLinux

/// Gives memory back to the system some time after answers have ended.
///
/// What many slow readers held lies scattered among live memory, and by itself the heap gives back
/// only its end: after a rush it would stay as large as it ever was.
package final class HeapTrim {
    /// How much free memory is kept for the next answers.
    private static let keptBytes = 1 << 20
    /// The pause before the heap is trimmed: what is free now is often needed again at once.
    private static let pauseSeconds = 2

    private let reactor: Reactor
    private let due: Deadline

    /// Makes a trimmer that runs on one loop.
    package init(on reactor: Reactor) {
        self.reactor = reactor
        due = reactor.makeDeadline { linux_trim_heap(Self.keptBytes) }
    }

    deinit { due.abandon() }

    /// Notes that something that held memory is gone.
    package func somethingEnded() {
        guard !due.isSet else { return }
        due.set(at: reactor.now + .seconds(Self.pauseSeconds))
    }
}
