import Glibc

/// How many descriptors this process and those it starts may have open.
package enum DescriptorLimit {
    /// Raises the soft limit to the hard one, which needs no privilege; raises the hard one as well
    /// if it is too low and the process may.
    ///
    /// - Parameter wanted: how many descriptors are needed; 0 leaves the hard limit as it is.
    /// - Returns: how many descriptors may be open now.
    package static func raise(to wanted: Int = 0) -> Int {
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
