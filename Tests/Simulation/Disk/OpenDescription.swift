import Glibc

/// An open file or folder of a process.
final class OpenDescription {
    /// What is open, whatever its name is by now.
    let inode: Inode
    /// What it was opened with.
    let flags: Int32
    /// The last name of its path, for the story.
    let name: String
    /// Where the next `write` without an offset begins.
    var offset = 0

    /// Opens it.
    init(_ inode: Inode, _ flags: Int32, name: String) {
        self.inode = inode
        self.flags = flags
        self.name = name
    }

    /// Whether it may be read.
    var isReadable: Bool { flags & O_ACCMODE != O_WRONLY }
    /// Whether it may be written.
    var isWritable: Bool { flags & O_ACCMODE != O_RDONLY }
}
