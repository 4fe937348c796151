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

    /// Makes limits that bound nothing.
    package init() {}
}
