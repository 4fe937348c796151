/// How the end of a request's body is known (RFC 9112 §6.3).
package enum BodyFraming: Sendable, Equatable {
    /// Neither length nor coding was given: there is no body.
    case none
    /// That many bytes follow.
    case fixed(Int)
    /// Chunks follow, the last of them empty.
    case chunked
}

/// Everything a request says before its body, checked.
package struct RequestHead: Sendable, Equatable {
    /// The method.
    package let method: Method
    /// The target in origin form, path and query as they were sent; "*" for `OPTIONS *`.
    package let target: String
    /// The path percent-decoded; valid UTF-8 without control characters.
    ///
    /// Dot segments are left in it: they mean something only to who opens files.
    package let path: String
    /// The path as it was sent.
    package let rawPath: String
    /// What follows the first "?", as it was sent; `nil` without one.
    package let query: String?
    /// 1 for HTTP/1.1 and its later minor versions, 0 for HTTP/1.0.
    package let minorVersion: Int
    /// All field lines in order.
    package private(set) var fields: HeaderFields
    /// How the end of the body is known.
    package let framing: BodyFraming
    /// Whether the connection may carry another request (RFC 9112 §9.3).
    package let keepsAlive: Bool
    /// Whether the client holds its body back until it has seen a 100 (RFC 9110 §10.1.1).
    package let expectsContinue: Bool
    /// The authority: from the target in absolute form, else from `Host`; `nil` only on HTTP/1.0.
    package let host: String?

    /// Gives the memory of the field lines back, once they have been understood.
    package mutating func forgetFields() { fields = HeaderFields() }
}
