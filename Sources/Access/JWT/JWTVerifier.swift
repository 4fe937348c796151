import Wire

/// Decides whether a token is one of the issuer's, for this server, and counts now.
///
/// It is a value that nothing changes: loops share it, and newer keys make another one.
package struct JWTVerifier: Sendable {
    /// The most that two clocks may differ; a longer time would let expired tokens live on.
    package static let maxLeeway = 600

    private let keys: KeySet
    private let issuer: String?
    private let audiences: [String]
    private let requiredScopes: [String]
    private let leeway: Int

    /// Makes a verifier.
    ///
    /// - Parameters:
    ///   - keys: the issuer's.
    ///   - issuer: what `iss` has to be, byte by byte; nil if it does not matter.
    ///   - audiences: this server's names, one of which `aud` has to have; if there are none, a
    ///     token that names an audience is refused.
    ///   - requiredScopes: what a token has to allow, all of it.
    ///   - leeway: by how many seconds clocks may differ; at most `maxLeeway`.
    package init(
        keys: KeySet,
        issuer: String? = nil,
        audiences: [String] = [],
        requiredScopes: [String] = [],
        leeway: Int = 60
    ) {
        self.keys = keys
        self.issuer = issuer
        self.audiences = audiences
        self.requiredScopes = requiredScopes
        self.leeway = min(max(0, leeway), Self.maxLeeway)
    }

    /// Checks a token.
    ///
    /// - Parameters:
    ///   - token: the bytes after `Bearer `, and nothing else.
    ///   - now: the time, in seconds since 1970.
    /// - Returns: what it says, which is true as far as the issuer is honest.
    /// - Throws: the first reason to refuse it; a wrong signature is one before any claim.
    package func verify(
        _ token: Span<UInt8>,
        atUnixSecond now: Int
    ) throws(JWTError) -> JWTClaims {
        let token = try SignedToken(token)
        try keys.checkSignature(of: token)
        // From here on the issuer speaks, or somebody for whom it has signed something.
        let payload = token.payload
        let claims = try JWTClaims(payload.span)
        try checkTime(claims, now)
        try checkParties(claims)
        try checkScopes(claims)
        return claims
    }

    /// Checks a token that is a text.
    package func verify(
        _ token: String,
        atUnixSecond now: Int
    ) throws(JWTError) -> JWTClaims {
        try verify(token.utf8.span, atUnixSecond: now)
    }

    private func checkTime(_ claims: JWTClaims, _ now: Int) throws(JWTError) {
        // The claims are at most `maxSecond`, so no sum overflows.
        guard now < claims.expiry + leeway else { throw .expired }
        if let notBefore = claims.notBefore, notBefore - leeway > now { throw .notYetValid }
        if let issuedAt = claims.issuedAt, issuedAt - leeway > now { throw .issuedLater }
    }

    private func checkParties(_ claims: JWTClaims) throws(JWTError) {
        if let issuer {
            guard let named = claims.issuer, equals(named, issuer) else { throw .wrongIssuer }
        }
        // Without a name, none in the token is this server's, and RFC 7519 §4.1.3 has it refused:
        // else a token that the same issuer made for another server would count here.
        guard let named = claims.audiences else {
            guard audiences.isEmpty else { throw .wrongAudience }
            return
        }
        guard named.contains(where: { name in audiences.contains { equals($0, name) } }) else {
            throw .wrongAudience
        }
    }

    private func checkScopes(_ claims: JWTClaims) throws(JWTError) {
        for scope in requiredScopes {
            guard claims.scopes.contains(where: { equals($0, scope) }) else {
                throw .missingScope
            }
        }
    }
}
