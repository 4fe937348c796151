import COpenSSL

@testable import Access

/// What an issuer has: a pair of keys, with which it makes tokens.
///
/// `@unchecked` holds because nothing changes the pair after the initializer, and libcrypto lets any
/// number of threads sign with one.
final class TestKey: @unchecked Sendable {
    static let rsa = TestKey(rsa: 2048)
    static let otherRSA = TestKey(rsa: 2048)
    static let shortRSA = TestKey(rsa: 1024)
    static let p256 = TestKey(curve: NID_X9_62_prime256v1)
    static let otherP256 = TestKey(curve: NID_X9_62_prime256v1)
    static let p384 = TestKey(curve: NID_secp384r1)
    static let p521 = TestKey(curve: NID_secp521r1)
    static let ed25519 = TestKey(EVP_PKEY_ED25519)
    static let ed448 = TestKey(EVP_PKEY_ED448)

    private let pair: OpaquePointer

    private convenience init(rsa bits: Int32) {
        self.init(EVP_PKEY_RSA) { EVP_PKEY_CTX_set_rsa_keygen_bits($0, bits) }
    }

    private convenience init(curve: Int32) {
        self.init(EVP_PKEY_EC) { EVP_PKEY_CTX_set_ec_paramgen_curve_nid($0, curve) }
    }

    private init(_ type: Int32, _ options: (OpaquePointer?) -> Int32 = { _ in 1 }) {
        let context = EVP_PKEY_CTX_new_id(type, nil)
        defer { EVP_PKEY_CTX_free(context) }
        var pair: OpaquePointer?
        guard EVP_PKEY_keygen_init(context) == 1, options(context) == 1,
            EVP_PKEY_keygen(context, &pair) == 1, let pair
        else { fatalError("no key of type \(type)") }
        self.pair = pair
    }

    deinit { EVP_PKEY_free(pair) }

    /// A signature as tokens have it.
    func sign(_ bytes: [UInt8], _ algorithm: JWTAlgorithm) -> [UInt8] {
        let signature = libcryptoSignature(bytes, algorithm)
        guard case .ecdsa(let half) = algorithm.scheme else { return signature }
        return Self.fixed(signature, half: half)
    }

    /// A signature as libcrypto makes it: in DER for ECDSA.
    func libcryptoSignature(
        _ bytes: [UInt8],
        _ algorithm: JWTAlgorithm,
        saltLength: Int32 = RSA_PSS_SALTLEN_DIGEST
    ) -> [UInt8] {
        let context = EVP_MD_CTX_new()
        defer { EVP_MD_CTX_free(context) }
        var options: OpaquePointer?
        EVP_DigestSignInit(context, &options, algorithm.digest, nil, pair)
        if algorithm.scheme == .pss {
            _ = relay_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING)
            _ = relay_set_pss_salt_length(options, saltLength)
        }
        var signature = [UInt8](repeating: 0, count: 1024)
        var length = signature.count
        let made = EVP_DigestSign(context, &signature, &length, bytes, bytes.count)
        precondition(made == 1, "not signed by \(algorithm)")
        return Array(signature[..<length])
    }

    private static func fixed(_ der: [UInt8], half: Int) -> [UInt8] {
        der.withUnsafeBufferPointer { der in
            var next = der.baseAddress
            let pair = d2i_ECDSA_SIG(nil, &next, der.count)
            defer { ECDSA_SIG_free(pair) }
            return bytes(ECDSA_SIG_get0_r(pair), half) + bytes(ECDSA_SIG_get0_s(pair), half)
        }
    }

    private static func bytes(_ number: OpaquePointer?, _ length: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: length)
        BN_bn2binpad(number, &bytes, Int32(length))
        return bytes
    }
}

/// The public half, in every form in which it is given away.
extension TestKey {
    var pem: String { Self.pem("PUBLIC KEY", der(i2d_PUBKEY)) }
    var pkcs1: String { Self.pem("RSA PUBLIC KEY", der(i2d_PublicKey)) }
    var privatePEM: String { Self.pem("PRIVATE KEY", der(i2d_PrivateKey)) }
    /// The same bytes as in the PEM.
    var publicDER: [UInt8] { der(i2d_PUBKEY) }

    var certificate: String {
        let certificate = X509_new()
        defer { X509_free(certificate) }
        X509_set_version(certificate, 2)
        ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1)
        X509_gmtime_adj(X509_getm_notBefore(certificate), -7200)
        X509_gmtime_adj(X509_getm_notAfter(certificate), -3600)
        X509_set_pubkey(certificate, pair)
        let isOfEdwards = EVP_PKEY_get_base_id(pair) == EVP_PKEY_ED25519
        X509_sign(certificate, pair, isOfEdwards ? nil : EVP_sha256())
        var bytes = [UInt8](repeating: 0, count: Int(i2d_X509(certificate, nil)))
        bytes.withUnsafeMutableBufferPointer { buffer in
            var next = buffer.baseAddress
            i2d_X509(certificate, &next)
        }
        return Self.pem("CERTIFICATE", bytes)
    }

    /// The members that say what the key is.
    var jwk: String {
        switch EVP_PKEY_get_base_id(pair) {
        case EVP_PKEY_RSA:
            #""kty":"RSA","n":"\#(text(number("n")))","e":"\#(text(number("e")))""#
        case EVP_PKEY_ED25519: #""kty":"OKP","crv":"Ed25519","x":"\#(text(point))""#
        default:
            #""kty":"EC","crv":"P-\#(EVP_PKEY_get_bits(pair))","x":"\#(text(half(0)))","#
                + #""y":"\#(text(half(1)))""#
        }
    }

    private func text(_ bytes: [UInt8]) -> String { Base64URL.encode(bytes.span) }

    private func number(_ name: String) -> [UInt8] {
        var number: OpaquePointer?
        EVP_PKEY_get_bn_param(pair, name, &number)
        defer { BN_free(number) }
        var bytes = [UInt8](repeating: 0, count: 512)
        let length = Int(BN_bn2bin(number, &bytes))
        return Array(bytes[..<length])
    }

    private var point: [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 256)
        var length = 0
        EVP_PKEY_get_octet_string_param(pair, "pub", &bytes, bytes.count, &length)
        return Array(bytes[..<length])
    }

    private func half(_ index: Int) -> [UInt8] {
        let numbers = point.dropFirst()
        return Array(
            index == 0 ? numbers.prefix(numbers.count / 2) : numbers.suffix(numbers.count / 2)
        )
    }

    private func der(
        _ write: (OpaquePointer?, UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?) -> Int32
    ) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Int(write(pair, nil)))
        bytes.withUnsafeMutableBufferPointer { buffer in
            var next = buffer.baseAddress
            _ = write(pair, &next)
        }
        return bytes
    }

    /// Bytes as PEM.
    static func pem(_ label: String, _ der: [UInt8]) -> String {
        let output = BIO_new(BIO_s_mem())
        defer { BIO_free(output) }
        PEM_write_bio(output, label, "", der, der.count)
        var text = [UInt8](repeating: 0, count: 16 * 1024)
        let length = Int(BIO_read(output, &text, Int32(text.count)))
        return String(decoding: text[..<max(0, length)], as: UTF8.self)
    }
}
