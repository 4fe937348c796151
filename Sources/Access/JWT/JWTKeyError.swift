/// Why a key is not taken.
package enum JWTKeyError: Error, Sendable, Equatable {
    case shortSecret(bytes: Int)
    /// The secret is in documentation, or reads as if it were.
    case exampleSecret
    /// The secret repeats itself or counts.
    case predictableSecret
    /// The secret is a key or certificate as text, which everybody may have.
    case secretIsPEM
    case tooLong(bytes: Int)
    case notPEM
    case severalKeys
    case privateKey
    /// The type, curve or PEM block is not one that is read here.
    case unsupportedKind
    case sizeOfRSA(bits: Int)
    /// The parts do not make a key: one is missing, has the wrong length, or is not on the curve.
    case invalid
    /// `use` or `key_ops` say that it is for something else.
    case notForSignatures
    /// `alg` is not one that such a key serves for.
    case wrongAlgorithm
    /// `kid` is not a text, or empty, or too long.
    case badID
}

extension JWTKeyError: CustomStringConvertible {
    /// The error as a sentence for the one who configured the key.
    package var description: String {
        switch self {
        case .shortSecret(let bytes):
            "the secret has \(bytes) bytes; it needs \(SecretStrength.minBytes) at least, as"
                + " openssl rand -hex 32 makes them"
        case .exampleSecret:
            "the secret is an example that everybody knows; openssl rand -hex 32 makes another"
        case .predictableSecret:
            "the secret repeats itself and can be guessed; openssl rand -hex 32 makes another"
        case .secretIsPEM: "the secret is a key or certificate in PEM, which is no secret"
        case .tooLong(let bytes): "the key has \(bytes) bytes, which is more than any key needs"
        case .notPEM: "there is no key or certificate in PEM, or it is damaged"
        case .severalKeys: "there is more than one key or certificate; each needs its own file"
        case .privateKey:
            "this is a private key, which only the issuer may have; what is needed is its public"
                + " key, which openssl pkey -pubout prints"
        case .unsupportedKind: "the key is not RSA, P-256, P-384, Ed25519 or a secret"
        case .sizeOfRSA(let bits):
            "the RSA key has \(bits) bits; \(PublicKey.sizesOfRSA.lowerBound) to"
                + " \(PublicKey.sizesOfRSA.upperBound) are accepted"
        case .invalid: "the parts do not make a valid key"
        case .notForSignatures: "the key is not for checking signatures"
        case .wrongAlgorithm: "the key names an algorithm that it cannot serve for"
        case .badID: "the key's id is not a text of 1 to \(VerificationKey.maxIDBytes) bytes"
        }
    }
}
