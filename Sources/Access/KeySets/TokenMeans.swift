/// What tokens are checked with.
package enum TokenMeans: Sendable {
    /// Keys that the configuration has.
    case held(JWTVerifier)
    /// Keys that the issuer publishes, and what its tokens have to say.
    case fetched(FetchedKeys, JWTRules)

    /// The keys that are fetched; nil where none are.
    var fetched: FetchedKeys? {
        switch self {
        case .held: nil
        case .fetched(let keys, _): keys
        }
    }
}
