import HTTPServer
import Loop
import Wire

/// A limit that is reached, and how long it takes until another request passes.
struct RateRefusal: Equatable {
    /// Which limit it is; the raw values are those of the file of keys.
    enum Limit: String {
        case requestsPerMinute = "requests_per_minute"
        case tokensPerMinute = "tokens_per_minute"
        case generations
        case tokensPerDay = "tokens_per_day"
        case moneyPerDay = "money_per_day"

        fileprivate func words(_ most: Int) -> String {
            switch self {
            case .requestsPerMinute: "\(most) requests a minute"
            case .tokensPerMinute: "\(most) tokens a minute"
            case .generations: "\(most) answers at once"
            case .tokensPerDay: "\(most) tokens a day"
            case .moneyPerDay: "\(Double(most) / 1_000_000_000) US dollars a day"
            }
        }
    }

    let limit: Limit
    let most: Int
    /// In whole seconds, at least one.
    let seconds: Int

    init(_ limit: Limit, _ most: Int, seconds: Int) {
        self.limit = limit
        self.most = most
        self.seconds = max(1, seconds)
    }

    init(_ limit: Limit, _ most: Int, wait: Nanoseconds) {
        let second = Nanoseconds.seconds(1)
        self.init(limit, most, seconds: Int(clamping: (wait + second - 1) / second))
    }

    /// The answer, with the fields of the IETF's draft (draft-ietf-httpapi-ratelimit-headers).
    ///
    /// - Parameter whose: what the limit is of, such as `your key or token`.
    /// - Returns: 429. The draft counts in whole numbers, which sums of money are not.
    func problem(of whose: String) -> Problem {
        var fields: HeaderFields = ["Retry-After": "\(seconds)"]
        if limit != .moneyPerDay {
            fields.append("RateLimit-Policy", "\"\(limit.rawValue)\";q=\(most)")
            fields.append("RateLimit", "\"\(limit.rawValue)\";r=0;t=\(seconds)")
        }
        return Problem(
            .tooManyRequests,
            type: "rate_limit_error",
            message: "\(whose) has \(limit.words(most)); ask again in \(seconds) s",
            code: limit.rawValue,
            fields: fields
        )
    }
}
