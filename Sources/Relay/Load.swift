/// What the relay does at a moment.
package struct Load: Sendable, Equatable {
    /// How many answers run.
    package var generations: Int
    /// How many connections are open.
    package var connections: Int
    /// How many pieces of text came since the start.
    package var tokens: Int

    package init(generations: Int = 0, connections: Int = 0, tokens: Int = 0) {
        self.generations = generations
        self.connections = connections
        self.tokens = tokens
    }

    static func + (one: Load, other: Load) -> Load {
        Load(
            generations: one.generations + other.generations,
            connections: one.connections + other.connections,
            tokens: one.tokens + other.tokens
        )
    }
}
