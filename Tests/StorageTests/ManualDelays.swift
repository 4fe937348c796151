import Loop
import TestSupport

@testable import Storage

/// A clock for work that is put off; it moves only when a test turns it.
final class ManualDelays: Sendable {
    private struct Waiting {
        let due: Int
        let queue: any WorkQueue
        let work: @Sendable () -> Void
    }

    private struct State {
        var now = 0
        var waiting: [Waiting] = []
    }

    private let state = Guarded(State())

    /// Dispatch's threads by this clock; what waits when a test ends is dropped with it.
    var platform: Platform { Platform(work: Work(clock: self)) }

    private struct Work: BackgroundWork {
        weak let clock: ManualDelays?
        private let threads = DispatchWork()

        init(clock: ManualDelays) { self.clock = clock }

        func queue(_ label: String, _ urgency: WorkUrgency) -> any WorkQueue {
            Queue(clock: clock, queue: threads.queue(label, urgency))
        }

        func makeSignal() -> any WorkSignal { threads.makeSignal() }

        func sleep(milliseconds: Int) { threads.sleep(milliseconds: milliseconds) }
    }

    private struct Queue: WorkQueue {
        weak let clock: ManualDelays?
        let queue: any WorkQueue

        func async(_ work: @escaping @Sendable () -> Void) { queue.async(work) }

        func after(milliseconds: Int, _ work: @escaping @Sendable () -> Void) {
            clock?.put(off: work, on: queue, by: milliseconds)
        }

        func sync(_ work: () -> Void) { queue.sync(work) }
    }

    private func put(
        off work: @escaping @Sendable () -> Void,
        on queue: any WorkQueue,
        by milliseconds: Int
    ) {
        state.withLock { state in
            let due = state.now + milliseconds
            state.waiting.append(Waiting(due: due, queue: queue, work: work))
        }
    }

    /// When the earliest is due that waits, in milliseconds from now; nil where nothing waits.
    var next: Int? {
        state.withLock { state in state.waiting.map { $0.due - state.now }.min() }
    }

    /// Turns the clock, and returns when all that is due by then is done, each in its time.
    func turn(by milliseconds: Int) {
        let end = state.withLock { $0.now + milliseconds }
        while let next = takeEarliest(until: end) { next.queue.sync(next.work) }
        state.withLock { $0.now = end }
    }

    /// Turns the clock on until a condition holds; work on other queues may bring it about.
    ///
    /// - Returns: whether it came to hold.
    func turns(_ condition: () -> Bool) -> Bool {
        waits {
            if condition() { return true }
            turn(by: 100)
            return condition()
        }
    }

    private func takeEarliest(until end: Int) -> Waiting? {
        state.withLock { state in
            let place = state.waiting.indices.min { state.waiting[$0].due < state.waiting[$1].due }
            guard let place, state.waiting[place].due <= end else { return nil }
            state.now = state.waiting[place].due
            return state.waiting.remove(at: place)
        }
    }
}
