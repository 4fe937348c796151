import Wire

/// A text as a value of the audit log: a string of JSON that nothing can get out of.
enum AuditText {
    /// The most bytes of one value; what is beyond it is cut off, and `…` stands there.
    static let maxBytes = 512

    /// Appends a text in its quotes.
    ///
    /// What ends a line, moves a terminal's cursor or turns the direction of writing is escaped: a
    /// line shows what it says, wherever it is read.
    static func append(_ text: String, to line: inout [UInt8]) {
        line.append(UInt8(ascii: "\""))
        let end = line.count + maxBytes
        for scalar in text.unicodeScalars {
            // The longest is a pair of escapes.
            guard line.count + 12 <= end else {
                line.append(text: "…")
                break
            }
            append(scalar, to: &line)
        }
        line.append(UInt8(ascii: "\""))
    }

    private static func append(_ scalar: Unicode.Scalar, to line: inout [UInt8]) {
        switch scalar {
        case "\"", "\\":
            line.append(UInt8(ascii: "\\"))
            line.append(UInt8(ascii: scalar))
        case " "..."~": line.append(UInt8(ascii: scalar))
        default:
            if isPlain(scalar) { return line.append(contentsOf: String(scalar).utf8) }
            for unit in String(scalar).utf16 {
                line.append(literal: "\\u")
                for shift in stride(from: UInt16(12), through: 0, by: -4) {
                    line.append(digits[Int(unit >> shift & 15)])
                }
            }
        }
    }

    private static let digits = Array("0123456789abcdef".utf8)

    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .spaceSeparator, .surrogate,
            .privateUse, .unassigned, .nonspacingMark, .enclosingMark:
            false
        default: true
        }
    }
}
