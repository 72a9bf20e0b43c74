import Glibc

/// Exclusive lock of a home: at most one roostd runs per home. Held for as long as this object lives; the kernel
/// releases the lock when the process dies, however it dies.
package final class HomeLock: Sendable {
    private let descriptor: Int32

    /// Throws `.homeHeld` while another roostd lives. Blocks for up to a second before it throws.
    package init(home: String) throws(HostError) {
        let path = home + "/roostd.lock"
        let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard file >= 0 else { throw .last("open", path) }
        switch FileLock.take(LOCK_EX, of: file, patience: .seconds(1)) {
        case .taken: break
        case .held:
            close(file)
            let holder = TextFile.read(path, atMost: 32).flatMap { Int32($0.prefix { $0.isNumber }) }
            throw .homeHeld(home: home, by: holder)
        case .failed(let number):
            close(file)
            throw .file(path: path, operation: "lock", errno: number)
        }
        descriptor = file
        // The pid in the file only helps the reader of the refusal: on a full disk the lock holds without it.
        let text = Array("\(getpid())\n".utf8)
        ftruncate(file, 0)
        pwrite(file, text, text.count, 0)
    }

    // Unlock explicitly: a child that another thread has just forked shares the open file until it runs exec.
    deinit {
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }
}
