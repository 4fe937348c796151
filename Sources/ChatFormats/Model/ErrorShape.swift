/// How an error is written where no stream has begun; each protocol's clients look for their own
/// shape.
package struct ErrorShape: Sendable {
    private let write: @Sendable (String, String, String?, inout [UInt8]) -> Void

    /// Makes a shape from a function of type, message and code.
    init(write: @escaping @Sendable (String, String, String?, inout [UInt8]) -> Void) {
        self.write = write
    }

    /// Appends the body of an error response.
    ///
    /// - Parameters:
    ///   - type: a word for programs, such as `not_found_error`.
    ///   - message: a sentence for people.
    ///   - code: a finer word for programs, if any.
    ///   - out: the bytes that are appended to.
    package func append(type: String, message: String, code: String?, into out: inout [UInt8]) {
        write(type, message, code, &out)
    }
}
