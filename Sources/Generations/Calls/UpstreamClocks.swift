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
struct CallClocks {
    let configuration: RelayConfiguration
    let upstream: RelayConfiguration.Upstream

    /// How long a clock is, without the budget.
    func spent(_ clock: UpstreamClock) -> SpentClock {
        let own = upstream.clocks
        let (given, seconds, member) =
            switch clock {
            // The head of a whole answer comes when all of it is made.
            case .head where upstream.style.quirks.asksWhole:
                (own.firstDataSeconds, configuration.firstDataSeconds, "first_data_timeout_s")
            case .head: (own.headSeconds, configuration.headSeconds, "head_timeout_s")
            case .firstData:
                (own.firstDataSeconds, configuration.firstDataSeconds, "first_data_timeout_s")
            case .idle: (own.idleSeconds, configuration.idleSeconds, "idle_timeout_s")
            case .total: (nil, configuration.totalSeconds, "")
            case .budget: (nil, configuration.retryBudgetSeconds, "")
            }
        let isFirstData = clock == .head && upstream.style.quirks.asksWhole
        return SpentClock(
            clock: clock,
            seconds: given ?? seconds,
            setting: given == nil
                ? configuration.clockNames[isFirstData ? .firstData : clock] : member
        )
    }

    /// How long the head is waited for, so that something is left of the budget for those who can
    /// be asked after this upstream.
    ///
    /// - Parameters:
    ///   - budget: how long attempts may still begin, in seconds.
    ///   - others: how many more can be asked.
    /// - Returns: the clock that bounds it.
    func head(budget: Int, others: Int) -> SpentClock {
        let own = spent(.head)
        // It is being paid, and cannot say so.
        guard !upstream.style.quirks.asksWhole else { return own }
        let share = max(1, budget / (others + 1))
        guard share < own.seconds else { return own }
        return SpentClock(clock: .budget, seconds: share, setting: spent(.budget).setting)
    }
}
