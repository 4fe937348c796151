import Glibc
import Loop

/// What a process and all its descendants have used together.
///
/// Every process counts, those that only watch over the others too: the same for all contestants.
/// What ended before it was asked is not in the sums.
struct ProcessTree {
    /// Who uses less than this share of a core in so long is quiet.
    private static let quietShare = 0.05
    private static let quietMilliseconds = 200

    private let root: pid_t

    /// Watches a running process.
    ///
    /// - Parameter root: the process whose descendants count as well.
    /// - Throws: where there is no such process, or where the kernel does not tell the children of
    ///   one (CONFIG_PROC_CHILDREN): figures without them would flatter.
    init(root: pid_t) throws {
        let path = "/proc/\(root)/task/\(root)/children"
        guard TextFile.read(path) != nil else { throw BenchError.unreadable(path) }
        self.root = root
    }

    /// User and system time of all threads of all processes that run now.
    var processorTime: Nanoseconds {
        processes.reduce(0) { sum, pid in
            // One that ended since it was listed has no clock any more.
            sum + ((try? ProcessUse(of: pid))?.processorTime ?? 0)
        }
    }

    /// Resident memory of all processes, in bytes; pages that they share count once for each.
    func residentBytes() throws -> Int {
        try processes.reduce(0) { sum, pid in try sum + ProcessUse(of: pid).residentBytes() }
    }

    /// Waits while they are busy with what they were given.
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

    /// The kernel keeps children with the thread that started them.
    private static func children(of pid: pid_t) -> [pid_t] {
        let tasks = "/proc/\(pid)/task"
        return Folder.names(in: tasks).flatMap { task in
            (TextFile.read("\(tasks)/\(task)/children") ?? "").split(separator: " ")
                .compactMap { pid_t($0) }
        }
    }
}
