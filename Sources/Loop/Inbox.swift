import CLinux
import Glibc

/// Work for a loop from other threads, announced through an eventfd in the loop's epoll set.
///
/// Dispatch's own queue is not enough: a lingering loop looks at it only after the linger.
final class Inbox: Sendable, ReadinessHandler {
    private struct Pending {
        var work: [@Sendable () -> Void] = []
        var isAnnounced = false
    }

    let descriptor: Descriptor
    private let pending = Guarded(Pending())

    init() throws(SystemCallError) {
        descriptor = Descriptor(owning: try check("eventfd") { linux_eventfd_create() })
    }

    /// Adds work and wakes the loop, unless it has been woken already.
    func post(_ work: @escaping @Sendable () -> Void) {
        let mustAnnounce = pending.withLock { pending in
            pending.work.append(work)
            guard !pending.isAnnounced else { return false }
            pending.isAnnounced = true
            return true
        }
        guard mustAnnounce else { return }
        var one: UInt64 = 1
        _ = write(descriptor.number, &one, MemoryLayout<UInt64>.size)
    }

    func descriptorReady(_ readiness: Readiness) {
        var count: UInt64 = 0
        _ = read(descriptor.number, &count, MemoryLayout<UInt64>.size)
        let work = pending.withLock { pending in
            pending.isAnnounced = false
            let work = pending.work
            pending.work = []
            return work
        }
        for item in work { item() }
    }
}
