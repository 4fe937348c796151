import ChatFormats
import Loop
import Upstream

/// What a call tells the breaker of the upstream that it asks, and how long it waits.
extension UpstreamCall {
    func note(_ fault: RetryPolicy.Fault, hasAnswer: Bool) {
        lastFault = fault
        if !hasAnswer { upstream.failed(fault, context) }
    }

    // MARK: Clocks

    var budgetMilliseconds: Int {
        let (now, due) = (context.reactor.now, budgetDue ?? .max)
        return now < due ? Int(clamping: (due - now) / 1_000_000) : 0
    }

    var clocks: CallClocks {
        CallClocks(context: context, upstream: upstream)
    }

    func set(_ clock: CallMachine.Clock) {
        switch clock {
        case .goesOn: return
        case .stops: self.clock.clear()
        case .past: set(.seconds(Self.pastSeconds))
        case .queue: set(min(.seconds(1), queueDue - min(queueDue, context.reactor.now)))
        case .head: setHeadClock()
        case .firstData: set(.seconds(clocks.seconds(.firstData)))
        case .idle: set(.seconds(clocks.seconds(.idle)))
        case .milliseconds(let count): set(Nanoseconds.milliseconds(count))
        case .total: self.clock.set(at: totalDue)
        // The answer is whole, so the total no longer counts.
        case .closing:
            self.clock.set(at: context.reactor.now + .seconds(Self.closingSeconds))
        }
    }

    func set(_ time: Nanoseconds) {
        clock.set(at: min(context.reactor.now + time, totalDue))
    }

    func setHeadClock() {
        let budget = Nanoseconds.seconds(context.configuration.retryBudgetSeconds)
        if budgetDue == nil { budgetDue = context.reactor.now + budget }
        headClock = clocks.head(
            budget: (budgetMilliseconds + 999) / 1000,
            others: machine.othersCount
        )
        set(.seconds(headClock.seconds))
    }

    func clockRanOut() {
        guard machine.phase != .queued else { return queueClockRanOut() }
        let isTotal = context.reactor.now >= totalDue
        // Between attempts the decoder is still that of the failed one.
        let isWhole = isWhole
        // The machine may go on to another candidate.
        let failure = timeout(isTotal ? clocks.spent(.total) : runningClock)
        if !isTotal, !isWhole, machine.phase == .connecting || machine.phase == .opened {
            note(.lateHead, hasAnswer: false)
        }
        handle(.timeUp(isTotal: isTotal, isWhole: isWhole), failure)
    }

    var runningClock: SpentClock {
        switch machine.phase {
        case .connecting: clocks.spent(headClock.clock, after: headClock.seconds)
        case .opened: clocks.spent(.firstData)
        default: clocks.spent(.idle)
        }
    }

    func timeout(_ spent: SpentClock) -> UpstreamFailure {
        .timeout(spent, upstream: upstream.configuration.name)
    }
}
