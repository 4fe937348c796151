import Glibc

/// Goes through the lines of a file, whatever its size.
enum FileLines {
    private static let pieceBytes = 1 << 20

    /// Shows every whole line between two offsets, without its newline.
    ///
    /// - Parameters:
    ///   - file: what is read.
    ///   - start: where a line begins.
    ///   - end: nothing behind it is read.
    ///   - takesTail: whether bytes at the end without a newline are a line too.
    ///   - body: takes where the line stands, and its bytes.
    /// - Returns: where the last whole line ends.
    /// - Throws: where the file cannot be read, or what `body` throws.
    @discardableResult
    static func forEach(
        in file: borrowing OpenFile,
        from start: Int,
        to end: Int,
        takesTail: Bool = false,
        _ body: (Int, Span<UInt8>) throws(StorageError) -> Void
    ) throws(StorageError) -> Int {
        var piece = [UInt8](repeating: 0, count: min(max(end - start, 1), pieceBytes))
        // The offset of the piece, and how much of an unfinished line it begins with.
        var offset = start
        var held = 0
        while offset + held < end {
            if held == piece.count {
                // No more than there is: a long record would be in memory twice and more.
                let room = min(held, end - offset - held)
                piece.append(contentsOf: repeatElement(0, count: room))
            }
            let wanted = min(piece.count - held, end - offset - held)
            let count = try file.read(into: &piece, from: held, at: offset + held, count: wanted)
            guard count > 0 else { break }
            var lineStart = 0
            var searched = held
            held += count
            while let lineEnd = firstNewline(piece, in: searched..<held) {
                try body(offset + lineStart, piece.span.extracting(lineStart..<lineEnd))
                lineStart = lineEnd + 1
                searched = lineStart
            }
            if lineStart > 0 {
                piece.withUnsafeMutableBytes { raw in
                    guard let base = raw.baseAddress else { return }
                    memmove(base, base + lineStart, held - lineStart)
                }
                offset += lineStart
                held -= lineStart
            }
        }
        guard takesTail, held > 0 else { return offset }
        try body(offset, piece.span.extracting(first: held))
        return offset + held
    }

    private static func firstNewline(_ bytes: [UInt8], in range: Range<Int>) -> Int? {
        bytes.withUnsafeBytes { raw in
            guard let base = raw.baseAddress, !range.isEmpty,
                let found = memchr(base + range.lowerBound, Int32(newline), range.count)
            else { return nil }
            return UnsafeRawPointer(found) - base
        }
    }
}
