import Glibc

/// The right to be the one roostd of a home, held for as long as this object lives. The kernel gives it back when the
/// process dies, however it dies.
package final class HomeLock: Sendable {
    private let descriptor: Int32

    /// Throws `.homeHeld` while another roostd lives. Blocks for up to a second before it says so.
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
        // The number only helps the person who reads the refusal: on a full disk the lock holds without it.
        let text = Array("\(getpid())\n".utf8)
        ftruncate(file, 0)
        pwrite(file, text, text.count, 0)
    }

    // Given back by name: a child that another thread has just forked shares the file until it runs its program.
    deinit {
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }
}
