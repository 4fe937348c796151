import Wire

/// Records as clients may see them: without the key under which an answer was asked for, and
/// without the fingerprint of the request.
///
/// Anyone who knows a key may ask under it.
enum PublicRecord {
    /// Appends a line of the history without those members, and otherwise unchanged.
    ///
    /// They come early in the line, so once both are found the rest is copied and not looked at.
    /// Members within others, such as those of a client's own messages, stay.
    ///
    /// - Parameters:
    ///   - line: any text, without its line end.
    ///   - out: the bytes that are appended to.
    static func append(_ line: Span<UInt8>, into out: inout [UInt8]) {
        var next = 0
        for hidden in hiddenMembers(of: line) {
            out.append(span: line.extracting(next..<hidden.lowerBound))
            next = hidden.upperBound
        }
        out.append(span: line.extracting(next..<line.count))
    }

    /// Appends lines, each with its line end.
    static func append(lines: [UInt8], into out: inout [UInt8]) {
        var start = 0
        while let end = lines[start...].firstIndex(of: UInt8(ascii: "\n")) {
            append(lines.span.extracting(start..<end), into: &out)
            out.append(UInt8(ascii: "\n"))
            start = end + 1
        }
    }

    /// The ranges of those members, each with one of the commas beside it.
    private static func hiddenMembers(of line: Span<UInt8>) -> [Range<Int>] {
        var found: [Range<Int>] = []
        var hasKey = false
        var hasFingerprint = false
        var reader = JSONReader()
        do throws(JSONError) {
            try reader.enterObject(line)
            var before = reader.position
            var isFirst = true
            while !hasKey || !hasFingerprint, let name = try reader.nextKey(line) {
                try reader.skip(line)
                let isKey = matches(line, name, "key")
                let isFingerprint = matches(line, name, "fingerprint")
                hasKey = hasKey || isKey
                hasFingerprint = hasFingerprint || isFingerprint
                var end = reader.position
                if isKey || isFingerprint {
                    // A first member has its comma after it; the next member is the first then.
                    if isFirst { end = endOfComma(line, from: end) }
                    found.append(before..<end)
                } else {
                    isFirst = false
                }
                before = end
            }
        } catch {
            // This is not a record of ours, or a broken one: what was found before the break
            // counts.
        }
        return found
    }

    private static func endOfComma(_ line: Span<UInt8>, from position: Int) -> Int {
        var end = position
        while end < line.count, line[end] <= UInt8(ascii: " ") { end += 1 }
        return end < line.count && line[end] == UInt8(ascii: ",") ? end + 1 : position
    }
}
