import Glibc

/// A failed system call: which one, and the kernel's reason.
package struct SystemCallError: Error, Equatable, CustomStringConvertible {
    /// The call's name as its manual page has it.
    package let call: StaticString
    /// The value of `errno` right after the call.
    package let code: Int32

    /// Wraps an `errno` that was read at once after the call.
    package init(_ call: StaticString, _ code: Int32) {
        self.call = call
        self.code = code
    }

    /// One line for a log: `bind: Address already in use`.
    package var description: String { "\(call): \(errorText(code))" }

    package static func == (left: SystemCallError, right: SystemCallError) -> Bool {
        left.code == right.code && left.call.description == right.call.description
    }
}

/// The kernel's words for an `errno`.
///
/// This is not `strerror`, which shares one buffer between threads.
package func errorText(_ code: Int32) -> String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 128) { buffer in
        guard let start = buffer.baseAddress else { return "error \(code)" }
        guard strerror_r(code, start, buffer.count) == 0 else { return "error \(code)" }
        return String(cString: start)
    }
}

/// Throws what `errno` says if a call returned a negative number.
package func check(
    _ call: StaticString,
    _ body: () -> Int32
) throws(SystemCallError) -> Int32 {
    let (result, code) = uninterrupted { Int(body()) }
    guard result >= 0 else { throw SystemCallError(call, code) }
    return Int32(truncatingIfNeeded: result)
}

/// Repeats a system call until no signal interrupts it.
///
/// Never inlined, so that `errno` is read before anything that might allocate or release and
/// overwrite it.
///
/// - Returns: the call's result, and `errno`, which is only meaningful if that is negative.
@inline(never)
package func uninterrupted(_ body: () -> Int) -> (result: Int, code: Int32) {
    while true {
        let result = body()
        let code = errno
        guard result < 0, code == EINTR else { return (result, code) }
    }
}
