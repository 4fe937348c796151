import CLinux
import Glibc

/// A watched descriptor's place in the table.
///
/// A descriptor's number alone is no identity: if it is closed and opened again within one batch of
/// events, the same number has another owner. The generation tells the two apart.
package struct Registration: Sendable, Equatable {
    let descriptor: Int32
    let slot: UInt32
    let generation: UInt32

    var token: UInt64 { UInt64(generation) << 32 | UInt64(slot) }
}

/// The kernel's epoll set, shared by the loop and the Dispatch source that watches it.
final class EpollSet: Sendable {
    let descriptor: Descriptor

    init() throws(SystemCallError) {
        descriptor = Descriptor(owning: try check("epoll_create1") { linux_epoll_create() })
    }
}

/// The epoll set of one loop, and the owner of each descriptor in it.
package final class Poller {
    private struct Slot {
        /// The owner, which is called with events; nil while the slot is free.
        var handler: (any ReadinessHandler)?
        /// Incremented whenever the slot is freed, so that events of its last owner are stale.
        var generation: UInt32
    }

    /// The epoll descriptor; readable for Dispatch whenever an event waits.
    let epoll: EpollSet
    private var slots: [Slot] = []
    private var freeSlots: [UInt32] = []
    /// How many events are taken at once.
    static let batch = 256
    /// Filled by the kernel.
    private var events = [epoll_event](repeating: epoll_event(), count: batch)

    init() throws(SystemCallError) {
        epoll = try EpollSet()
    }

    /// Watches a descriptor until `remove`.
    ///
    /// - Parameters:
    ///   - descriptor: stays owned by the caller, which removes it before closing it.
    ///   - interest: what to report; errors and hang-ups are reported in any case.
    ///   - handler: kept alive for as long as it is registered.
    /// - Returns: what `modify` and `remove` need.
    /// - Throws: if the kernel takes no more, or the descriptor cannot be watched.
    package func add(
        _ descriptor: Int32,
        _ interest: Readiness,
        _ handler: any ReadinessHandler
    ) throws(SystemCallError) -> Registration {
        let slot = takeSlot(for: handler)
        let registration = Registration(
            descriptor: descriptor,
            slot: slot,
            generation: slots[Int(slot)].generation
        )
        do {
            try control(EPOLL_CTL_ADD, registration, interest)
        } catch {
            free(slot)
            throw error
        }
        return registration
    }

    /// Changes what is reported for a descriptor; does nothing if it is no longer watched.
    package func modify(
        _ registration: Registration,
        _ interest: Readiness
    ) throws(SystemCallError) {
        // The number may have another owner by now, which would lose its events.
        guard slots[Int(registration.slot)].generation == registration.generation else { return }
        try control(EPOLL_CTL_MOD, registration, interest)
    }

    /// Stops watching; events that the kernel has already reported are dropped.
    package func remove(_ registration: Registration) {
        guard slots[Int(registration.slot)].generation == registration.generation else { return }
        // The descriptor may already be gone, since libcurl closes it first: nothing to undo.
        try? control(EPOLL_CTL_DEL, registration, [])
        free(registration.slot)
    }

    /// Waits for events and hands each to its owner.
    ///
    /// - Returns: how many the kernel reported; 0 when the wait ran out.
    func poll(timeoutMilliseconds: Int32) -> Int {
        let limit = Int32(events.count)
        let count = Int(
            epoll_wait(epoll.descriptor.number, &events, limit, timeoutMilliseconds)
        )
        guard count > 0 else { return 0 }
        for index in 0..<count {
            let token = events[index].data.u64
            let slot = Int(token & 0xFFFF_FFFF)
            guard slots[slot].generation == UInt32(token >> 32) else { continue }
            slots[slot].handler?.descriptorReady(Readiness(rawValue: events[index].events))
        }
        return count
    }

    private func control(
        _ operation: Int32,
        _ registration: Registration,
        _ interest: Readiness
    ) throws(SystemCallError) {
        _ = try check("epoll_ctl") {
            linux_epoll_control(
                epoll.descriptor.number,
                operation,
                registration.descriptor,
                interest.rawValue,
                registration.token
            )
        }
    }

    private func takeSlot(for handler: any ReadinessHandler) -> UInt32 {
        if let slot = freeSlots.popLast() {
            slots[Int(slot)].handler = handler
            return slot
        }
        slots.append(Slot(handler: handler, generation: 0))
        return UInt32(slots.count - 1)
    }

    private func free(_ slot: UInt32) {
        slots[Int(slot)].handler = nil
        slots[Int(slot)].generation &+= 1
        freeSlots.append(slot)
    }
}
