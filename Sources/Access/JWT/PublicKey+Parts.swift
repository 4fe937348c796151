import COpenSSL

/// Public keys from the numbers and points that a JWK has (RFC 7518 §6, RFC 8037 §2).
extension PublicKey {
    /// Makes an RSA key.
    convenience init(modulus: [UInt8], exponent: [UInt8]) throws(JWTKeyError) {
        let (most, bits) = (Self.sizesOfRSA.upperBound / 8, modulus.count * 8)
        // Some libraries put a zero before a modulus.
        guard modulus.count <= most + 1 else { throw .sizeOfRSA(bits: bits) }
        guard !modulus.isEmpty, (1...8).contains(exponent.count) else { throw .invalid }
        // RFC 8017 §A.1.1
        let der = DER.sequence(DER.integer(modulus[...]), DER.integer(exponent[...]))
        try self.init(der: der) { d2i_PublicKey(EVP_PKEY_RSA, nil, &$0, $1) }
    }

    /// Makes a key from a point; both coordinates have their full length (RFC 7518 §6.2.1.2).
    convenience init(curve: String, x: [UInt8], y: [UInt8]) throws(JWTKeyError) {
        let (name, length): ([UInt8], Int)
        switch curve {
        case "P-256": (name, length) = ([0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07], 32)
        case "P-384": (name, length) = ([0x2B, 0x81, 0x04, 0x00, 0x22], 48)
        default: throw .unsupportedKind
        }
        guard x.count == length, y.count == length else { throw .invalid }
        let isKeyOfCurve: [UInt8] = [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01]
        // RFC 5480 §2; the point is neither compressed nor the one at infinity (SEC 1 §2.3.3).
        let der = DER.sequence(
            DER.sequence(DER.name(isKeyOfCurve), DER.name(name)),
            DER.bitString([0x04] + x + y)
        )
        try self.init(der: der) { d2i_PUBKEY(nil, &$0, $1) }
    }

    /// Makes a key of Ed25519.
    convenience init(ed25519 bytes: [UInt8]) throws(JWTKeyError) {
        defer { ERR_clear_error() }
        guard bytes.count == 32,
            let key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, bytes, bytes.count)
        else { throw .invalid }
        try self.init(taking: key)
    }

    /// Makes a key of the whole of some bytes.
    ///
    /// - Parameters:
    ///   - der: the bytes.
    ///   - read: libcrypto's function for them; it moves the pointer behind what it has read.
    /// - Throws: also if something follows the key.
    convenience init(
        der: [UInt8],
        _ read: (inout UnsafePointer<UInt8>?, Int) -> OpaquePointer?
    ) throws(JWTKeyError) {
        defer { ERR_clear_error() }
        let key = der.withUnsafeBufferPointer { der -> OpaquePointer? in
            var next = der.baseAddress
            guard let key = read(&next, der.count) else { return nil }
            guard let next, let start = der.baseAddress, next - start == der.count else {
                EVP_PKEY_free(key)
                return nil
            }
            return key
        }
        guard let key else { throw .invalid }
        try self.init(taking: key)
    }
}
