import Loop

/// The background threads of one process, all on the world's thread, in an order that chance draws.
///
/// `@unchecked`: a world runs on one thread.
final class SimulatedWork: BackgroundWork, @unchecked Sendable {
    private enum State {
        /// → ended
        case running
        /// The process is over: nothing is run any more.
        case ended
    }

    private struct Delayed {
        let due: Nanoseconds
        let queue: SimulatedQueue
        let item: @Sendable () -> Void
    }

    /// The first queue that waited for itself, which would have been for ever.
    private(set) var deadlock: String?
    private let clock: ManualClock
    private let chance: Chance
    private var state = State.running
    private var queues: [SimulatedQueue] = []
    /// What joins its queue later: the earliest first, and of one time what was given first.
    private var delayed: [Delayed] = []
    /// How many signals are waited for at the moment, one in the midst of the other.
    private var waits = 0

    /// Begins a process's threads.
    init(clock: ManualClock, chance: Chance) {
        self.clock = clock
        self.chance = chance
    }

    func queue(_ label: String, _ urgency: WorkUrgency) -> any WorkQueue {
        let queue = SimulatedQueue(label, of: self)
        if case .running = state { queues.append(queue) }
        return queue
    }

    func makeSignal() -> any WorkSignal { SimulatedSignal(of: self) }

    func sleep(milliseconds: Int) {
        if case .running = state { clock.move(by: .milliseconds(milliseconds)) }
    }

    /// The time of its clock.
    var now: Nanoseconds { clock.now }

    /// How many queues have something to run now.
    var readyCount: Int { ready().count }

    /// When the next item joins its queue, or a queue that was held goes on; nil where neither will
    /// happen.
    var nextDue: Nanoseconds? {
        let held = queues.lazy.filter { $0.hasItems && $0.heldUntil > self.clock.now }
            .map(\.heldUntil).min()
        guard let first = delayed.first?.due else { return held }
        return held.map { min($0, first) } ?? first
    }

    /// Runs the first item of one of the queues that are ready.
    ///
    /// - Returns: whether there was any.
    @discardableResult func runOne() -> Bool {
        let ready = ready()
        guard !ready.isEmpty else { return false }
        let queue = chance.pick(ready)
        if let item = queue.takeFirst() { run(queue, item) }
        return true
    }

    /// Keeps one of the queues stuck for so long, as with a disk that does not answer.
    ///
    /// - Returns: its name; nil where there is no queue.
    @discardableResult func hold(milliseconds: Int) -> String? {
        guard !queues.isEmpty else { return nil }
        let queue = chance.pick(queues)
        queue.heldUntil = max(queue.heldUntil, clock.now + .milliseconds(milliseconds))
        return queue.label
    }

    /// Ends the process: what waits is dropped, and what is given from now on as well.
    ///
    /// What is under way returns without waiting for anything.
    func end() {
        state = .ended
        for queue in queues { queue.removeAll() }
        queues = []
        delayed = []
    }

    /// Adds an item to a queue.
    func add(_ item: @escaping @Sendable () -> Void, to queue: SimulatedQueue) {
        guard case .running = state else { return }
        joinDue()
        queue.add(item)
    }

    /// Adds an item to a queue once some time has passed.
    func add(
        _ item: @escaping @Sendable () -> Void,
        to queue: SimulatedQueue,
        after span: Nanoseconds
    ) {
        guard case .running = state else { return }
        let due = clock.now + span
        let place = delayed.lastIndex { $0.due <= due }.map { $0 + 1 } ?? 0
        delayed.insert(Delayed(due: due, queue: queue, item: item), at: place)
    }

    /// Runs all that waits in a queue, and then `work`, which the caller waits for.
    func runAll(of queue: SimulatedQueue, then work: () -> Void) {
        guard case .running = state else { return work() }
        if case .running(let waitsBefore) = queue.state {
            // One that waits for a signal would go on in time, and cannot here; any other is what
            // calls this.
            if waitsBefore == waits { deadlock = deadlock ?? queue.label }
            return work()
        }
        joinDue()
        if queue.heldUntil > clock.now { clock.move(by: queue.heldUntil - clock.now) }
        while let item = queue.takeFirst() { run(queue, item) }
        run(queue, work)
    }

    /// Runs what is ready, and lets the time pass to what is due, but not further than to the end.
    func run(until end: Nanoseconds, while isWanted: () -> Bool) {
        waits += 1
        defer { waits -= 1 }
        while isWanted(), case .running = state, clock.now <= end {
            if runOne() { continue }
            let next = min(nextDue ?? end, end)
            guard next > clock.now else { return }
            clock.move(by: next - clock.now)
        }
    }

    private func run(_ queue: SimulatedQueue, _ work: () -> Void) {
        queue.state = .running(waits: waits)
        defer { queue.state = .idle }
        work()
    }

    /// The queues that have something to run, and are neither held nor under way.
    private func ready() -> [SimulatedQueue] {
        joinDue()
        let now = clock.now
        return queues.filter { queue in
            guard queue.hasItems, queue.heldUntil <= now else { return false }
            if case .running = queue.state { return false }
            return true
        }
    }

    /// Has what is due join the ends of the queues.
    private func joinDue() {
        let now = clock.now
        let count = delayed.prefix { $0.due <= now }.count
        for entry in delayed.prefix(count) { entry.queue.add(entry.item) }
        delayed.removeFirst(count)
    }
}
