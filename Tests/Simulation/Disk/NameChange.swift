/// A name's place.
struct FolderEntry {
    /// The folder that has the name.
    let folder: SimulatedFolder
    /// The name.
    let name: String

    /// Whether it is the same place.
    func isSame(as other: FolderEntry) -> Bool { folder === other.folder && name == other.name }
}

/// A change of names, which is on the platters as a whole or not at all.
struct NameChange {
    /// What it is about.
    let inode: Inode
    /// The name that it loses.
    let removed: FolderEntry?
    /// The name that it gets.
    let added: FolderEntry?

    /// The names that it changes.
    var entries: [FolderEntry] { [removed, added].compactMap { $0 } }

    /// Whether it changes one of these names.
    func touches(_ others: [FolderEntry]) -> Bool {
        others.contains { other in
            removed?.isSame(as: other) == true || added?.isSame(as: other) == true
        }
    }

    /// Whether it changes a name in this folder.
    func isIn(_ folder: SimulatedFolder) -> Bool {
        removed?.folder === folder || added?.folder === folder
    }

    /// Brings it to the platters.
    func makeSafe() {
        if let removed { removed.folder.safeNames[removed.name] = nil }
        if let added { added.folder.safeNames[added.name] = inode }
    }
}
