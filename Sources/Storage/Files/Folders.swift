import Glibc

extension Disk {
    /// Makes the names in a folder survive a loss of power.
    func synchronizeFolder(_ path: String) throws(StorageError) {
        try OpenFile(opening: path, O_RDONLY | O_DIRECTORY, on: self).synchronizeNames()
    }

    /// Creates a folder and the missing ones above it, for this user alone.
    func createFolder(_ path: String) throws(StorageError) {
        guard let refusal = makeOwnFolder(path) else {
            return try synchronizeFolder(parentFolder(of: path))
        }
        guard refusal.code != EEXIST else { return try checkFolder(path) }
        let parent = parentFolder(of: path)
        guard refusal.code == ENOENT, parent != path, !path.isEmpty else {
            throw StorageError(refusal, path)
        }
        try createFolder(parent)
        // Once: some folders, as those of /proc, exist and take no others.
        guard let refusal = makeOwnFolder(path) else { return try synchronizeFolder(parent) }
        guard refusal.code == EEXIST else { throw StorageError(refusal, path) }
        try checkFolder(path)
    }

    /// - Returns: why there is no new folder; nil where there is one.
    private func makeOwnFolder(_ path: String) -> DiskError? {
        do throws(DiskError) {
            try makeFolder(path, 0o700)
            return nil
        } catch {
            return error
        }
    }

    /// Something has the name: a link that leads nowhere, or a file, is no folder.
    private func checkFolder(_ path: String) throws(StorageError) {
        let status = try naming(path) { () throws(DiskError) in
            try self.status(of: path, followsLinks: true)
        }
        guard status.kind == .folder else {
            throw .systemCall("mkdir", path: path, code: ENOTDIR)
        }
    }

    /// The names in a folder, in no order; none where there is no folder.
    ///
    /// - Throws: where it cannot be read.
    func fileNames(in path: String) throws(StorageError) -> [String] {
        do throws(DiskError) {
            return try names(in: path)
        } catch {
            guard error.code == ENOENT else { throw StorageError(error, path) }
            return []
        }
    }

    /// Where a path leads to in the end; the path itself where that cannot be found out.
    func resolvedPath(_ path: String) -> String { (try? resolve(path)) ?? path }

    /// Which file a path leads to; nil where that cannot be found out.
    func identity(of path: String) -> FileIdentity? {
        (try? status(of: path, followsLinks: true))?.identity
    }

    /// Whether a path leads to nothing; false where that cannot be found out.
    func isAbsent(_ path: String) -> Bool {
        do throws(DiskError) {
            _ = try status(of: path, followsLinks: true)
            return false
        } catch {
            return error.code == ENOENT
        }
    }
}

/// The path of a name in a folder; an empty folder is the process's own.
func joinedPath(_ folder: String, _ name: String) -> String {
    if folder.isEmpty { return "./\(name)" }
    return folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
}

/// The folder that holds the last part of a path.
func parentFolder(of path: String) -> String {
    var parts = Substring(path)
    while parts.count > 1, parts.last == "/" { parts.removeLast() }
    guard let slash = parts.lastIndex(of: "/") else { return "." }
    return slash == parts.startIndex ? "/" : String(parts[..<slash])
}
