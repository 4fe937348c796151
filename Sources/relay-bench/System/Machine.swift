import Glibc
import Loop

/// The machine on which the figures were taken, and what was measured.
struct Machine {
    let processor: String
    let cores: Int
    let memoryBytes: Int
    let kernel: String
    let commit: String
    /// The day, as `2026-01-31`, in UTC.
    let date: String

    init(commit: String) {
        self.commit = commit
        date = Self.today
        processor = Self.field("model name", of: "/proc/cpuinfo") ?? "unknown processor"
        cores = sysconf(Int32(_SC_NPROCESSORS_ONLN))
        memoryBytes = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
        kernel =
            TextFile.read("/proc/sys/kernel/osrelease")?.split(separator: "\n").first
            .map(String.init) ?? "unknown"
    }

    private static var today: String {
        var seconds = time(nil)
        var day = tm()
        gmtime_r(&seconds, &day)
        func twoDigits(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(day.tm_year + 1900)-\(twoDigits(day.tm_mon + 1))-\(twoDigits(day.tm_mday))"
    }

    /// The value of the first line `name : value`.
    private static func field(_ name: String, of path: String) -> String? {
        let line = TextFile.read(path)?.split(separator: "\n").first { $0.hasPrefix(name) }
        return line?.split(separator: ":", maxSplits: 1).last
            .map { String($0.drop { $0 == " " || $0 == "\t" }) }
    }
}

/// Processor time of the whole machine, for how much of it other programs took meanwhile.
struct MachineLoad {
    private let busySeconds: Double
    private let ownSeconds: Double
    private let instant: Nanoseconds

    /// Reads the machine's counters as they are now.
    ///
    /// - Parameter children: processor time of the processes that belong to the measurement.
    init(children: Nanoseconds) {
        let line = TextFile.read("/proc/stat")?.split(separator: "\n").first ?? ""
        let ticks = line.split(separator: " ").dropFirst().compactMap { Double($0) }
        // user nice system idle iowait irq softirq steal; the guests' time is within user.
        let busy = ticks.prefix(8).enumerated().filter { $0.offset != 3 && $0.offset != 4 }
        busySeconds = busy.reduce(0) { $0 + $1.element } / Double(sysconf(Int32(_SC_CLK_TCK)))
        var own = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &own)
        ownSeconds = Double(own.tv_sec) + Double(own.tv_nsec) / 1e9 + Double(children) / 1e9
        instant = monotonicNow()
    }

    /// How many cores other programs have kept busy since then, on average.
    func coresOfOthers(since then: MachineLoad) -> Double {
        let seconds = Double(instant - then.instant) / 1e9
        let others = busySeconds - then.busySeconds - (ownSeconds - then.ownSeconds)
        return seconds > 0 ? max(0, others / seconds) : 0
    }
}
