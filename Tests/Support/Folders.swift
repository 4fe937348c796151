import Glibc

/// The names in a folder, in order, without `.` and `..`; empty if it cannot be read.
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

/// The size of a file; 0 if it is not there.
package func fileSize(_ path: String) -> Int {
    var status = stat()
    return stat(path, &status) == 0 ? Int(status.st_size) : 0
}

/// Removes a file, or a folder with everything in it.
package func removeTree(_ path: String) {
    for name in namesIn(path) { removeTree("\(path)/\(name)") }
    remove(path)
}

/// No folder could be made.
package struct NoFolder: Error {
    /// Says so.
    package init() {}
}

/// Makes an empty folder with a name of its own.
package func makeFolder() throws -> String {
    var template = Array("/tmp/sse-relay-test-XXXXXX".utf8CString)
    return try template.withUnsafeMutableBufferPointer { buffer in
        guard let start = buffer.baseAddress, let made = mkdtemp(start) else { throw NoFolder() }
        return String(cString: made)
    }
}

/// Writes a whole file.
package func writeFile(_ path: String, _ bytes: [UInt8]) {
    guard let file = fopen(path, "w") else { return }
    fwrite(bytes, 1, bytes.count, file)
    fclose(file)
}

/// The bytes of a file; none where it is not there.
package func readFile(_ path: String) -> [UInt8] {
    guard let file = fopen(path, "r") else { return [] }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while true {
        let count = fread(&piece, 1, piece.count, file)
        guard count > 0 else { return bytes }
        bytes += piece[..<count]
    }
}
