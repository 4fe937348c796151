package import ChatFormats
package import HTTPServer
package import Loop
import Wire

/// Counts what callers with keys ask for, on all loops.
///
/// It is exact: what passes is counted in the moment in which it is let through. Tokens are known
/// only afterwards, so a caller may go beyond a limit of tokens by what runs, and then waits for
/// longer.
package final class RateBook: Budgets {
    /// What is counted of one caller.
    fileprivate struct Account {
        var limits = CallerLimits()
        var requests = RateLimiter()
        var tokens = RateLimiter()
        /// The day that `tokensToday` is of, in days since 1970.
        var day = 0
        var tokensToday = 0
        /// How many answers run.
        var running = 0
    }

    fileprivate static let day = 86_400

    private let accounts = Guarded<[String: Account]>([:])
    private let clock: @Sendable () -> (now: Nanoseconds, wallMilliseconds: Int)

    /// Makes a book without an entry.
    ///
    /// - Parameter clock: gives the time for what ends on any thread; the system's where not given.
    package init(
        clock: @escaping @Sendable () -> (now: Nanoseconds, wallMilliseconds: Int) = {
            (monotonicNow(), wallMilliseconds())
        }
    ) {
        self.clock = clock
    }

    package func reserve(
        _ caller: Caller,
        _ request: ChatRequest,
        on reactor: Reactor,
        then use: @escaping (Result<Void, Problem>) -> Void
    ) {
        // Who may be given limits later is counted from the beginning.
        guard let id = caller.id, let limits = caller.limits else { return use(.success(())) }
        let (now, today) = (reactor.now, reactor.wallMilliseconds / 1000)
        let refusal = accounts.withLock { accounts in
            accounts[id, default: Account()].reserve(limits, now, today)
        }
        use(refusal.map { .failure($0) } ?? .success(()))
    }

    package func release(_ caller: Caller, _ request: ChatRequest) {
        guard let id = caller.id else { return }
        accounts.withLock { $0[id]?.release() }
    }

    package func settle(_ owner: String?, _ usage: Usage?) {
        guard let owner else { return }
        let (now, wallMilliseconds) = clock()
        accounts.withLock { $0[owner]?.settle(usage, now, wallMilliseconds / 1000) }
    }
}

extension RateBook.Account {
    /// Counts a request.
    ///
    /// - Returns: why it does not pass; then nothing is counted.
    fileprivate mutating func reserve(
        _ limits: CallerLimits,
        _ now: Nanoseconds,
        _ second: Int
    ) -> Problem? {
        self.limits = limits
        begin(day: second / RateBook.day)
        if let most = limits.generations, running >= most {
            return .tooMany("generations", "\(most) answers at once", most: most, seconds: 1)
        }
        if let most = limits.tokensPerDay, tokensToday >= most {
            let left = RateBook.day - second % RateBook.day
            return .tooMany("tokens_per_day", "\(most) tokens a day", most: most, seconds: left)
        }
        if let most = limits.tokensPerMinute {
            let wait = tokens.wait(at: now, .perMinute(most))
            let words = "\(most) tokens a minute"
            if wait > 0 { return .tooMany("tokens_per_minute", words, most: most, wait: wait) }
        }
        if let most = limits.requestsPerMinute {
            let wait = requests.wait(at: now, .perMinute(most))
            let words = "\(most) requests a minute"
            if wait > 0 { return .tooMany("requests_per_minute", words, most: most, wait: wait) }
            requests.count(1, at: now, .perMinute(most))
        }
        running += 1
        return nil
    }

    /// Takes back a request for which no upstream was called.
    fileprivate mutating func release() {
        running = max(0, running - 1)
        if let most = limits.requestsPerMinute { requests.giveBack(.perMinute(most)) }
    }

    fileprivate mutating func settle(_ usage: Usage?, _ now: Nanoseconds, _ second: Int) {
        running = max(0, running - 1)
        guard let usage else { return }
        begin(day: second / RateBook.day)
        let (sum, isTooMuch) = tokensToday.addingReportingOverflow(usage.totalTokens)
        tokensToday = isTooMuch ? .max : sum
        guard let most = limits.tokensPerMinute else { return }
        tokens.count(usage.totalTokens, at: now, .perMinute(most))
    }

    private mutating func begin(day: Int) {
        guard day != self.day else { return }
        self.day = day
        tokensToday = 0
    }
}

extension Problem {
    /// A limit of the caller's that is reached, with the fields of the IETF's draft
    /// (draft-ietf-httpapi-ratelimit-headers).
    fileprivate static func tooMany(
        _ name: String,
        _ words: String,
        most: Int,
        seconds: Int
    ) -> Problem {
        Problem(
            .tooManyRequests,
            type: "rate_limit_error",
            message: "your key has \(words); ask again in \(seconds) s",
            code: name,
            fields: [
                "Retry-After": "\(seconds)", "RateLimit-Policy": "\"\(name)\";q=\(most)",
                "RateLimit": "\"\(name)\";r=0;t=\(seconds)",
            ]
        )
    }

    fileprivate static func tooMany(
        _ name: String,
        _ words: String,
        most: Int,
        wait: Nanoseconds
    ) -> Problem {
        let second = Nanoseconds.seconds(1)
        let seconds = Int(clamping: (wait + second - 1) / second)
        return .tooMany(name, words, most: most, seconds: seconds)
    }
}
