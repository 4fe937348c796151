import Wire

/// What JSON may hold and some readers of lines take for the end of one: U+0085, U+2028, U+2029.
///
/// Python's `splitlines`, with which httpx reads lines, cuts at them, and neither half is JSON.
enum LineSeparators {
    /// Escapes them in lines of JSON, where they can only be in strings.
    ///
    /// - Parameters:
    ///   - out: has the lines.
    ///   - start: where they begin; what is before stays as it is.
    static func escape(in out: inout [UInt8], from start: Int) {
        guard let first = index(in: out, from: start) else { return }
        var escaped: [UInt8] = []
        var plain = first
        var next: Int? = first
        while let index = next {
            escaped.append(contentsOf: out[plain..<index])
            escaped.append(literal: escape(at: index, in: out))
            plain = index + (out[index] == 0xC2 ? 2 : 3)
            next = Self.index(in: out, from: plain)
        }
        escaped.append(contentsOf: out[plain...])
        out.replaceSubrange(first..., with: escaped)
    }

    private static func escape(at index: Int, in out: [UInt8]) -> StaticString {
        guard out[index] == 0xE2 else { return "\\u0085" }
        return out[index + 2] == 0xA8 ? "\\u2028" : "\\u2029"
    }

    /// Where the next one is; nil where there is none.
    private static func index(in out: [UInt8], from start: Int) -> Int? {
        var index = endOfASCII(out.span, from: start)
        while index < out.count {
            switch out[index] {
            case 0xC2 where index + 1 < out.count && out[index + 1] == 0x85: return index
            case 0xE2 where index + 2 < out.count && out[index + 1] == 0x80:
                if out[index + 2] == 0xA8 || out[index + 2] == 0xA9 { return index }
            default: break
            }
            index = endOfASCII(out.span, from: index + 1)
        }
        return nil
    }
}
