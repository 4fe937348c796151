import Glibc

/// Goes through the lines of a file, whatever its size.
struct FileLines {
    private static let pieceBytes = 1 << 20

    /// Shows every whole line between two offsets, without its newline.
    ///
    /// In memory are one piece of the file, or one line where that is longer.
    ///
    /// - Parameters:
    ///   - file: what is read.
    ///   - start: where a line begins.
    ///   - end: nothing after it is read.
    ///   - takesTail: whether bytes at the end without a newline are a line too.
    ///   - body: takes where the line is, and its bytes.
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
        var lines = FileLines(from: start, to: end)
        while try lines.readOn(file) { try lines.takeWhole(body) }
        guard takesTail, lines.held > 0 else { return lines.offset }
        try body(lines.offset, lines.piece.span.extracting(first: lines.held))
        return lines.offset + lines.held
    }

    private let end: Int
    private var piece: [UInt8]
    /// The offset of the piece, and how much of it there is: at first of an unfinished line.
    private var offset: Int
    private var held = 0
    /// Up to where there is no newline in the piece.
    private var searched = 0

    private init(from start: Int, to end: Int) {
        self.end = end
        offset = start
        piece = [UInt8](repeating: 0, count: min(max(end - start, 1), Self.pieceBytes))
    }

    /// - Returns: whether there was more.
    private mutating func readOn(_ file: borrowing OpenFile) throws(StorageError) -> Bool {
        guard offset + held < end else { return false }
        if held == piece.count { try makeRoom(file) }
        let next = offset + held
        let wanted = min(piece.count - held, end - next)
        guard wanted > 0 else { return false }
        let count = try file.read(into: &piece, from: held, at: next, count: wanted)
        held += count
        return count > 0
    }

    /// A line is longer than the piece: its length is found out first.
    ///
    /// An array that grows has its content twice, and a record may be hundreds of megabytes long.
    private mutating func makeRoom(_ file: borrowing OpenFile) throws(StorageError) {
        var ahead = [UInt8](repeating: 0, count: Self.pieceBytes)
        var lineEnd = offset + held
        while lineEnd < end {
            let wanted = min(ahead.count, end - lineEnd)
            let count = try file.read(into: &ahead, from: 0, at: lineEnd, count: wanted)
            let newline = Self.firstNewline(ahead, in: 0..<count)
            lineEnd += newline.map { $0 + 1 } ?? count
            if newline != nil || count == 0 { break }
        }
        piece = Self.piece(lineEnd - offset, beginningWith: piece[...])
    }

    private mutating func takeWhole(
        _ body: (Int, Span<UInt8>) throws(StorageError) -> Void
    ) throws(StorageError) {
        var lineStart = 0
        while let lineEnd = Self.firstNewline(piece, in: searched..<held) {
            try body(offset + lineStart, piece.span.extracting(lineStart..<lineEnd))
            lineStart = lineEnd + 1
            searched = lineStart
        }
        if lineStart > 0 { dropFirst(lineStart) }
        searched = held
    }

    private mutating func dropFirst(_ count: Int) {
        offset += count
        held -= count
        if piece.count > Self.pieceBytes, held < Self.pieceBytes {
            // A long line is over: those that follow need no more than any others.
            let rest = piece[count..<count + held]
            piece = Self.piece(Self.pieceBytes, beginningWith: rest)
        } else {
            piece.withUnsafeMutableBytes { raw in
                guard let base = raw.baseAddress else { return }
                memmove(base, base + count, held)
            }
        }
    }

    private static func piece(_ count: Int, beginningWith bytes: ArraySlice<UInt8>) -> [UInt8] {
        var piece = [UInt8](repeating: 0, count: count)
        piece.withUnsafeMutableBytes { $0.copyBytes(from: bytes) }
        return piece
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
