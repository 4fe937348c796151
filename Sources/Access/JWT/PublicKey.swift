import COpenSSL

/// A public key, as libcrypto has it.
///
/// `@unchecked` holds because nothing changes the key after the initializer, and libcrypto lets any
/// number of threads check signatures with one key, each in a context of its own
/// (openssl-threads(7)).
final class PublicKey: @unchecked Sendable {
    /// What the key is, as far as that decides which algorithms it serves for.
    enum Kind: Sendable, Equatable {
        case rsa
        case p256
        case p384
        case ed25519

        /// The algorithms that such a key may check, and no others (RFC 8725 §3.1).
        var algorithms: [JWTAlgorithm] {
            switch self {
            case .rsa: [.rs256, .rs384, .rs512, .ps256, .ps384, .ps512]
            case .p256: [.es256]
            case .p384: [.es384]
            case .ed25519: [.edDSA, .ed25519]
            }
        }
    }

    /// How many bits a modulus may have: fewer can be factored (RFC 7518 §3.3), more take long.
    static let sizesOfRSA = 2048...8192

    let kind: Kind
    private let key: OpaquePointer

    /// Takes over a key that libcrypto has made, and frees it even if it is refused.
    init(taking key: OpaquePointer) throws(JWTKeyError) {
        defer { ERR_clear_error() }
        do throws(JWTKeyError) {
            kind = try Self.kind(of: key)
        } catch {
            EVP_PKEY_free(key)
            throw error
        }
        self.key = key
    }

    deinit { EVP_PKEY_free(key) }

    private static func kind(of key: OpaquePointer) throws(JWTKeyError) -> Kind {
        let kind: Kind
        switch EVP_PKEY_get_base_id(key) {
        case EVP_PKEY_RSA:
            let bits = Int(EVP_PKEY_get_bits(key))
            guard sizesOfRSA.contains(bits) else { throw .sizeOfRSA(bits: bits) }
            kind = .rsa
        case EVP_PKEY_EC: kind = try curve(of: key)
        case EVP_PKEY_ED25519: kind = .ed25519
        default: throw .unsupportedKind
        }
        guard isSound(key) else { throw .invalid }
        return kind
    }

    /// The curve by its name.
    ///
    /// One that is given by its parameters has none here: an attacker chooses these so that a known
    /// key fits (CVE-2020-0601).
    private static func curve(of key: OpaquePointer) throws(JWTKeyError) -> Kind {
        var name = [CChar](repeating: 0, count: 64)
        var length = 0
        guard EVP_PKEY_get_group_name(key, &name, name.count, &length) == 1,
            (0...name.count).contains(length)
        else { throw .unsupportedKind }
        let bytes = name[..<length].map { UInt8(bitPattern: $0) }
        switch String(decoding: bytes, as: UTF8.self) {
        case "prime256v1": return .p256
        case "secp384r1": return .p384
        default: throw .unsupportedKind
        }
    }

    /// Whether the point is on its curve, or the modulus and the exponent can be RSA's.
    private static func isSound(_ key: OpaquePointer) -> Bool {
        guard let context = EVP_PKEY_CTX_new(key, nil) else { return false }
        defer { EVP_PKEY_CTX_free(context) }
        return EVP_PKEY_public_check(context) == 1
    }

    /// Whether a signature, as tokens have it, is this key's for these bytes.
    func verifies(
        _ signature: [UInt8],
        of signed: Span<UInt8>,
        by algorithm: JWTAlgorithm
    ) -> Bool {
        // What is left in the queue would be taken for an error of whatever uses libssl next.
        defer { ERR_clear_error() }
        guard kind.algorithms.contains(algorithm) else { return false }
        switch algorithm.scheme {
        case .hmac: return false
        // Of a shorter signature, libcrypto would add the zeros that PSS may begin with.
        case .pkcs1, .pss, .edDSA:
            return signature.count == Int(EVP_PKEY_get_size(key))
                && accepts(signature, of: signed, by: algorithm)
        case .ecdsa(let half):
            guard let der = ECDSASignature.der(signature, half: half) else { return false }
            return accepts(der, of: signed, by: algorithm)
        }
    }

    /// Whether libcrypto accepts a signature in its own form.
    private func accepts(
        _ signature: [UInt8],
        of signed: Span<UInt8>,
        by algorithm: JWTAlgorithm
    ) -> Bool {
        guard let context = EVP_MD_CTX_new() else { return false }
        defer { EVP_MD_CTX_free(context) }
        // The context owns what is set here.
        var options: OpaquePointer?
        guard EVP_DigestVerifyInit(context, &options, algorithm.digest, nil, key) == 1,
            Self.set(algorithm.scheme, in: options)
        else { return false }
        return signed.withUnsafeBufferPointer { signed in
            // Only 1 is a yes; below 0 is an error.
            EVP_DigestVerify(
                context,
                signature,
                signature.count,
                signed.baseAddress,
                signed.count
            ) == 1
        }
    }

    private static func set(_ scheme: JWTAlgorithm.Scheme, in options: OpaquePointer?) -> Bool {
        switch scheme {
        case .pkcs1: relay_set_rsa_padding(options, RSA_PKCS1_PADDING) == 1
        case .pss:
            relay_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) == 1
                && relay_set_pss_salt_length(options, RSA_PSS_SALTLEN_DIGEST) == 1
        case .hmac, .ecdsa, .edDSA: true
        }
    }
}
