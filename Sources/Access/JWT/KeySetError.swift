/// Why a set of keys is not taken; the set before it stays.
package enum KeySetError: Error, Sendable, Equatable {
    case tooLong(bytes: Int)
    /// Not JSON, or JSON that says something twice.
    case notJSON(at: Int)
    /// Not an object whose `keys` is an array of objects.
    case notKeySet
    case tooManyKeys(count: Int)
    /// Two keys have the same id, so tokens cannot say which one they mean.
    case duplicateID
    /// The private half of a pair is there, so whoever has read the set can make tokens.
    case privateKey
    /// Secrets and public keys are together: one of them is where it should not be.
    case mixedKinds
    /// Secrets are in a set that was fetched, where others can fetch them too.
    case publishedSecret
    /// No key is left that signatures can be checked with; why the first was left out.
    case noKey(JWTKeyError?)
}

extension KeySetError: CustomStringConvertible {
    /// The error as a sentence for the operator.
    package var description: String {
        switch self {
        case .tooLong(let bytes): "the key set has \(bytes) bytes; \(KeySet.maxBytes) are accepted"
        case .notJSON(let offset): "the key set is not valid JSON, at byte \(offset)"
        case .notKeySet: "the key set is not an object with an array of keys (RFC 7517 §5)"
        case .tooManyKeys(let count):
            "the key set has \(count) keys; \(KeySet.maxKeys) are accepted"
        case .duplicateID: "two keys of the set have the same kid"
        case .privateKey: "the key set has a private key, which only the issuer may have"
        case .mixedKinds: "the key set has both secrets and public keys"
        case .publishedSecret: "the key set was fetched and has a secret, which is then none"
        case .noKey(nil): "there is no key in the key set"
        case .noKey(let reason?):
            "the key set has no key that signatures can be checked with: \(reason)"
        }
    }
}
