import Glibc
import Storage

/// Where a path leads to.
struct DiskPlace {
    /// The folders on the way, from the root on; the last one has, or would have, the name.
    var folders: [SimulatedFolder]
    /// The names of those folders; that of the root is left out.
    var folderNames: [String] = []
    /// The path's last name; nil where it ends with a folder of the way.
    var name: String?
    /// What is there.
    var inode: Inode?

    /// The folder of the name.
    var folder: SimulatedFolder { folders[folders.count - 1] }
    /// The path without links and detours.
    var path: String { "/" + (folderNames + (name.map { [$0] } ?? [])).joined(separator: "/") }

    /// Refuses to have what is there replaced by something of another kind, or a folder in use.
    func checkReplacing(by other: Inode) throws(DiskError) {
        guard let inode else { return }
        guard let folder = inode as? SimulatedFolder else {
            guard other is SimulatedFile else { throw DiskError("rename", ENOTDIR) }
            return
        }
        guard other is SimulatedFolder else { throw DiskError("rename", EISDIR) }
        guard folder.names.isEmpty else { throw DiskError("rename", ENOTEMPTY) }
    }
}
