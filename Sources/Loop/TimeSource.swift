/// The clock of a loop or of background work, given when it is made, so that tests can advance it.
package enum TimeSource: Sendable {
    /// The kernel's clocks.
    case system
    /// A clock that does not move until it is advanced.
    case manual(ManualClock)

    /// The time for deadlines.
    package var now: Nanoseconds {
        switch self {
        case .system: monotonicNow()
        case .manual(let clock): clock.now
        }
    }

    /// Milliseconds since 1970, for people.
    package var wallMilliseconds: Int {
        switch self {
        case .system: Loop.wallMilliseconds()
        case .manual(let clock): clock.wallMilliseconds
        }
    }
}
