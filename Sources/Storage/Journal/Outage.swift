import Loop

/// Whether a disk takes what it is given, and when it is tried again while it does not.
struct Outage {
    /// The first and the longest pause between two attempts.
    static let retryMilliseconds = 250...5000

    /// The pause before the next attempt; nil while the disk takes what it is given.
    private var pauseMilliseconds: Int?
    private var nextAttempt: Nanoseconds = 0

    /// Whether the disk refuses.
    var isOn: Bool { pauseMilliseconds != nil }

    /// When something may be written: now, while the disk takes it.
    func attempt(at now: Nanoseconds) -> Nanoseconds { isOn ? nextAttempt : now }

    /// An attempt failed.
    ///
    /// - Returns: whether the outage begins with it.
    mutating func failed(at now: Nanoseconds) -> Bool {
        let isFirst = !isOn
        let longest = Self.retryMilliseconds.upperBound
        let pause = pauseMilliseconds.map { min($0 * 2, longest) }
        let milliseconds = pause ?? Self.retryMilliseconds.lowerBound
        pauseMilliseconds = milliseconds
        nextAttempt = now + .milliseconds(milliseconds)
        return isFirst
    }

    /// An attempt went well.
    ///
    /// - Returns: whether an outage is over with it.
    mutating func succeeded() -> Bool {
        defer { pauseMilliseconds = nil }
        return isOn
    }
}
