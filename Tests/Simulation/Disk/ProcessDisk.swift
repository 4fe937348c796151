import Glibc
import Storage

/// A disk as one process has it: its open files, and their locks.
///
/// `@unchecked`: a world runs on one thread, with all its processes and their background work.
final class ProcessDisk: Disk, @unchecked Sendable {
    private let disk: SimulatedDisk
    private var files = DescriptorTable()
    /// Whether the process has ended: all it may still try changes nothing, and is refused.
    private(set) var isDead = false

    /// Begins a process.
    init(_ disk: SimulatedDisk) { self.disk = disk }

    /// How many files are open.
    var openCount: Int { files.count }

    /// Ends the process without a loss of power; its locks are gone, and what it wrote is not.
    func end() {
        guard !isDead else { return }
        for number in files.numbers { close(number) }
        isDead = true
        disk.detach(self)
    }

    func open(_ path: String, _ flags: Int32, _ mode: mode_t) throws(DiskError) -> Int32 {
        try check("open")
        guard !disk.has(.noDescriptors) else { throw DiskError("open", EMFILE) }
        let place = try disk.tree.find(path, "open")
        let name = place.name ?? "/"
        guard let inode = place.inode else {
            guard flags & O_CREAT != 0 else { throw DiskError("open", ENOENT) }
            let file = try change("create", name) { _ throws(DiskError) in
                try checkNames("open", grows: true)
                let entry = FolderEntry(folder: place.folder, name: name)
                return disk.tree.makeFile(entry, mode)
            }
            return take(file, flags, name)
        }
        if flags & O_CREAT != 0, flags & O_EXCL != 0 { throw DiskError("open", EEXIST) }
        let changes = flags & (O_CREAT | O_TRUNC | O_ACCMODE) != O_RDONLY
        if inode is SimulatedFolder, changes { throw DiskError("open", EISDIR) }
        if inode is SimulatedFile, flags & O_DIRECTORY != 0 { throw DiskError("open", ENOTDIR) }
        if let file = inode as? SimulatedFile, flags & O_TRUNC != 0, file.cached.size > 0 {
            try change("truncate", name) { _ throws(DiskError) in
                try disk.resize(file, name, to: 0, "open")
            }
        }
        return take(inode, flags, name)
    }

    func close(_ file: Int32) {
        guard let description = files[file] else { return }
        if description.inode.lockHolder === description { description.inode.lockHolder = nil }
        files.remove(file)
        disk.release(description.inode)
    }

    func lock(_ file: Int32, waits: Bool) throws(DiskError) {
        let description = try description(file, "lock")
        let holder = description.inode.lockHolder
        guard holder == nil || holder === description else {
            // On one thread, nobody could give it up meanwhile.
            throw DiskError("lock", waits ? EDEADLK : EWOULDBLOCK)
        }
        description.inode.lockHolder = description
    }

    func status(_ file: Int32) throws(DiskError) -> FileStatus {
        try description(file, "stat").inode.status
    }

    func status(of path: String, followsLinks: Bool) throws(DiskError) -> FileStatus {
        try found(path, "stat").status
    }

    func read(
        _ file: Int32,
        into buffer: UnsafeMutableRawBufferPointer,
        at offset: Int
    ) throws(DiskError) -> Int {
        let description = try description(file, "read")
        guard offset >= 0 else { throw DiskError("read", EINVAL) }
        guard description.isReadable else { throw DiskError("read", EBADF) }
        guard let file = description.inode as? SimulatedFile else {
            throw DiskError("read", EISDIR)
        }
        guard !disk.has(.refusesReads) else { throw DiskError("read", EIO) }
        return file.cached.read(into: buffer, at: offset)
    }

    func write(_ file: Int32, _ bytes: UnsafeRawBufferPointer) throws(DiskError) -> Int {
        let description = try description(file, "write")
        let isAppended = description.flags & O_APPEND != 0
        let offset = isAppended ? description.inode.status.size : description.offset
        let count = try write(description, bytes, offset)
        description.offset = offset + count
        return count
    }

    func write(
        _ file: Int32,
        _ bytes: UnsafeRawBufferPointer,
        at offset: Int
    ) throws(DiskError) -> Int {
        let description = try description(file, "fcntl")
        guard offset >= 0 else { throw DiskError("write", EINVAL) }
        return try write(description, bytes, offset)
    }

    private func write(
        _ description: OpenDescription,
        _ bytes: UnsafeRawBufferPointer,
        _ offset: Int
    ) throws(DiskError) -> Int {
        guard description.isWritable, let file = description.inode as? SimulatedFile else {
            throw DiskError("write", EBADF)
        }
        return try change("write", "\(description.name) \(offset)+\(bytes.count)", bytes.count) {
            count throws(DiskError) in
            let bytes = UnsafeRawBufferPointer(rebasing: bytes[..<count])
            return try disk.write(bytes, in: file, description.name, at: offset)
        }
    }

    func truncate(_ file: Int32, to size: Int) throws(DiskError) {
        let description = try description(file, "truncate")
        guard size >= 0, description.isWritable, let file = description.inode as? SimulatedFile
        else { throw DiskError("truncate", EINVAL) }
        try change("truncate", "\(description.name) \(size)") { _ throws(DiskError) in
            try disk.resize(file, description.name, to: size, "truncate")
        }
    }

    func allocate(_ file: Int32, _ size: Int) throws(DiskError) {
        let description = try description(file, "fallocate")
        guard size > 0 else { throw DiskError("fallocate", EINVAL) }
        guard description.isWritable, let file = description.inode as? SimulatedFile else {
            throw DiskError("fallocate", EBADF)
        }
        try change("fallocate", "\(description.name) \(size)") { _ throws(DiskError) in
            guard size > file.cached.size else { return }
            try disk.resize(file, description.name, to: size, "fallocate")
        }
    }

    func synchronize(_ file: Int32) throws(DiskError) {
        let description = try description(file, "fsync")
        try change("fsync", description.name) { _ throws(DiskError) in
            try disk.synchronize(description.inode, description.name)
        }
    }

    func freeBytes(_ file: Int32) throws(DiskError) -> Int {
        _ = try description(file, "statvfs")
        return disk.room
    }

    func setRights(_ file: Int32, _ rights: FileStatus) throws(DiskError) {
        let description = try description(file, "stat")
        try change("chmod", description.name) { _ throws(DiskError) in
            description.inode.rights.permissions = rights.permissions & 0o777
            description.inode.rights.user = rights.user
            description.inode.rights.group = rights.group
        }
    }

    func rename(_ path: String, to newPath: String) throws(DiskError) {
        try check("rename")
        let old = try disk.tree.find(path, "rename")
        let new = try disk.tree.find(newPath, "rename")
        guard let oldName = old.name, let newName = new.name else {
            throw DiskError("rename", EBUSY)
        }
        guard let inode = old.inode else { throw DiskError("rename", ENOENT) }
        if new.folders.contains(where: { $0 === inode }) { throw DiskError("rename", EINVAL) }
        if old.folders.contains(where: { $0 === new.inode }) {
            throw DiskError("rename", ENOTEMPTY)
        }
        guard new.inode !== inode else { return }
        try new.checkReplacing(by: inode)
        try change("rename", "\(oldName) \(newName)") { _ throws(DiskError) in
            try checkNames("rename", grows: false)
            disk.tree.rename(
                inode,
                FolderEntry(folder: old.folder, name: oldName),
                to: FolderEntry(folder: new.folder, name: newName)
            )
            if let replaced = new.inode { disk.release(replaced) }
        }
    }

    func remove(_ path: String) throws(DiskError) {
        try check("unlink")
        let place = try disk.tree.find(path, "unlink")
        guard let inode = place.inode else { throw DiskError("unlink", ENOENT) }
        guard inode is SimulatedFile, let name = place.name else {
            throw DiskError("unlink", EISDIR)
        }
        try change("unlink", name) { _ throws(DiskError) in
            try checkNames("unlink", grows: false)
            disk.tree.remove(inode, FolderEntry(folder: place.folder, name: name))
            disk.release(inode)
        }
    }

    func makeFolder(_ path: String, _ mode: mode_t) throws(DiskError) {
        try check("mkdir")
        let place = try disk.tree.find(path, "mkdir")
        guard place.inode == nil, let name = place.name else { throw DiskError("mkdir", EEXIST) }
        try change("mkdir", name) { _ throws(DiskError) in
            try checkNames("mkdir", grows: true)
            disk.tree.makeFolder(FolderEntry(folder: place.folder, name: name), mode)
        }
    }

    func names(in path: String) throws(DiskError) -> [String] {
        try check("opendir")
        guard !disk.has(.noDescriptors) else { throw DiskError("opendir", EMFILE) }
        guard let folder = try found(path, "opendir") as? SimulatedFolder else {
            throw DiskError("opendir", ENOTDIR)
        }
        return disk.chance.shuffled(folder.sortedNames)
    }

    func resolve(_ path: String) throws(DiskError) -> String {
        _ = try found(path, "realpath")
        return try disk.tree.find(path, "realpath").path
    }

    /// Refuses a dead process.
    private func check(_ call: StaticString) throws(DiskError) {
        guard !isDead else { throw DiskError(call, EIO) }
    }

    /// Refuses a change of names that the disk does not take.
    private func checkNames(_ call: StaticString, grows: Bool) throws(DiskError) {
        guard !disk.has(.refusesNames) else { throw DiskError(call, EACCES) }
        guard !grows || disk.room > 0 else { throw DiskError(call, ENOSPC) }
    }

    private func description(
        _ file: Int32,
        _ call: StaticString
    ) throws(DiskError) -> OpenDescription {
        try check(call)
        guard let description = files[file] else { throw DiskError(call, EBADF) }
        return description
    }

    private func found(_ path: String, _ call: StaticString) throws(DiskError) -> Inode {
        try check(call)
        guard let inode = try disk.tree.find(path, call).inode else {
            throw DiskError(call, ENOENT)
        }
        return inode
    }

    private func take(_ inode: Inode, _ flags: Int32, _ name: String) -> Int32 {
        inode.holders += 1
        return files.add(OpenDescription(inode, flags, name: name))
    }

    /// Runs a call that changes something, unless the process ends before or in it.
    ///
    /// - Parameters:
    ///   - call: its name.
    ///   - what: what it is about, for the story.
    ///   - size: in how many parts it can be done; each is a byte of a write.
    ///   - body: does the first so many parts.
    /// - Returns: what `body` does.
    /// - Throws: what `body` does, and `EIO` where the process ends.
    private func change<Result>(
        _ call: StaticString,
        _ what: @autoclosure () -> String,
        _ size: Int = 1,
        _ body: (Int) throws(DiskError) -> Result
    ) throws(DiskError) -> Result {
        let fate = disk.fate(of: self, what)
        // Whoever was asked may have ended it, or have the power lost.
        try check(call)
        switch fate {
        case .happens:
            do throws(DiskError) {
                let result = try body(size)
                disk.story.tell(
                    "disk \(call) \(what()) \((result as? Int).map(String.init) ?? "ok")"
                )
                return result
            } catch {
                disk.story.tell("disk \(call) \(what()) refused with \(error.code)")
                disk.onFailure?()
                throw error
            }
        case .endsBefore:
            disk.story.tell("disk \(call) \(what()) not begun: the process ends")
        case .endsWithin:
            let part = disk.chance.within(0...size)
            if part > 0 { _ = try? body(part) }
            disk.story.tell("disk \(call) \(what()) done to \(part): the process ends")
        }
        end()
        throw DiskError(call, EIO)
    }
}
