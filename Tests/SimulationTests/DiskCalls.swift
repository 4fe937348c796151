import Glibc
import Storage

/// What tests ask of a disk, in few words.
extension Disk {
    /// Makes a file of its own with a text, or writes the text over its beginning.
    func put(_ path: String, _ text: String, synchronizes: Bool = false) throws(DiskError) {
        let file = try open(path, O_RDWR | O_CREAT, 0o600)
        defer { close(file) }
        _ = try put(file, text, at: 0)
        if synchronizes { try synchronize(file) }
    }

    /// Writes a text at an offset of an open file, and says how much of it was.
    @discardableResult
    func put(_ file: Int32, _ text: String, at offset: Int) throws(DiskError) -> Int {
        try text.utf8.span.withUnsafeBytes { bytes throws(DiskError) in
            try write(file, bytes, at: offset)
        }
    }

    /// Writes a text at an open file's place.
    @discardableResult
    func append(_ file: Int32, _ text: String) throws(DiskError) -> Int {
        try text.utf8.span.withUnsafeBytes { bytes throws(DiskError) in try write(file, bytes) }
    }

    /// Makes the names in a folder safe.
    func synchronizeNames(of path: String) throws(DiskError) {
        let folder = try open(path, O_RDONLY | O_DIRECTORY, 0)
        defer { close(folder) }
        try synchronize(folder)
    }
}

extension String {
    /// A file's bytes as text, or what stands for a file that is not there.
    init(file bytes: [UInt8]?) {
        self = bytes.map { String(decoding: $0, as: UTF8.self) } ?? "(none)"
    }
}

/// The code that a disk refuses something with; 0 if it does not.
func code(_ body: () throws -> Void) -> Int32 {
    do {
        try body()
        return 0
    } catch {
        return (error as? DiskError)?.code ?? -1
    }
}
