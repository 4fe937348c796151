import Glibc
import Loop

/// The resources that a running process has used.
struct ProcessUse {
    private let pid: pid_t
    private let clock: clockid_t

    init(of pid: pid_t) throws(SystemCallError) {
        self.pid = pid
        var clock = clockid_t()
        let code = clock_getcpuclockid(pid, &clock)
        guard code == 0 else { throw SystemCallError("clock_getcpuclockid", code) }
        self.clock = clock
    }

    /// User and system time of all its threads, including those that ended.
    ///
    /// It is the same sum as in /proc/PID/stat, which only has hundredths of a second.
    var processorTime: Nanoseconds {
        var time = timespec()
        guard clock_gettime(clock, &time) == 0 else { return 0 }
        return Nanoseconds(time.tv_sec) * 1_000_000_000 + Nanoseconds(time.tv_nsec)
    }

    /// Resident memory in bytes.
    func residentBytes() throws(BenchError) -> Int {
        let path = "/proc/\(pid)/status"
        guard
            let line = TextFile.read(path)?.split(separator: "\n")
                .first(where: { $0.hasPrefix("VmRSS:") }),
            let kibibytes = line.split(whereSeparator: \.isWhitespace).dropFirst().first
                .flatMap({ Int($0) })
        else { throw .unreadable(path) }
        return kibibytes * 1024
    }
}
