package import Wire

/// Keys as JSON (RFC 7517).
extension VerificationKey {
    /// Makes a key of a JWK.
    ///
    /// - Throws: also where it is a sound key that is not for checking signatures.
    package init(jwk: JSON) throws(JWTKeyError) {
        guard case .object = jwk, let type = jwk["kty"]?.stringValue else { throw .invalid }
        try Self.checkUse(jwk)
        let material = try Self.material(jwk, type)
        let id = try Self.id(of: jwk)
        guard let name = jwk["alg"] else {
            self.init(id: id, material)
            return
        }
        guard let algorithm = name.stringValue.flatMap(JWTAlgorithm.init(name:)) else {
            throw .wrongAlgorithm
        }
        try self.init(id: id, material, for: algorithm)
    }

    /// Whether the private half of a pair is there, which only the issuer may have.
    static func hasPrivateHalf(_ jwk: JSON) -> Bool {
        // `k` is a secret's only part; the others are RSA's and the curves'.
        ["d", "p", "q", "dp", "dq", "qi", "oth"].contains { jwk[$0] != nil }
    }

    private static func checkUse(_ jwk: JSON) throws(JWTKeyError) {
        if let use = jwk["use"], use.stringValue != "sig" { throw .notForSignatures }
        if let uses = jwk["key_ops"] {
            guard let uses = uses.arrayValue, uses.contains(.string("verify")) else {
                throw .notForSignatures
            }
        }
    }

    private static func material(_ jwk: JSON, _ type: String) throws(JWTKeyError) -> Material {
        if type == "oct" {
            let secret = try bytes(jwk, "k")
            try SecretStrength.check(secret)
            return .secret(SharedSecret(secret))
        }
        guard !hasPrivateHalf(jwk) else { throw .privateKey }
        let key: PublicKey
        switch type {
        case "RSA": key = try PublicKey(modulus: bytes(jwk, "n"), exponent: bytes(jwk, "e"))
        case "EC": key = try PublicKey(curve: curve(jwk), x: bytes(jwk, "x"), y: bytes(jwk, "y"))
        case "OKP":
            guard try curve(jwk) == "Ed25519" else { throw .unsupportedKind }
            key = try PublicKey(ed25519: bytes(jwk, "x"))
        default: throw .unsupportedKind
        }
        return .publicKey(key)
    }

    private static func curve(_ jwk: JSON) throws(JWTKeyError) -> String {
        guard let name = jwk["crv"]?.stringValue else { throw .invalid }
        return name
    }

    private static func bytes(_ jwk: JSON, _ name: String) throws(JWTKeyError) -> [UInt8] {
        guard let text = jwk[name]?.stringValue, let bytes = Base64URL.decode(text) else {
            throw .invalid
        }
        return bytes
    }

    private static func id(of jwk: JSON) throws(JWTKeyError) -> String? {
        guard let value = jwk["kid"] else { return nil }
        guard let id = value.stringValue, (1...maxIDBytes).contains(id.utf8.count)
        else { throw .badID }
        return id
    }
}
