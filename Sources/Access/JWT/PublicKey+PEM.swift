import COpenSSL

/// Public keys as text (RFC 7468).
extension PublicKey {
    /// The longest text that is read; certificates have a few thousand bytes.
    static let maxPEMBytes = 64 * 1024

    private struct Block {
        let label: String
        let content: [UInt8]
    }

    /// Reads the one public key or certificate of a text.
    ///
    /// A certificate is taken for its key alone: neither its dates nor its issuer count, since the
    /// operator has chosen it. So it has to be alone: of a chain, the keys of authorities would
    /// count as the issuer's.
    convenience init(pem: [UInt8]) throws(JWTKeyError) {
        guard pem.count <= Self.maxPEMBytes else { throw .tooLong(bytes: pem.count) }
        // Also one that is damaged or encrypted.
        guard !String(decoding: pem, as: UTF8.self).contains("PRIVATE KEY-----") else {
            throw .privateKey
        }
        defer { ERR_clear_error() }
        let blocks = try Self.blocks(of: pem)
        guard let block = blocks.first else { throw .notPEM }
        guard blocks.count == 1 else { throw .severalKeys }
        let content = block.content
        switch block.label {
        case "PUBLIC KEY": try self.init(der: content) { d2i_PUBKEY(nil, &$0, $1) }
        case "RSA PUBLIC KEY":
            try self.init(der: content) { d2i_PublicKey(EVP_PKEY_RSA, nil, &$0, $1) }
        case "CERTIFICATE":
            try self.init(der: content) { Self.key(ofCertificate: &$0, $1) }
        default: throw .unsupportedKind
        }
    }

    private static func blocks(of pem: [UInt8]) throws(JWTKeyError) -> [Block] {
        guard let source = BIO_new(BIO_s_mem()) else { throw .notPEM }
        defer { BIO_free(source) }
        guard !pem.isEmpty, BIO_write(source, pem, Int32(pem.count)) == Int32(pem.count) else {
            throw .notPEM
        }
        ERR_clear_error()
        var blocks: [Block] = []
        while let block = nextBlock(source) { blocks.append(block) }
        // At the end there is no further beginning; anything else is damage.
        guard ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE else { throw .notPEM }
        return blocks
    }

    private static func nextBlock(_ source: OpaquePointer) -> Block? {
        var label: UnsafeMutablePointer<CChar>?
        var header: UnsafeMutablePointer<CChar>?
        var content: UnsafeMutablePointer<UInt8>?
        var length = 0
        guard PEM_read_bio(source, &label, &header, &content, &length) == 1 else { return nil }
        defer {
            CRYPTO_free(label, nil, 0)
            CRYPTO_free(header, nil, 0)
            CRYPTO_free(content, nil, 0)
        }
        guard let label else { return nil }
        return Block(
            label: String(cString: label),
            content: Array(UnsafeBufferPointer(start: content, count: length))
        )
    }

    private static func key(
        ofCertificate next: inout UnsafePointer<UInt8>?,
        _ count: Int
    ) -> OpaquePointer? {
        guard let certificate = d2i_X509(nil, &next, count) else { return nil }
        defer { X509_free(certificate) }
        return X509_get_pubkey(certificate)
    }
}
