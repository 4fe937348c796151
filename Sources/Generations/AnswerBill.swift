package import ChatFormats

/// What an answer has cost, as far as limits count it.
package struct AnswerBill: Sendable, Equatable {
    /// Of question and answer together.
    package var tokens = 0
    /// In billionths of a US dollar; 0 where no price is known.
    package var nanodollars = 0

    /// Counts an answer.
    ///
    /// - Parameters:
    ///   - usage: counted by the upstream or estimated; nil where neither can be done.
    ///   - askedTokens: what was asked: it was taken, though somebody stopped or left before
    ///     anything of the answer had come. Otherwise asking and leaving would cost nothing.
    ///   - price: the model's; nil where that is not known.
    package init(_ usage: Usage?, askedTokens: Int = 0, _ price: ModelPrice?) {
        guard usage != nil || askedTokens > 0 else { return }
        let usage = usage ?? Usage(promptTokens: askedTokens, completionTokens: 0)
        tokens = usage.totalTokens
        nanodollars = price?.nanodollars(usage) ?? 0
    }
}
