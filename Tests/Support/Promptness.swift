import Glibc

/// Whether the tests run under the thread or the address sanitizer.
package let isSanitized =
    dlsym(nil, "__tsan_init") != nil || dlsym(nil, "__asan_init") != nil

/// How many times as long as promised a thing may take here.
///
/// What is promised is promised of the daemon as it is shipped; under a sanitizer each step takes
/// several times as long.
package let slowness: Int = isSanitized ? 10 : 1

/// Whether something is done within the time promised, in the best of three attempts: what else the
/// machine does can only add to it.
///
/// - Parameters:
///   - milliseconds: What is promised of the daemon as it is shipped.
///   - attempt: Does it once, and gives the milliseconds that it took.
/// - Returns: Whether one attempt took less.
/// - Throws: What an attempt throws.
package func isPrompt(
    within milliseconds: Int,
    _ attempt: () async throws -> Int
) async rethrows -> Bool {
    for _ in 0..<3 {
        if try await attempt() < milliseconds * slowness { return true }
    }
    return false
}
