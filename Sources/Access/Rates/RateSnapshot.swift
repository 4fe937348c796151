import Loop
import Wire

/// What limits have counted, in a form that outlives the process: `{"accounts": [{…}]}`.
///
/// Times are of the wall clock here, since the monotonic one begins anew with the machine.
package struct RateSnapshot: Sendable, Equatable {
    /// How long its text may be; what is longer was not written by the relay.
    package static let maxBytes = 64 << 20

    /// No debt lasts longer than a year, whatever the clock was when it was written down.
    private static let maxMilliseconds = 365 * 86_400_000

    private struct Kept: Equatable {
        let name: String
        /// When the queues of requests and tokens are empty again, in milliseconds since 1970.
        let requestsUntil: Int
        let tokensUntil: Int
        let account: RateAccount
    }

    private var kept: [Kept] = []
    /// When it was made, in milliseconds since 1970.
    private var madeAt = 0

    /// Makes one without an account.
    package init() {}

    /// Keeps accounts, but for those that are like new ones.
    init(_ accounts: [String: RateAccount], at now: Nanoseconds, _ wallMilliseconds: Int) {
        madeAt = wallMilliseconds
        for (name, account) in accounts where !account.isOver(at: now, wallMilliseconds / 1000) {
            func until(_ limiter: RateLimiter) -> Int {
                let left = Int(clamping: limiter.debt(at: now) / 1_000_000)
                return left == 0 ? 0 : wallMilliseconds + left
            }
            let kept = Kept(
                name: name,
                requestsUntil: until(account.requests),
                tokensUntil: until(account.tokens),
                account: account
            )
            self.kept.append(kept)
        }
    }

    /// The accounts, with the times of this process.
    ///
    /// A clock that was set back meanwhile makes no debt longer than it was.
    func accounts(at now: Nanoseconds, _ wallMilliseconds: Int) -> [String: RateAccount] {
        let wallMilliseconds = max(wallMilliseconds, madeAt)
        var accounts: [String: RateAccount] = [:]
        for kept in kept {
            var account = RateAccount(
                day: kept.account.day,
                tokensToday: kept.account.tokensToday,
                nanodollarsToday: kept.account.nanodollarsToday
            )
            func limiter(_ until: Int) -> RateLimiter {
                let left = min(max(0, until - wallMilliseconds), Self.maxMilliseconds)
                return RateLimiter(emptyAt: now + .milliseconds(left))
            }
            if kept.requestsUntil > 0 { account.requests = limiter(kept.requestsUntil) }
            if kept.tokensUntil > 0 { account.tokens = limiter(kept.tokensUntil) }
            accounts[kept.name] = account
        }
        return accounts
    }

    // MARK: Text

    /// Its text, which `init(text:)` reads.
    package var text: [UInt8] {
        let accounts = kept.sorted { $0.name < $1.name }.map { kept in
            JSON.object([
                .init(key: "name", value: .string(kept.name)),
                .init(key: "requests_until", value: .number("\(kept.requestsUntil)")),
                .init(key: "tokens_until", value: .number("\(kept.tokensUntil)")),
                .init(key: "day", value: .number("\(kept.account.day)")),
                .init(key: "tokens", value: .number("\(kept.account.tokensToday)")),
                .init(key: "nanodollars", value: .number("\(kept.account.nanodollarsToday)")),
            ])
        }
        var bytes: [UInt8] = []
        JSON.object([
            .init(key: "made_at", value: .number("\(madeAt)")),
            .init(key: "accounts", value: .array(accounts)),
        ]).write(into: &bytes)
        return bytes
    }

    /// Reads a text; nil where it is none that the relay has written.
    package init?(text: Span<UInt8>) {
        let limits = JSONLimits(maxDepth: 4, maxValues: .max, allowsLongMarkRuns: true)
        guard let json = try? JSON.parse(text, limits: limits),
            let accounts = json["accounts"]?.arrayValue, let madeAt = json["made_at"]?.intValue
        else { return nil }
        self.madeAt = madeAt
        for value in accounts {
            func number(_ name: String) -> Int? {
                value[name]?.intValue.flatMap { $0 >= 0 ? $0 : nil }
            }
            guard let name = value["name"]?.stringValue, let day = number("day"),
                let requests = number("requests_until"), let tokens = number("tokens_until"),
                let today = number("tokens"), let nanodollars = number("nanodollars")
            else { return nil }
            let kept = Kept(
                name: name,
                requestsUntil: requests,
                tokensUntil: tokens,
                account: RateAccount(
                    day: day,
                    tokensToday: today,
                    nanodollarsToday: nanodollars
                )
            )
            self.kept.append(kept)
        }
    }
}
