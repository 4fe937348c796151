/// What has shown who a caller is, and for how long it does.
package struct Proof: Sendable, Equatable {
    /// How it came.
    package enum Kind: Sendable {
        /// Callers are not told apart.
        case none
        /// A key or a token, which no page of another site can make a browser send.
        case header
        /// A ticket in the query.
        case ticket
        /// A cookie, which a browser sends by itself.
        case session
    }

    /// How it came.
    package let kind: Kind
    /// The id of the API key that it rests on; nil where it rests on a token or on nothing.
    package let key: String?
    /// The second since 1970 from which on it does not count.
    package let end: Int

    init(_ kind: Kind, key: String? = nil, end: Int = .max) {
        self.kind = kind
        self.key = key
        self.end = end
    }

    /// Nothing has shown it, since callers are not told apart.
    package static let none = Proof(.none)
}
