/// What a token has to say to count here, whoever has signed it.
package struct JWTRules: Sendable {
    /// The most that two clocks may differ; a longer time would let expired tokens live on.
    package static let maxLeeway = 600

    /// What `iss` has to be, byte by byte; nil if it does not matter.
    let issuer: String?
    /// This server's names, one of which `aud` has to have; if there are none, a token that names
    /// an audience is refused.
    let audiences: [String]
    /// What a token has to allow, all of it.
    let requiredScopes: [String]
    /// By how many seconds clocks may differ.
    let leeway: Int

    /// Makes rules.
    ///
    /// - Parameters:
    ///   - issuer: what `iss` has to be; nil if it does not matter.
    ///   - audiences: this server's names.
    ///   - requiredScopes: what a token has to allow, all of it.
    ///   - leeway: by how many seconds clocks may differ; at most `maxLeeway`.
    package init(
        issuer: String? = nil,
        audiences: [String] = [],
        requiredScopes: [String] = [],
        leeway: Int = 60
    ) {
        self.issuer = issuer
        self.audiences = audiences
        self.requiredScopes = requiredScopes
        self.leeway = min(max(0, leeway), Self.maxLeeway)
    }
}
