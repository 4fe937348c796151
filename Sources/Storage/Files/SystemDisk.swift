package import Glibc
import Loop

/// The machine's own file systems.
package struct SystemDisk: Disk {
    /// Names them; nothing is opened yet.
    package init() {}

    package func open(
        _ path: String,
        _ flags: Int32,
        _ mode: mode_t
    ) throws(DiskError) -> Int32 {
        Int32(try repeating("open") { Int(Glibc.open(path, flags | O_CLOEXEC, mode)) })
    }

    package func close(_ file: Int32) { _ = Glibc.close(file) }

    package func lock(_ file: Int32, waits: Bool) throws(DiskError) {
        _ = try repeating("lock") { Int(flock(file, waits ? LOCK_EX : LOCK_EX | LOCK_NB)) }
    }

    package func status(_ file: Int32) throws(DiskError) -> FileStatus {
        var status = stat()
        _ = try repeating("stat") { Int(fstat(file, &status)) }
        return FileStatus(status)
    }

    package func status(
        of path: String,
        followsLinks: Bool
    ) throws(DiskError) -> FileStatus {
        var status = stat()
        _ = try repeating("stat") {
            Int(followsLinks ? stat(path, &status) : lstat(path, &status))
        }
        return FileStatus(status)
    }

    package func read(
        _ file: Int32,
        into buffer: UnsafeMutableRawBufferPointer,
        at offset: Int
    ) throws(DiskError) -> Int {
        try repeating("read") { pread(file, buffer.baseAddress, buffer.count, off_t(offset)) }
    }

    package func write(
        _ file: Int32,
        _ bytes: UnsafeRawBufferPointer
    ) throws(DiskError) -> Int {
        try repeating("write") { Glibc.write(file, bytes.baseAddress, bytes.count) }
    }

    /// With `O_APPEND` Linux appends whatever offset `pwrite` is given, so it is off meanwhile.
    package func write(
        _ file: Int32,
        _ bytes: UnsafeRawBufferPointer,
        at offset: Int
    ) throws(DiskError) -> Int {
        let flags = Int32(try repeating("fcntl") { Int(fcntl(file, F_GETFL)) })
        guard flags & O_APPEND != 0 else {
            return try repeating("write") {
                pwrite(file, bytes.baseAddress, bytes.count, off_t(offset))
            }
        }
        _ = try repeating("fcntl") { Int(fcntl(file, F_SETFL, flags & ~O_APPEND)) }
        // Setting it again is refused for no regular file.
        defer { _ = fcntl(file, F_SETFL, flags) }
        return try repeating("write") {
            pwrite(file, bytes.baseAddress, bytes.count, off_t(offset))
        }
    }

    package func truncate(_ file: Int32, to size: Int) throws(DiskError) {
        _ = try repeating("truncate") { Int(ftruncate(file, off_t(size))) }
    }

    package func allocate(_ file: Int32, _ size: Int) throws(DiskError) {
        // It answers with the code itself.
        let code = posix_fallocate(file, 0, off_t(size))
        guard code == 0 else { throw DiskError("fallocate", code) }
    }

    package func synchronize(_ file: Int32) throws(DiskError) {
        _ = try repeating("fsync") { Int(fsync(file)) }
    }

    package func freeBytes(_ file: Int32) throws(DiskError) -> Int {
        var status = statvfs()
        _ = try repeating("statvfs") { Int(fstatvfs(file, &status)) }
        return Int(clamping: status.f_bavail.multipliedReportingOverflow(by: status.f_frsize).0)
    }

    package func setRights(_ file: Int32, _ rights: FileStatus) throws(DiskError) {
        let own = try status(file)
        if own.user != rights.user || own.group != rights.group {
            _ = try repeating("chown") { Int(fchown(file, rights.user, rights.group)) }
        }
        _ = try repeating("chmod") { Int(fchmod(file, rights.permissions & 0o777)) }
    }

    package func rename(_ path: String, to newPath: String) throws(DiskError) {
        _ = try repeating("rename") { Int(Glibc.rename(path, newPath)) }
    }

    package func remove(_ path: String) throws(DiskError) {
        _ = try repeating("unlink") { Int(unlink(path)) }
    }

    package func makeFolder(_ path: String, _ mode: mode_t) throws(DiskError) {
        _ = try repeating("mkdir") { Int(mkdir(path, mode)) }
    }

    package func names(in path: String) throws(DiskError) -> [String] {
        guard let folder = opendir(path) else { throw DiskError("opendir", errno) }
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

    package func resolve(_ path: String) throws(DiskError) -> String {
        guard let resolved = realpath(path, nil) else { throw DiskError("realpath", errno) }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// Runs a system call until no signal interrupts it, and throws what it is refused for.
    private func repeating(
        _ call: StaticString,
        _ body: () -> Int
    ) throws(DiskError) -> Int {
        let (result, code) = uninterrupted(body)
        guard result >= 0 else { throw DiskError(call, code) }
        return result
    }
}

extension FileStatus {
    fileprivate init(_ status: stat) {
        let kind: Kind =
            switch status.st_mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .folder
            case S_IFLNK: .link
            default: .other
            }
        self.init(
            kind: kind,
            size: Int(status.st_size),
            identity: FileIdentity(
                device: UInt64(status.st_dev),
                inode: UInt64(status.st_ino)
            ),
            permissions: status.st_mode & ~S_IFMT,
            user: status.st_uid,
            group: status.st_gid
        )
    }
}
