import Loop

/// A serial queue of a simulated process.
///
/// `@unchecked`: a world runs on one thread.
final class SimulatedQueue: WorkQueue, @unchecked Sendable {
    /// What it is at.
    enum State {
        /// Nothing of it is under way.
        case idle
        /// One thing is, which began while so many signals were waited for.
        case running(waits: Int)
    }

    /// Its name.
    let label: String
    var state = State.idle
    /// It is stuck until then.
    var heldUntil: Nanoseconds = 0
    private let work: SimulatedWork
    private var items: [@Sendable () -> Void] = []
    /// How many of the items were taken already.
    private var taken = 0

    /// Makes an empty queue.
    init(_ label: String, of work: SimulatedWork) {
        self.label = label
        self.work = work
    }

    /// Whether something waits.
    var hasItems: Bool { taken < items.count }

    /// Adds something to its end.
    func add(_ item: @escaping @Sendable () -> Void) { items.append(item) }

    /// Takes what has waited longest.
    func takeFirst() -> (@Sendable () -> Void)? {
        guard hasItems else { return nil }
        let item = items[taken]
        taken += 1
        if taken == items.count {
            items.removeAll(keepingCapacity: true)
            taken = 0
        }
        return item
    }

    /// Drops what waits.
    func removeAll() {
        items = []
        taken = 0
    }

    func async(_ work: @escaping @Sendable () -> Void) { self.work.add(work, to: self) }

    func after(milliseconds: Int, _ work: @escaping @Sendable () -> Void) {
        self.work.add(work, to: self, after: .milliseconds(milliseconds))
    }

    func sync(_ work: () -> Void) { self.work.runAll(of: self, then: work) }
}
