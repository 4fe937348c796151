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
    /// Money a day, in millionths of the unit in which the prices of models are.
    package var moneyPerDay: Int?

    /// Makes limits that bound nothing.
    package init() {}

    /// How many millionths a unit of money has.
    package static let moneyScale = 1_000_000
}
