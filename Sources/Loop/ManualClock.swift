import Synchronization

/// A clock that moves only when it is advanced: with it, tests wait for no time limit.
///
/// It begins at the system's time, so that it agrees with code that is not on a loop.
package final class ManualClock: Sendable {
    private struct Listener {
        weak var loop: EventLoop?
    }

    private let start: Nanoseconds
    /// What the wall clock shows at `start`; it may be set.
    private let wallStart: Atomic<Int>
    private let time: Atomic<Nanoseconds>
    /// The loops whose clock this is.
    private let listeners = Guarded<[Listener]>([])

    /// Creates a clock that shows the system's current time.
    package convenience init() {
        self.init(start: monotonicNow(), wallMilliseconds: Loop.wallMilliseconds())
    }

    /// Creates a clock that shows a time of its own.
    ///
    /// - Parameters:
    ///   - start: the monotonic time at first.
    ///   - wallMilliseconds: milliseconds since 1970 at first.
    package init(start: Nanoseconds, wallMilliseconds: Int) {
        self.start = start
        wallStart = Atomic(wallMilliseconds)
        time = Atomic(start)
    }

    /// The time for deadlines.
    package var now: Nanoseconds { time.load(ordering: .acquiring) }

    /// Milliseconds since 1970, which move with `now`.
    package var wallMilliseconds: Int {
        wallStart.load(ordering: .acquiring) + Int((now - start) / 1_000_000)
    }

    /// Sets the wall clock ahead, or back; no deadline is moved by that.
    package func setWall(aheadBy milliseconds: Int) {
        wallStart.wrappingAdd(milliseconds, ordering: .acquiringAndReleasing)
    }

    /// Advances the clock without serving anything: for loops that are stepped by hand.
    package func move(by span: Nanoseconds) {
        time.wrappingAdd(span, ordering: .acquiringAndReleasing)
    }

    /// Advances the clock, and returns when its loops have served everything due by then.
    ///
    /// The time moves in one step, as it does for a loop that was held up: a deadline that an
    /// action sets again counts from the new time.
    package func advance(by span: Nanoseconds) async {
        time.wrappingAdd(span, ordering: .acquiringAndReleasing)
        let loops = listeners.withLock { $0.compactMap(\.loop) }
        for loop in loops { loop.post { _ in } }
        // The first job runs in a turn that begins after the move, and that turn serves what is
        // due; the second runs in a later turn, when that one is over.
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

    /// Removes a loop that has ended: `advance` would wait for it without end.
    func remove(_ loop: EventLoop) {
        listeners.withLock { $0.removeAll { $0.loop === loop } }
    }
}
