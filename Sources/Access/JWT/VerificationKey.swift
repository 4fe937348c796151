import Wire

/// A key that signatures of tokens are checked with.
///
/// What the key is decides which algorithms it serves for, and never what a token says: the text of
/// a public key, which everybody has, can therefore not pass for a secret (RFC 8725 §3.1).
package struct VerificationKey: Sendable {
    /// What signatures are checked with.
    enum Material: Sendable {
        case secret(SharedSecret)
        case publicKey(PublicKey)
    }

    /// The longest name of a key; most are UUIDs and digests.
    static let maxIDBytes = 256

    /// The name by which tokens ask for it; nil if it has none.
    package let id: String?
    /// The algorithms that it serves for; at least one.
    package let algorithms: [JWTAlgorithm]
    private let material: Material

    /// Makes a key that serves for all algorithms of its type.
    init(id: String?, _ material: Material) {
        self.id = id
        self.material = material
        algorithms = Self.algorithms(of: material)
    }

    /// Makes a key that serves for one algorithm alone.
    ///
    /// - Throws: if it is not one of its type's.
    init(id: String?, _ material: Material, for algorithm: JWTAlgorithm) throws(JWTKeyError) {
        guard Self.algorithms(of: material).contains(algorithm) else { throw .wrongAlgorithm }
        self.id = id
        self.material = material
        algorithms = [algorithm]
    }

    /// Makes a key of a secret, for HS256 and, if it is long enough, HS384 and HS512.
    ///
    /// - Parameters:
    ///   - secret: the bytes, at least 32 and not to be guessed.
    ///   - id: the name by which tokens ask for it, if it has one.
    /// - Throws: what is wrong with the secret.
    package init(secret: [UInt8], id: String? = nil) throws(JWTKeyError) {
        try SecretStrength.check(secret)
        self.init(id: id, .secret(SharedSecret(secret)))
    }

    /// Makes a key of a text with one public key or certificate.
    ///
    /// - Parameters:
    ///   - pem: `PUBLIC KEY`, `RSA PUBLIC KEY` or `CERTIFICATE`, and nothing else.
    ///   - id: the name by which tokens ask for it, if it has one.
    /// - Throws: also if there is a private key.
    package init(pem: [UInt8], id: String? = nil) throws(JWTKeyError) {
        self.init(id: id, .publicKey(try PublicKey(pem: pem)))
    }

    /// Whether it is a secret, with which tokens can also be made.
    var isSecret: Bool {
        if case .secret = material { true } else { false }
    }

    /// Whether tokens ask for it by this name, byte by byte.
    func isNamed(_ id: String) -> Bool { self.id.map { equals($0, id) } ?? false }

    /// Whether a signature is this key's for these bytes, by an algorithm that it serves for.
    func verifies(
        _ signature: [UInt8],
        of signed: Span<UInt8>,
        by algorithm: JWTAlgorithm
    ) -> Bool {
        guard algorithms.contains(algorithm) else { return false }
        return switch material {
        case .secret(let secret): secret.verifies(signature, of: signed, by: algorithm)
        case .publicKey(let key): key.verifies(signature, of: signed, by: algorithm)
        }
    }

    private static func algorithms(of material: Material) -> [JWTAlgorithm] {
        switch material {
        case .secret(let secret): secret.algorithms
        case .publicKey(let key): key.kind.algorithms
        }
    }
}
