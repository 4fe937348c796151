import Wire

/// What the header of a token says, of which nothing is believed yet (RFC 7515 §4.1).
struct JWTHeader: Sendable, Equatable {
    let algorithm: JWTAlgorithm
    /// The id of the key, for which the token asks.
    let keyID: String?

    private static let limits = JSONLimits(maxDepth: 4, maxValues: 64, allowsLongMarkRuns: false)

    /// Reads a header; a member that comes twice is an error of `JSON.parse`.
    init(_ text: Span<UInt8>) throws(JWTError) {
        guard let json = try? JSON.parse(text, limits: Self.limits), case .object = json else {
            throw .malformed
        }
        guard let name = json["alg"]?.stringValue else { throw .malformed }
        guard let algorithm = JWTAlgorithm(name: name) else { throw .unsupportedAlgorithm }
        self.algorithm = algorithm
        try Self.checkType(json)
        try Self.checkDemands(json)
        keyID = try Self.keyID(json)
    }

    /// Refuses what is not an access token, such as a logout token or a proof, which the same
    /// issuer or client signs for another use (RFC 8725 §3.11, RFC 9068 §4).
    private static func checkType(_ header: JSON) throws(JWTError) {
        guard let type = header["typ"] else { return }
        switch type.stringValue?.lowercased() {
        case "jwt", "at+jwt", "application/jwt", "application/at+jwt": return
        default: throw .wrongType
        }
    }

    /// Refuses what the sender needs understood, and is not, and keys that come with the token.
    private static func checkDemands(_ header: JSON) throws(JWTError) {
        // No extension is understood here, so any `crit` is one too many (RFC 7515 §4.1.11). `b64`
        // changes what is signed (RFC 7797) and `zip` what is read, whether listed there or not.
        for name in ["crit", "b64", "zip"] where header[name] != nil { throw .unsupportedHeader }
        // Whoever forges a token can bring a key that fits. None is ever used; honest issuers send
        // none either. `jku` and `x5t` pass, unread: some issuers write them into every token.
        for name in ["jwk", "x5c", "x5u"] where header[name] != nil { throw .embeddedKey }
    }

    private static func keyID(_ header: JSON) throws(JWTError) -> String? {
        guard let value = header["kid"] else { return nil }
        guard let id = value.stringValue, (1...VerificationKey.maxIDBytes).contains(id.utf8.count)
        else { throw .malformed }
        return id
    }
}
