import Wire

/// Where a long text is cut, so that no line of a stream is longer than 64 KiB: many readers of
/// lines refuse longer ones.
enum TextLine {
    /// How long a line may be.
    static let maxBytes = 64 * 1024

    /// Where to cut a text that goes into a line as it is; nil where the rest of it fits.
    static func cut(_ text: Span<UInt8>, from start: Int) -> Int? {
        // Leaves room for the field's name.
        let most = maxBytes - 64
        guard text.count - start > most else { return nil }
        return characterStart(text, start + most, after: start)
    }

    /// Where to cut a text that goes into a line of JSON.
    ///
    /// - Parameters:
    ///   - text: the whole text.
    ///   - start: what is before has been written.
    ///   - most: how long it may be with its escapes.
    /// - Returns: nil where the rest of it fits.
    static func cut(_ text: Span<UInt8>, from start: Int, escapedTo most: Int) -> Int? {
        // No escape is longer than six bytes, so a token is not looked at.
        guard (text.count - start) * 6 > most else { return nil }
        return longCut(text, from: start, escapedTo: most)
    }

    @inline(never)
    private static func longCut(
        _ text: Span<UInt8>,
        from start: Int,
        escapedTo most: Int
    ) -> Int? {
        var length = 0
        for index in start..<text.count {
            length += escapedBytes(text[index])
            if length > most { return characterStart(text, index, after: start) }
        }
        return nil
    }

    /// How long a byte may become: line separators, too, begin with one of these two bytes.
    private static func escapedBytes(_ byte: UInt8) -> Int {
        switch byte {
        case 0..<0x20, 0xC2, 0xE2: 6
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): 2
        default: 1
        }
    }

    /// The beginning of the character at an index, and not the middle of a CRLF.
    private static func characterStart(_ text: Span<UInt8>, _ index: Int, after start: Int) -> Int {
        var cut = index
        while cut > start + 1, cut > index - 4, text[cut] & 0xC0 == 0x80 { cut -= 1 }
        let isInLineEnd =
            text[cut] == UInt8(ascii: "\n") && text[cut - 1] == UInt8(ascii: "\r")
        return isInLineEnd && cut > start + 1 ? cut - 1 : cut
    }
}
