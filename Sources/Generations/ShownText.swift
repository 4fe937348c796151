import Wire

/// The beginning of what was asked or answered, as a line of the log shows it.
package struct ShownText: Sendable, Equatable {
    /// How much of one piece a line shows.
    static let maxBytes = 1024

    /// Whole characters, as UTF-8.
    package let bytes: [UInt8]
    /// How many bytes follow them.
    package let rest: Int

    /// Takes the beginning of a text.
    package init(_ text: Span<UInt8>) {
        var count = min(text.count, Self.maxBytes)
        while count > 0, count < text.count, text[count] & 0xC0 == 0x80 { count -= 1 }
        var bytes: [UInt8] = []
        bytes.append(span: text.extracting(first: count))
        self.bytes = bytes
        rest = text.count - count
    }
}
