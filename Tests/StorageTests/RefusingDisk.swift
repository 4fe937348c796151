import Glibc
import Loop

@testable import Storage

/// The machine's disk, which refuses calls of one kind for as long as a test says.
final class RefusingDisk: Disk {
    /// What it refuses.
    enum Refusal: Sendable {
        case nothing
        /// To say which names a folder has, as without descriptors.
        case names
        /// To make anything safe.
        case synchronizing
    }

    private let disk = SystemDisk()
    private let refusal = Guarded(Refusal.nothing)

    /// The machine with this disk.
    var platform: Platform { Platform(disk: self) }

    func refuse(_ kind: Refusal) { refusal.withLock { $0 = kind } }

    private func check(
        _ kind: Refusal,
        _ call: StaticString,
        _ code: Int32
    ) throws(DiskError) {
        guard refusal.withLock({ $0 }) != kind else { throw DiskError(call, code) }
    }

    func names(in path: String) throws(DiskError) -> [String] {
        try check(.names, "opendir", EMFILE)
        return try disk.names(in: path)
    }

    func synchronize(_ file: Int32) throws(DiskError) {
        try check(.synchronizing, "fsync", EIO)
        try disk.synchronize(file)
    }

    func open(_ path: String, _ flags: Int32, _ mode: mode_t) throws(DiskError) -> Int32 {
        try disk.open(path, flags, mode)
    }

    func close(_ file: Int32) { disk.close(file) }

    func lock(_ file: Int32, waits: Bool) throws(DiskError) { try disk.lock(file, waits: waits) }

    func status(_ file: Int32) throws(DiskError) -> FileStatus { try disk.status(file) }

    func status(of path: String, followsLinks: Bool) throws(DiskError) -> FileStatus {
        try disk.status(of: path, followsLinks: followsLinks)
    }

    func read(
        _ file: Int32,
        into buffer: UnsafeMutableRawBufferPointer,
        at offset: Int
    ) throws(DiskError) -> Int {
        try disk.read(file, into: buffer, at: offset)
    }

    func write(_ file: Int32, _ bytes: UnsafeRawBufferPointer) throws(DiskError) -> Int {
        try disk.write(file, bytes)
    }

    func write(
        _ file: Int32,
        _ bytes: UnsafeRawBufferPointer,
        at offset: Int
    ) throws(DiskError) -> Int {
        try disk.write(file, bytes, at: offset)
    }

    func truncate(_ file: Int32, to size: Int) throws(DiskError) {
        try disk.truncate(file, to: size)
    }

    func allocate(_ file: Int32, _ size: Int) throws(DiskError) { try disk.allocate(file, size) }

    func freeBytes(_ file: Int32) throws(DiskError) -> Int { try disk.freeBytes(file) }

    func setRights(_ file: Int32, _ rights: FileStatus) throws(DiskError) {
        try disk.setRights(file, rights)
    }

    func rename(_ path: String, to newPath: String) throws(DiskError) {
        try disk.rename(path, to: newPath)
    }

    func remove(_ path: String) throws(DiskError) { try disk.remove(path) }

    func makeFolder(_ path: String, _ mode: mode_t) throws(DiskError) {
        try disk.makeFolder(path, mode)
    }

    func resolve(_ path: String) throws(DiskError) -> String { try disk.resolve(path) }
}
