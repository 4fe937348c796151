/// How the end of a request's body is known (RFC 9112 §6.3).
package enum BodyFraming: Sendable, Equatable {
    /// Neither length nor coding was given: there is no body.
    case none
    /// So many bytes follow.
    case fixed(Int)
    /// Chunks follow, the last of which is empty.
    case chunked
}

/// Everything that a request says before its body, checked.
///
/// It is shared, not copied: all that decides about a request looks at it.
package final class RequestHead: Sendable {
    /// The method.
    package let method: Method
    /// The target in origin form, with path and query as they were sent; "*" for `OPTIONS *`.
    package let target: String
    /// The path percent-decoded; valid UTF-8 without control characters.
    ///
    /// It still has its dot segments: they matter only to code that opens files.
    package let path: String
    /// The path as it was sent.
    package let rawPath: String
    /// What follows the first "?", as it was sent; `nil` without one.
    package let query: String?
    /// 1 for HTTP/1.1 and its later minor versions, 0 for HTTP/1.0.
    package let minorVersion: Int
    /// All field lines in order.
    package let fields: HeaderFields
    /// How the end of the body is known.
    package let framing: BodyFraming
    /// Whether the connection may carry another request (RFC 9112 §9.3).
    package let keepsAlive: Bool
    /// Whether the client holds its body back until it has seen a 100 (RFC 9110 §10.1.1).
    package let expectsContinue: Bool
    /// The authority, from a target in absolute form or else from `Host`; `nil` only on HTTP/1.0.
    package let host: String?

    init(
        _ line: RequestLine,
        fields: HeaderFields,
        framing: BodyFraming,
        keepsAlive: Bool,
        expectsContinue: Bool,
        host: String?
    ) {
        method = line.method
        target = line.target.text
        path = line.target.path
        rawPath = line.target.rawPath
        query = line.target.query
        minorVersion = line.minorVersion
        self.fields = fields
        self.framing = framing
        self.keepsAlive = keepsAlive
        self.expectsContinue = expectsContinue
        self.host = host
    }

    private init(withoutFields head: RequestHead) {
        method = head.method
        target = head.target
        path = head.path
        rawPath = head.rawPath
        query = head.query
        minorVersion = head.minorVersion
        fields = HeaderFields()
        framing = head.framing
        keepsAlive = head.keepsAlive
        expectsContinue = head.expectsContinue
        host = nil
    }

    /// The same head without its field lines, for when they are no longer needed: they are most of
    /// its memory.
    package var withoutFields: RequestHead { RequestHead(withoutFields: self) }
}
