import Glibc
import Loop

/// The resources that a process and all its descendants have used.
///
/// Every process counts, even one that only supervises others; this holds for all contestants. A
/// process that ended before the question is not in the sums.
struct ProcessTree {
    /// A tree that uses less than this share of a core between two looks is quiet.
    private static let quietShare = 0.05
    private static let quietMilliseconds = 200

    private let root: pid_t

    /// Watches a running process.
    ///
    /// - Parameter root: the process whose descendants count as well.
    /// - Throws: if there is no such process, or if the kernel does not list a process's children
    ///   (CONFIG_PROC_CHILDREN): figures without them would be too good.
    init(root: pid_t) throws {
        let path = "/proc/\(root)/task/\(root)/children"
        guard TextFile.read(path) != nil else { throw BenchError.unreadable(path) }
        self.root = root
    }

    /// User and system time of all threads of all processes that run now.
    var processorTime: Nanoseconds {
        processes.reduce(0) { sum, pid in
            // A process that ended since it was listed has no clock any more.
            sum + ((try? ProcessUse(of: pid))?.processorTime ?? 0)
        }
    }

    /// Resident memory of all processes, in bytes; a shared page counts once for each process.
    func residentBytes() throws -> Int {
        try processes.reduce(0) { sum, pid in try sum + ProcessUse(of: pid).residentBytes() }
    }

    /// Waits while the processes are busy.
    ///
    /// - Parameter limit: how long to wait at most.
    func waitUntilQuiet(within limit: Nanoseconds) {
        let deadline = monotonicNow() + limit
        let span = Nanoseconds.milliseconds(Self.quietMilliseconds)
        var before = processorTime
        while monotonicNow() < deadline {
            usleep(UInt32(Self.quietMilliseconds) * 1000)
            let now = processorTime
            guard Double(now) - Double(before) > Double(span) * Self.quietShare else { return }
            before = now
        }
    }

    /// The root and everything below it, parents first.
    var processes: [pid_t] {
        var found = [root]
        var next = 0
        while next < found.count {
            found += Self.children(of: found[next])
            next += 1
        }
        return found
    }

    /// The children of all threads: the kernel lists a child with the thread that started it.
    private static func children(of pid: pid_t) -> [pid_t] {
        let tasks = "/proc/\(pid)/task"
        return Folder.names(in: tasks).flatMap { task in
            (TextFile.read("\(tasks)/\(task)/children") ?? "").split(separator: " ")
                .compactMap { pid_t($0) }
        }
    }
}
