/// Writes text as JSON strings (RFC 8259 §7).
package enum JSONText {
    /// Appends `text` as a quoted string.
    ///
    /// Bytes that are not UTF-8 become U+FFFD, so that the output is always JSON.
    package static func appendString(_ text: Span<UInt8>, into output: inout [UInt8]) {
        output.append(UInt8(ascii: "\""))
        appendEscaped(text, into: &output)
        output.append(UInt8(ascii: "\""))
    }

    /// Appends `text` as a quoted string.
    package static func appendString(_ text: String, into output: inout [UInt8]) {
        appendString(text.utf8.span, into: &output)
    }

    /// Appends `text` as a quoted string, or `null` if there is none.
    package static func appendStringOrNull(_ text: String?, into output: inout [UInt8]) {
        guard let text else { return output.append(literal: "null") }
        appendString(text, into: &output)
    }

    /// Appends `text` as it is written between quotes.
    package static func appendEscaped(_ text: String, into output: inout [UInt8]) {
        appendEscaped(text.utf8.span, into: &output)
    }

    /// Appends `text` as it is written between quotes.
    ///
    /// Text that needs no escape is copied in one piece.
    package static func appendEscaped(_ text: Span<UInt8>, into output: inout [UInt8]) {
        var start = 0
        while true {
            let end = endOfPlainText(text, from: start)
            if end > start { output.append(span: text.extracting(start..<end)) }
            guard end < text.count else { return }
            appendEscape(text[end], into: &output)
            start = end + 1
        }
    }

    private static func appendEscape(_ byte: UInt8, into output: inout [UInt8]) {
        switch byte {
        case UInt8(ascii: "\""): output.append(literal: "\\\"")
        case UInt8(ascii: "\\"): output.append(literal: "\\\\")
        case 0x08: output.append(literal: "\\b")
        case 0x09: output.append(literal: "\\t")
        case 0x0A: output.append(literal: "\\n")
        case 0x0C: output.append(literal: "\\f")
        case 0x0D: output.append(literal: "\\r")
        case 0x00..<0x20:
            output.append(literal: byte < 0x10 ? "\\u000" : "\\u00")
            output.append(hexadecimal: UInt(byte))
        default: output.append(literal: "\u{FFFD}")
        }
    }
}
