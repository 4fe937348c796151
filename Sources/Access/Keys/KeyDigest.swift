import COpenSSL
import Wire

/// The SHA-256 digest of a key's text: what the file has in the place of the key.
///
/// A key has 256 random bits, so nobody finds it by trying; slow digests are for passwords.
package struct KeyDigest: Sendable, Equatable {
    /// How many bytes there are.
    private static let count = 32

    private let bytes: [UInt8]

    /// Digests a text.
    package init(of text: String) throws(LibcryptoRefusal) {
        let text = Array(text.utf8)
        var digest = [UInt8](repeating: 0, count: Self.count)
        var length: UInt32 = 0
        guard EVP_Digest(text, text.count, &digest, &length, EVP_sha256(), nil) == 1,
            length == Self.count
        else { throw LibcryptoRefusal("EVP_Digest") }
        bytes = digest
    }

    /// Reads 64 hexadecimal digits.
    package init?(hexadecimal text: String) {
        let digits = text.utf8.compactMap(Octet.hexadecimalValue)
        guard digits.count == 2 * Self.count, text.utf8.count == digits.count else { return nil }
        bytes = (0..<Self.count).map { digits[2 * $0] << 4 | digits[2 * $0 + 1] }
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    /// What an unknown key is compared with; no text is known that has it.
    static let ofNothing = KeyDigest(bytes: [UInt8](repeating: 0, count: count))

    /// As hexadecimal digits.
    package var hexadecimal: String {
        let digits = Array("0123456789abcdef".utf8)
        let text = bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        return String(decoding: text, as: UTF8.self)
    }

    /// Compares in a time that does not tell how much is the same.
    package static func == (one: KeyDigest, other: KeyDigest) -> Bool {
        SecretBytes.areEqual(one.bytes, other.bytes)
    }
}
