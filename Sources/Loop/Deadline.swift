/// One instant at which something is due on a loop; it can be set, moved and cleared at will.
///
/// To move it later costs two stores: the queue finds out when the old instant comes. That is the
/// common case, a time-out that each arriving byte pushes back.
package final class Deadline {
    /// The instant at which it is due, or `.max` while it is cleared.
    fileprivate(set) var due: Nanoseconds = .max
    /// The instant under which it is in the queue, or `.max` if it is not.
    fileprivate var queued: Nanoseconds = .max
    private unowned let queue: DeadlineQueue
    fileprivate var action: (() -> Void)?

    init(in queue: DeadlineQueue, action: (() -> Void)?) {
        self.queue = queue
        self.action = action
    }

    /// Sets the action, for an owner that cannot give it to `makeDeadline`.
    ///
    /// The action may hold its owner `unowned` if the owner abandons the deadline at its own end.
    /// A weak reference would make every later use of the owner slower.
    package func whenDue(_ action: @escaping () -> Void) { self.action = action }

    /// Drops the action for good; the owner calls this when it goes.
    ///
    /// It touches nothing but the deadline: the queue may already be gone.
    package func abandon() { action = nil }

    /// Whether it is set.
    package var isSet: Bool { due != .max }

    /// Sets or moves the deadline to an instant of the monotonic clock.
    package func set(at instant: Nanoseconds) {
        guard instant != .max else { return clear() }
        if due == .max, queued != .max { queue.stale -= 1 }
        due = instant
        guard instant < queued else { return }
        let supersedes = queued != .max
        queue.insert(self, at: instant)
        if supersedes { queue.itemBecameStale() }
    }

    /// Clears the deadline; its action is not called until it is set again.
    package func clear() {
        guard due != .max else { return }
        due = .max
        guard queued != .max else { return }
        queue.itemBecameStale()
    }
}

/// All deadlines of one loop: a binary heap with the earliest on top, and lazy moves.
package final class DeadlineQueue {
    private struct Item {
        let instant: Nanoseconds
        let deadline: Deadline
    }

    private var heap: [Item] = []
    /// What is due and not done yet; the array is kept for its capacity.
    private var expired: [Item] = []
    private static let keptExpired = 256
    /// How many items are superseded: their deadlines have been cleared or set earlier since.
    fileprivate var stale = 0

    /// Creates an empty queue.
    package init() {}

    /// The earliest instant at which something may be due, or nil.
    package var earliest: Nanoseconds? { heap.first?.instant }

    /// How many items the heap holds, superseded ones included.
    package var count: Int { heap.count }

    /// A new deadline of this queue, not set yet.
    ///
    /// - Parameter action: called on the loop when it is due; must not keep its owner alive.
    /// - Returns: the deadline, which its owner keeps.
    package func makeDeadline(action: (() -> Void)? = nil) -> Deadline {
        Deadline(in: self, action: action)
    }

    /// Calls the action of everything due by now, the earliest first.
    ///
    /// A deadline that an action sets again waits for the next call, even if it is due at once: a
    /// timer that always asks for "now" must not keep the loop from its descriptors.
    package func expire(now: Nanoseconds) {
        guard let earliest, earliest <= now else { return }
        takeDue(now)
        for index in expired.indices {
            let item = expired[index]
            let deadline = item.deadline
            // An earlier action may have cleared it or set it again.
            guard deadline.due == item.instant, deadline.queued == .max else { continue }
            deadline.due = .max
            deadline.action?()
        }
        expired.removeAll(keepingCapacity: expired.count < Self.keptExpired)
    }

    /// Moves what is due from the heap to `expired`.
    private func takeDue(_ now: Nanoseconds) {
        while let top = heap.first, top.instant <= now {
            removeTop()
            let deadline = top.deadline
            // Superseded by an earlier item of the same deadline.
            guard deadline.queued == top.instant else {
                stale -= 1
                continue
            }
            deadline.queued = .max
            guard deadline.due != .max else {
                stale -= 1
                continue
            }
            // Moved since: it goes back into the heap even if it is due, to keep the order.
            guard deadline.due == top.instant else {
                insert(deadline, at: deadline.due)
                continue
            }
            expired.append(top)
        }
    }

    fileprivate func insert(_ deadline: Deadline, at instant: Nanoseconds) {
        deadline.queued = instant
        heap.append(Item(instant: instant, deadline: deadline))
        siftUp(heap.count - 1)
    }

    /// Counts a stale item, and drops all of them once they are half of the heap, so that they do
    /// not hold memory until their instant comes.
    fileprivate func itemBecameStale() {
        stale += 1
        guard stale > 64, stale > heap.count / 2 else { return }
        var kept: [Item] = []
        for item in heap where item.deadline.queued == item.instant {
            // Taken once: a superseded item may have the same instant as the one that counts.
            item.deadline.queued = .max
            if item.deadline.due != .max { kept.append(item) }
        }
        for item in kept { item.deadline.queued = item.instant }
        heap = kept
        stale = 0
        var index = heap.count / 2
        while index > 0 {
            index -= 1
            siftDown(index)
        }
    }

    private func removeTop() {
        let last = heap.removeLast()
        guard !heap.isEmpty else { return }
        heap[0] = last
        siftDown(0)
    }

    /// Items are moved through the gap that the one that rises leaves: to swap them would count the
    /// references of both at each step.
    private func siftUp(_ start: Int) {
        heap.withUnsafeMutableBufferPointer { heap in
            guard let items = heap.baseAddress else { return }
            let instant = items[start].instant
            guard start > 0, instant < items[(start - 1) / 2].instant else { return }
            let rising = (items + start).move()
            var gap = start
            while gap > 0, instant < items[(gap - 1) / 2].instant {
                let parent = (gap - 1) / 2
                (items + gap).moveInitialize(from: items + parent, count: 1)
                gap = parent
            }
            (items + gap).initialize(to: rising)
        }
    }

    private func siftDown(_ start: Int) {
        heap.withUnsafeMutableBufferPointer { heap in
            guard let items = heap.baseAddress else { return }
            let instant = items[start].instant
            let sinking = (items + start).move()
            var gap = start
            while true {
                var child = 2 * gap + 1
                guard child < heap.count else { break }
                let other = child + 1
                if other < heap.count, items[other].instant < items[child].instant { child = other }
                guard items[child].instant < instant else { break }
                (items + gap).moveInitialize(from: items + child, count: 1)
                gap = child
            }
            (items + gap).initialize(to: sinking)
        }
    }
}
