/// How much one caller may ask for; nil where nothing bounds it.
package struct CallerLimits: Sendable, Equatable {
    /// New answers a minute.
    package var requestsPerMinute: Int?
    /// Tokens a minute, of questions and answers together.
    package var tokensPerMinute: Int?
    /// Answers that run at once.
    package var generations: Int?
    /// Tokens a day, of questions and answers together.
    package var tokensPerDay: Int?
    /// What answers may cost a day, in billionths of a US dollar.
    package var nanodollarsPerDay: Int?

    /// Makes limits that bound nothing.
    package init() {}

    /// What a limit of money may be, in US dollars; what is less than a billionth of one is none.
    package static let dollars = 0.000000001...1_000_000_000.0

    /// The same in billionths.
    package static func nanodollars(_ dollars: Double) -> Int {
        Int((dollars * 1_000_000_000).rounded())
    }

    /// All of them in one order, for what is signed.
    var numbers: [Int?] {
        [requestsPerMinute, tokensPerMinute, generations, tokensPerDay, nanodollarsPerDay]
    }

    /// Makes limits of such numbers; nil where they are too few or too many.
    init?(numbers: [Int?]) {
        guard numbers.count == 5 else { return nil }
        requestsPerMinute = numbers[0]
        tokensPerMinute = numbers[1]
        generations = numbers[2]
        tokensPerDay = numbers[3]
        nanodollarsPerDay = numbers[4]
    }

    /// Whether nothing is bounded.
    package var isEmpty: Bool { self == CallerLimits() }

    /// The same, with what others have where nothing is said here.
    package func filled(from others: CallerLimits) -> CallerLimits {
        var limits = self
        limits.requestsPerMinute = requestsPerMinute ?? others.requestsPerMinute
        limits.tokensPerMinute = tokensPerMinute ?? others.tokensPerMinute
        limits.generations = generations ?? others.generations
        limits.tokensPerDay = tokensPerDay ?? others.tokensPerDay
        limits.nanodollarsPerDay = nanodollarsPerDay ?? others.nanodollarsPerDay
        return limits
    }
}
