import CPCRE2

/// With which bytes a match can begin: most text is passed over without a call of PCRE2.
struct MatchStarts: Sendable {
    /// For each byte, whether a match can begin with it.
    private let first: [Bool]
    /// What is known of a list of words; nil for any other pattern.
    private let words: WordTree?

    /// Asks PCRE2 for what it knows of a compiled pattern.
    init(of code: OpaquePointer, _ words: WordTree?) {
        self.words = words
        var kind: UInt32 = 0
        var unit: UInt32 = 0
        var bitmap: UnsafePointer<UInt8>?
        pcre2_pattern_info_8(code, UInt32(PCRE2_INFO_FIRSTCODETYPE), &kind)
        pcre2_pattern_info_8(code, UInt32(PCRE2_INFO_FIRSTCODEUNIT), &unit)
        pcre2_pattern_info_8(code, UInt32(PCRE2_INFO_FIRSTBITMAP), &bitmap)
        if kind == 1 {
            // It does not say whether the case of this letter matters.
            let letters = [unit, unit ^ 0x20]
            first = (0..<256).map { letters.contains($0) }
        } else if kind == 0, let bitmap {
            first = (0..<256).map { bitmap[$0 / 8] & (1 << ($0 % 8)) != 0 }
        } else {
            first = Array(repeating: true, count: 256)
        }
    }

    /// Looks for the first place from `start` on where a match may begin.
    ///
    /// - Parameters:
    ///   - text: UTF-8.
    ///   - start: where to look from.
    ///   - previous: the byte before the text; nil where nothing is before it.
    /// - Returns: the place; the end of the text where there is none.
    func next(in text: Span<UInt8>, from start: Int, after previous: UInt8? = nil) -> Int {
        var index = start
        while index < text.count {
            if first[Int(text[index])] {
                guard let words else { return index }
                let before = index > 0 ? text[index - 1] : previous
                if words.mayBegin(at: index, of: text, after: before) { return index }
            }
            index += 1
        }
        return index
    }
}
