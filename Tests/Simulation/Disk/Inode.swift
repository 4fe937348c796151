import Glibc
import Storage

/// A file or a folder, whatever its name.
class Inode {
    /// Its number, which no other gets.
    let number: UInt64
    /// What it is, its length apart.
    var rights: FileStatus
    /// The open file that has its lock.
    weak var lockHolder: OpenDescription?
    /// How many names and open files it has; without any it is gone.
    var holders = 0

    /// Begins one that has no name yet.
    init(number: UInt64, kind: FileStatus.Kind, _ mode: mode_t) {
        self.number = number
        rights = FileStatus(
            kind: kind,
            size: 0,
            identity: FileIdentity(device: 1, inode: number),
            permissions: mode & 0o7777
        )
    }

    /// What the disk says of it.
    var status: FileStatus { rights }
}
