package import Glibc

/// The file systems that a process reaches, as far as the daemon uses them.
///
/// Each call is the system's call of that name, and is refused with the system's codes. A
/// simulation has a disk of its own, which is slow, full, or loses what was not made safe.
package protocol Disk: Sendable {
    /// `open(2)`, always with `O_CLOEXEC`.
    ///
    /// - Returns: a number for the other calls, to be closed once.
    func open(_ path: String, _ flags: Int32, _ mode: mode_t) throws(DiskError) -> Int32
    /// `close(2)`, which also gives up the lock.
    func close(_ file: Int32)
    /// `flock(2)` for this file alone; `EWOULDBLOCK` where somebody else has it and it is not to
    /// wait.
    func lock(_ file: Int32, waits: Bool) throws(DiskError)
    /// `fstat(2)`.
    func status(_ file: Int32) throws(DiskError) -> FileStatus
    /// `stat(2)`, or `lstat(2)` where links are not followed.
    func status(of path: String, followsLinks: Bool) throws(DiskError) -> FileStatus
    /// `pread(2)`.
    ///
    /// - Returns: how many bytes were read; 0 at the end.
    func read(
        _ file: Int32,
        into buffer: UnsafeMutableRawBufferPointer,
        at offset: Int
    ) throws(DiskError) -> Int
    /// `write(2)`, at the file's place: its end with `O_APPEND`.
    ///
    /// - Returns: how many bytes were written; it may be less than asked.
    func write(_ file: Int32, _ bytes: UnsafeRawBufferPointer) throws(DiskError) -> Int
    /// `pwrite(2)`, also where the file was opened with `O_APPEND`.
    ///
    /// - Returns: how many bytes were written; it may be less than asked.
    func write(
        _ file: Int32,
        _ bytes: UnsafeRawBufferPointer,
        at offset: Int
    ) throws(DiskError) -> Int
    /// `ftruncate(2)`.
    func truncate(_ file: Int32, to size: Int) throws(DiskError)
    /// `posix_fallocate(3)` from the file's beginning.
    func allocate(_ file: Int32, _ size: Int) throws(DiskError)
    /// `fsync(2)`, of a file or of a folder.
    func synchronize(_ file: Int32) throws(DiskError)
    /// `fstatvfs(3)`: how much more this user may write.
    func freeBytes(_ file: Int32) throws(DiskError) -> Int
    /// `fchown(2)` and `fchmod(2)`.
    func setRights(_ file: Int32, _ rights: FileStatus) throws(DiskError)
    /// `rename(2)`.
    func rename(_ path: String, to newPath: String) throws(DiskError)
    /// `unlink(2)`.
    func remove(_ path: String) throws(DiskError)
    /// `mkdir(2)`.
    func makeFolder(_ path: String, _ mode: mode_t) throws(DiskError)
    /// `readdir(3)` to the end, in no order, without `.` and `..`.
    func names(in path: String) throws(DiskError) -> [String]
    /// `realpath(3)`.
    func resolve(_ path: String) throws(DiskError) -> String
}

/// What a disk refuses a call for: the call's name and the system's `errno`.
package struct DiskError: Error, Equatable {
    /// The call's name, which may be another than that of the method.
    package let call: StaticString
    /// Its `errno`.
    package let code: Int32

    /// Names the call that was refused, and why.
    package init(_ call: StaticString, _ code: Int32) {
        self.call = call
        self.code = code
    }

    package static func == (left: DiskError, right: DiskError) -> Bool {
        left.code == right.code && left.call.description == right.call.description
    }
}

/// What a disk says of a file.
package struct FileStatus: Sendable, Equatable {
    /// What has the name.
    package enum Kind: Sendable { case file, folder, link, other }

    /// What it is.
    package var kind: Kind
    /// Its length in bytes.
    package var size: Int
    /// Which file it is, whatever its name.
    package var identity: FileIdentity
    /// Who may do what: `st_mode` without the kind.
    package var permissions: mode_t
    /// Its owner and its group.
    package var user: uid_t
    package var group: gid_t

    /// Describes a file.
    ///
    /// - Parameters:
    ///   - kind: what it is.
    ///   - size: in bytes.
    ///   - identity: which file it is.
    ///   - permissions: who may do what.
    ///   - user: its owner.
    ///   - group: its group.
    package init(
        kind: Kind,
        size: Int,
        identity: FileIdentity,
        permissions: mode_t = 0o600,
        user: uid_t = 0,
        group: gid_t = 0
    ) {
        self.kind = kind
        self.size = size
        self.identity = identity
        self.permissions = permissions
        self.user = user
        self.group = group
    }
}
