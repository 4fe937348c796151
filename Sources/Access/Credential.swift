package import Wire

/// What the head of a request presents to say who asks; nothing of it is checked yet.
package enum Credential: Sendable, Equatable, CustomStringConvertible {
    case none
    /// A text that begins as our own keys do.
    case apiKey(String)
    /// A text of three parts, as signed tokens have (RFC 7515 §3.1).
    case token(String)
    /// Anything else, such as a vendor's key.
    case other

    /// How long one may be, in bytes.
    package static let maxBytes = 8192

    /// Reads the fields that clients use: `Authorization: Bearer`, `x-api-key` as Anthropic's
    /// clients send it, and `api-key` as Azure's do.
    ///
    /// The same text in several of them is one credential: some libraries send it twice. A request
    /// with two is refused, since a proxy may have checked the other one.
    package init(of fields: HeaderFields) throws(CredentialError) {
        var found: String?
        for (name, isAuthorization) in Self.names {
            let values = fields.all(name)
            guard let value = values.first else { continue }
            guard values.count == 1 else { throw .ambiguous }
            guard value.utf8.count <= Self.maxBytes else { throw .tooLong }
            let text = isAuthorization ? try Self.bearer(value) : value
            guard !text.isEmpty, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
                throw .malformed
            }
            guard found == nil || found == text else { throw .ambiguous }
            found = text
        }
        self = found.map(Self.kind) ?? .none
    }

    /// Takes what somebody has typed or pasted, as it is.
    package init(_ text: String) { self = Self.kind(text) }

    private static let names = [
        ("authorization", true), ("x-api-key", false), ("api-key", false),
    ]

    /// What follows the scheme and one blank (RFC 6750 §2.1).
    private static func bearer(_ value: String) throws(CredentialError) -> String {
        let scheme = value.prefix { $0 != " " }
        guard scheme.lowercased() == "bearer" else { throw .unsupportedScheme }
        return String(value[scheme.endIndex...].dropFirst())
    }

    private static func kind(_ text: String) -> Credential {
        if text.hasPrefix(APIKeyText.prefix) { return .apiKey(text) }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 3 ? .token(text) : .other
    }

    /// What kind it is, and nothing of its text.
    package var description: String {
        switch self {
        case .none: "no credential"
        case .apiKey: "a key"
        case .token: "a token"
        case .other: "another credential"
        }
    }
}

/// Why a request's head does not say who asks.
package enum CredentialError: Error, Sendable, Equatable {
    /// There are several, and no telling which one counts.
    case ambiguous
    /// `Authorization` has another scheme than `Bearer`.
    case unsupportedScheme
    /// There is a field, and no credential in it, or blanks.
    case malformed
    /// It is longer than `Credential.maxBytes`.
    case tooLong
}
