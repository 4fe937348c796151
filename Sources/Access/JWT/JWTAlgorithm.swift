import COpenSSL
import Wire

/// An algorithm that a token may be signed with (RFC 7518 §3.1, RFC 8037 §3.1).
///
/// The list is closed. What is not on it is refused by its name, `none` before all others, in
/// whatever case it is written.
package enum JWTAlgorithm: String, Sendable, CaseIterable {
    case hs256 = "HS256"
    case hs384 = "HS384"
    case hs512 = "HS512"
    case rs256 = "RS256"
    case rs384 = "RS384"
    case rs512 = "RS512"
    case ps256 = "PS256"
    case ps384 = "PS384"
    case ps512 = "PS512"
    case es256 = "ES256"
    case es384 = "ES384"
    /// Here always with Ed25519.
    case edDSA = "EdDSA"
    /// The same under its newer name (RFC 9864 §2.2).
    case ed25519 = "Ed25519"

    /// How the signature is made, apart from its digest.
    enum Scheme: Sendable, Equatable {
        case hmac
        /// RSASSA-PKCS1-v1_5.
        case pkcs1
        /// RSASSA-PSS with a salt as long as the digest.
        case pss
        /// Two numbers, each of so many bytes.
        case ecdsa(half: Int)
        case edDSA
    }

    /// Finds the algorithm of a name; case counts (RFC 7515 §4.1.1).
    init?(name: String) {
        // Not by the raw value: `String` calls different characters equal.
        guard let found = Self.allCases.first(where: { equals($0.rawValue, name) }) else {
            return nil
        }
        self = found
    }

    /// How the signature is made.
    var scheme: Scheme {
        switch self {
        case .hs256, .hs384, .hs512: .hmac
        case .rs256, .rs384, .rs512: .pkcs1
        case .ps256, .ps384, .ps512: .pss
        case .es256: .ecdsa(half: 32)
        case .es384: .ecdsa(half: 48)
        case .edDSA, .ed25519: .edDSA
        }
    }

    /// The digest of what is signed, as libcrypto has it; nil where the scheme has its own.
    var digest: OpaquePointer? {
        switch self {
        case .hs256, .rs256, .ps256, .es256: EVP_sha256()
        case .hs384, .rs384, .ps384, .es384: EVP_sha384()
        case .hs512, .rs512, .ps512: EVP_sha512()
        case .edDSA, .ed25519: nil
        }
    }
}
