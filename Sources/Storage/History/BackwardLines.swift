/// Reads a file's lines from the last to the first, however long the file is.
package enum BackwardLines {
    /// How much is read at a time.
    private static let pieceBytes = 1 << 20

    /// Visits lines without their ends, until there are no more or `visit` returns false.
    ///
    /// What follows the last end of a line comes first: where a disk is full, a whole record may
    /// lack nothing but its end. A file that is absent has no lines.
    ///
    /// - Parameters:
    ///   - path: of the file.
    ///   - pieceBytes: how much is read at a time.
    ///   - platform: whose disk it is on.
    ///   - visit: takes a line, and returns whether to go on.
    /// - Returns: how long the file was.
    /// - Throws: where the disk cannot be read.
    @discardableResult
    package static func visit(
        _ path: String,
        pieceBytes: Int = BackwardLines.pieceBytes,
        platform: Platform = .system,
        _ visit: (Span<UInt8>) -> Bool
    ) throws(StorageError) -> Int {
        // What is there and cannot be reached fails below.
        guard !platform.disk.isAbsent(path) else { return 0 }
        let file = try OpenFile.reading(path, on: platform.disk)
        // Where the part that is not read yet ends.
        let size = try file.status().size
        var unread = size
        var bytes: [UInt8] = []
        // Where in `bytes` the last line that was visited began; after the last newline at first.
        var end: Int?
        while true {
            let searched = end ?? bytes.count
            if let newline = bytes[..<max(0, searched - (end == nil ? 0 : 1))].lastIndex(
                of: newline
            ) {
                let last = end.map { $0 - 1 } ?? bytes.count
                let isLine = end != nil || newline + 1 < last
                if isLine, !visit(bytes.span.extracting((newline + 1)..<last)) {
                    return size
                }
                end = newline + 1
                continue
            }
            guard unread > 0 else { break }
            let count = min(unread, max(pieceBytes, bytes.count))
            var piece = [UInt8](repeating: 0, count: count)
            _ = try file.read(into: &piece, at: unread - count, count: count)
            unread -= count
            bytes.removeSubrange((end ?? bytes.count)...)
            piece += bytes
            if let old = end { end = old + count }
            bytes = piece
        }
        let last = end.map { $0 - 1 } ?? bytes.count
        if end.map({ $0 > 0 }) ?? (last > 0) { _ = visit(bytes.span.extracting(0..<last)) }
        return size
    }
}
