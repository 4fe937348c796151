package import Loop
import Synchronization

/// Whether an upstream is worth asking: after some failures in a row it is left out for a while.
///
/// Then one attempt tries it again. The same object for all loops.
///
/// It only chooses among candidates. Whoever is the last one left is asked in any case: with one
/// upstream, a breaker that refused would make an outage longer than it is.
package final class Breaker: Sendable {
    /// What an attempt's end did to it.
    package enum Change: Equatable, Sendable {
        case none
        /// The upstream is left out from now on.
        case opened(failures: Int)
        /// It answers again.
        case closed
    }

    private enum State {
        /// It is asked, and this many attempts have failed in a row.
        case closed(failures: Int)
        /// It is left out until then. → trying
        case open(until: Nanoseconds)
        /// One attempt tries it; another may once that one has had time enough. → closed, open
        case trying(until: Nanoseconds)
    }

    private let state = Guarded(State.closed(failures: 0))
    /// Whether it has failed since it last answered; each answer asks, so that costs no lock.
    private let hasFailed = Atomic<Bool>(false)

    /// Makes one for an upstream that has not failed.
    package init() {}

    /// Whether it may be asked though others can be; where it is tried again, only one attempt may.
    ///
    /// - Parameters:
    ///   - now: the time.
    ///   - seconds: how long an attempt that tries it has.
    /// - Returns: whether it may.
    func admits(at now: Nanoseconds, for seconds: Int) -> Bool {
        state.withLock { state in
            switch state {
            case .closed: return true
            case .open(let end), .trying(let end):
                guard now >= end else { return false }
                state = .trying(until: now + .seconds(seconds))
                return true
            }
        }
    }

    /// Notes that it answered.
    func answered() -> Change {
        guard hasFailed.load(ordering: .relaxed) else { return .none }
        return state.withLock { state in
            defer { state = .closed(failures: 0) }
            hasFailed.store(false, ordering: .relaxed)
            if case .closed = state { return .none }
            return .closed
        }
    }

    /// Notes that an attempt failed.
    ///
    /// - Parameters:
    ///   - now: the time.
    ///   - most: how many failures in a row it takes to be left out.
    ///   - seconds: how long it is left out.
    /// - Returns: what that did.
    func failed(at now: Nanoseconds, most: Int, for seconds: Int) -> Change {
        state.withLock { state in
            hasFailed.store(true, ordering: .relaxed)
            switch state {
            case .closed(let failures) where failures + 1 < most:
                state = .closed(failures: failures + 1)
                return .none
            case .closed(let failures):
                state = .open(until: now + .seconds(seconds))
                return .opened(failures: failures + 1)
            case .open(let end):
                // The last one left is asked meanwhile; that must not put off the next trial.
                guard now >= end else { return .none }
                state = .open(until: now + .seconds(seconds))
                return .none
            case .trying:
                state = .open(until: now + .seconds(seconds))
                return .none
            }
        }
    }

    /// Notes that nobody waits any more for an attempt: if it was the one that tries, the next may.
    ///
    /// Otherwise an upstream that is well again would be left out for as long as that attempt might
    /// have taken.
    func abandoned(at now: Nanoseconds) {
        guard hasFailed.load(ordering: .relaxed) else { return }
        state.withLock { state in
            if case .trying = state { state = .open(until: now) }
        }
    }

    /// Whether it is left out at this time; also while one attempt tries it.
    package func isOpen(at now: Nanoseconds) -> Bool {
        state.withLock { state in
            switch state {
            case .closed: false
            case .open(let end), .trying(let end): now < end
            }
        }
    }
}

/// The breakers of all upstreams; they outlive a reload.
package final class Breakers: Sendable {
    private let breakers = Guarded<[UpstreamIdentity: Breaker]>([:])

    /// Makes none yet.
    package init() {}

    /// The breaker of an upstream.
    package func breaker(of upstream: RelayConfiguration.Upstream) -> Breaker {
        let identity = UpstreamIdentity(upstream)
        return breakers.withLock { breakers in
            if let breaker = breakers[identity] { return breaker }
            let breaker = Breaker()
            breakers[identity] = breaker
            return breaker
        }
    }
}
