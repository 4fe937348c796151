import Glibc

/// An open file of a disk; closed when its owner goes.
///
/// Every call fails with its own name and the path.
struct OpenFile: ~Copyable {
    /// The disk that has it.
    let disk: any Disk
    private let number: Int32
    /// Where it was opened, or where it was renamed to; others may have moved it since.
    private(set) var path: String

    /// Opens a file; `O_CLOEXEC` is always set.
    init(
        opening path: String,
        _ flags: Int32,
        on disk: any Disk,
        mode: mode_t = 0o600
    ) throws(StorageError) {
        number = try naming(path) { () throws(DiskError) in try disk.open(path, flags, mode) }
        self.disk = disk
        self.path = path
    }

    /// Opens a regular file to be read; anything else is refused, and a pipe without a writer is
    /// not waited for.
    static func reading(_ path: String, on disk: any Disk) throws(StorageError) -> OpenFile {
        let file = try OpenFile(opening: path, O_RDONLY | O_NONBLOCK, on: disk)
        guard try file.status().kind == .file else { throw .notRegularFile(path: path) }
        return file
    }

    deinit { disk.close(number) }

    /// Takes the advisory lock, which lives as long as this file is open.
    func lock() throws(StorageError) {
        do throws(DiskError) {
            try disk.lock(number, waits: false)
        } catch {
            guard error.code == EWOULDBLOCK else { throw StorageError(error, path) }
            throw .locked(path: path)
        }
    }

    /// Takes the advisory lock as soon as nobody else has it.
    func waitForLock() throws(StorageError) {
        try naming(path) { () throws(DiskError) in try disk.lock(number, waits: true) }
    }

    /// Takes over another file's owner, group and permissions.
    func takeRights(of other: FileStatus) throws(StorageError) {
        try naming(path) { () throws(DiskError) in try disk.setRights(number, other) }
    }

    func status() throws(StorageError) -> FileStatus {
        try naming(path) { () throws(DiskError) in try disk.status(number) }
    }

    /// Gives the file another name in its folder, in place of whatever has that name.
    mutating func rename(to newPath: String) throws(StorageError) {
        do throws(DiskError) {
            try disk.rename(path, to: newPath)
        } catch {
            throw StorageError(error, path)
        }
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
        let end = min(buffer.count, place + count)
        guard place < end else { return 0 }
        var span = buffer.mutableSpan
        return try span.withUnsafeMutableBytes { raw throws(StorageError) in
            try read(into: UnsafeMutableRawBufferPointer(rebasing: raw[place..<end]), at: offset)
        }
    }

    private func read(
        into buffer: UnsafeMutableRawBufferPointer,
        at offset: Int
    ) throws(StorageError) -> Int {
        var done = 0
        while done < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
            let got = try naming(path) { () throws(DiskError) in
                try disk.read(number, into: rest, at: offset + done)
            }
            guard got > 0 else { break }
            done += got
        }
        return done
    }

    /// Writes at the file's place (the end, with `O_APPEND`), once unless the system writes short.
    ///
    /// A short write has no `errno`. The next one has, so this goes on until it knows why.
    ///
    /// - Returns: How many bytes reached the file, and why it is not all of them.
    func write(_ bytes: [UInt8], from start: Int = 0) -> (count: Int, failure: StorageError?) {
        bytes.withUnsafeBytes { write(UnsafeRawBufferPointer(rebasing: $0[start...])) }
    }

    func write(_ bytes: UnsafeRawBufferPointer) -> (count: Int, failure: StorageError?) {
        var done = 0
        do throws(DiskError) {
            try write(bytes, &done) { rest, _ throws(DiskError) in try disk.write(number, rest) }
            return (done, nil)
        } catch {
            return (done, StorageError(error, path))
        }
    }

    /// Calls `call` with what is left, and with how much is written, until all of it is.
    private func write(
        _ bytes: UnsafeRawBufferPointer,
        _ done: inout Int,
        _ call: (UnsafeRawBufferPointer, Int) throws(DiskError) -> Int
    ) throws(DiskError) {
        while done < bytes.count {
            let wrote = try call(UnsafeRawBufferPointer(rebasing: bytes[done...]), done)
            guard wrote > 0 else { throw DiskError("write", EIO) }
            done += wrote
        }
    }

    /// Writes all of it at an offset, also where the file was opened with `O_APPEND`.
    func write(_ bytes: [UInt8], at offset: Int) throws(StorageError) {
        try naming(path) { () throws(DiskError) in
            var done = 0
            try bytes.span.withUnsafeBytes { raw throws(DiskError) in
                try write(raw, &done) { rest, done throws(DiskError) in
                    try disk.write(number, rest, at: offset + done)
                }
            }
        }
    }

    func truncate(to size: Int) throws(StorageError) {
        try naming(path) { () throws(DiskError) in try disk.truncate(number, to: size) }
    }

    /// How much more its file system takes of this user.
    func freeBytes() throws(StorageError) -> Int {
        try naming(path) { () throws(DiskError) in try disk.freeBytes(number) }
    }

    /// Makes it at least so long, with room on the disk for all of it.
    func allocate(_ size: Int) throws(StorageError) {
        try naming(path) { () throws(DiskError) in try disk.allocate(number, size) }
    }

    func synchronize() throws(StorageError) {
        try naming(path) { () throws(DiskError) in try disk.synchronize(number) }
    }

    /// Makes the names in a folder that is open survive a loss of power.
    ///
    /// Some file systems cannot do it for folders and answer `EINVAL`; there is nothing more to ask
    /// of them.
    func synchronizeNames() throws(StorageError) {
        do throws(DiskError) {
            try disk.synchronize(number)
        } catch {
            guard error.code == EINVAL else { throw StorageError(error, path) }
        }
    }
}
