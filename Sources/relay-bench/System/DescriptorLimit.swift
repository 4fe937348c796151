import Glibc

/// How many descriptors this process and those it starts may have open.
enum DescriptorLimit {
    /// Raises the limit, with the hard one where that is allowed.
    ///
    /// - Parameter wanted: descriptors needed.
    /// - Returns: how many there are now.
    static func raise(to wanted: Int) -> Int {
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0 else { return 0 }
        let hard = limit.rlim_max
        limit.rlim_cur = max(hard, rlim_t(wanted))
        limit.rlim_max = limit.rlim_cur
        if setrlimit(resource, &limit) != 0 {
            limit.rlim_cur = hard
            limit.rlim_max = hard
            _ = setrlimit(resource, &limit)
        }
        _ = getrlimit(resource, &limit)
        return Int(clamping: limit.rlim_cur)
    }
}
