import Dispatch

/// A core's thread of control: one serial Dispatch queue, one epoll set.
///
/// Everything that lives on a loop is a plain class reached through `reactor`, which only this
/// actor's isolation can touch. Other actors can share the loop by returning its
/// `unownedExecutor` as their own.
package actor EventLoop {
    /// The loop's number, from 0.
    package nonisolated let index: Int
    /// What lives on this loop.
    package let reactor: Reactor
    private nonisolated let executor: LoopExecutor
    private let time: TimeSource
    /// Wakes Dispatch whenever the epoll set has an event.
    private let source: any DispatchSourceRead

    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    /// Creates a loop that runs from now on.
    ///
    /// - Parameters:
    ///   - index: its number, from 0.
    ///   - time: its clock.
    /// - Throws: if the process has no descriptors left.
    package init(index: Int, time: TimeSource = .system) throws(SystemCallError) {
        self.index = index
        self.time = time
        let reactor = try Reactor(index: index, time: time)
        self.reactor = reactor
        executor = LoopExecutor(
            queue: DispatchQueue(label: "loop-\(index)", qos: .userInitiated),
            inbox: try Inbox()
        )
        _ = try reactor.poller.add(
            executor.inbox.descriptor.number,
            .readable,
            executor.inbox
        )
        let source = DispatchSource.makeReadSource(
            fileDescriptor: reactor.poller.epoll.descriptor.number,
            queue: executor.queue
        )
        self.source = source
        source.setEventHandler { [weak self] in self?.turn() }
        // Dispatch releases the descriptor on a thread of its own. If it were closed before that,
        // another loop could get its number, and Dispatch would take that loop for this one.
        let epoll = reactor.poller.epoll
        source.setCancelHandler { withExtendedLifetime(epoll) {} }
        source.activate()
        reactor.loop = self
        if case .manual(let clock) = time { clock.add(self) }
    }

    /// Runs work on the loop soon, in the order in which it was posted.
    package nonisolated func post(_ work: @escaping @Sendable (isolated EventLoop) -> Void) {
        executor.inbox.post { self.assumeIsolated { work($0) } }
    }

    /// Runs work on the loop and waits for its result.
    package func run<Result: Sendable, Failure: Error>(
        _ work: @Sendable (isolated EventLoop) throws(Failure) -> Result
    ) async throws(Failure) -> Result {
        try work(self)
    }

    /// Ends the loop: it drains nothing any more, and jobs sent to it wait for ever.
    ///
    /// The epoll set closes with the last reference.
    package func stop() {
        if case .manual(let clock) = time { clock.remove(self) }
        reactor.isStopped = true
        source.cancel()
    }

    private nonisolated func turn() {
        assumeIsolated { $0.reactor.drain() }
    }
}

/// Runs an actor's jobs in the loop's turns, so that they are "on the loop" just as events are.
private final class LoopExecutor: SerialExecutor {
    let queue: DispatchQueue
    let inbox: Inbox

    init(queue: DispatchQueue, inbox: Inbox) {
        self.queue = queue
        self.inbox = inbox
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        inbox.post { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }

    func checkIsolated() {
        dispatchPrecondition(condition: .onQueue(queue))
    }
}
