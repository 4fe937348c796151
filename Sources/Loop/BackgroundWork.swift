/// Threads for work that no loop may wait for, given by whoever starts the process.
///
/// The daemon takes Dispatch's. A simulation runs all of it on one thread, in an order of its own.
package protocol BackgroundWork: Sendable {
    /// A serial queue.
    ///
    /// - Parameters:
    ///   - label: its name, as tools show it.
    ///   - urgency: how soon its work is wanted.
    /// - Returns: the queue, which runs one thing at a time, in the order in which it was given.
    func queue(_ label: String, _ urgency: WorkUrgency) -> any WorkQueue
    /// Something that one thread waits for and another brings about.
    func makeSignal() -> any WorkSignal
    /// Holds up the work that calls it; never called on a loop.
    func sleep(milliseconds: Int)
}

/// How soon background work is wanted.
package enum WorkUrgency: Sendable {
    /// A client waits for it.
    case clientWaits
    /// Usual.
    case usual
    /// Nobody waits for it.
    case upkeep
}

/// A serial queue of background work.
package protocol WorkQueue: Sendable {
    /// Runs work after all that was given before.
    func async(_ work: @escaping @Sendable () -> Void)
    /// Gives work to the queue once so many milliseconds have passed.
    func after(milliseconds: Int, _ work: @escaping @Sendable () -> Void)
    /// Runs work after all that was given before, and waits for it; never from the queue itself.
    func sync(_ work: () -> Void)
}

/// What one thread waits for and another brings about, once.
package protocol WorkSignal: Sendable {
    /// Brings it about.
    func signal()
    /// Waits for it.
    ///
    /// - Returns: whether it came within so many milliseconds.
    func wait(milliseconds: Int) -> Bool
}
