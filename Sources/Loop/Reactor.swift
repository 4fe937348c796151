import CLinux
import Glibc

/// Something that works once at the end of a loop's turn, however much happened in the turn.
package protocol TurnEndHandler: AnyObject {
    /// The turn's events have all been handled.
    func turnEnded()
}

/// The inside of a loop: what its connections, transfers and timers reach.
///
/// It is a plain class, not `Sendable` and owned by one `EventLoop`: the compiler lets nothing else
/// touch it.
package final class Reactor {
    /// The descriptors watched by this loop.
    package let poller: Poller
    /// The deadlines of this loop.
    package let deadlines = DeadlineQueue()
    /// The time at this turn's start: one reading serves a whole batch of events.
    package private(set) var now: Nanoseconds
    private let time: TimeSource
    /// The loop's number, from 0.
    package let index: Int
    /// What lives on this loop for as long as it runs, reached by work posted from elsewhere.
    package var tenants: [AnyObject] = []

    /// The answers that the loop waits for from other threads.
    package var awaiting = Awaiting()
    /// The loop whose inside this is; nil once it is gone.
    package internal(set) weak var loop: EventLoop?

    /// Whether the loop has ended and handles nothing any more.
    private(set) var isStopped = false
    /// Whether the loop may rest between turns.
    package var pace = Pace()

    /// How often work at a turn's end may cause more of it within the same turn.
    ///
    /// A producer writes, the reader takes everything, the producer writes again: without a bound,
    /// a fast reader of a long answer would hold up all others.
    private static let maxEndRounds = 8

    /// How long a drain waits for the next event before the loop goes back to Dispatch.
    ///
    /// In milliseconds. Nothing waits for that, since work from other threads is an event, too.
    /// Twenty events a second keep the loop in the drain.
    private static let linger: Int32 = 50

    /// Called before all other handlers whenever there are any: what they do at a turn's end may
    /// depend on what it has done.
    package var leader: (any TurnEndHandler)?

    /// The number of the current turn; bounds that hold for one turn are counted anew in the next.
    package private(set) var turn = 0

    /// The number of the current round of turn ends, or of the last one; the leader is called at
    /// its start.
    package private(set) var round = 0

    /// The work that was left for the next turn.
    private var postponed: [() -> Void] = []
    /// The handlers to call at this turn's end, each at most once.
    private var ending: [any TurnEndHandler] = []
    /// The handlers that are being called; the array is kept for its capacity.
    private var called: [any TurnEndHandler] = []
    private let timer: Timer

    init(index: Int, time: TimeSource) throws(SystemCallError) {
        self.index = index
        self.time = time
        now = time.now
        poller = try Poller()
        timer = try Timer()
        _ = try poller.add(timer.descriptor.number, .readable, timer)
    }

    /// A new deadline, not set yet.
    ///
    /// - Parameter action: called on the loop when it is due; must not keep its owner alive.
    /// - Returns: the deadline, which its owner keeps.
    package func makeDeadline(action: (() -> Void)? = nil) -> Deadline {
        deadlines.makeDeadline(action: action)
    }

    /// Milliseconds since 1970 by the loop's clock: for people, never for time-outs.
    package var wallMilliseconds: Int { time.wallMilliseconds }

    /// Handles nothing any more, and lets go of what waits for a turn that never comes.
    func stop() {
        isStopped = true
        postponed = []
        ending = []
        leader = nil
    }

    /// Asks for `turnEnded` once, at the end of this turn.
    package func atTurnEnd(_ handler: any TurnEndHandler) {
        ending.append(handler)
    }

    /// Leaves work for the next turn, which then begins at once.
    ///
    /// This is for work beyond the bound of a turn: this turn's end comes first, and so do others'
    /// events.
    package func atNextTurn(_ work: @escaping () -> Void) {
        postponed.append(work)
    }

    /// Handles everything that is ready, and lingers for more.
    ///
    /// To come back through Dispatch for each event costs twice as much as the event itself. So a
    /// drain goes on until a wait of some milliseconds brings nothing. Deadlines and turn ends are
    /// served in every round.
    func drain() {
        now = time.now
        endTurn()
        var lingers = false
        while !isStopped {
            // Work that can already be done must not wait for the linger to end.
            let hasWork = hasWork
            let count = runTurn {
                // epoll waits whole milliseconds: the timer wakes it for what is due within the
                // linger.
                if lingers, let earliest = deadlines.earliest,
                    earliest < now + .milliseconds(Int(Self.linger))
                {
                    arm(for: earliest)
                }
                return poller.poll(timeoutMilliseconds: lingers && !hasWork ? Self.linger : 0)
            }
            guard !isStopped else { return }
            if count == 0, !hasWork, lingers, ending.isEmpty, postponed.isEmpty { break }
            lingers = true
            let isBehind = count == Poller.batch || self.hasWork
            rest(pace.turnEnded(events: count, now: now, hasWork: isBehind))
        }
        arm(for: deadlines.earliest)
    }

    /// One turn: events, then what was left for it, what is due, and the turn's end.
    ///
    /// - Parameter takeEvents: hands each event to its owner.
    /// - Returns: how many events there were.
    @inline(__always)
    private func runTurn(_ takeEvents: () -> Int) -> Int {
        turn &+= 1
        let left = postponed
        postponed = []
        let count = takeEvents()
        // Whoever stopped the loop has gone on by now: what is due since is not served.
        guard !isStopped else { return count }
        now = time.now
        for work in left { work() }
        deadlines.expire(now: now)
        endTurn()
        return count
    }

    /// Runs one turn whose only events are those of the inbox.
    func step(taking inbox: Inbox) {
        guard !isStopped else { return }
        now = time.now
        _ = runTurn { inbox.runAll() }
    }

    /// The time now if a turn has something to do, or else the earliest deadline.
    var nextWork: Nanoseconds? {
        ending.isEmpty && postponed.isEmpty ? deadlines.earliest : time.now
    }

    /// Arms the kernel's timer, unless the clock is manual: that one wakes the loop itself.
    private func arm(for instant: Nanoseconds?) {
        guard case .system = time else { return }
        timer.arm(for: instant)
    }

    /// Whether the next turn has something to do before any event.
    private var hasWork: Bool {
        !ending.isEmpty || !postponed.isEmpty || (deadlines.earliest ?? .max) <= now
    }

    private func rest(_ time: Nanoseconds) {
        guard time > 0 else { return }
        var time = timespec(tv_sec: 0, tv_nsec: Int(time))
        nanosleep(&time, nil)
    }

    /// Calls the handlers of the turn's end until there are no more, or the bound is reached.
    ///
    /// Work at a turn's end may cause more of it, which belongs to the same turn; what exceeds the
    /// bound belongs to the next turn, which then begins at once.
    private func endTurn() {
        var rounds = 0
        while !ending.isEmpty, rounds < Self.maxEndRounds {
            rounds += 1
            round &+= 1
            leader?.turnEnded()
            swap(&ending, &called)
            for handler in called { handler.turnEnded() }
            called.removeAll(keepingCapacity: true)
        }
    }
}

/// The one kernel timer of a loop, armed for its earliest deadline.
private final class Timer: ReadinessHandler {
    let descriptor: Descriptor
    private var armed: Nanoseconds = .max

    init() throws(SystemCallError) {
        descriptor = Descriptor(
            owning: try check("timerfd_create") { linux_timerfd_create() }
        )
    }

    /// Arms the timer, unless it expires by then anyway: to expire too early costs one empty turn,
    /// to arm it again in every turn would cost a system call each.
    func arm(for instant: Nanoseconds?) {
        guard let instant, instant < armed else { return }
        armed = instant
        _ = linux_timerfd_arm(descriptor.number, max(1, instant))
    }

    func descriptorReady(_ readiness: Readiness) {
        var count: UInt64 = 0
        _ = read(descriptor.number, &count, MemoryLayout<UInt64>.size)
        armed = .max
    }
}
