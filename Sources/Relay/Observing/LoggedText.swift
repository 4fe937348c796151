import Wire

/// A text in a line of a log that nothing can get out of.
///
/// What ends a line, moves a terminal's cursor or turns the direction of writing is escaped as in
/// JSON: a line shows what it says, wherever it is read.
enum LoggedText {
    /// The most bytes of one value; what is beyond it is cut off, and `…` stands there.
    static let maxBytes = 512
    /// The longest escape of one scalar: a pair.
    private static let longestEscape = 12
    /// What a text takes beside its scalars at most: two quotes and the mark of what is cut off.
    private static let frameBytes = 5

    /// Appends a text in its quotes, as a string of JSON.
    static func append(_ text: String, to line: inout [UInt8], maxBytes: Int = maxBytes) {
        append(quoted: text.utf8.span, to: &line, maxBytes: maxBytes)
    }

    /// Appends UTF-8 in its quotes, as a string of JSON; what is none of it becomes `\ufffd`.
    static func append(quoted text: Span<UInt8>, to line: inout [UInt8], maxBytes: Int = maxBytes) {
        line.append(UInt8(ascii: "\""))
        append(text, to: &line, maxBytes: maxBytes - frameBytes, isQuoted: true)
        line.append(UInt8(ascii: "\""))
    }

    /// Appends UTF-8 without quotes; for words that go to the end of the line.
    static func append(words text: Span<UInt8>, to line: inout [UInt8], maxBytes: Int) {
        append(text, to: &line, maxBytes: maxBytes - frameBytes, isQuoted: false)
    }

    private static func append(
        _ text: Span<UInt8>,
        to line: inout [UInt8],
        maxBytes: Int,
        isQuoted: Bool
    ) {
        if text.count <= maxBytes, isPlain(text, isQuoted: isQuoted) {
            return line.append(span: text)
        }
        let end = line.count + max(0, maxBytes)
        var copy: [UInt8] = []
        copy.append(span: text)
        for scalar in String(decoding: copy, as: UTF8.self).unicodeScalars {
            guard line.count + longestEscape <= end else { return line.append(text: "…") }
            append(scalar, to: &line, isQuoted: isQuoted)
        }
    }

    private static func isPlain(_ text: Span<UInt8>, isQuoted: Bool) -> Bool {
        for index in text.indices {
            let byte = text[index]
            guard byte >= 0x20, byte < 0x7F else { return false }
            if isQuoted, byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { return false }
        }
        return true
    }

    private static func append(_ scalar: Unicode.Scalar, to line: inout [UInt8], isQuoted: Bool) {
        switch scalar {
        case "\"", "\\":
            if isQuoted { line.append(UInt8(ascii: "\\")) }
            line.append(UInt8(ascii: scalar))
        case " "..."~": line.append(UInt8(ascii: scalar))
        default:
            if isVisible(scalar) { return line.append(contentsOf: String(scalar).utf8) }
            for unit in String(scalar).utf16 {
                line.append(literal: "\\u")
                for shift in stride(from: UInt16(12), through: 0, by: -4) {
                    line.append(digits[Int(unit >> shift & 15)])
                }
            }
        }
    }

    private static let digits = Array("0123456789abcdef".utf8)

    private static func isVisible(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .spaceSeparator, .surrogate,
            .privateUse, .unassigned, .nonspacingMark, .enclosingMark:
            false
        default: true
        }
    }
}
