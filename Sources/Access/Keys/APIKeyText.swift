/// A key as its owner has it: `relay_<id>_<secret>`.
///
/// The prefix lets scanners of repositories find keys that were published by mistake. The id names
/// the key in logs and in the file without giving it away.
package struct APIKeyText: Sendable, Equatable, CustomStringConvertible {
    /// What every key begins with.
    package static let prefix = "relay_"
    private static let idLength = 10
    private static let secretBytes = 32
    /// 32 bytes as base64url.
    private static let secretLength = 43
    private static let digitsAndLetters = Array(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8
    )

    /// The whole key, which is a secret.
    package let secretText: String
    /// What names it.
    package let id: String

    /// Reads what a client presents; nil for what is no key's text.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        let start = Self.prefix.utf8.count
        let end = start + Self.idLength
        guard bytes.count == end + 1 + Self.secretLength, text.hasPrefix(Self.prefix),
            bytes[end] == UInt8(ascii: "_"),
            Base64URL.decode(String(decoding: bytes[(end + 1)...], as: UTF8.self)) != nil
        else { return nil }
        let id = String(decoding: bytes[start..<end], as: UTF8.self)
        guard Self.isID(id) else { return nil }
        self.id = id
        secretText = text
    }

    /// Draws a new key.
    package static func draw() throws(LibcryptoRefusal) -> APIKeyText {
        APIKeyText(id: try drawID(), secret: try SecretBytes.random(secretBytes))
    }

    init(id: String, secret: [UInt8]) {
        self.id = id
        secretText = "\(Self.prefix)\(id)_\(Base64URL.encode(secret))"
    }

    private static func drawID() throws(LibcryptoRefusal) -> String {
        let alphabet = digitsAndLetters
        // From there on, some letters would come more often than others.
        let end = 256 - 256 % alphabet.count
        var id: [UInt8] = []
        while id.count < idLength {
            let drawn = try SecretBytes.random(2 * idLength)
            id += drawn.filter { $0 < end }.map { alphabet[Int($0) % alphabet.count] }
        }
        return String(decoding: id.prefix(idLength), as: UTF8.self)
    }

    /// Whether a text can be a key's id.
    static func isID(_ text: String) -> Bool {
        text.utf8.count == idLength && text.utf8.allSatisfy { digitsAndLetters.contains($0) }
    }

    /// The key without its secret.
    package var description: String { "\(Self.prefix)\(id)_…" }
}
