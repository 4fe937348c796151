package import Loop

extension ManualClock {
    /// Turns the clock by a time limit: to the last moment within it, when `check` is called, and
    /// then to its end.
    package func pass(
        _ limit: Nanoseconds,
        within check: () async throws -> Void
    ) async throws {
        await advance(by: limit - 1)
        try await check()
        await advance(by: 1)
    }

    /// Turns the clock on, step by step, until a condition holds; the test's time limit bounds it.
    ///
    /// For what comes soon but is due at a time that the test does not know.
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
