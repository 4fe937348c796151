import Loop

/// Until when all that was shown is safe, whatever happens next.
///
/// The relay makes safe within a second what it writes, and says so where it cannot. So this moment
/// follows the clock at a distance, and stops while the relay says that it cannot write,
/// while a thread is stuck, and while no process runs.
struct SafeMoment {
    /// What was shown before it is safe.
    private(set) var time: Nanoseconds = 0
    /// Since when nothing has kept the relay from making things safe.
    private var calmSince: Nanoseconds
    /// Until when a thread is stuck.
    private var stuckUntil: Nanoseconds = 0

    /// A second is promised, and half of one is for the way there.
    private static let distance = Nanoseconds.milliseconds(1500)

    /// Begins at a time at which nothing was shown.
    init(at now: Nanoseconds) { calmSince = now }

    /// Something keeps the relay from making things safe, or did so until now.
    mutating func isDisturbed(at now: Nanoseconds) { calmSince = max(calmSince, now) }

    /// Whether what was shown while something was in the way is safe as well.
    func isCalm(at now: Nanoseconds) -> Bool { now >= calmSince + Self.distance }

    /// A thread is stuck until then.
    mutating func isStuck(until end: Nanoseconds) { stuckUntil = max(stuckUntil, end) }

    /// Time has passed, in which nothing was in the way.
    mutating func follow(_ now: Nanoseconds) {
        calmSince = max(calmSince, min(stuckUntil, now))
        // What was written while something was in the way is safe only with what came after it.
        guard isCalm(at: now) else { return }
        time = max(time, now - Self.distance)
    }
}
