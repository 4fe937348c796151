import Wire

/// How much memory this process may have at all.
enum MachineMemory {
    /// Half of it, in bytes.
    static var half: Int { (bytes ?? 2 << 30) / 2 }

    /// What its control group allows, or what the machine has; nil where neither can be read.
    private static var bytes: Int? {
        let machine = read("/proc/meminfo").flatMap { total($0) }
        let group = read("/proc/self/cgroup").flatMap { limit(ofGroup: $0, read: read) }
        return [machine, group].compactMap { $0 }.min()
    }

    private static func read(_ path: String) -> String? {
        do throws(ConfigurationError) {
            return try Environment.readFile(path, mustExist: false, isAgain: false)
        } catch {
            return nil
        }
    }

    /// `MemTotal` of `/proc/meminfo` (proc_meminfo(5)).
    static func total(_ text: String) -> Int? {
        for line in text.split(separator: "\n") where line.hasPrefix("MemTotal:") {
            let words = line.split(separator: " ")
            guard words.count == 3, words[2] == "kB" else { return nil }
            return parseDecimal(String(words[1])).map { $0 * 1024 }
        }
        return nil
    }

    /// The least `memory.max` of a process's group and of those around it (cgroups(7), version 2).
    ///
    /// - Parameters:
    ///   - text: `/proc/self/cgroup`.
    ///   - read: reads a file.
    /// - Returns: the bound in bytes; nil where there is none.
    static func limit(ofGroup text: String, read: (String) -> String?) -> Int? {
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("0::/") }) else {
            return nil
        }
        var path = line.dropFirst("0::".count)
        var least: Int?
        while true {
            let folder = path == "/" ? "" : String(path)
            if let text = read("/sys/fs/cgroup\(folder)/memory.max"),
                let limit = parseDecimal(String(text.prefix { $0 != "\n" }))
            {
                least = min(least ?? limit, limit)
            }
            guard !folder.isEmpty, let slash = path.lastIndex(of: "/") else { return least }
            path = slash == path.startIndex ? "/" : path[..<slash]
        }
    }
}
