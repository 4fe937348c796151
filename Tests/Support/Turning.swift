package import Loop

extension ManualClock {
    /// Advances the clock by a time limit: to the last instant within it, at which `check` is
    /// called, and then to its end.
    package func pass(
        _ limit: Nanoseconds,
        within check: () async throws -> Void
    ) async throws {
        await advance(by: limit - 1)
        try await check()
        await advance(by: 1)
    }

    /// Advances the clock step by step until a condition holds; the test's time limit bounds it.
    ///
    /// For something that comes soon, but at a time that the test does not know.
    package func turn(
        by step: Nanoseconds = .milliseconds(50),
        until condition: () async -> Bool
    ) async throws {
        while await !condition() {
            await advance(by: step)
            try await Task.sleep(nanoseconds: 2_000_000)
        }
    }

    /// Waits until the loops have handled what has arrived already.
    package func settle() async { await advance(by: 0) }
}
