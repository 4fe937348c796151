import Glibc

/// The unfinished last lines that were set aside beside the history's files.
///
/// They are no records, and yet have what a deletion has to reach.
struct TornLines {
    /// Half a line of more than this is not looked through for its conversation.
    private static let maxBytes = 64 * 1024

    let directory: String
    let disk: any Disk

    /// Shows what is known of each record of which a part is there, and the path of its file.
    ///
    /// - Parameter body: takes one after the other.
    /// - Throws: where one cannot be read.
    func forEach(
        _ body: (RecordScan.Piece, RecordHead, String) -> Void
    ) throws(StorageError) {
        var scan = RecordScan()
        for name in try disk.fileNames(in: directory) where Self.isTorn(name) {
            let path = joinedPath(directory, name)
            guard let bytes = try start(of: path) else { continue }
            // A loss of power may have left zeros before the line.
            scan.forEach(in: bytes.span) { piece, _, head in body(piece, head, path) }
        }
    }

    /// Whether it is the name of a part of the history's file, or of one that is written anew.
    static func isTorn(_ name: String) -> Bool {
        name.contains(".jsonl.torn-") || name.contains(".jsonl\(Compaction.suffix).torn-")
    }

    /// - Returns: nil where the name leads to no file.
    private func start(of path: String) throws(StorageError) -> [UInt8]? {
        do throws(StorageError) {
            let file = try OpenFile.reading(path, on: disk)
            let size = min(try file.status().size, Self.maxBytes)
            var bytes = [UInt8](repeating: 0, count: max(1, size))
            let count = try file.read(into: &bytes, at: 0, count: size)
            bytes.removeLast(bytes.count - count)
            return bytes
        } catch .notRegularFile {
            return nil
        } catch .systemCall(_, _, ENOENT) {
            // It was removed meanwhile.
            return nil
        }
    }
}
