import Glibc

/// A file of whole lines that only grows, held by this process alone.
///
/// Guarantees that a line is in the file whole or not at all: what a failed write left is cut off
/// before anything else is written. It has no thread of its own; its owner calls it from one
/// place.
struct AppendFile: ~Copyable {
    private var descriptor: OpenFile
    /// Which file was opened, to notice when somebody moves or removes it.
    let identity: FileIdentity
    /// Where the file must end before the next write: set while a cut that failed is still owed.
    private var owedCut: Int?
    /// Where it ended when it was written last, or looked at; nil where it may end within a line.
    private var knownEnd: Int?
    /// Whether it ends within a line there.
    private var endsWithinLine = false
    /// How often somebody else had changed its length by then, or a part of it was mended.
    private var changes = 0
    /// What is not safe yet; nil where nobody is promised that it will be.
    private var unsynced: UnsyncedBytes?
    /// The unfinished line that was found and moved away when the file was opened.
    let tornTail: TornTail?

    /// Opens the file, creating it and its folder where they are absent, locks and repairs it.
    ///
    /// - Parameters:
    ///   - directory: its folder.
    ///   - name: its name there.
    ///   - keepsUnsynced: whether what is appended is kept in memory until it is safe, so that
    ///     `synchronize` can be called again after a failure.
    ///   - platform: whose disk it is on.
    /// - Returns: the file, safe on the disk as it is.
    /// - Throws: what keeps it from being opened or repaired.
    static func open(
        directory: String,
        name: String,
        keepsUnsynced: Bool = false,
        on platform: Platform
    ) throws(StorageError) -> AppendFile {
        let path = joinedPath(directory, name)
        let folder = parentFolder(of: path)
        let disk = platform.disk
        try disk.createFolder(folder)
        // Without O_NONBLOCK, opening a named pipe would wait for a reader for ever.
        let opened = try OpenFile(
            opening: path,
            O_RDWR | O_APPEND | O_CREAT | O_NONBLOCK,
            on: disk
        )
        let status = try opened.status()
        guard status.kind == .file else { throw .notRegularFile(path: path) }
        try opened.lock()
        let tail = try TornTail.remove(from: opened, at: platform.time)
        // The file is of no use after a loss of power when its name is not on the disk.
        try opened.synchronize()
        try disk.synchronizeFolder(folder)
        let end = try opened.status().size
        return AppendFile(
            descriptor: opened,
            identity: status.identity,
            knownEnd: end,
            unsynced: keepsUnsynced ? UnsyncedBytes() : nil,
            tornTail: tail
        )
    }

    /// Whether the path still leads to the file that is open.
    ///
    /// People rotate logs with `mv` and start over with `rm`; lines written to a file without a
    /// name would be lost silently.
    var isInPlace: Bool { descriptor.disk.identity(of: descriptor.path) == identity }

    /// Where the last whole line ends.
    func end() throws(StorageError) -> Int {
        let size = try descriptor.status().size
        return min(size, owedCut ?? size)
    }

    /// Which file it is and where it ends; nil where the system does not answer.
    func position() -> ActiveFile? {
        guard let end = try? end() else { return nil }
        let edition = changes + (unsynced?.restorations ?? 0)
        return ActiveFile(identity: identity, end: end, edition: edition)
    }

    /// Ends the file with a whole line, all of it safe on the disk.
    mutating func settle() throws(StorageError) {
        try payOwedCut()
        try synchronize()
    }

    /// Makes what was written survive a loss of power, and gives the file another name.
    ///
    /// The lock goes with it. A file that has the name already is never replaced: it may be the
    /// only one that has its records.
    mutating func retire(to newPath: String) throws(StorageError) {
        guard descriptor.disk.isAbsent(newPath) else {
            throw .systemCall("rename", path: newPath, code: EEXIST)
        }
        try settle()
        try descriptor.rename(to: newPath)
    }

    /// Takes the place of `old`: what was appended there after `start` is appended here too, and
    /// this file is safe on the disk under the name of the other.
    mutating func takePlace(
        of old: inout AppendFile,
        copyingFrom start: Int
    ) throws(StorageError) {
        // What is not safe may read as something else.
        try old.settle()
        let end = try old.end()
        var piece = [UInt8](repeating: 0, count: min(max(end - start, 0), 1 << 20))
        var offset = start
        while offset < end {
            let count = try old.descriptor.read(into: &piece, at: offset, count: end - offset)
            guard count > 0 else { break }
            // Not to be kept: where this file cannot be made safe, the old one stays.
            if let failure = descriptor.write(Array(piece[..<count])).failure { throw failure }
            offset += count
        }
        try synchronize()
        knownEnd = try descriptor.status().size
        // Where the name is a link, it stays one, and what it leads to is replaced.
        try descriptor.rename(to: descriptor.disk.resolvedPath(old.descriptor.path))
        try descriptor.disk.synchronizeFolder(parentFolder(of: descriptor.path))
    }

    /// Appends lines, each with its newline, with one write.
    ///
    /// - Returns: How many bytes of whole lines are in the file now, and why it is not all of them.
    mutating func append(
        _ lines: [UInt8],
        from start: Int
    ) -> (kept: Int, failure: StorageError?) {
        do throws(StorageError) {
            try payOwedCut()
            let end = try endToAppendAt()
            try look(at: end)
            guard endsWithinLine else { return write(lines, from: start, at: end) }
            // Half a line that somebody left must not take this one with it.
            let (kept, failure) = write([newline] + lines[start...], from: 0, at: end)
            return (max(0, kept - 1), failure)
        } catch {
            return (0, error)
        }
    }

    private mutating func write(
        _ lines: [UInt8],
        from start: Int,
        at end: Int
    ) -> (kept: Int, failure: StorageError?) {
        let (count, failure) = descriptor.write(lines, from: start)
        guard let failure else {
            unsynced?.add(lines[start...], at: end)
            knownEnd = end + count
            endsWithinLine = false
            return (count, nil)
        }
        let last = lines[start..<start + count].lastIndex(of: newline)
        let kept = last.map { $0 + 1 - start } ?? 0
        unsynced?.add(lines[start..<start + kept], at: end)
        knownEnd = end + kept
        if kept > 0 { endsWithinLine = false }
        if kept < count { owedCut = end + kept }
        // Should this fail too, the next call begins with it.
        try? payOwedCut()
        return (kept, failure)
    }

    /// Looks whether somebody else left the file within a line, where its length is not ours.
    private mutating func look(at end: Int) throws(StorageError) {
        guard knownEnd != end else { return }
        var last: [UInt8] = [newline]
        // What is kept ends with a line, whatever a failing disk has in its place.
        if end > 0, unsyncedBytes == 0 {
            _ = try descriptor.read(into: &last, at: end - 1, count: 1)
        }
        if knownEnd != nil { changes += 1 }
        knownEnd = end
        endsWithinLine = last[0] != newline
    }

    /// Where the next line goes.
    private mutating func endToAppendAt() throws(StorageError) -> Int {
        let end = try descriptor.status().size
        guard let isFollowed = unsynced?.isFollowed(at: end), !isFollowed else { return end }
        // Somebody cut the file off, or the disk did. What is kept has to be safe, or written anew,
        // before its place is forgotten.
        try synchronize()
        return try descriptor.status().size
    }

    /// Has a part of the file written again in its place before it counts as safe.
    ///
    /// What was appended is made safe first, and each piece before the next: only the last one
    /// waits for `synchronize`.
    ///
    /// - Parameters:
    ///   - part: its bytes, whole lines, as far as the file has them.
    ///   - count: how many of them at a time, unless a line is longer.
    ///   - mend: puts right what it finds in a piece, at the same length, and returns whether it
    ///     did.
    /// - Throws: where the disk refuses; then nothing is settled.
    mutating func distrust(
        _ part: Range<Int>,
        piecesOf count: Int,
        mending mend: (inout [UInt8]) -> Bool
    ) throws(StorageError) {
        let part = part.clamped(to: 0..<(try end()))
        var start = part.lowerBound
        while start < part.upperBound {
            if unsyncedBytes > 0 { try synchronize() }
            var piece = try lines(in: start..<part.upperBound, atMost: count)
            guard !piece.isEmpty else { return }
            if mend(&piece) {
                changes += 1
                try descriptor.write(piece, at: start)
            }
            unsynced?.distrust(piece, at: start)
            start += piece.count
        }
    }

    /// The first whole lines of a part, or all of it: at most so many bytes, unless the first line
    /// is longer.
    private func lines(
        in part: Range<Int>,
        atMost count: Int
    ) throws(StorageError) -> [UInt8] {
        var size = min(max(count, 1), part.count)
        while true {
            var bytes = [UInt8](repeating: 0, count: size)
            let got = try descriptor.read(into: &bytes, at: part.lowerBound, count: size)
            bytes.removeLast(size - got)
            guard got == size, size < part.count else { return bytes }
            if let last = bytes.lastIndex(of: newline) { return Array(bytes[...last]) }
            size = min(2 * size, part.count)
        }
    }

    /// How much is kept in memory until it is safe.
    var unsyncedBytes: Int { unsynced?.count ?? 0 }

    /// Waits until all of it would survive a loss of power.
    ///
    /// After a failure, what may be lost with it is written again first, where it is kept.
    mutating func synchronize() throws(StorageError) {
        guard unsynced == nil else {
            try unsynced?.synchronize(descriptor)
            return
        }
        do throws(StorageError) {
            try descriptor.synchronize()
        } catch {
            try? endLostLine()
            throw error
        }
    }

    /// Half a line that a failed fsync left is ended at once, since whoever looks for deleted text
    /// reads whole lines.
    private mutating func endLostLine() throws(StorageError) {
        changes += 1
        knownEnd = nil
        try payOwedCut()
        let end = try descriptor.status().size
        try look(at: end)
        if endsWithinLine { _ = write([newline], from: 0, at: end) }
    }

    /// Cuts off the unfinished line of a failed write; never lengthens a file that became shorter.
    mutating func payOwedCut() throws(StorageError) {
        guard let size = owedCut else { return }
        if try descriptor.status().size > size { try descriptor.truncate(to: size) }
        owedCut = nil
    }
}
