import Wire

/// Decides whether a token is one of the issuer's, for this server, and counts now.
///
/// It is a value that nothing changes: loops share it, and newer keys make another one.
package struct JWTVerifier: Sendable {
    private let keys: KeySet
    private let rules: JWTRules

    /// Makes a verifier.
    ///
    /// - Parameters:
    ///   - keys: the issuer's.
    ///   - rules: what its tokens have to say.
    package init(keys: KeySet, _ rules: JWTRules = JWTRules()) {
        self.keys = keys
        self.rules = rules
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
        guard now < claims.expiry + rules.leeway else { throw .expired }
        if let notBefore = claims.notBefore, notBefore - rules.leeway > now { throw .notYetValid }
        if let issuedAt = claims.issuedAt, issuedAt - rules.leeway > now { throw .issuedLater }
    }

    private func checkParties(_ claims: JWTClaims) throws(JWTError) {
        if let issuer = rules.issuer {
            guard let named = claims.issuer, equals(named, issuer) else { throw .wrongIssuer }
        }
        // Without a name, none in the token is this server's, and RFC 7519 §4.1.3 has it refused:
        // else a token that the same issuer made for another server would count here.
        guard let named = claims.audiences else {
            guard rules.audiences.isEmpty else { throw .wrongAudience }
            return
        }
        let isMeant = named.contains { name in rules.audiences.contains { equals($0, name) } }
        guard isMeant else { throw .wrongAudience }
    }

    private func checkScopes(_ claims: JWTClaims) throws(JWTError) {
        for scope in rules.requiredScopes {
            guard claims.scopes.contains(where: { equals($0, scope) }) else {
                throw .missingScope
            }
        }
    }
}
