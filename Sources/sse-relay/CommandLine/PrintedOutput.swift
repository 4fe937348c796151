import Glibc
import Loop

/// Where a command writes what it was asked for: a new file, or the standard output.
struct PrintedOutput: ~Copyable {
    private let number: Int32
    /// Nil for the standard output.
    private let path: String?

    /// Makes the file; nil for the standard output.
    ///
    /// - Throws: also where there is one of that name, which is left alone.
    init(_ path: String?) throws(HistoryCommandError) {
        self.path = path
        guard let path else {
            number = STDOUT_FILENO
            return
        }
        let (opened, code) = uninterrupted {
            Int(open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600))
        }
        guard opened >= 0 else {
            throw code == EEXIST ? .outputExists(path) : .output(path, errorText(code))
        }
        number = Int32(opened)
    }

    /// Writes all of it.
    func write(_ bytes: [UInt8]) throws(HistoryCommandError) {
        var done = 0
        while done < bytes.count {
            let (count, code) = uninterrupted {
                bytes[done...].withUnsafeBytes { Glibc.write(number, $0.baseAddress, $0.count) }
            }
            guard count > 0 else { throw .output(path ?? "the standard output", errorText(code)) }
            done += count
        }
    }

    /// Makes the file safe on the disk.
    func finish() throws(HistoryCommandError) {
        guard let path else { return }
        let (result, code) = uninterrupted { Int(fsync(number)) }
        guard result == 0 else { throw .output(path, errorText(code)) }
    }

    /// Removes the file: half of it would pass for all.
    func discard() { if let path { unlink(path) } }
}
