import Loop
import TestSupport
import Testing

@testable import Access

/// How many requests pass in a time.
@Suite struct RateLimiterTests {
    private static let second: Nanoseconds = 1_000_000_000

    /// How many of so many requests at one time pass.
    private func passed(
        _ limiter: inout RateLimiter,
        _ count: Int,
        at now: Nanoseconds,
        _ rate: Rate
    ) -> Int {
        var passed = 0
        for _ in 0..<count where limiter.wait(at: now, rate) == 0 {
            limiter.count(1, at: now, rate)
            passed += 1
        }
        return passed
    }

    @Test(arguments: [1, 2, 3, 7, 10, 59, 60, 61, 100, 1000, 999_983])
    func `of a burst exactly as many pass as the limit has`(count: Int) {
        var limiter = RateLimiter()
        let rate = Rate.perMinute(count)
        let now = 1000 * Self.second
        #expect(passed(&limiter, min(10 * count, 2_000_000), at: now, rate) == count)
        #expect(passed(&limiter, 5, at: now + rate.interval - 1, rate) == 0)
        #expect(passed(&limiter, 5, at: now + rate.interval, rate) == 1)
        #expect(passed(&limiter, 2 * count, at: now + 500 * Self.second, rate) == count)
    }

    @Test func `the wait that is told is enough, and no longer than needed`() {
        var limiter = RateLimiter()
        let rate = Rate.perMinute(6)
        let now = 1000 * Self.second
        #expect(passed(&limiter, 6, at: now, rate) == 6)
        let wait = limiter.wait(at: now, rate)
        #expect(wait == 10 * Self.second)
        #expect(limiter.wait(at: now + wait - 1, rate) == 1)
        #expect(limiter.wait(at: now + wait, rate) == 0)
    }

    @Test func `what costs more than there is has to be waited for afterwards`() {
        var limiter = RateLimiter()
        let rate = Rate.perMinute(600)
        let now = 1000 * Self.second
        limiter.count(1200, at: now, rate)
        #expect(limiter.wait(at: now, rate) == 60 * Self.second + rate.interval)
        limiter.count(.max, at: now, rate)
        #expect(limiter.wait(at: now, rate) > 300 * 86_400 * Self.second)
    }

    @Test func `counts that no answer has are survived`() {
        var limiter = RateLimiter()
        let rate = Rate.perMinute(1)
        for _ in 0..<2000 { limiter.count(.max, at: 1000 * Self.second, rate) }
        let year = 365 * 86_400 * Self.second
        #expect(limiter.wait(at: 1000 * Self.second, rate) <= year)
        var account = RateAccount()
        var limits = CallerLimits()
        limits.tokensPerMinute = 1
        for _ in 0..<3000 {
            let bill = RateBill(tokens: 1 << 53, nanodollars: .max)
            account.settle(limits, bill, 1000 * Self.second, 0)
        }
        #expect(account.refusal(limits, 1000 * Self.second, 0)?.limit == .tokensPerMinute)
    }

    @Test func `what did not happen is given back, and never more`() {
        var limiter = RateLimiter()
        let rate = Rate.perMinute(2)
        limiter.giveBack(rate)
        let now = 1000 * Self.second
        #expect(passed(&limiter, 5, at: now, rate) == 2)
        limiter.giveBack(rate)
        #expect(passed(&limiter, 5, at: now, rate) == 1)
    }
}
