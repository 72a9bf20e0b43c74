import Glibc

/// The number of descriptors that this process may have open, RLIMIT_NOFILE.
package enum OpenFileLimit {
    /// Raises the soft limit to the hard limit and returns it. The default of 1,024 would allow only some 400
    /// sessions.
    package static func raise() -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1024 }
        limit.rlim_cur = limit.rlim_max
        if setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) != 0 {
            // The limit stays as it was.
            getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        }
        return Int(min(limit.rlim_cur, 4_000_000))
    }
}
