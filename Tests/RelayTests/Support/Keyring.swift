import Access
import Wire

/// Some callers with a key each.
struct Keyring {
    private(set) var texts: [String: String] = [:]
    private var keys: [APIKey] = []
    /// What tokens count beside the keys.
    var tokens: JWTVerifier?
    /// The secret of tickets and sessions.
    var secret = [UInt8](0..<32)

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

    /// What callers are known by.
    var means: KnownCallers.Means {
        .init(
            keys: APIKeys(keys),
            tokens: tokens.map { .held($0) },
            signer: try? Signer(secret: secret)
        )
    }

    var access: AccessState { AccessState(callers: KnownCallers(means)) }

    /// Takes a key away.
    mutating func remove(_ name: String) { keys.removeAll { $0.name == name } }

    /// Changes what a key may do, or until when it counts.
    mutating func change(_ name: String, _ change: (inout APIKey) -> Void) {
        for index in keys.indices where keys[index].name == name { change(&keys[index]) }
    }

    /// The fields by which a caller is known.
    func fields(_ name: String) -> HeaderFields {
        ["Authorization": "Bearer \(texts[name] ?? "")"]
    }
}
