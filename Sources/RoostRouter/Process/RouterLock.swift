import Glibc

/// The lock that makes a process the router of its home. The lock belongs to an open file description, which a
/// takeover passes on: during a takeover the lock is never free, and no third router can get it.
struct RouterLock: Sendable {
    enum Failure: Error, Equatable, CustomStringConvertible {
        case held
        case failed(path: String, errno: CInt)

        var description: String {
            switch self {
            case .held: "another router holds the lock"
            case .failed(let path, let code): "\(path): \(String(cString: strerror(code)))"
            }
        }
    }

    let descriptor: CInt

    /// A lock passed on by another router.
    init(inherited descriptor: CInt) { self.descriptor = descriptor }

    init(path: String) throws(Failure) {
        let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw .failed(path: path, errno: errno) }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            let failure: Failure = errno == EWOULDBLOCK ? .held : .failed(path: path, errno: errno)
            close(file)
            throw failure
        }
        descriptor = file
    }

    /// Writes this process's id for people to read. Nothing depends on it.
    func sign() {
        let text = "\(getpid())\n"
        ftruncate(descriptor, 0)
        _ = text.withCString { pwrite(descriptor, $0, strlen($0), 0) }
    }

    /// Releases this process's hold. Another process to which the lock was passed keeps it.
    func release() {
        close(descriptor)
    }
}
