import Dispatch
import Loop
import TestSupport

@testable import Storage

/// A clock for work that is put off; it moves only when a test turns it.
final class ManualDelays: Sendable {
    private struct Waiting {
        let due: Int
        let queue: DispatchQueue
        let work: @Sendable () -> Void
    }

    private struct State {
        var now = 0
        var waiting: [Waiting] = []
    }

    private let state = Guarded(State())

    /// The clock, as it is given away; what waits when a test ends is dropped with it.
    var delays: Delays {
        Delays { [weak self] queue, milliseconds, work in
            self?.state.withLock { state in
                let due = state.now + milliseconds
                state.waiting.append(Waiting(due: due, queue: queue, work: work))
            }
        }
    }

    /// When the earliest is due that waits, in milliseconds from now; nil where nothing waits.
    var next: Int? {
        state.withLock { state in state.waiting.map { $0.due - state.now }.min() }
    }

    /// Turns the clock, and returns when all that is due by then is done, each in its time.
    func turn(by milliseconds: Int) {
        let end = state.withLock { $0.now + milliseconds }
        while let next = takeEarliest(until: end) { next.queue.sync(execute: next.work) }
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
