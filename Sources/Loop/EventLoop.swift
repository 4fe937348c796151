import Dispatch

/// A core's thread of control: one serial Dispatch queue, one epoll set.
///
/// A loop that is stepped by hand has neither: whoever made it asks for each of its turns.
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
    /// Wakes Dispatch whenever the epoll set has an event; nil for a loop that is stepped.
    private let source: (any DispatchSourceRead)?

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
        let queue = DispatchQueue(label: "loop-\(index)", qos: .userInitiated)
        let bell = try Bell()
        let inbox = Inbox(bell)
        executor = LoopExecutor(.queue(queue), inbox: inbox)
        _ = try reactor.poller.add(bell.descriptor.number, .readable, inbox)
        let source = DispatchSource.makeReadSource(
            fileDescriptor: reactor.poller.epoll.descriptor.number,
            queue: queue
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

    /// Creates a loop that does nothing until it is stepped.
    ///
    /// It has no queue and waits for no descriptor, so that a whole program of several loops can
    /// run on one thread, in an order that can be repeated. Everything that posts to it, steps it
    /// or reaches into it must be on that thread; `run` and `ManualClock.advance` would wait for
    /// ever.
    ///
    /// - Parameters:
    ///   - index: its number, from 0.
    ///   - clock: its clock, which whoever steps the loop moves.
    /// - Throws: if the process has no descriptors left.
    package init(stepped index: Int, clock: ManualClock) throws(SystemCallError) {
        self.index = index
        time = .manual(clock)
        reactor = try Reactor(index: index, time: time)
        executor = LoopExecutor(.stepped, inbox: Inbox(nil))
        source = nil
        reactor.loop = self
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
        reactor.stop()
        source?.cancel()
        executor.inbox.removeAll()
    }

    /// Runs exactly one turn of a loop that is stepped by hand.
    ///
    /// What the turn itself posts, or leaves for the next turn, waits for the next step.
    package nonisolated func step() {
        guard case .stepped = executor.place else {
            preconditionFailure("a queue runs the turns of this loop")
        }
        assumeIsolated { $0.reactor.step(taking: executor.inbox) }
    }

    /// When a loop that is stepped by hand next has something to do, by its clock.
    ///
    /// That is now if something waits for the next turn, or else the earliest deadline; nil if
    /// there is none. A deadline that was cleared or moved since may still count.
    package nonisolated var nextWork: Nanoseconds? {
        assumeIsolated { executor.inbox.isEmpty ? $0.reactor.nextWork : time.now }
    }

    private nonisolated func turn() {
        assumeIsolated { $0.reactor.drain() }
    }
}
