/// What the relay knows of a key that it has given somebody; the key itself it does not know.
package struct APIKey: Sendable, Equatable {
    /// Names the key's owner to people.
    package let name: String
    /// Finds the key; a part of its text.
    package let id: String
    /// Of the whole text.
    package let digest: KeyDigest
    /// What the caller may do.
    package var scopes: Scopes
    /// How much the caller may ask for.
    package var limits = CallerLimits()
    /// The second since 1970 from which on the key is good for nothing; nil where it stays good.
    package var expires: Int?

    /// Describes a key.
    package init(name: String, id: String, digest: KeyDigest, scopes: Scopes) {
        self.name = name
        self.id = id
        self.digest = digest
        self.scopes = scopes
    }

    /// The owner of answers that are asked for with the key; see `Caller.id`.
    package var owner: String { "key/\(name)" }

    /// How long a name may be.
    static let maxNameLength = 64

    /// Whether a text can be a key's name: it becomes a word of log lines and of an owner.
    ///
    /// A key is none, though it has the letters: whoever has put one there was mistaken.
    package static func isName(_ text: String) -> Bool {
        let isWord = text.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x40...0x5A).contains(byte)
                || (0x61...0x7A).contains(byte) || [0x2D, 0x2E, 0x5F].contains(byte)
        }
        return isWord && (1...maxNameLength).contains(text.utf8.count) && APIKeyText(text) == nil
    }

    /// What a name is made of, for messages.
    package static let nameRule =
        "expected a name of 1 to \(maxNameLength) letters, digits, - . _ and @, which is not a key"
}
