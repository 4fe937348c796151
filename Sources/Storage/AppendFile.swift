import Glibc

/// A file of whole lines that only grows, held by this process alone.
///
/// Guarantees that a line is in the file whole or not at all: what a failed write left behind is cut
/// off before anything else is written. No thread of its own; its owner calls it from one place.
struct AppendFile: ~Copyable {
    private var descriptor: OpenFile
    /// Which file was opened, to notice when somebody moves or removes it.
    let identity: FileIdentity
    /// Where the file must end before the next write: set while a cut that failed is still owed.
    private var owedCut: Int?
    /// The unfinished line that was found and moved away when the file was opened.
    let tornTail: TornTail?

    /// Opens the file, creating it and its folder where they are absent, locks and repairs it.
    static func open(directory: String, name: String) throws(StorageError) -> AppendFile {
        let folder = directory.isEmpty ? "." : directory
        try createFolder(folder)
        let path = folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
        // Without O_NONBLOCK, opening a named pipe would wait for a reader for ever.
        let opened = try OpenFile(opening: path, O_RDWR | O_APPEND | O_CREAT | O_NONBLOCK)
        let status = try opened.status()
        guard status.st_mode & S_IFMT == S_IFREG else { throw .notRegularFile(path: path) }
        try opened.lock()
        let tail = try TornTail.remove(from: opened)
        // The file is of no use after a loss of power when its name is not on the disk.
        try opened.synchronize()
        try synchronizeFolder(folder)
        return AppendFile(
            descriptor: opened,
            identity: FileIdentity(status),
            tornTail: tail
        )
    }

    /// Whether the path still leads to the file that is open.
    ///
    /// People rotate logs with `mv` and start over with `rm`; lines written to a file without a name
    /// would be lost without a word.
    var isInPlace: Bool {
        var status = stat()
        guard stat(descriptor.path, &status) == 0 else { return false }
        return FileIdentity(status) == identity
    }

    /// Where the last whole line ends.
    func end() throws(StorageError) -> Int {
        let size = Int(try descriptor.status().st_size)
        return min(size, owedCut ?? size)
    }

    /// Which file it is and where it ends; nil where the system does not say.
    func position() -> HistoryCatalog.Active? {
        guard let end = try? end() else { return nil }
        return .init(identity: identity, end: end)
    }

    /// Makes what was written survive a loss of power, and gives the file another name.
    ///
    /// The lock goes with it.
    mutating func retire(to newPath: String) throws(StorageError) {
        try payOwedCut()
        try descriptor.synchronize()
        try descriptor.rename(to: newPath)
    }

    /// Takes the place of `old`: what was appended there behind `start` is appended here too, and
    /// this file is safe on the disk under the name of the other.
    mutating func takePlace(
        of old: inout AppendFile,
        copyingFrom start: Int
    ) throws(StorageError) {
        try old.payOwedCut()
        let end = try old.end()
        var piece = [UInt8](repeating: 0, count: min(max(end - start, 0), 1 << 20))
        var offset = start
        while offset < end {
            let count = try old.descriptor.read(into: &piece, at: offset, count: end - offset)
            guard count > 0 else { break }
            let (_, failure) = append(Array(piece[..<count]), from: 0)
            if let failure { throw failure }
            offset += count
        }
        try descriptor.synchronize()
        try descriptor.rename(to: old.descriptor.path)
        try synchronizeFolder(parentFolder(of: descriptor.path))
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
            let end = Int(try descriptor.status().st_size)
            let (count, failure) = descriptor.write(lines, from: start)
            guard let failure else { return (count, nil) }
            let last = lines[start..<start + count].lastIndex(of: newline)
            let kept = last.map { $0 + 1 - start } ?? 0
            if kept < count { owedCut = end + kept }
            // Should this fail too, the next call begins with it.
            try? payOwedCut()
            return (kept, failure)
        } catch {
            return (0, error)
        }
    }

    /// Waits until all of it would survive a loss of power.
    func synchronize() throws(StorageError) { try descriptor.synchronize() }

    /// Cuts off the unfinished line of a failed write; never lengthens a file that became shorter.
    mutating func payOwedCut() throws(StorageError) {
        guard let size = owedCut else { return }
        if Int(try descriptor.status().st_size) > size { try descriptor.truncate(to: size) }
        owedCut = nil
    }
}
