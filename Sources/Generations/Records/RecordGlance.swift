import Wire

/// Looks into a line of the history without parsing it.
enum RecordGlance {
    private static let endedMember = Array(",\"ended_at\":\"".utf8)

    /// When the answer ended, as the record has it.
    ///
    /// The last member of this name counts: only ours come after it, and in texts quotes are
    /// escaped.
    static func endedAt(_ line: Span<UInt8>) -> [UInt8]? {
        var position = line.count - endedMember.count - Timestamp.count
        while position >= 0 {
            if starts(line, endedMember, at: position) {
                let start = position + endedMember.count
                return (start..<(start + Timestamp.count)).map { line[$0] }
            }
            position -= 1
        }
        return nil
    }

    private static func starts(_ line: Span<UInt8>, _ word: [UInt8], at start: Int) -> Bool {
        guard word.count <= line.count - start else { return false }
        for offset in word.indices where line[start + offset] != word[offset] { return false }
        return true
    }
}
