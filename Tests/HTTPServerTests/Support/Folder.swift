import Glibc

/// A folder of files for one test, gone after it.
final class Folder: Sendable {
    let path: String

    init() {
        var template = Array("/tmp/sse-relay-files-XXXXXX".utf8CString)
        precondition(mkdtemp(&template) != nil)
        path = template.withUnsafeBufferPointer { buffer in
            String(decoding: buffer.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        }
    }

    deinit {
        Self.empty(path)
        rmdir(path)
    }

    func write(_ name: String, _ content: some Sequence<UInt8>) {
        let descriptor = open("\(path)/\(name)", O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0o644)
        precondition(descriptor >= 0)
        let bytes = Array(content)
        var offset = 0
        while offset < bytes.count {
            let count = bytes[offset...].withUnsafeBytes { raw in
                Glibc.write(descriptor, raw.baseAddress, raw.count)
            }
            precondition(count > 0)
            offset += count
        }
        Glibc.close(descriptor)
    }

    func write(_ name: String, _ text: String) { write(name, text.utf8) }

    func makeFolder(_ name: String) { precondition(mkdir("\(path)/\(name)", 0o755) == 0) }

    func makePipe(_ name: String) { precondition(mkfifo("\(path)/\(name)", 0o644) == 0) }

    func link(_ name: String, to target: String) {
        precondition(symlink(target, "\(path)/\(name)") == 0)
    }

    func cut(_ name: String, to size: Int) { precondition(truncate("\(path)/\(name)", size) == 0) }

    func setModified(_ name: String, _ seconds: Int) {
        let time = timespec(tv_sec: seconds, tv_nsec: 0)
        precondition(utimensat(AT_FDCWD, "\(path)/\(name)", [time, time], 0) == 0)
    }

    private static func empty(_ path: String) {
        guard let folder = opendir(path) else { return }
        defer { closedir(folder) }
        while let entry = readdir(folder) {
            // In place: a copy of the field would read beyond the entry, which ends with the name.
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard name != ".", name != ".." else { continue }
            let inner = "\(path)/\(name)"
            if entry.pointee.d_type == DT_DIR { empty(inner) }
            remove(inner)
        }
    }
}
