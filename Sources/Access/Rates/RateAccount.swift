import Loop

/// What is counted of one party: a key, a user, an address, or everybody.
struct RateAccount: Sendable, Equatable {
    static let daySeconds = 86_400

    var requests = RateLimiter()
    var tokens = RateLimiter()
    /// The day that the sums below are of, in days since 1970.
    private(set) var day = 0
    private(set) var tokensToday = 0
    private(set) var nanodollarsToday = 0
    /// How many answers run; not kept over a restart, which ends them.
    private(set) var running = 0

    init() {}

    /// Makes the account that an earlier process has kept.
    init(day: Int, tokensToday: Int, nanodollarsToday: Int) {
        self.day = day
        self.tokensToday = tokensToday
        self.nanodollarsToday = nanodollarsToday
    }

    /// Finds out why another request does not pass.
    ///
    /// - Parameters:
    ///   - limits: how much the party may ask for.
    ///   - now: the time.
    ///   - second: the same since 1970, UTC.
    /// - Returns: the limit that is reached; nil where it passes. Nothing is counted here.
    func refusal(_ limits: CallerLimits, _ now: Nanoseconds, _ second: Int) -> RateRefusal? {
        if let most = limits.generations, running >= most {
            return RateRefusal(.generations, most, seconds: 1)
        }
        let isToday = day == second / Self.daySeconds
        let left = Self.daySeconds - second % Self.daySeconds
        if let most = limits.tokensPerDay, isToday, tokensToday >= most {
            return RateRefusal(.tokensPerDay, most, seconds: left)
        }
        if let most = limits.nanodollarsPerDay, isToday, nanodollarsToday >= most {
            return RateRefusal(.moneyPerDay, most, seconds: left)
        }
        if let most = limits.tokensPerMinute {
            let wait = tokens.wait(at: now, .perMinute(most))
            if wait > 0 { return RateRefusal(.tokensPerMinute, most, wait: wait) }
        }
        if let most = limits.requestsPerMinute {
            let wait = requests.wait(at: now, .perMinute(most))
            if wait > 0 { return RateRefusal(.requestsPerMinute, most, wait: wait) }
        }
        return nil
    }

    /// Counts a request that passes.
    mutating func begin(_ limits: CallerLimits, _ now: Nanoseconds) {
        running += 1
        guard let most = limits.requestsPerMinute else { return }
        requests.count(1, at: now, .perMinute(most))
    }

    /// Takes back a request for which no upstream was called.
    mutating func release(_ limits: CallerLimits) {
        running = max(0, running - 1)
        if let most = limits.requestsPerMinute { requests.giveBack(.perMinute(most)) }
    }

    /// Counts what an answer has cost, whether or not it passes: it was used.
    mutating func settle(
        _ limits: CallerLimits,
        _ bill: RateBill,
        _ now: Nanoseconds,
        _ second: Int
    ) {
        running = max(0, running - 1)
        let today = second / Self.daySeconds
        if day != today { (day, tokensToday, nanodollarsToday) = (today, 0, 0) }
        // What no limit counts would keep the account until midnight.
        if limits.tokensPerDay != nil { tokensToday = Self.sum(tokensToday, bill.tokens) }
        if limits.nanodollarsPerDay != nil {
            nanodollarsToday = Self.sum(nanodollarsToday, bill.nanodollars)
        }
        guard let most = limits.tokensPerMinute else { return }
        tokens.count(bill.tokens, at: now, .perMinute(most))
    }

    /// No sum overflows, whatever an upstream counts.
    private static func sum(_ before: Int, _ more: Int) -> Int {
        let (sum, isTooMuch) = before.addingReportingOverflow(max(0, more))
        return isTooMuch ? .max : sum
    }

    /// Whether nothing of it matters any more: a new account would be the same.
    func isOver(at now: Nanoseconds, _ second: Int) -> Bool {
        let isOfToday = day == second / Self.daySeconds && (tokensToday > 0 || nanodollarsToday > 0)
        return running == 0 && !isOfToday && requests.isEmpty(at: now) && tokens.isEmpty(at: now)
    }
}

/// What an answer has cost, as far as limits count it.
package struct RateBill: Sendable, Equatable {
    /// Of question and answer together.
    package var tokens: Int
    /// In billionths of a US dollar; 0 where no price is known.
    package var nanodollars: Int

    /// Makes a bill.
    package init(tokens: Int = 0, nanodollars: Int = 0) {
        self.tokens = tokens
        self.nanodollars = nanodollars
    }
}
