import Glibc

/// Whether the tests run under the thread or the address sanitizer.
package let isSanitized =
    dlsym(nil, "__tsan_init") != nil || dlsym(nil, "__asan_init") != nil

/// Whether something is done within the promised time, in the best of ten attempts: other work of
/// the machine can only add to the time, and may do so for a while.
///
/// - Parameters:
///   - milliseconds: The promised time.
///   - attempt: Does it once, and returns the milliseconds that it took.
/// - Returns: Whether one attempt took less.
/// - Throws: What an attempt throws.
package func isPrompt(
    within milliseconds: Int,
    _ attempt: () async throws -> Int
) async rethrows -> Bool {
    for _ in 0..<10 {
        if try await attempt() < milliseconds { return true }
    }
    return false
}
