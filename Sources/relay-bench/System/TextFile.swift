import Glibc
import Loop

/// Small files, read and written as a whole.
enum TextFile {
    /// Reads a file, even one of /proc, whose size is not known before; nil if it cannot be read.
    static func read(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 16 * 1024)
        while true {
            let count = Glibc.read(descriptor, &piece, piece.count)
            guard count >= 0 else { return nil }
            guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
            bytes.append(contentsOf: piece[..<count])
        }
    }

    /// Writes a file, replacing its content.
    static func write(_ bytes: [UInt8], to path: String) throws(SystemCallError) {
        let descriptor = Descriptor(
            owning: try check("open") {
                open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
            }
        )
        try writeAll(bytes, to: descriptor.number)
    }

    /// Checks that a file can be written, before a long run whose result it should take.
    static func checkWritable(_ path: String) throws(BenchError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw .notWritable(path, errorText(errno)) }
        close(descriptor)
    }

    /// Writes to an open descriptor until nothing is left.
    static func writeAll(_ bytes: [UInt8], to descriptor: Int32) throws(SystemCallError) {
        var offset = 0
        while offset < bytes.count {
            let count = try check("write") {
                bytes[offset...].withUnsafeBytes {
                    Int32(clamping: Glibc.write(descriptor, $0.baseAddress, $0.count))
                }
            }
            offset += Int(count)
        }
    }
}

/// How large a file is.
enum FileSize {
    static func bytes(of path: String) throws(BenchError) -> Int {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw .noSuchFile(path)
        }
        return Int(status.st_size)
    }
}
