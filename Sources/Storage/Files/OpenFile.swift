import Glibc
import Loop

/// An open file; closed when its owner goes.
///
/// Every call is repeated when a signal interrupts it, and fails with its own name and the path.
struct OpenFile: ~Copyable {
    private let descriptor: Descriptor
    /// Where it was opened, or where it was renamed to; others may have moved it since.
    private(set) var path: String

    /// Opens a file; `O_CLOEXEC` is always set.
    init(opening path: String, _ flags: Int32, mode: mode_t = 0o600) throws(StorageError) {
        descriptor = Descriptor(
            owning: try repeating("open", path) { open(path, flags | O_CLOEXEC, mode) }
        )
        self.path = path
    }

    /// Opens a regular file to be read; anything else is refused, and a pipe without a writer is
    /// not waited for.
    static func reading(_ path: String) throws(StorageError) -> OpenFile {
        let file = try OpenFile(opening: path, O_RDONLY | O_NONBLOCK)
        let status = try file.status()
        guard status.st_mode & S_IFMT == S_IFREG else { throw .notRegularFile(path: path) }
        return file
    }

    private var number: Int32 { descriptor.number }

    /// Takes the advisory lock, which lives as long as this descriptor.
    func lock() throws(StorageError) {
        do throws(StorageError) {
            _ = try repeating("lock", path) { flock(number, LOCK_EX | LOCK_NB) }
        } catch {
            guard case .systemCall(_, _, EWOULDBLOCK) = error else { throw error }
            throw .locked(path: path)
        }
    }

    /// Takes the advisory lock as soon as nobody else has it.
    func waitForLock() throws(StorageError) {
        _ = try repeating("lock", path) { flock(number, LOCK_EX) }
    }

    /// Takes over another file's owner, group and permissions.
    func takeRights(of other: stat) throws(StorageError) {
        let own = try status()
        if own.st_uid != other.st_uid || own.st_gid != other.st_gid {
            _ = try repeating("chown", path) { fchown(number, other.st_uid, other.st_gid) }
        }
        _ = try repeating("chmod", path) { fchmod(number, other.st_mode & 0o777) }
    }

    func status() throws(StorageError) -> stat {
        var status = stat()
        _ = try repeating("stat", path) { fstat(number, &status) }
        return status
    }

    func identity() throws(StorageError) -> FileIdentity { FileIdentity(try status()) }

    /// Gives the file another name in its folder, in place of whatever has that name.
    mutating func rename(to newPath: String) throws(StorageError) {
        _ = try repeating("rename", path) { Glibc.rename(path, newPath) }
        path = newPath
    }

    /// Fills `buffer` from `place` on with what is at `offset`, completely unless the file ends
    /// first.
    ///
    /// - Returns: How many bytes were read.
    func read(
        into buffer: inout [UInt8],
        from place: Int = 0,
        at offset: Int,
        count: Int
    ) throws(StorageError) -> Int {
        var done = 0
        while done < count {
            let wanted = min(count, buffer.count - place) - done
            guard wanted > 0 else { break }
            let got = try repeating("read", path) {
                buffer.withUnsafeMutableBytes { raw in
                    pread(
                        number,
                        raw.baseAddress?.advanced(by: place + done),
                        wanted,
                        off_t(offset + done)
                    )
                }
            }
            guard got > 0 else { break }
            done += got
        }
        return done
    }

    /// Writes at the descriptor's place (the end, with `O_APPEND`), once unless the system writes
    /// short.
    ///
    /// A short write has no `errno`. The next one has, so this goes on until it knows why.
    ///
    /// - Returns: How many bytes reached the file, and why it is not all of them.
    func write(_ bytes: [UInt8], from start: Int = 0) -> (count: Int, failure: StorageError?) {
        bytes.withUnsafeBytes { write(UnsafeRawBufferPointer(rebasing: $0[start...])) }
    }

    func write(_ bytes: UnsafeRawBufferPointer) -> (count: Int, failure: StorageError?) {
        var done = 0
        do throws(StorageError) {
            try write(bytes, &done) { start, count, _ in Glibc.write(number, start, count) }
            return (done, nil)
        } catch {
            return (done, error)
        }
    }

    /// Calls `call` with what is left, and with how much is written, until all of it is.
    private func write(
        _ bytes: UnsafeRawBufferPointer,
        _ done: inout Int,
        _ call: (UnsafeRawPointer?, Int, Int) -> Int
    ) throws(StorageError) {
        while done < bytes.count {
            let wrote = try repeating("write", path) {
                call(bytes.baseAddress?.advanced(by: done), bytes.count - done, done)
            }
            guard wrote > 0 else { throw .systemCall("write", path: path, code: EIO) }
            done += wrote
        }
    }

    /// Writes all of it at an offset, also where the file was opened with `O_APPEND`.
    ///
    /// With that flag Linux appends whatever offset `pwrite` is given, so it is off meanwhile.
    func write(_ bytes: [UInt8], at offset: Int) throws(StorageError) {
        let flags = try repeating("fcntl", path) { fcntl(number, F_GETFL) }
        _ = try repeating("fcntl", path) { fcntl(number, F_SETFL, flags & ~O_APPEND) }
        // Setting it again is refused for no regular file.
        defer { _ = fcntl(number, F_SETFL, flags) }
        var done = 0
        try bytes.span.withUnsafeBytes { raw throws(StorageError) in
            try write(raw, &done) { pwrite(number, $0, $1, off_t(offset + $2)) }
        }
    }

    func truncate(to size: Int) throws(StorageError) {
        _ = try repeating("truncate", path) { ftruncate(number, off_t(size)) }
    }

    /// How much more its file system takes of this user.
    func freeBytes() throws(StorageError) -> Int {
        var status = statvfs()
        _ = try repeating("statvfs", path) { fstatvfs(number, &status) }
        return Int(clamping: status.f_bavail.multipliedReportingOverflow(by: status.f_frsize).0)
    }

    /// Makes it at least so long, with room on the disk for all of it.
    func allocate(_ size: Int) throws(StorageError) {
        // It answers with the code itself.
        let code = posix_fallocate(number, 0, off_t(size))
        guard code == 0 else { throw .systemCall("fallocate", path: path, code: code) }
    }

    func synchronize() throws(StorageError) {
        _ = try repeating("fsync", path) { fsync(number) }
    }
}

/// Makes the names in a folder survive a loss of power.
///
/// Some file systems cannot do it for folders and answer `EINVAL`; there is nothing more to ask
/// of them.
func synchronizeFolder(_ path: String) throws(StorageError) {
    try synchronizeFolder(try OpenFile(opening: path, O_RDONLY | O_DIRECTORY))
}

/// The same for a folder that is open.
func synchronizeFolder(_ folder: borrowing OpenFile) throws(StorageError) {
    do throws(StorageError) {
        try folder.synchronize()
    } catch {
        guard case .systemCall(_, _, EINVAL) = error else { throw error }
    }
}

/// Creates a folder and the missing ones above it, for this user alone.
func createFolder(_ path: String) throws(StorageError) {
    guard mkdir(path, 0o700) != 0 else {
        return try synchronizeFolder(parentFolder(of: path))
    }
    let code = errno
    guard code != EEXIST else { return try checkFolder(path) }
    let parent = parentFolder(of: path)
    guard code == ENOENT, parent != path, !path.isEmpty else {
        throw .systemCall("mkdir", path: path, code: code)
    }
    try createFolder(parent)
    // Once: some folders, as those of /proc, exist and take no others.
    guard mkdir(path, 0o700) != 0 else { return try synchronizeFolder(parent) }
    guard errno == EEXIST else { throw .systemCall("mkdir", path: path, code: errno) }
    try checkFolder(path)
}

/// Something has the name: a link that leads nowhere, or a file, is no folder.
private func checkFolder(_ path: String) throws(StorageError) {
    var status = stat()
    _ = try repeating("stat", path) { stat(path, &status) }
    guard status.st_mode & S_IFMT == S_IFDIR else {
        throw .systemCall("mkdir", path: path, code: ENOTDIR)
    }
}

/// The path of a name in a folder; an empty folder is the process's own.
func joinedPath(_ folder: String, _ name: String) -> String {
    if folder.isEmpty { return "./\(name)" }
    return folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
}

/// The folder that holds the last part of a path.
func parentFolder(of path: String) -> String {
    var parts = Substring(path)
    while parts.count > 1, parts.last == "/" { parts.removeLast() }
    guard let slash = parts.lastIndex(of: "/") else { return "." }
    return slash == parts.startIndex ? "/" : String(parts[..<slash])
}

/// Where a path leads to in the end; the path itself where that cannot be found out.
func resolvedPath(_ path: String) -> String {
    guard let resolved = realpath(path, nil) else { return path }
    defer { free(resolved) }
    return String(cString: resolved)
}

/// Runs a system call until no signal interrupts it, and throws what it is refused for.
private func repeating<Result: FixedWidthInteger & SignedInteger>(
    _ call: String,
    _ path: String,
    _ body: () -> Result
) throws(StorageError) -> Result {
    let (result, code) = uninterrupted { Int(body()) }
    guard result >= 0 else { throw .systemCall(call, path: path, code: code) }
    return Result(truncatingIfNeeded: result)
}

/// The names in a folder, in no order, without `.` and `..`.
func names(in path: String) throws(StorageError) -> [String] {
    guard let folder = opendir(path) else {
        throw .systemCall("opendir", path: path, code: errno)
    }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
        // In place: a copy of the field would read beyond the entry, which ends with the name.
        let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
            pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if name != ".", name != ".." { names.append(name) }
    }
    return names
}
