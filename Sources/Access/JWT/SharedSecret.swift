import COpenSSL

/// A secret that the issuer has too; whoever can check a token with it can also make one.
struct SharedSecret: Sendable {
    private let bytes: [UInt8]

    /// Takes bytes as they are; `SecretStrength` says which are good enough.
    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The algorithms for which the secret is as long as the digest (RFC 7518 §3.2).
    var algorithms: [JWTAlgorithm] {
        [(JWTAlgorithm.hs256, 32), (.hs384, 48), (.hs512, 64)].filter { bytes.count >= $0.1 }
            .map(\.0)
    }

    /// Whether a code is this secret's for these bytes; the time does not say how much of it is
    /// right.
    func verifies(
        _ code: [UInt8],
        of signed: Span<UInt8>,
        by algorithm: JWTAlgorithm
    ) -> Bool {
        guard let digest = Self.digest(algorithm), let own = self.code(of: signed, digest) else {
            return false
        }
        // The length is the algorithm's, which is public.
        return SecretBytes.areEqual(own, code)
    }

    /// The code of some bytes (RFC 2104).
    func code(of signed: Span<UInt8>, _ digest: String) -> [UInt8]? {
        defer { ERR_clear_error() }
        var code = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var length = 0
        let made = signed.withUnsafeBufferPointer { signed in
            EVP_Q_mac(
                nil,
                "HMAC",
                nil,
                digest,
                nil,
                bytes,
                bytes.count,
                signed.baseAddress,
                signed.count,
                &code,
                code.count,
                &length
            )
        }
        guard made != nil, length > 0, length <= code.count else { return nil }
        return Array(code[..<length])
    }

    private static func digest(_ algorithm: JWTAlgorithm) -> String? {
        switch algorithm {
        case .hs256: "SHA256"
        case .hs384: "SHA384"
        case .hs512: "SHA512"
        default: nil
        }
    }
}
