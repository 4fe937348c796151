/// Strings and the names of members.
extension JSONReader {
    /// Consumes a string and appends its text, as UTF-8.
    ///
    /// Text between escapes is copied in one piece. After an error, `text` keeps what was appended.
    package mutating func readString(
        _ bytes: Span<UInt8>,
        into text: inout [UInt8]
    ) throws(JSONError) {
        guard try nextByte(bytes) == UInt8(ascii: "\"") else {
            throw .unexpectedByte(offset: position, expected: .string)
        }
        position += 1
        while true {
            let run = try skipPlainText(bytes)
            if !run.isEmpty { text.append(span: bytes.extracting(run)) }
            guard let character = try nextEscape(bytes) else { return }
            text.append(contentsOf: character.utf8)
        }
    }

    /// Consumes the string that begins at `position`.
    mutating func skipString(_ bytes: Span<UInt8>) throws(JSONError) {
        position += 1
        _ = try skipPlainText(bytes)
        while bytes[position] != UInt8(ascii: "\"") {
            _ = try nextEscape(bytes)
            _ = try skipPlainText(bytes)
        }
        position += 1
    }

    /// Consumes text without escapes, up to a quote or a backslash.
    @inline(__always)
    private mutating func skipPlainText(_ bytes: Span<UInt8>) throws(JSONError) -> Range<Int> {
        let start = position
        let end = endOfPlainText(bytes, from: start)
        guard end < bytes.count else { throw .unexpectedEnd(offset: bytes.count) }
        guard bytes[end] < 0x80 else { throw .invalidUTF8(offset: end) }
        guard bytes[end] >= 0x20 else {
            throw .unexpectedByte(offset: end, expected: .escapedControl)
        }
        position = end
        return start..<end
    }

    /// Consumes an escape and returns its character, or consumes the closing quote.
    private mutating func nextEscape(_ bytes: Span<UInt8>) throws(JSONError) -> Unicode.Scalar? {
        let start = position
        position += 1
        guard bytes[start] == UInt8(ascii: "\\") else { return nil }
        guard position < bytes.count else { throw .unexpectedEnd(offset: bytes.count) }
        let letter = bytes[position]
        position += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return .init(letter)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try unicodeEscape(bytes, from: start)
        default: throw .unexpectedByte(offset: position - 1, expected: .escape)
        }
    }

    /// Reads what follows `\u`: one code unit, or two that make a surrogate pair (RFC 8259 §7).
    private mutating func unicodeEscape(
        _ bytes: Span<UInt8>,
        from start: Int
    ) throws(JSONError) -> Unicode.Scalar {
        let first = try codeUnit(bytes)
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard first < 0xDC00 else { throw .loneSurrogate(offset: start) }
        for index in position..<(position + 2) {
            guard index < bytes.count else { throw .unexpectedEnd(offset: bytes.count) }
            let wanted = index == position ? UInt8(ascii: "\\") : UInt8(ascii: "u")
            guard bytes[index] == wanted else { throw .loneSurrogate(offset: start) }
        }
        position += 2
        let second = try codeUnit(bytes)
        guard second >= 0xDC00, second < 0xE000 else { throw .loneSurrogate(offset: start) }
        let joined = 0x10000 + (UInt32(first - 0xD800) << 10) + UInt32(second - 0xDC00)
        guard let scalar = Unicode.Scalar(joined) else { throw .loneSurrogate(offset: start) }
        return scalar
    }

    /// Consumes four hexadecimal digits.
    private mutating func codeUnit(_ bytes: Span<UInt8>) throws(JSONError) -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard position < bytes.count else { throw .unexpectedEnd(offset: bytes.count) }
            guard let digit = Octet.hexadecimalValue(bytes[position]) else {
                throw .unexpectedByte(offset: position, expected: .hexDigit)
            }
            unit = unit << 4 | UInt16(digit)
            position += 1
        }
        return unit
    }
}

/// Compares the name of a member, as `JSONReader.nextKey` found it, with a known one.
///
/// Names are compared without their escapes, so `"\u0069d"` is `id` (RFC 8259 §8.3).
package func matches(
    _ bytes: Span<UInt8>,
    _ range: Range<Int>,
    _ literal: StaticString
) -> Bool {
    if equals(bytes.extracting(range), literal) { return true }
    guard range.contains(where: { bytes[$0] == UInt8(ascii: "\\") }) else { return false }
    // No client escapes the names of these protocols, so this path may allocate.
    var reader = JSONReader(position: range.lowerBound - 1)
    var name: [UInt8] = []
    do throws(JSONError) { try reader.readString(bytes, into: &name) } catch { return false }
    return equals(name.span, literal)
}
