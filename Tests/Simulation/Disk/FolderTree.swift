import Glibc
import Storage

/// The folders and files of a disk by their names; it has no links.
final class FolderTree {
    /// The folder that has no name.
    let root = SimulatedFolder(number: 1, mode: 0o755)
    private var lastNumber: UInt64 = 1
    private var log = NameLog()

    /// Finds where a path leads to; only its last name may be missing.
    func find(_ path: String, _ call: StaticString) throws(DiskError) -> DiskPlace {
        guard path.utf8.first == UInt8(ascii: "/") else { throw DiskError(call, ENOENT) }
        var place = DiskPlace(folders: [root], inode: root)
        for part in path.utf8.split(separator: UInt8(ascii: "/")) {
            try Self.enter(&place, call)
            switch String(Substring(part)) {
            case ".": break
            case "..":
                if place.folders.count > 1 {
                    place.folders.removeLast()
                    place.folderNames.removeLast()
                }
            case let name:
                guard name.utf8.count <= 255 else { throw DiskError(call, ENAMETOOLONG) }
                place.name = name
                place.inode = place.folder.names[name]
                continue
            }
            place.inode = place.folder
        }
        return place
    }

    /// Goes on into what the path so far leads to.
    private static func enter(
        _ place: inout DiskPlace,
        _ call: StaticString
    ) throws(DiskError) {
        guard let name = place.name else { return }
        guard let inode = place.inode else { throw DiskError(call, ENOENT) }
        guard let folder = inode as? SimulatedFolder else { throw DiskError(call, ENOTDIR) }
        place.folders.append(folder)
        place.folderNames.append(name)
        place.name = nil
    }

    /// Makes an empty file where there is nothing.
    func makeFile(_ entry: FolderEntry, _ mode: mode_t) -> SimulatedFile {
        lastNumber += 1
        let file = SimulatedFile(number: lastNumber, mode: mode)
        add(file, entry)
        return file
    }

    /// Makes an empty folder where there is nothing.
    func makeFolder(_ entry: FolderEntry, _ mode: mode_t) {
        lastNumber += 1
        add(SimulatedFolder(number: lastNumber, mode: mode), entry)
    }

    private func add(_ inode: Inode, _ entry: FolderEntry) {
        entry.folder.names[entry.name] = inode
        inode.holders += 1
        log.add(NameChange(inode: inode, removed: nil, added: entry))
    }

    /// Takes a name away.
    func remove(_ inode: Inode, _ entry: FolderEntry) {
        entry.folder.names[entry.name] = nil
        log.add(NameChange(inode: inode, removed: entry, added: nil))
    }

    /// Gives something another name, in place of what has that.
    func rename(_ inode: Inode, _ entry: FolderEntry, to newEntry: FolderEntry) {
        entry.folder.names[entry.name] = nil
        newEntry.folder.names[newEntry.name] = inode
        log.add(NameChange(inode: inode, removed: entry, added: newEntry))
    }

    /// Makes some changes of names safe.
    func makeSafe(where isWanted: (NameChange) -> Bool) { log.makeSafe(where: isWanted) }

    /// Loses the changes of names that did not come to the platters, and all open files.
    func losePower(_ chance: Chance) {
        log.losePower(chance)
        forEach { inode in
            inode.holders = 1
            inode.lockHolder = nil
            if let folder = inode as? SimulatedFolder { folder.names = folder.safeNames }
        }
    }

    /// Calls `body` for all that has a name, in an order that is the same in each run; for a
    /// folder before it looks into it.
    func forEach(_ body: (Inode) -> Void) { forEach(in: root, body) }

    private func forEach(in folder: SimulatedFolder, _ body: (Inode) -> Void) {
        body(folder)
        for name in folder.sortedNames {
            switch folder.names[name] {
            case let inner as SimulatedFolder: forEach(in: inner, body)
            case let inode?: body(inode)
            case nil: break
            }
        }
    }
}
