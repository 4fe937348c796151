package import ChatFormats

/// What a model costs, in US dollars for a million tokens.
package struct ModelPrice: Sendable, Equatable {
    /// What is asked.
    package var input: Double
    /// What is answered.
    package var output: Double
    /// What is asked and was asked before; nil where it costs the same.
    package var cachedInput: Double?

    /// Names the prices.
    package init(input: Double, output: Double, cachedInput: Double? = nil) {
        self.input = input
        self.output = output
        self.cachedInput = cachedInput
    }

    /// What an answer costs.
    ///
    /// - Returns: in billionths of a US dollar, so that sums of small ones are exact.
    package func nanodollars(_ usage: Usage) -> Int {
        let cached = min(usage.cachedTokens ?? 0, usage.promptTokens)
        let sum =
            Double(usage.promptTokens - cached) * input
            + Double(cached) * (cachedInput ?? input)
            + Double(usage.completionTokens) * output
        // A dollar for a million tokens is a thousand billionths for one.
        return Int(min(sum * 1000, 9e18).rounded(.up))
    }
}
