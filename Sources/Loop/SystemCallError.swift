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
package func errorText(_ code: Int32) -> String {
    guard let text = strerror(code) else { return "error \(code)" }
    return String(cString: text)
}

/// Throws what `errno` says where a call answered with a negative number.
///
/// Never inlined, so that `errno` is read before anything that might allocate or release and
/// overwrite it. `EINTR` is retried here, in one place.
@inline(never)
package func check(
    _ call: StaticString,
    _ body: () -> Int32
) throws(SystemCallError) -> Int32 {
    while true {
        let result = body()
        let code = errno
        guard result < 0 else { return result }
        guard code == EINTR else { throw SystemCallError(call, code) }
    }
}
