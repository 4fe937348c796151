import Loop

/// Whether a disk takes what it is given, and when it is tried again while it does not.
struct Outage {
    /// Nil while the disk takes what it is given.
    private var backoff: Backoff?
    private var nextAttempt: Nanoseconds = 0

    /// Whether the disk refuses.
    var isOn: Bool { backoff != nil }

    /// When something may be written: now, while the disk takes it.
    func attempt(at now: Nanoseconds) -> Nanoseconds { isOn ? nextAttempt : now }

    /// An attempt failed.
    ///
    /// - Returns: whether the outage begins with it.
    mutating func failed(at now: Nanoseconds) -> Bool {
        let isFirst = !isOn
        var backoff = backoff ?? Backoff()
        nextAttempt = now + .milliseconds(backoff.next())
        self.backoff = backoff
        return isFirst
    }

    /// An attempt went well.
    ///
    /// - Returns: whether an outage is over with it.
    mutating func succeeded() -> Bool {
        defer { backoff = nil }
        return isOn
    }
}
