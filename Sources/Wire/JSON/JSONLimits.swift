/// How much a JSON text may make us hold and compute when it becomes a tree.
package struct JSONLimits: Sendable {
    /// How deep arrays and objects may be nested.
    package var maxDepth: Int
    /// How many values there may be, inner ones included.
    ///
    /// `[0],` has four bytes and takes ninety as a tree.
    package var maxValues: Int
    /// Whether strings may have more than `CombiningMarks.maxRun` marks in a row.
    package var allowsLongMarkRuns: Bool

    /// Limits that are enough for texts of our own and of those we asked.
    package init(
        maxDepth: Int = JSONReader.defaultMaxDepth,
        maxValues: Int = .max,
        allowsLongMarkRuns: Bool = true
    ) {
        self.maxDepth = maxDepth
        self.maxValues = maxValues
        self.allowsLongMarkRuns = allowsLongMarkRuns
    }

    /// For a text of whoever can reach us: what comes of it is compared and hashed as `String`.
    package static let stranger = JSONLimits(maxValues: 500_000, allowsLongMarkRuns: false)
}
