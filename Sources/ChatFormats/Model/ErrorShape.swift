/// How an error is written where no stream has begun; each protocol's clients look for their own
/// shape.
package struct ErrorShape: Sendable {
    /// What an error says; the values are JSON already where they may be of several types.
    package struct Words: Sendable {
        /// A word for programs, such as `not_found_error`.
        package var type: String
        /// A sentence for people.
        package var message: String
        /// A finer word or a number for programs, or null, as JSON.
        package var code: [UInt8]
        /// The member of the request at fault.
        package var param: String?
        /// Further members as JSON, each after a comma.
        package var more: [UInt8]

        /// Describes an error.
        package init(
            type: String,
            message: String,
            code: [UInt8],
            param: String? = nil,
            more: [UInt8] = []
        ) {
            self.type = type
            self.message = message
            self.code = code
            self.param = param
            self.more = more
        }
    }

    private let write: @Sendable (Words, inout [UInt8]) -> Void

    /// Makes a shape from a function that appends the body.
    init(write: @escaping @Sendable (Words, inout [UInt8]) -> Void) {
        self.write = write
    }

    /// Appends the body of an error response.
    package func append(_ words: Words, into out: inout [UInt8]) { write(words, &out) }
}
