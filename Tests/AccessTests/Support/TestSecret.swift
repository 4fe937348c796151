import COpenSSL

@testable import Access

/// A good secret, and what secrets make.
enum TestSecret {
    static let bytes = [UInt8](
        "q8Zt0vXn4Jc7Lw2Rb9Yd5Kf1Hs6Mg3PaTeUoIiBxVhNkQjWzDrElCyGuSmFpOAq8".utf8
    )

    /// The code that a secret makes of bytes.
    static func code(
        of bytes: [UInt8],
        _ secret: [UInt8],
        _ algorithm: JWTAlgorithm = .hs256
    ) -> [UInt8] {
        let digest = "SHA" + algorithm.rawValue.suffix(3)
        var code = [UInt8](repeating: 0, count: 64)
        var length = 0
        EVP_Q_mac(
            nil,
            "HMAC",
            nil,
            digest,
            nil,
            secret,
            secret.count,
            bytes,
            bytes.count,
            &code,
            code.count,
            &length
        )
        return Array(code[..<length])
    }
}
