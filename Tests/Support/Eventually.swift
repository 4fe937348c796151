import Glibc
import Loop

/// Waits until a condition holds; the test's time limit bounds it.
package func eventually(_ condition: () async -> Bool) async throws {
    while await !condition() { try await Task.sleep(nanoseconds: 1_000_000) }
}

/// Waits on this thread until a condition holds, and says whether it came to hold.
///
/// - Parameters:
///   - seconds: The most to wait. It is long if the time itself is not tested, since a busy
///     machine makes everything late and nothing wrong.
///   - condition: Asked every 5 ms.
/// - Returns: Whether it held in time.
package func waits(seconds: Double = 60, _ condition: () -> Bool) -> Bool {
    let end = monotonicNow() + Nanoseconds(seconds * 1e9)
    while !condition() {
        guard monotonicNow() < end else { return false }
        usleep(5000)
    }
    return true
}
