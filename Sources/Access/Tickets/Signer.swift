/// Signs texts, so that the relay knows later that they are its own: HMAC-SHA-256 (RFC 2104).
package struct Signer: Sendable, CustomStringConvertible {
    /// How many bytes a secret has at least: as many as the digest (RFC 2104 §3).
    package static let minSecretBytes = 32
    /// How many different bytes it has at least; fewer were typed by somebody, not drawn.
    package static let minDifferentBytes = 8
    /// How many bytes a signature has.
    static let macBytes = 32

    private let secret: SharedSecret

    /// Takes a secret.
    package init(secret: [UInt8]) throws(WeakSecret) {
        guard secret.count >= Self.minSecretBytes else { throw .tooShort }
        guard Set(secret).count >= Self.minDifferentBytes else { throw .tooUniform }
        self.secret = SharedSecret(secret)
    }

    /// Nothing of the secret.
    package var description: String { "a signer" }

    /// The signature of a text for one use.
    ///
    /// - Parameters:
    ///   - use: keeps the signatures of different uses apart. No use is the beginning of another:
    ///     a zero byte ends it, which none has.
    ///   - bytes: what is signed.
    /// - Returns: `macBytes` bytes.
    /// - Throws: where libcrypto fails; then nothing is signed and nothing is believed.
    func sign(_ use: String, _ bytes: [UInt8]) throws(LibcryptoRefusal) -> [UInt8] {
        let text = Array(use.utf8) + [0] + bytes
        guard let mac = secret.code(of: text.span, "SHA256"), mac.count == Self.macBytes else {
            throw LibcryptoRefusal("EVP_Q_mac")
        }
        return mac
    }
}

/// Why a secret would not protect what is signed with it.
package enum WeakSecret: Error, Sendable, Equatable, CustomStringConvertible {
    case tooShort
    /// The same few bytes again and again.
    case tooUniform

    package var description: String {
        switch self {
        case .tooShort: "expected at least \(Signer.minSecretBytes) bytes"
        case .tooUniform:
            "expected random bytes, found fewer than \(Signer.minDifferentBytes) different ones"
        }
    }
}
