package import HTTPServer
package import Loop

/// Counts what callers and addresses ask for, on all loops.
///
/// It is exact: what passes is counted in the moment in which it is let through. Tokens are known
/// only afterwards, so a party may go beyond a limit of tokens by what runs, and then waits for
/// longer.
package final class RateBook: Budgets {
    /// Whose limits a request counts against.
    private struct Party {
        let name: String
        let limits: CallerLimits
        /// For the one who is refused.
        let words: String
    }

    private struct State {
        var policy: RatePolicy
        var accounts: [String: RateAccount] = [:]
        /// The parties of the answers that run, by the answers' ids.
        var running: [String: [Party]] = [:]
        /// With how many accounts those are dropped that are like new ones.
        var sweepCount = RateBook.minSweepCount
        /// Whether anything has changed since the last snapshot.
        var isChanged = false
    }

    /// With fewer accounts nothing is swept.
    private static let minSweepCount = 1024
    /// The account of all callers that are not told apart.
    private static let everybody = "everybody"

    private let state: Guarded<State>
    private let clock: @Sendable () -> (now: Nanoseconds, wallMilliseconds: Int)

    /// Makes a book.
    ///
    /// - Parameters:
    ///   - policy: how much everybody may ask for.
    ///   - snapshot: what an earlier process has counted.
    ///   - clock: gives the time for what ends on any thread; the system's where not given.
    package init(
        _ policy: RatePolicy = RatePolicy(),
        restoring snapshot: RateSnapshot = RateSnapshot(),
        clock: @escaping @Sendable () -> (now: Nanoseconds, wallMilliseconds: Int) = {
            (monotonicNow(), wallMilliseconds())
        }
    ) {
        self.clock = clock
        var state = State(policy: policy)
        let (now, wallMilliseconds) = clock()
        state.accounts = snapshot.accounts(at: now, wallMilliseconds)
        self.state = Guarded(state)
    }

    /// Replaces the policy for what is asked from now on; what was counted stays.
    package func replace(_ policy: RatePolicy) { state.withLock { $0.policy = policy } }

    package func reserve(
        _ id: String,
        _ caller: Caller,
        from address: PeerAddress,
        on reactor: Reactor,
        then use: @escaping (Result<Void, Problem>) -> Void
    ) {
        let (now, second) = (reactor.now, reactor.wallMilliseconds / 1000)
        let refusal = state.withLock { state -> Problem? in
            let parties = Self.parties(caller, address, state.policy)
            guard !parties.isEmpty else { return nil }
            // All have to let it through before one counts it.
            for party in parties {
                let account = state.accounts[party.name] ?? RateAccount()
                if let refusal = account.refusal(party.limits, now, second) {
                    return refusal.problem(of: party.words)
                }
            }
            for party in parties {
                state.accounts[party.name, default: RateAccount()].begin(party.limits, now)
            }
            state.running[id] = parties
            state.isChanged = true
            Self.sweep(&state, now, second)
            return nil
        }
        use(refusal.map { .failure($0) } ?? .success(()))
    }

    private static func parties(
        _ caller: Caller,
        _ address: PeerAddress,
        _ policy: RatePolicy
    ) -> [Party] {
        var parties: [Party] = []
        let limits = caller.limits?.filled(from: policy.perCaller) ?? policy.perCaller
        if !limits.isEmpty {
            let words = caller.id == nil ? "everybody together" : "your key or token"
            parties.append(Party(name: caller.id ?? everybody, limits: limits, words: words))
        }
        let site = address.site?.word ?? (policy.isBehindProxies ? "unnamed" : nil)
        if !policy.perAddress.isEmpty, let site {
            let name = "address/\(site)"
            parties.append(Party(name: name, limits: policy.perAddress, words: "your address"))
        }
        return parties
    }

    package func release(_ id: String) {
        state.withLock { state in
            for party in state.running.removeValue(forKey: id) ?? [] {
                state.accounts[party.name]?.release(party.limits)
            }
            state.isChanged = true
        }
    }

    package func settle(_ id: String, _ bill: RateBill) {
        let (now, wallMilliseconds) = clock()
        state.withLock { state in
            guard let parties = state.running.removeValue(forKey: id) else { return }
            for party in parties {
                state.accounts[party.name]?
                    .settle(party.limits, bill, now, wallMilliseconds / 1000)
            }
            state.isChanged = true
        }
    }

    /// Drops accounts that are like new ones: strangers have many addresses.
    private static func sweep(_ state: inout State, _ now: Nanoseconds, _ second: Int) {
        guard state.accounts.count >= state.sweepCount else { return }
        state.accounts = state.accounts.filter { !$0.value.isOver(at: now, second) }
        state.sweepCount = max(minSweepCount, 2 * state.accounts.count)
    }

    /// What is to be known after a restart; nil where nothing has changed since the last time.
    package func changes() -> RateSnapshot? {
        let (now, wallMilliseconds) = clock()
        let accounts = state.withLock { state -> [String: RateAccount]? in
            guard state.isChanged else { return nil }
            state.isChanged = false
            return state.accounts
        }
        return accounts.map { RateSnapshot($0, at: now, wallMilliseconds) }
    }

    /// Has the next snapshot made though nothing changes, since the last one could not be kept.
    package func changesAreNotKept() { state.withLock { $0.isChanged = true } }
}
