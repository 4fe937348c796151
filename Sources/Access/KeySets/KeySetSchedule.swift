import Loop

/// When the key set of an address is fetched, and what becomes of a token that needs a newer one.
///
/// It does no I/O: whoever drives it says what has happened, and does what it answers.
struct KeySetSchedule {
    /// How long a set that was fetched counts as the newest, in seconds.
    static let refreshSeconds = 900
    /// How often tokens may cause a fetch: once in so many seconds, so that forged ones, whose ids
    /// of keys are all unknown, do not make the relay flood the issuer.
    static let demandSeconds = 30
    /// How long the address is left alone after a first failure, in seconds; it doubles with each.
    static let firstPauseSeconds = 1
    /// The longest that it is left alone.
    static let maxPauseSeconds = 60
    /// How long a set counts that cannot be fetched again: a night without the issuer is survived,
    /// and yet whoever can keep the address away from the relay does not keep a withdrawn key
    /// alive for ever.
    static let maxAgeSeconds = 24 * 3600

    /// What has happened.
    enum Input: CaseIterable {
        /// Time has passed.
        case time
        /// A token came that the set in force, if any, does not decide.
        case wanted
        /// A set has come, and is in force.
        case fetched
        /// None has come, or none that can be used.
        case failed
    }

    /// What is to be done about it.
    enum Action: Equatable {
        case nothing
        /// One fetch begins; whoever wants a newer set waits for its end.
        case fetch
        /// The set in force does not count any more; time has to be asked again.
        case discard
        /// The token waits for the end of the fetch that runs.
        case wait
        /// The token is refused: the set is new enough.
        case refuse
        /// The token can be judged in so many seconds at the earliest.
        case postpone(seconds: Int)
    }

    private enum Phase {
        case resting(until: Nanoseconds)
        case fetching
    }

    private var phase = Phase.resting(until: 0)
    /// When the last fetch began.
    private var began: Nanoseconds?
    /// When the set in force came; nil where there is none.
    private var fetchedAt: Nanoseconds?
    /// How many fetches have failed since the last one that did not.
    private(set) var failures = 0

    /// When time has to be asked next.
    var due: Nanoseconds {
        let tooOld = fetchedAt.map { $0 + .seconds(Self.maxAgeSeconds) } ?? .max
        switch phase {
        case .resting(let until): return min(until, tooOld)
        case .fetching: return tooOld
        }
    }

    /// Whether the last failure is worth a line in the log: the first is, and then fewer and fewer.
    var isFailureWorthALine: Bool { failures & (failures - 1) == 0 }

    /// Takes what has happened, and says what is to be done.
    mutating func take(_ input: Input, at now: Nanoseconds) -> Action {
        switch input {
        case .time: return timePassed(now)
        case .wanted: return wanted(now)
        case .fetched:
            failures = 0
            fetchedAt = now
            phase = .resting(until: now + .seconds(Self.refreshSeconds))
        case .failed:
            failures += 1
            phase = .resting(until: now + .seconds(pauseSeconds))
        }
        return .nothing
    }

    private mutating func timePassed(_ now: Nanoseconds) -> Action {
        if let fetchedAt, now >= fetchedAt + .seconds(Self.maxAgeSeconds) {
            self.fetchedAt = nil
            return .discard
        }
        guard case .resting(let until) = phase, now >= until else { return .nothing }
        return fetch(now)
    }

    private mutating func wanted(_ now: Nanoseconds) -> Action {
        guard case .resting(let until) = phase else { return .wait }
        let allowed = began.map { $0 + .seconds(Self.demandSeconds) } ?? now
        let next = min(until, allowed)
        guard now < next else { return fetch(now) }
        // Where the issuer cannot be asked, nobody knows that the token is a wrong one.
        guard failures == 0, fetchedAt != nil else {
            return .postpone(seconds: Int((next - now + .seconds(1) - 1) / .seconds(1)))
        }
        return .refuse
    }

    private mutating func fetch(_ now: Nanoseconds) -> Action {
        began = now
        phase = .fetching
        return .fetch
    }

    /// How long the address is left alone after the last failure; 1 at least.
    var pauseSeconds: Int {
        // The shift is bounded, and so is what it makes.
        min(Self.firstPauseSeconds << min(max(failures, 1) - 1, 16), Self.maxPauseSeconds)
    }
}
