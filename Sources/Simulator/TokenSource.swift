/// A text as word-like tokens, one at a time, repeated as often as needed.
///
/// Nothing is built in advance: an answer of a million tokens is a text and two numbers.
struct TokenSource {
    /// The text; a token is a range of it and never cuts a character.
    let text: [UInt8]
    private var position = 0
    private var left: Int
    private let repeats: Bool
    /// Longer words come in several tokens, as from real models.
    private static let maxWordBytes = 12

    /// The text once, or its beginning.
    init(_ text: [UInt8], limit: Int) {
        self.text = text
        left = limit
        repeats = false
    }

    /// So many tokens, however short the text.
    init(repeating text: [UInt8], count: Int) {
        self.text = text.isEmpty ? [] : text + [UInt8(ascii: "\n"), UInt8(ascii: "\n")]
        left = count
        repeats = true
    }

    /// Where the next token is in `text`.
    mutating func next() -> Range<Int>? {
        guard left > 0, !text.isEmpty else { return nil }
        if position == text.count {
            guard repeats else { return nil }
            position = 0
        }
        left -= 1
        let start = position
        position = Self.endOfToken(text.span, from: start)
        return start..<position
    }

    /// How many tokens the text has.
    static func count(_ text: Span<UInt8>) -> Int {
        var position = 0
        var count = 0
        while position < text.count {
            position = endOfToken(text, from: position)
            count += 1
        }
        return count
    }

    /// The end of a word with the blank before it, of a run of blanks or line ends, or of a run of
    /// one sign.
    static func endOfToken(_ text: Span<UInt8>, from start: Int) -> Int {
        let first = text[start]
        var end = start
        if first == UInt8(ascii: " ") {
            end += 1
            guard end < text.count, isWord(text[end]) else {
                return endOfRun(text, from: start)
            }
        }
        guard isWord(text[end]) else { return endOfRun(text, from: start) }
        while end < text.count, isWord(text[end]), end - start < maxWordBytes { end += 1 }
        while end < text.count, isContinuation(text[end]) { end += 1 }
        return end
    }

    private static func endOfRun(_ text: Span<UInt8>, from start: Int) -> Int {
        var end = start + 1
        while end < text.count, text[end] == text[start] { end += 1 }
        return end
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "'"), 0x80...0xFF:
            true
        default: false
        }
    }

    private static func isContinuation(_ byte: UInt8) -> Bool {
        byte & 0xC0 == 0x80
    }
}
