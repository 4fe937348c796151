/// Runs of combining marks that are too long for any language; input from outside may have none.
///
/// `String` normalises what it compares and hashes, and sorts each run of marks by insertion. To
/// compare one word that ends in a megabyte of marks would hold up a loop for minutes.
package enum CombiningMarks {
    /// The longest run that is accepted.
    ///
    /// The Stream-Safe Text Format allows 30 (UAX #15 §13); people who pile up marks for fun stay
    /// below this.
    package static let maxRun = 256

    /// Looks for more than `maxRun` marks in a row.
    ///
    /// Only every 256th byte is examined: a mark has at least two bytes, so no long run fits in
    /// between.
    ///
    /// - Parameter bytes: UTF-8; an invalid sequence counts as no mark.
    /// - Returns: whether there is such a run.
    package static func hasLongRun(_ bytes: Span<UInt8>) -> Bool {
        var index = maxRun
        while index < bytes.count {
            if bytes[index] >= 0x80 {
                let run = run(bytes, around: index)
                guard run.marks <= maxRun else { return true }
                index = max(index, run.end)
            }
            index += maxRun
        }
        return false
    }

    /// How many marks surround a byte, up to the number that matters, and where they end.
    private static func run(_ bytes: Span<UInt8>, around index: Int) -> (marks: Int, end: Int) {
        var marks = 0
        var end = startOfCharacter(bytes, at: index)
        var start = end
        while marks <= maxRun, let length = lengthOfMark(bytes, at: end) {
            marks += 1
            end += length
        }
        while marks > 0, marks <= maxRun, start > 0 {
            start = startOfCharacter(bytes, at: start - 1)
            guard lengthOfMark(bytes, at: start) != nil else { break }
            marks += 1
        }
        return (marks, end)
    }

    /// Where the character begins to which a byte belongs.
    private static func startOfCharacter(_ bytes: Span<UInt8>, at index: Int) -> Int {
        var start = index
        while start > 0, index - start < 3, bytes[start] & 0xC0 == 0x80 { start -= 1 }
        return start
    }

    /// The length of the mark that begins at an index; `nil` if none begins there.
    private static func lengthOfMark(_ bytes: Span<UInt8>, at start: Int) -> Int? {
        guard start < bytes.count, bytes[start] >= 0x80 else { return nil }
        let length = lengthOfMultibyteCharacter(bytes, at: start)
        guard length > 0 else { return nil }
        // The longer the character, the fewer of its bits are in the first byte.
        var value = UInt32(bytes[start]) & (0x7F >> UInt32(length))
        for index in (start + 1)..<(start + length) {
            value = value << 6 | UInt32(bytes[index] & 0x3F)
        }
        guard let scalar = Unicode.Scalar(value), isMark(scalar) else { return nil }
        return length
    }

    private static func isMark(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        // These belong to no class themselves but decompose into two marks.
        case 0x0F73, 0x0F75, 0x0F81: true
        default: scalar.properties.canonicalCombiningClass != .notReordered
        }
    }
}
