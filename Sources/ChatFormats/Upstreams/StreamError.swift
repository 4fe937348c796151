/// Why an upstream's stream can't be read to its end.
package enum StreamError: Error, Sendable, Equatable {
    /// What came is not what the protocol says; nothing of that event was passed on.
    case malformed(String)
    /// The vendor says that it failed; `overloaded` where trying again may help.
    case vendor(type: String?, message: String, code: String?, overloaded: Bool)
    /// A limit was passed; the word names it.
    case tooLong(String)

    init(_ error: VendorError) {
        self = .vendor(
            type: error.type,
            message: error.message ?? "the upstream reported an error without a message",
            code: error.code,
            overloaded: error.isOverloaded
        )
    }
}
