/// Why an upstream's stream can't be read to its end.
package enum StreamError: Error, Sendable, Equatable {
    /// The stream does not follow the protocol; nothing of that event was passed on.
    case malformed(String)
    /// The vendor says that it failed; `overloaded` where a later attempt may succeed.
    case vendor(
        type: String?,
        message: String,
        code: String?,
        overloaded: Bool,
        detail: ErrorDetail = ErrorDetail()
    )
    /// The body is a page of HTML or XML and not an answer.
    case page
    /// A limit was exceeded; the text names it.
    case tooLong(String)

    init(_ error: VendorError) {
        self = .vendor(
            type: error.type,
            message: error.message ?? "the upstream reported an error without a message",
            code: error.code,
            overloaded: error.isOverloaded,
            detail: error.detail
        )
    }
}
