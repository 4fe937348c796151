import Glibc

/// Whether the tests run under the thread or the address sanitizer.
package let isSanitized =
    dlsym(nil, "__tsan_init") != nil || dlsym(nil, "__asan_init") != nil

/// Whether something is done within the time promised, in the best of ten attempts: what else the
/// machine does can only add to it, and may do so for a while.
///
/// - Parameters:
///   - milliseconds: What is promised.
///   - attempt: Does it once, and gives the milliseconds that it took.
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
