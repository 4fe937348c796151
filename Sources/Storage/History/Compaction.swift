import Glibc
import Wire

/// Writes one file of the history anew without the records of deleted conversations, and without
/// lines of spaces, which take the place of damaged records.
///
/// It runs on a queue of its own: rewriting a large file takes seconds, and nobody waits for it.
/// The file itself is only read, up to where it ended when this value was made. Until the new file
/// takes its name, the end of the process loses nothing but the work.
struct Compaction: Sendable {
    static let suffix = ".compact"
    private static let batchBytes = 1 << 20

    let directory: String
    /// The file, where one has to be rewritten.
    let part: HistoryPart?
    /// See `HistoryParts.era`: when `part` was looked up.
    let era: Int
    let deletions: Deletions
    let disk: any Disk

    /// What is left out, in ascending order, and up to where the file was read.
    struct Outcome: Sendable {
        var cuts: [Range<Int>] = []
        var end = 0
        /// Whether the name led to another file by then, or to none: a rotation may come first.
        var isMoved = false
    }

    /// What became of the new file.
    enum Replacement {
        /// It has the place of the old one, at this path.
        case done(path: String)
        /// Nothing had to be left out of the old one, or it is no part of the history any more.
        case needless
        /// The old one is not as it was read: it is to be compacted again.
        case outdated
        /// The old one cannot be replaced now: it is to be compacted again after a while.
        case refused
    }

    var path: String { joinedPath(directory, part?.name ?? "") }
    var newName: String { (part?.name ?? "") + Self.suffix }

    /// Removes the new file, where it does not take the place of the old one.
    ///
    /// - Throws: where it stays.
    func removeNew() throws(StorageError) {
        let path = joinedPath(directory, newName)
        do throws(DiskError) {
            try disk.remove(path)
        } catch {
            guard error.code == ENOENT else { throw StorageError(error, path) }
        }
    }

    /// Writes the new file.
    func run() throws(StorageError) -> Outcome {
        try removeTornLines()
        guard let part else { return Outcome() }
        guard let old = try part.open(in: directory, on: disk) else {
            return Outcome(isMoved: true)
        }
        let new = try OpenFile(
            opening: path + Self.suffix,
            O_WRONLY | O_CREAT | O_TRUNC | O_APPEND,
            on: disk
        )
        var outcome = Outcome()
        var batch: [UInt8] = []
        var scan = RecordScan()
        outcome.end = try FileLines.forEach(
            in: old,
            from: 0,
            to: part.end,
            takesTail: !part.isActive
        ) { offset, line throws(StorageError) in
            var cuts: [Range<Int>] = []
            var isKept = false
            scan.forEach(in: line) { piece, range, head in
                if deletions.cover(piece, head) {
                    Self.add(range, to: &cuts)
                } else {
                    isKept = true
                }
            }
            let end = min(line.count + 1, part.end - offset)
            // Nothing stays of a line that was all deleted, or mended with blanks; else each record
            // keeps its own bytes.
            if !isKept, !cuts.isEmpty || RecordScan.isAllSpaces(line) { cuts = [0..<end] }
            var start = 0
            for cut in cuts {
                batch.append(span: line.extracting(start..<min(cut.lowerBound, line.count)))
                start = cut.upperBound
                Self.add(cut.lowerBound + offset..<cut.upperBound + offset, to: &outcome.cuts)
            }
            if start < end {
                batch.append(span: line.extracting(start..<line.count))
                if end > line.count { batch.append(newline) }
            }
            guard batch.count >= Self.batchBytes else { return }
            try Self.write(&batch, to: new)
        }
        try Self.write(&batch, to: new)
        try new.synchronize()
        return outcome
    }

    private static func add(_ cut: Range<Int>, to cuts: inout [Range<Int>]) {
        if let last = cuts.last, last.upperBound == cut.lowerBound {
            cuts[cuts.count - 1] = last.lowerBound..<cut.upperBound
        } else {
            cuts.append(cut)
        }
    }

    private static func write(
        _ batch: inout [UInt8],
        to file: borrowing OpenFile
    ) throws(StorageError) {
        let (_, failure) = file.write(batch)
        if let failure { throw failure }
        batch.removeAll(keepingCapacity: true)
    }

    /// Removes torn lines that were set aside, where they are of deleted conversations.
    private func removeTornLines() throws(StorageError) {
        guard !deletions.isEmpty else { return }
        var paths: [String] = []
        try TornLines(directory: directory, disk: disk).forEach { piece, head, path in
            if deletions.cover(piece, head), paths.last != path { paths.append(path) }
        }
        for path in paths {
            try naming(path) { () throws(DiskError) in try disk.remove(path) }
        }
    }
}
