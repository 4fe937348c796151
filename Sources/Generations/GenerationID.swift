import Wire

/// The id of a generation: the loop that owns it, then 128 random bits, in base64url.
///
/// It is random, since anyone who knows the id may read the answer. The loop comes first, so that
/// any loop finds the owner without asking the others.
package enum GenerationID {
    private static let alphabet: [UInt8] = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8
    )
    /// One digit can name this many loops.
    package static let maxLoops = 64
    private static let length = 23

    static func make(loop: Int, from random: inout RandomWords) -> String {
        let words = (random.next(), random.next())
        return String(unsafeUninitializedCapacity: length) { text in
            text[0] = alphabet[loop]
            append(words.0, to: text, from: 1)
            append(words.1, to: text, from: 12)
            return length
        }
    }

    /// Writes eleven digits: 64 bits are ten digits of six bits and one of four.
    private static func append(
        _ word: UInt64,
        to text: UnsafeMutableBufferPointer<UInt8>,
        from start: Int
    ) {
        for digit in 0..<11 {
            text[start + digit] = alphabet[Int(word >> UInt64(6 * digit) & 0x3F)]
        }
    }

    /// The loop that owns a generation; nil where the text is not an id of ours.
    package static func loop(of id: String) -> Int? {
        let bytes = Array(id.utf8)
        guard bytes.count == length, bytes.allSatisfy(alphabet.contains) else { return nil }
        return alphabet.firstIndex(of: bytes[0])
    }
}

/// The id of an event, `<generation>.<sequence>`, as clients send it back.
package struct EntryID: Equatable {
    package let generation: String
    package let sequence: Int

    /// Reads an id; nil where the text is not one of ours.
    package init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, GenerationID.loop(of: String(parts[0])) != nil,
            // The number after it must be a number, too.
            let sequence = parseDecimal(String(parts[1])), sequence < Int.max
        else { return nil }
        generation = String(parts[0])
        self.sequence = sequence
    }
}
