import Synchronization

/// A clock that moves only when somebody turns it: for tests, which then wait for no time limit.
///
/// It begins at the system's time, so that it agrees with what is not on a loop.
package final class ManualClock: Sendable {
    private struct Listener {
        weak var loop: EventLoop?
    }

    private let start: Nanoseconds
    private let wallStart: Int
    private let time: Atomic<Nanoseconds>
    /// Those that have their time from it.
    private let listeners = Guarded<[Listener]>([])

    /// Creates a clock that shows the system's time of this moment.
    package init() {
        start = monotonicNow()
        wallStart = Loop.wallMilliseconds()
        time = Atomic(start)
    }

    /// The time for deadlines.
    package var now: Nanoseconds { time.load(ordering: .acquiring) }

    /// Milliseconds since 1970; they go on with `now`.
    package var wallMilliseconds: Int { wallStart + Int((now - start) / 1_000_000) }

    /// Turns the clock, and returns when its loops have served all that is due by then.
    ///
    /// The time moves in one step, as it does for a loop that was held up: what a deadline's action
    /// sets anew counts from the new time.
    package func advance(by span: Nanoseconds) async {
        time.wrappingAdd(span, ordering: .acquiringAndReleasing)
        let loops = listeners.withLock { $0.compactMap(\.loop) }
        for loop in loops { loop.post { _ in } }
        // The first comes in a turn that begins after the move and serves what is due at its end;
        // the second in a later one, when that is over.
        for _ in 0..<2 {
            for loop in loops { await loop.run { _ in } }
        }
    }

    func add(_ loop: EventLoop) {
        listeners.withLock { listeners in
            listeners.removeAll { $0.loop == nil }
            listeners.append(Listener(loop: loop))
        }
    }

    /// Takes off a loop that has ended: it would be waited for without end.
    func remove(_ loop: EventLoop) {
        listeners.withLock { $0.removeAll { $0.loop === loop } }
    }
}
