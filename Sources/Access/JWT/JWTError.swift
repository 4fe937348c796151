/// Why a token is not taken.
///
/// The raw value is a word for the log. No case has anything of the token in it, so nothing that a
/// stranger wrote gets there.
package enum JWTError: String, Error, Sendable, Equatable, CaseIterable {
    case tooLong = "too_long"
    /// Not three parts of base64url with JSON objects in the first two.
    case malformed
    /// The header names an algorithm that is not on the list, such as `none`.
    case unsupportedAlgorithm = "unsupported_algorithm"
    /// The header says that it is something other than an access token.
    case wrongType = "wrong_type"
    /// The header asks for what is not done here: `crit`, `b64`, `zip`.
    case unsupportedHeader = "unsupported_header"
    /// The header brings a key along.
    case embeddedKey = "embedded_key"
    /// No key has the id that the token names; a newer key set may have it.
    case unknownKey = "unknown_key"
    /// The token names no key, and more fit than are tried.
    case ambiguousKey = "ambiguous_key"
    /// The keys do not serve for the algorithm.
    case wrongAlgorithm = "wrong_algorithm"
    case badSignature = "bad_signature"
    /// A claim is missing, or is not what it has to be.
    case badClaims = "bad_claims"
    case expired
    case notYetValid = "not_yet_valid"
    /// Issued later than now: one of the two clocks is wrong.
    case issuedLater = "issued_later"
    case wrongIssuer = "wrong_issuer"
    case wrongAudience = "wrong_audience"
    case missingScope = "missing_scope"

    /// The word for the log.
    package var word: String { rawValue }

    /// The word for clients, the same for every case: a stranger who forges tokens does not learn
    /// how far one got (RFC 6750 §3.1).
    package static let wordForClients = "invalid_token"
}
