/// Looks into a line of the history without parsing it.
enum RecordGlance {
    private static let endedMember = Array(",\"ended_at\":\"".utf8)
    /// As long as `Timestamp` writes it.
    private static let timeBytes = 24

    /// When the answer ended, as the record says it.
    ///
    /// The last member of this name: what stands behind it is ours alone, and in texts quotes are
    /// escaped.
    static func endedAt(_ line: Span<UInt8>) -> [UInt8]? {
        var place = line.count - endedMember.count - timeBytes
        while place >= 0 {
            if starts(line, endedMember, at: place) {
                let start = place + endedMember.count
                return (start..<(start + timeBytes)).map { line[$0] }
            }
            place -= 1
        }
        return nil
    }

    private static func starts(_ line: Span<UInt8>, _ word: [UInt8], at start: Int) -> Bool {
        guard word.count <= line.count - start else { return false }
        for place in word.indices where line[start + place] != word[place] { return false }
        return true
    }
}
