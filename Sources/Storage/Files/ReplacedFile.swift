import Glibc

/// A small file that is only ever replaced as a whole, by one process at a time.
///
/// Whoever reads it meanwhile, or after a loss of power, finds the old content or the new one, and
/// never a part. The lock is on the folder, because the file itself gives way to another; no
/// further file is left behind for it.
package struct ReplacedFile: ~Copyable {
    /// Where it is, when links have been followed.
    private let path: String
    private let folder: OpenFile
    /// Nil where there is no file yet.
    private let status: FileStatus?
    /// What it holds; nil where there is no file yet.
    package let content: [UInt8]?

    /// Reads a file, and keeps others from replacing it until this value goes.
    ///
    /// It waits for whoever replaces the file at the moment.
    ///
    /// - Parameters:
    ///   - path: the file's; it need not exist, its folder must.
    ///   - maxBytes: no more than one byte beyond it is read, which shows that the file is longer.
    ///   - platform: whose disk it is on.
    /// - Returns: the file, with its lock.
    /// - Throws: where the file cannot be read.
    package static func open(
        _ path: String,
        maxBytes: Int,
        platform: Platform = .system
    ) throws(StorageError) -> ReplacedFile {
        let disk = platform.disk
        // Where the name is a link, it stays one.
        let path = disk.resolvedPath(path)
        let folder = try OpenFile(
            opening: parentFolder(of: path),
            O_RDONLY | O_DIRECTORY,
            on: disk
        )
        try folder.waitForLock()
        let file: OpenFile
        do throws(StorageError) {
            file = try OpenFile.reading(path, on: disk)
        } catch {
            guard case .systemCall("open", _, ENOENT) = error else { throw error }
            return ReplacedFile(path: path, folder: folder, status: nil, content: nil)
        }
        let status = try file.status()
        let wanted = min(status.size, maxBytes + 1)
        var content = [UInt8](repeating: 0, count: wanted)
        let count = try file.read(into: &content, at: 0, count: wanted)
        content.removeLast(wanted - count)
        return ReplacedFile(path: path, folder: folder, status: status, content: content)
    }

    /// Puts new content in the place of the old one, safe against a loss of power.
    ///
    /// A new file is for this user alone; otherwise it keeps its owner, group and permissions: the
    /// daemon, which may be another user, has to go on reading it.
    package consuming func replace(with content: [UInt8]) throws(StorageError) {
        let disk = folder.disk
        let draft = "\(path).new"
        // Nobody else has the lock, so a draft is what an earlier process has left.
        try? disk.remove(draft)
        var file = try OpenFile(
            opening: draft,
            O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW,
            on: disk
        )
        do throws(StorageError) {
            if let status { try file.takeRights(of: status) }
            if let failure = file.write(content).failure { throw failure }
            try file.synchronize()
            try file.rename(to: path)
        } catch {
            try? disk.remove(draft)
            throw error
        }
        try folder.synchronizeNames()
    }
}
