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
}
