/// Waits until a condition holds; the test's time limit bounds it.
package func eventually(_ condition: () async -> Bool) async throws {
    while await !condition() { try await Task.sleep(nanoseconds: 1_000_000) }
}
