import Glibc

/// The files of the repository, found from this file's place.
enum Tree {
    struct Unreadable: Error {
        let path: String
    }

    private static let root: String = {
        let steps = #filePath.split(separator: "/").dropLast(3)
        return "/" + steps.joined(separator: "/")
    }()

    /// Paths relative to the repository, in order.
    static func files(under folder: String, suffix: String) throws -> [String] {
        guard let directory = opendir("\(root)/\(folder)") else { throw Unreadable(path: folder) }
        defer { closedir(directory) }
        var found: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard !name.hasPrefix(".") else { continue }
            let path = "\(folder)/\(name)"
            if entry.pointee.d_type == UInt8(DT_DIR) {
                found += try files(under: path, suffix: suffix)
            } else if name.hasSuffix(suffix) {
                found.append(path)
            }
        }
        return found.sorted()
    }

    /// Whether there is a file or a folder.
    static func exists(_ path: String) -> Bool { access("\(root)/\(path)", F_OK) == 0 }

    /// A file's lines.
    static func lines(_ path: String) throws -> [Substring] {
        guard let file = fopen("\(root)/\(path)", "r") else { throw Unreadable(path: path) }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = fread(&piece, 1, piece.count, file)
            guard count > 0 else { break }
            bytes.append(contentsOf: piece[..<count])
        }
        return String(decoding: bytes, as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: false)
            .dropLast()
    }
}
