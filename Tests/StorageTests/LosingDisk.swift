import Glibc
import Loop

/// A disk that cannot make files of one folder safe for a while, and loses what it did not.
///
/// Linux calls the pages clean after a failed fsync, and may drop them. What a file has beyond its
/// last successful fsync is therefore zeros behind a failed one, at once, or gone; and the next
/// fsync succeeds without it.
final class LosingDisk: Sendable {
    private static let disks = Guarded<[String: LosingDisk]>([:])

    private struct State {
        var failures = 0
        var cutsOff = false
        /// How much of each file is safe, by its inode: its name changes.
        var safe: [ino_t: Int] = [:]
    }

    private let folder: String
    private let state = Guarded(State())

    init(_ folder: String) {
        self.folder = folder
        Self.disks.withLock { $0[folder] = self }
    }

    /// The next so many fsyncs fail.
    func fail(times: Int) { state.withLock { $0.failures = times } }

    /// All fsyncs fail from now on, or none any more.
    func fail(_ isFailing: Bool) { state.withLock { $0.failures = isFailing ? .max : 0 } }

    /// What is lost is not zeros: the file ends before it, as files of other machines do.
    func cutOff() { state.withLock { $0.cutsOff = true } }

    /// How many fsyncs are to fail still.
    var failuresLeft: Int { state.withLock { $0.failures } }

    func remove() { _ = Self.disks.withLock { $0.removeValue(forKey: folder) } }

    fileprivate static func of(_ descriptor: Int32) -> LosingDisk? {
        guard !disks.withLock({ $0.isEmpty }) else { return nil }
        let path = path(of: descriptor)
        return disks.withLock { disks in
            disks.first { path.hasPrefix($0.key + "/") }?.value
        }
    }

    private static func path(of descriptor: Int32) -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(PATH_MAX)) { buffer in
            guard let start = buffer.baseAddress else { return "" }
            let count = readlink("/proc/self/fd/\(descriptor)", start, buffer.count)
            return String(
                decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) },
                as: UTF8.self
            )
        }
    }

    /// - Returns: whether it is safe.
    fileprivate func synchronize(_ descriptor: Int32) -> Bool {
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            return true
        }
        let size = Int(status.st_size)
        let lost: Range<Int>? = state.withLock { state in
            guard state.failures > 0 else {
                state.safe[status.st_ino] = size
                return nil
            }
            if state.failures < .max { state.failures -= 1 }
            return min(state.safe[status.st_ino] ?? 0, size)..<size
        }
        guard let lost else { return true }
        // With this one, pwrite does not append.
        let file = open("/proc/self/fd/\(descriptor)", O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return false }
        if state.withLock({ $0.cutsOff }) {
            ftruncate(file, off_t(lost.lowerBound))
        } else {
            let zeros = [UInt8](repeating: 0, count: lost.count)
            _ = pwrite(file, zeros, lost.count, off_t(lost.lowerBound))
        }
        close(file)
        return false
    }
}

/// In the tests' executable the linker takes this one for the C library's.
///
/// What it stands for is done by `fdatasync`, which leaves out no more than the times of a file.
@c(fsync)
public func playedFsync(_ descriptor: Int32) -> Int32 {
    guard let disk = LosingDisk.of(descriptor), !disk.synchronize(descriptor) else {
        return fdatasync(descriptor)
    }
    errno = EIO
    return -1
}
