import Glibc
import Loop
import Wire

/// The end of a last line that was begun and never finished, found when a file is opened.
///
/// A process that is killed or a machine that loses power in the middle of a write leaves half a
/// line. The next record would be glued to it, and both would be lost to every reader. So it goes
/// to a file of its own, which is safe on the disk before the line is cut from where it was.
struct TornTail: Equatable {
    let setAsideIn: String
    let bytes: Int

    /// How much is read at a time; the file itself may be larger than the memory.
    private static let pieceBytes = 64 * 1024
    /// How many torn lines of the same second find a name.
    private static let maxNames = 100

    /// Moves an unfinished last line of `file` into a file beside it.
    ///
    /// - Parameters:
    ///   - file: what may end with half a line.
    ///   - time: names the file beside it.
    /// - Returns: What was moved, or `nil` when the last line is whole.
    /// - Throws: what keeps the line from being moved.
    static func remove(
        from file: borrowing OpenFile,
        at time: TimeSource
    ) throws(StorageError) -> TornTail? {
        let size = try file.status().size
        let start = try endOfLastWholeLine(in: file, size: size)
        guard start < size else { return nil }
        if try isWhole(start..<size, of: file) {
            if let failure = file.write([newline]).failure { throw failure }
            return nil
        }
        let name = try setAside(start..<size, of: file, at: time)
        try file.truncate(to: start)
        try file.synchronize()
        return TornTail(setAsideIn: name, bytes: size - start)
    }

    /// A last line of more than this is not looked through for records.
    private static let maxWholeBytes = 256 << 20

    /// Whether nothing but the line's end is missing, or a whole record is in it.
    private static func isWhole(
        _ range: Range<Int>,
        of file: borrowing OpenFile
    ) throws(StorageError) -> Bool {
        guard range.count <= maxWholeBytes else { return false }
        var line = [UInt8](repeating: 0, count: range.count)
        let count = try file.read(into: &line, at: range.lowerBound, count: range.count)
        var reader = JSONReader()
        do throws(JSONError) {
            try reader.enterObject(line.span)
            reader = JSONReader()
            try reader.skip(line.span)
            try reader.finish(line.span)
            return true
        } catch {
            var scan = RecordScan()
            var hasRecord = false
            scan.forEach(in: line.span.extracting(first: count)) { piece, _, _ in
                if piece != .rest { hasRecord = true }
            }
            return hasRecord
        }
    }

    /// Reads backward from the end, so that the length of the file does not matter.
    private static func endOfLastWholeLine(
        in file: borrowing OpenFile,
        size: Int
    ) throws(StorageError) -> Int {
        guard size > 0 else { return 0 }
        var piece = [UInt8](repeating: 0, count: 1)
        // Nearly always the last byte is enough.
        if try file.read(into: &piece, at: size - 1, count: 1) == 1, piece[0] == newline {
            return size
        }
        piece = [UInt8](repeating: 0, count: min(size, pieceBytes))
        var end = size
        while end > 0 {
            let start = max(0, end - piece.count)
            let count = try file.read(into: &piece, at: start, count: end - start)
            if let last = piece[..<count].lastIndex(of: newline) { return start + last + 1 }
            end = start
        }
        return 0
    }

    private static func setAside(
        _ range: Range<Int>,
        of file: borrowing OpenFile,
        at time: TimeSource
    ) throws(StorageError) -> String {
        let aside = try createBeside(file, at: time)
        do throws(StorageError) {
            var piece = [UInt8](repeating: 0, count: min(range.count, pieceBytes))
            var offset = range.lowerBound
            while offset < range.upperBound {
                let wanted = min(piece.count, range.upperBound - offset)
                let count = try file.read(into: &piece, at: offset, count: wanted)
                guard count == wanted else {
                    throw .systemCall("read", path: file.path, code: EIO)
                }
                if piece.count > count { piece.removeLast(piece.count - count) }
                if let failure = aside.write(piece).failure { throw failure }
                offset += count
            }
            try aside.synchronize()
            try aside.disk.synchronizeFolder(parentFolder(of: aside.path))
        } catch {
            // The line is still in the file; half a copy of it would only confuse.
            try? aside.disk.remove(aside.path)
            throw error
        }
        return aside.path
    }

    private static func createBeside(
        _ file: borrowing OpenFile,
        at time: TimeSource
    ) throws(StorageError) -> OpenFile {
        let first = "\(file.path).torn-\(time.wallMilliseconds / 1000)"
        var name = first
        var number = 1
        while true {
            do throws(StorageError) {
                return try OpenFile(opening: name, O_WRONLY | O_CREAT | O_EXCL, on: file.disk)
            } catch {
                guard case .systemCall(_, _, EEXIST) = error, number < maxNames else { throw error }
            }
            number += 1
            name = "\(first)-\(number)"
        }
    }
}

/// What ends a record.
let newline = UInt8(ascii: "\n")
