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
}
