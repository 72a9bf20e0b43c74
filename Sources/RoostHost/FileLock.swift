import Glibc

/// Locks on open files (flock), which the kernel gives back when the last descriptor of the opening is closed.
enum FileLock {
    enum Outcome: Equatable {
        case taken
        /// By somebody else.
        case held
        case failed(errno: Int32)
    }

    /// Takes a lock, trying again for `patience` while it is held. Blocks so long.
    ///
    /// Patience is needed by those who must not be wrong: for some milliseconds after a holder has died, or closed its
    /// file, a child that another thread of it had just forked holds the lock as well, until it runs its program.
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
