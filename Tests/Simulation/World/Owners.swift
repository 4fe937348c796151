import Access
import Wire

/// Those who own answers in a world where each client has a key, and what they are known by.
enum Owners {
    private static let names = ["ann", "bob"]
    private static let field = "Authorization"

    /// Whose client one is.
    static func name(ofClient number: Int) -> String { names[number % names.count] }

    /// How the history names an owner.
    static func recordName(_ name: String) -> String { "key/\(name)" }

    /// The fields that all of an owner's requests have.
    static func fields(of name: String?) -> HeaderFields {
        name.map { [field: "Bearer \(text(of: $0))"] } ?? [:]
    }

    /// Who sends a request; nil where nobody is asked.
    static func name(of head: RequestHead) -> String? {
        guard let value = head.fields.first(field) else { return nil }
        return names.first { value == "Bearer \(text(of: $0))" }
    }

    /// Callers who are known by the owners' keys.
    ///
    /// - Throws: where a key cannot be digested.
    static func callers() throws(LibcryptoRefusal) -> KnownCallers {
        var keys: [APIKey] = []
        for name in names {
            guard let text = APIKeyText(text(of: name)) else {
                preconditionFailure("the world's own keys are ones")
            }
            let digest = try KeyDigest(of: text.secretText)
            keys.append(APIKey(name: name, id: text.id, digest: digest, scopes: .common))
        }
        return KnownCallers(.init(keys: APIKeys(keys)))
    }

    private static func text(of name: String) -> String {
        "relay_\(name)0000000_\(String(repeating: "A", count: 43))"
    }
}
