import Access
import Wire

/// Some callers with a key each.
struct Keyring {
    private(set) var texts: [String: String] = [:]
    private var keys: [APIKey] = []
    /// What tokens count beside the keys.
    var tokens: JWTVerifier?

    /// Makes keys with these scopes, by names.
    init(_ scopes: KeyValuePairs<String, Scopes>) throws {
        for (name, scopes) in scopes {
            let text = try APIKeyText.draw()
            texts[name] = text.secretText
            let digest = try KeyDigest(of: text.secretText)
            keys.append(APIKey(name: name, id: text.id, digest: digest, scopes: scopes))
        }
    }

    /// Gives a caller limits.
    mutating func limit(_ name: String, to limits: CallerLimits) {
        for index in keys.indices where keys[index].name == name { keys[index].limits = limits }
    }

    var access: AccessState {
        let means = KnownCallers.Means(keys: APIKeys(keys), tokens: tokens.map { .held($0) })
        return AccessState(callers: KnownCallers(means))
    }

    /// The fields by which a caller is known.
    func fields(_ name: String) -> HeaderFields {
        ["Authorization": "Bearer \(texts[name] ?? "")"]
    }
}
