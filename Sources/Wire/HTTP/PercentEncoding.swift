/// Percent-encoding of text in targets and forms (RFC 3986 §2.1).
package enum PercentEncoding {
    /// Decodes text; a plus sign stays a plus sign.
    ///
    /// - Returns: `nil` for a "%" without two digits, and for a result that is not UTF-8 or has
    ///   more combining marks in a row than `CombiningMarks.maxRun`.
    package static func decode(_ text: String) -> String? {
        decode(text.utf8.span, plusIsSpace: false)
    }

    /// Encodes everything but letters, digits and "-._~", so that the result fits anywhere in a
    /// target.
    package static func encode(_ text: String) -> String {
        guard !text.utf8.allSatisfy({ ByteSet.unreserved.contains($0) }) else { return text }
        var encoded: [UInt8] = []
        for byte in text.utf8 {
            if ByteSet.unreserved.contains(byte) {
                encoded.append(byte)
            } else {
                encoded.append(Octet.percent)
                encoded.append(hexadecimalDigit(byte >> 4))
                encoded.append(hexadecimalDigit(byte & 0xF))
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }

    /// Decodes bytes; in forms the plus sign is a space.
    static func decode(_ bytes: Span<UInt8>, plusIsSpace: Bool) -> String? {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            guard byte == Octet.percent else {
                decoded.append(plusIsSpace && byte == UInt8(ascii: "+") ? Octet.space : byte)
                continue
            }
            guard index + 1 < bytes.count,
                let high = Octet.hexadecimalValue(bytes[index]),
                let low = Octet.hexadecimalValue(bytes[index + 1])
            else { return nil }
            decoded.append(high << 4 | low)
            index += 2
        }
        guard !CombiningMarks.hasLongRun(decoded.span) else { return nil }
        return String(validating: decoded, as: UTF8.self)
    }

    /// A digit as a capital letter, which RFC 3986 §2.1 prefers.
    private static func hexadecimalDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") + value - 10
    }
}
