/// What an upstream call does next, whatever happens: its phases, inputs and actions, without a
/// loop, a transfer or a clock.
///
/// An attempt that fails before anything of the answer has come is repeated, or the next candidate
/// is asked, as `RetryPolicy` says. After that there is no second attempt: it would be another
/// answer.
struct CallMachine: Sendable {
    enum Phase: Equatable, Sendable {
        /// The past that belongs to the request is being read. → held, connecting, over
        case gathering(hasBegun: Bool)
        /// The request is whole, but the answer's beginning is not in the journal yet. → connecting
        case held
        /// A place at the upstream is waited for. → connecting, over
        case queued
        /// An upstream is asked, and has sent no head. → queued, opened, streaming, waiting,
        /// closing, over
        case connecting
        /// The head of a stream is there, and no event. → streaming, connecting, waiting, closing,
        /// over
        case opened
        /// Events come. → waiting, closing, over
        case streaming
        /// An attempt failed, and the next one is due later. → connecting, over
        case waiting
        /// The answer is whole; its connection is read to the end, to be reused. → over
        case closing
        case over
    }

    /// What happened.
    enum Input: Equatable, Sendable {
        /// The journal has the beginning, or cannot have it: from now on the upstream is paid.
        case begun
        /// The request is whole.
        case gathered
        /// The past that belongs to the request cannot be had.
        case notGathered
        /// The upstream has no place for one more.
        case crowded
        /// It has one now.
        case admitted
        /// The head of a stream has come.
        case opened
        /// The upstream has shown that it is alive, and has sent no data.
        case alive
        /// The stream brought events.
        case events
        /// The stream said that it is whole; `isOpen` where its connection is still read.
        case done(isOpen: Bool)
        /// The attempt failed. The jitter is a random number from 0 to 1; the budget is how long
        /// attempts may still begin, in milliseconds. Who is left out from now on is not asked
        /// again where somebody else can be.
        case failed(
            RetryPolicy.Fault,
            hasAnswer: Bool,
            jitter: Double,
            budget: Int,
            isLeftOut: Bool = false
        )
        /// The connection of an answer that was already whole has ended.
        case closed
        /// The clock ran out: the call's own where `isTotal`. `isWhole` where the stream has sent
        /// all but its end mark.
        case timeUp(isTotal: Bool, isWhole: Bool)
        /// The readers are far behind, or no longer are.
        case paused
        case resumed
        /// Nobody wants the answer any more.
        case cancelled
    }

    /// What to do.
    enum Action: Equatable, Sendable {
        case nothing
        /// The upstream is asked.
        case attempt
        /// The transfer is paused, goes on, or ends with its connection.
        case pause
        case resume
        case cancel
        /// The generation ends as the stream said.
        case finish
        /// It ends with a failure, and the transfer with it.
        case fail(Reason)
        /// A failure is worth a line in the log; the next attempt has this number among the
        /// retries.
        case retry(Int, milliseconds: Int)
        /// The next candidate is asked now, because of this failure.
        case failOver(Reason)
    }

    /// Which failure ends a generation.
    enum Reason: Equatable, Sendable {
        /// The attempt's own failure.
        case attempt
        case pastIsLate
        case timeout(UpstreamClock)
    }

    /// What the call's one clock does; it never runs longer than the total allows.
    enum Clock: Equatable, Sendable {
        case goesOn
        case stops
        case past
        case queue
        case head
        case firstData
        case idle
        /// Only the total counts.
        case total
        case closing
        case milliseconds(Int)
    }

    struct Step: Equatable, Sendable {
        var action = Action.nothing
        var clock = Clock.goesOn
    }

    private(set) var phase: Phase
    private(set) var isPaused = false
    /// How many attempts failed and were followed by another.
    private(set) var retries = 0
    /// Which candidate is asked.
    private(set) var candidate = 0
    /// How many of the retries are this candidate's.
    private var candidateRetries = 0
    private let candidateCount: Int
    private let policy: RetryPolicy

    /// Makes a call that has not begun.
    ///
    /// - Parameters:
    ///   - isWhole: whether the request is whole; otherwise `gathered` follows.
    ///   - candidates: how many can be asked, at least one.
    ///   - policy: which failed attempts are repeated.
    init(isWhole: Bool, candidates: Int = 1, policy: RetryPolicy) {
        phase = isWhole ? .held : .gathering(hasBegun: false)
        candidateCount = candidates
        self.policy = policy
    }

    /// How many more can be asked after this candidate.
    var othersCount: Int { candidateCount - candidate - 1 }

    /// Takes what happened.
    ///
    /// - Returns: what to do; nothing where the input does not matter in this phase.
    mutating func handle(_ input: Input) -> Step {
        switch input {
        case .events: return events()
        case .begun: return begun()
        case .gathered: return gathered()
        case .done(let isOpen): return done(isOpen: isOpen)
        case .crowded: return crowded()
        case .admitted: return phase == .queued ? attempt() : Step()
        case .opened: return opened()
        case .alive: return alive()
        case .failed(let fault, let hasAnswer, let jitter, let budget, let isLeftOut):
            return failed(
                fault,
                hasAnswer: hasAnswer,
                jitter: jitter,
                budget: budget,
                isLeftOut: isLeftOut
            )
        case .notGathered:
            guard case .gathering = phase else { return Step() }
            return end(.fail(.attempt))
        case .closed: return phase == .closing ? end(.nothing) : Step()
        case .timeUp(let isTotal, let isWhole):
            return timeUp(isTotal: isTotal, isWhole: isWhole)
        case .paused: return pause()
        case .resumed: return resume()
        case .cancelled: return phase == .over ? Step() : end(.cancel)
        }
    }

    /// Whether an attempt is under way whose answer is not whole.
    private var isAsking: Bool {
        phase == .connecting || phase == .opened || phase == .streaming
    }

    private mutating func begun() -> Step {
        switch phase {
        case .held: return attempt()
        case .gathering:
            phase = .gathering(hasBegun: true)
            return Step(clock: .past)
        default: return Step()
        }
    }

    private mutating func gathered() -> Step {
        switch phase {
        case .gathering(hasBegun: true): return attempt()
        case .gathering(hasBegun: false):
            phase = .held
            return Step()
        default: return Step()
        }
    }

    private mutating func attempt() -> Step {
        phase = .connecting
        return Step(action: .attempt, clock: .head)
    }

    private mutating func crowded() -> Step {
        guard phase == .connecting else { return Step() }
        phase = .queued
        return Step(clock: .queue)
    }

    private mutating func opened() -> Step {
        guard phase == .connecting else { return Step() }
        phase = .opened
        return Step(clock: isPaused ? .goesOn : .firstData)
    }

    /// A queue that moves may be long; the total bounds it.
    private func alive() -> Step {
        Step(clock: phase == .opened && !isPaused ? .firstData : .goesOn)
    }

    private mutating func events() -> Step {
        guard isAsking else { return Step() }
        phase = .streaming
        return Step(clock: isPaused ? .goesOn : .idle)
    }

    private mutating func done(isOpen: Bool) -> Step {
        guard isAsking else { return Step() }
        phase = isOpen ? .closing : .over
        return Step(action: .finish, clock: isOpen ? .closing : .stops)
    }

    private mutating func failed(
        _ fault: RetryPolicy.Fault,
        hasAnswer: Bool,
        jitter: Double,
        budget: Int,
        isLeftOut: Bool
    ) -> Step {
        guard isAsking || phase == .queued else { return Step() }
        guard !hasAnswer else { return end(.fail(.attempt)) }
        let verdict = policy.verdict(
            after: fault,
            retries: isLeftOut && othersCount > 0 ? .max : candidateRetries,
            jitter: jitter,
            hasOthers: othersCount > 0,
            budget: budget
        )
        switch verdict {
        case .again(let delay):
            retries += 1
            candidateRetries += 1
            phase = .waiting
            return Step(
                action: .retry(retries, milliseconds: delay),
                clock: .milliseconds(delay)
            )
        case .others:
            // Nothing was sent to who was left out.
            return failOver(.attempt, counts: fault != .leftOut && fault != .crowded)
        case .over: return end(.fail(.attempt))
        }
    }

    private mutating func failOver(_ reason: Reason, counts: Bool = true) -> Step {
        if counts { retries += 1 }
        candidate += 1
        candidateRetries = 0
        phase = .connecting
        return Step(action: .failOver(reason), clock: .head)
    }

    private mutating func timeUp(isTotal: Bool, isWhole: Bool) -> Step {
        switch phase {
        case .gathering: return end(.fail(.pastIsLate))
        case .connecting, .opened, .streaming:
            if isWhole { return done(isOpen: true) }
            if isTotal { return end(.fail(.timeout(.total))) }
            guard phase == .connecting else {
                return end(.fail(.timeout(phase == .opened ? .firstData : .idle)))
            }
            return othersCount > 0
                ? failOver(.timeout(.head)) : end(.fail(.timeout(.head)))
        case .queued: return isTotal ? end(.fail(.timeout(.total))) : Step(clock: .queue)
        case .waiting: return isTotal ? end(.fail(.timeout(.total))) : attempt()
        case .closing: return end(.cancel)
        case .held, .over: return Step()
        }
    }

    private mutating func pause() -> Step {
        guard !isPaused, phase != .over else { return Step() }
        isPaused = true
        // The upstream's clocks stop while it is paused.
        return Step(action: .pause, clock: isAsking ? .total : .goesOn)
    }

    private mutating func resume() -> Step {
        guard isPaused, phase != .over else { return Step() }
        isPaused = false
        let clock: Clock =
            switch phase {
            case .connecting: .head
            case .opened: .firstData
            case .streaming: .idle
            default: .goesOn
            }
        return Step(action: .resume, clock: clock)
    }

    private mutating func end(_ action: Action) -> Step {
        phase = .over
        return Step(action: action, clock: .stops)
    }
}
