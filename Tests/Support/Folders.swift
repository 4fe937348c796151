import Glibc

/// The names in a folder, in their order, without `.` and `..`; none where it cannot be read.
package func namesIn(_ path: String) -> [String] {
    guard let folder = opendir(path) else { return [] }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
        // In place: a copy of the field would read beyond the entry, which ends with the name.
        let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
            pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
}

/// The bytes in a file; none where it is not there.
package func fileSize(_ path: String) -> Int {
    var status = stat()
    return stat(path, &status) == 0 ? Int(status.st_size) : 0
}

/// Removes a file, or a folder with all that is in it.
package func removeTree(_ path: String) {
    for name in namesIn(path) { removeTree("\(path)/\(name)") }
    remove(path)
}
