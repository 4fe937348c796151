/// How much memory and work a JSON text may cost when it becomes a tree.
package struct JSONLimits: Sendable {
    /// How deep arrays and objects may be nested.
    package var maxDepth: Int
    /// How many values there may be, inner ones included.
    ///
    /// The four bytes of `[0],` take ninety as a tree.
    package var maxValues: Int
    /// Whether strings may have more than `CombiningMarks.maxRun` marks in a row.
    package var allowsLongMarkRuns: Bool

    /// Limits for texts of our own and of upstreams.
    package init(
        maxDepth: Int = JSONReader.defaultMaxDepth,
        maxValues: Int = .max,
        allowsLongMarkRuns: Bool = true
    ) {
        self.maxDepth = maxDepth
        self.maxValues = maxValues
        self.allowsLongMarkRuns = allowsLongMarkRuns
    }

    /// Limits for a client's text, whose strings are compared and hashed as `String`.
    package static let stranger = JSONLimits(maxValues: 500_000, allowsLongMarkRuns: false)
}
