import ChatFormats

/// How long one upstream is waited for; nil where the relay's own clocks count.
package struct UpstreamClocks: Sendable, Equatable {
    /// Until the head of its answer, in seconds.
    package var headSeconds: Int?
    /// From the head to the first data, in seconds.
    package var firstDataSeconds: Int?
    /// Between two data events, in seconds.
    package var idleSeconds: Int?

    /// The relay's own clocks.
    package init() {}
}

/// The clocks that bound an upstream, each with the word by which an error names it.
package enum UpstreamClock: String, Sendable, CaseIterable {
    case head = "head_timeout"
    case firstData = "first_data_timeout"
    case idle = "idle_timeout"
    case total = "total_timeout"
    /// What all attempts together may take until one is answered.
    case budget = "retry_budget"

    var sentence: String {
        switch self {
        case .head, .budget: "did not begin to answer within"
        case .firstData: "sent nothing of the answer within"
        case .idle: "fell silent in mid-answer for"
        case .total: "was not done within"
        }
    }
}

/// A clock as it ran out: which one, how long it was, and by what name an operator sets it.
struct SpentClock: Equatable, Sendable {
    var clock: UpstreamClock
    var seconds: Int
    /// The variable, or the member of the upstreams file; nil where nobody has said its name.
    var setting: String?
}

/// How long one call waits for one upstream.
///
/// It refers to the configurations: each event of an answer sets a clock, and they are long to
/// copy.
struct CallClocks {
    let context: LoopContext
    let upstream: PreparedUpstream

    /// How long a clock is, without the budget.
    func seconds(_ clock: UpstreamClock) -> Int {
        switch kind(clock) {
        case .head: own(.head) ?? context.configuration.headSeconds
        case .firstData: own(.firstData) ?? context.configuration.firstDataSeconds
        case .idle: own(.idle) ?? context.configuration.idleSeconds
        case .total: context.configuration.totalSeconds
        case .budget: context.configuration.retryBudgetSeconds
        }
    }

    /// A clock that ran out.
    ///
    /// - Parameters:
    ///   - clock: which one.
    ///   - seconds: how long it was; nil for as long as it is.
    /// - Returns: the clock, with the name by which it is set.
    func spent(_ clock: UpstreamClock, after seconds: Int? = nil) -> SpentClock {
        let kind = kind(clock)
        return SpentClock(
            clock: clock,
            seconds: seconds ?? self.seconds(clock),
            setting: own(kind) == nil ? context.configuration.clockNames[kind] : Self.member(kind)
        )
    }

    /// How long the head is waited for, so that something is left of the budget for those who can
    /// be asked after this upstream.
    ///
    /// - Parameters:
    ///   - budget: how long attempts may still begin, in seconds.
    ///   - others: how many more can be asked.
    /// - Returns: the clock that bounds it, and how long that is.
    func head(budget: Int, others: Int) -> (clock: UpstreamClock, seconds: Int) {
        let own = seconds(.head)
        // It is being paid, and cannot say so.
        guard !asksWhole else { return (.head, own) }
        let share = max(1, budget / (others + 1))
        return share < own ? (.budget, share) : (.head, own)
    }

    private var asksWhole: Bool { upstream.configuration.style.quirks.asksWhole }

    /// The head of a whole answer comes when all of it is made.
    private func kind(_ clock: UpstreamClock) -> UpstreamClock {
        clock == .head && asksWhole ? .firstData : clock
    }

    /// What the upstreams file says of this upstream.
    private func own(_ clock: UpstreamClock) -> Int? {
        switch clock {
        case .head: upstream.configuration.clocks.headSeconds
        case .firstData: upstream.configuration.clocks.firstDataSeconds
        case .idle: upstream.configuration.clocks.idleSeconds
        case .total, .budget: nil
        }
    }

    /// The upstreams file's name for it.
    private static func member(_ clock: UpstreamClock) -> String? {
        switch clock {
        case .head: "head_timeout_s"
        case .firstData: "first_data_timeout_s"
        case .idle: "idle_timeout_s"
        case .total, .budget: nil
        }
    }
}
