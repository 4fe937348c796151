/// Bytes as text that URLs take as it is, without padding (RFC 4648 §5, RFC 7515 §2).
package enum Base64URL {
    /// Reads a text strictly, so that there is one text alone for each sequence of bytes.
    ///
    /// Where a reader skips blanks, padding or unused bits, a token has many spellings, and whoever
    /// compares spellings, as a list of revoked tokens does, is deceived.
    ///
    /// - Returns: nil for any other character, a length that no bytes have, and unused bits that
    ///   are not zero.
    package static func decode(_ text: Span<UInt8>) -> [UInt8]? {
        guard text.count % 4 != 1 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 4 * 3 + 2)
        var bits: UInt32 = 0
        var count: UInt32 = 0
        for index in text.indices {
            guard let value = value(of: text[index]) else { return nil }
            bits = bits << 6 | UInt32(value)
            count += 6
            guard count >= 8 else { continue }
            count -= 8
            bytes.append(UInt8(truncatingIfNeeded: bits >> count))
        }
        guard bits & (1 << count - 1) == 0 else { return nil }
        return bytes
    }

    /// Reads a text strictly.
    package static func decode(_ text: String) -> [UInt8]? { decode(text.utf8.span) }

    /// Writes bytes as text.
    package static func encode(_ bytes: [UInt8]) -> String { encode(bytes.span) }

    /// Writes bytes as text.
    package static func encode(_ bytes: Span<UInt8>) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count / 3 * 4 + 3)
        var bits: UInt32 = 0
        var count: UInt32 = 0
        for index in bytes.indices {
            bits = bits << 8 | UInt32(bytes[index])
            count += 8
            while count >= 6 {
                count -= 6
                text.append(letter(of: bits >> count))
            }
        }
        if count > 0 { text.append(letter(of: bits << (6 - count))) }
        return String(decoding: text, as: UTF8.self)
    }

    private static func value(of letter: UInt8) -> UInt8? {
        switch letter {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): letter - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): letter - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): letter - UInt8(ascii: "0") + 52
        case UInt8(ascii: "-"): 62
        case UInt8(ascii: "_"): 63
        default: nil
        }
    }

    /// The letter of the lowest six bits.
    private static func letter(of bits: UInt32) -> UInt8 {
        let value = UInt8(bits & 63)
        return switch value {
        case 0..<26: UInt8(ascii: "A") + value
        case 26..<52: UInt8(ascii: "a") + value - 26
        case 52..<62: UInt8(ascii: "0") + value - 52
        case 62: UInt8(ascii: "-")
        default: UInt8(ascii: "_")
        }
    }
}
