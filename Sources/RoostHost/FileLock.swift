import Glibc

/// Locks on open files (flock). The kernel releases a lock when the last descriptor of that open file is closed.
enum FileLock {
    enum Outcome: Equatable {
        case taken
        /// The lock is held through another open file.
        case held
        case failed(errno: Int32)
    }

    /// Takes a lock, retrying for `patience` while it is held. Blocks for that long at most.
    ///
    /// Callers that must not report `.held` wrongly need patience: for some milliseconds after a holder has died or
    /// closed its file, a child that another thread of the holder had just forked still holds the lock, until the
    /// child runs exec.
    static func take(_ kind: Int32, of file: Int32, patience: Duration) -> Outcome {
        let deadline = ContinuousClock.now + patience
        while flock(file, kind | LOCK_NB) != 0 {
            if errno == EINTR { continue }
            guard errno == EWOULDBLOCK else { return .failed(errno: errno) }
            if ContinuousClock.now >= deadline { return .held }
            usleep(2000)
        }
        return .taken
    }
}
