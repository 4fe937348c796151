import Glibc

/// The secret of a data folder: drawn once, and kept over restarts.
package enum SecretFile {
    /// The file's name in the data folder.
    package static let name = "secret"
    /// How long it is.
    package static let count = 32

    /// Reads the secret, or makes the file where there is none.
    ///
    /// Of two processes that begin at once, both get the same: the file is written under its lock,
    /// and nobody uses what is not safe on the disk.
    ///
    /// - Parameters:
    ///   - directory: the data folder; it is made where there is none.
    ///   - fresh: `count` random bytes, which become the secret where there is none.
    ///   - platform: whose disk it is on.
    /// - Returns: the secret that the file has from now on.
    /// - Throws: where the file cannot be used; also where others may read it.
    package static func secret(
        in directory: String,
        orKeep fresh: [UInt8],
        platform: Platform = .system
    ) throws(StorageError) -> [UInt8] {
        let path = joinedPath(directory, name)
        let disk = platform.disk
        try disk.createFolder(parentFolder(of: path))
        // Without O_NONBLOCK, opening a named pipe would wait for a reader for ever.
        let file = try OpenFile(opening: path, O_RDWR | O_CREAT | O_NONBLOCK, on: disk)
        let status = try file.status()
        guard status.kind == .file else { throw .notRegularFile(path: path) }
        guard status.permissions & 0o077 == 0 else { throw .openToOthers(path: path) }
        try file.waitForLock()
        if let secret = try read(file, path) { return secret }
        try file.write(fresh, at: 0)
        try file.synchronize()
        try disk.synchronizeFolder(parentFolder(of: path))
        return fresh
    }

    /// The secret in a file; nil where there is none yet.
    private static func read(
        _ file: borrowing OpenFile,
        _ path: String
    ) throws(StorageError) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count + 1)
        let length = try file.read(into: &bytes, at: 0, count: count + 1)
        guard length <= count else { throw .damaged(path: path, offset: count) }
        // A process that ended while it wrote leaves less, and a loss of power may leave zeros:
        // nobody has used what is not whole.
        guard length == count, bytes[..<count].contains(where: { $0 != 0 }) else { return nil }
        return Array(bytes[..<count])
    }
}
