import CPCRE2

/// With which bytes a match can begin: most text is passed over without a call of PCRE2.
struct MatchStarts: Sendable {
    /// For each byte, whether a match can begin with it.
    private let first: [Bool]
    /// Two bytes with one of which each match begins, where that is known.
    private let pairs: BytePairs?

    /// Asks PCRE2 for what it knows of a compiled pattern.
    init(of code: OpaquePointer, _ pairs: BytePairs?) {
        self.pairs = pairs
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

    /// The first place from `start` on where a match may begin; the end of the text where none may.
    func next(in text: [UInt8], from start: Int) -> Int {
        first.withUnsafeBufferPointer { first in
            text.withUnsafeBufferPointer { text in
                var index = start
                while index < text.count {
                    if first[Int(text[index])] {
                        guard let pairs, index + 1 < text.count else { return index }
                        if pairs.contain(text[index], text[index + 1]) { return index }
                    }
                    index += 1
                }
                return index
            }
        }
    }
}

/// A set of pairs of bytes.
struct BytePairs: Sendable {
    private var bits = [UInt64](repeating: 0, count: 1024)

    mutating func insert(_ one: UInt8, _ other: UInt8) {
        let index = Int(one) << 8 | Int(other)
        bits[index >> 6] |= 1 << UInt64(index & 63)
    }

    @inline(__always)
    func contain(_ one: UInt8, _ other: UInt8) -> Bool {
        let index = Int(one) << 8 | Int(other)
        return bits[index >> 6] & (1 << UInt64(index & 63)) != 0
    }
}
