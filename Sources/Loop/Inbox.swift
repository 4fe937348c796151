import CLinux
import Glibc

/// Work for a loop from other threads, announced by a bell in the loop's epoll set.
///
/// Dispatch's own queue is not enough: a lingering loop looks at it only after the linger.
final class Inbox: Sendable, ReadinessHandler {
    private struct Pending {
        var work: [@Sendable () -> Void] = []
        var isAnnounced = false
    }

    /// Nil where the loop looks without being told.
    private let bell: Bell?
    private let pending = Guarded(Pending())

    init(_ bell: Bell?) { self.bell = bell }

    /// Whether no work waits.
    var isEmpty: Bool { pending.withLock { $0.work.isEmpty } }

    /// Adds work and wakes the loop, unless it has been woken already.
    func post(_ work: @escaping @Sendable () -> Void) {
        let mustAnnounce = pending.withLock { pending in
            pending.work.append(work)
            guard !pending.isAnnounced else { return false }
            pending.isAnnounced = true
            return true
        }
        if mustAnnounce { bell?.ring() }
    }

    /// Drops the work that waits: it refers to its loop, and would keep an ended one for ever.
    func removeAll() {
        let dropped = pending.withLock { pending in
            let work = pending.work
            pending.work = []
            return work
        }
        // Not within the lock: what goes with it may post something.
        withExtendedLifetime(dropped) {}
    }

    func descriptorReady(_ readiness: Readiness) {
        bell?.silence()
        _ = runAll()
    }

    /// Runs the work that waits by now.
    ///
    /// - Returns: how much that was.
    func runAll() -> Int {
        let work = pending.withLock { pending in
            pending.isAnnounced = false
            let work = pending.work
            pending.work = []
            return work
        }
        for item in work { item() }
        return work.count
    }
}

/// An eventfd, which becomes readable when it is rung.
final class Bell: Sendable {
    let descriptor: Descriptor

    init() throws(SystemCallError) {
        descriptor = Descriptor(owning: try check("eventfd") { linux_eventfd_create() })
    }

    func ring() {
        var one: UInt64 = 1
        _ = write(descriptor.number, &one, MemoryLayout<UInt64>.size)
    }

    func silence() {
        var count: UInt64 = 0
        _ = read(descriptor.number, &count, MemoryLayout<UInt64>.size)
    }
}
