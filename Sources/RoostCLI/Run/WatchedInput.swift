import Glibc
import Synchronization

/// A client that reads a file on standard input, with a progress line on the terminal.
///
/// The client reads the file itself; its progress is the file offset that the two processes share. No data is copied
/// through Roost, a client that ends early ends the run, and if Roost is killed the client still reads to the true
/// end of the file: a pipe cut off in the middle of a statement could run half of it (`DELETE FROM t` without its
/// `WHERE`).
package struct WatchedInput: Equatable, Sendable {
    package let bytes: Int64

    /// Nil unless standard input is a regular file with content and standard error is a terminal.
    static func standard() -> WatchedInput? {
        var status = stat()
        guard fstat(STDIN_FILENO, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size > 0,
            isatty(STDERR_FILENO) == 1
        else { return nil }
        return WatchedInput(bytes: Int64(status.st_size))
    }

    /// The client's exit status; 128 plus the signal's number if a signal ended it.
    static func run(_ program: Program, path: String, input: WatchedInput) throws(Program.Failure) -> Int32 {
        // The client holds the writing end while it lives, so its end wakes the watcher at once.
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw Program.failure(path, errno) }
        _ = fcntl(ends[0], F_SETFD, FD_CLOEXEC)
        ForwardedSignals.install()
        let child = try program.start(path)
        ForwardedSignals.child.store(child, ordering: .sequentiallyConsistent)
        close(ends[1])
        let clock = ContinuousClock()
        let start = clock.now
        var bar = ImportProgress(total: input.bytes, width: Caller.terminalWidth(STDERR_FILENO))
        while true {
            var end = pollfd(fd: ends[0], events: Int16(POLLIN), revents: 0)
            _ = poll(&end, 1, 100)
            // A process that the client left behind may hold the descriptor, so the client itself is checked as well.
            var status: Int32 = 0
            let ended = waitpid(child, &status, end.revents == 0 ? WNOHANG : 0)
            let offset = Int64(lseek(STDIN_FILENO, 0, SEEK_CUR))
            show(bar.line(offset: max(offset, 0), elapsed: clock.now - start))
            if ended == child || ended < 0 && errno == ECHILD {
                show(bar.isShown ? "\n" : "")
                return exitStatus(status)
            }
        }
    }

    static func exitStatus(_ status: Int32) -> Int32 {
        let signal = status & 0x7f
        return signal == 0 ? status >> 8 & 0xff : 128 + signal
    }

    private static func show(_ text: String) {
        // Write errors are ignored: a closed terminal must not stop an import.
        _ = text.utf8.withContiguousStorageIfAvailable {
            write(STDERR_FILENO, $0.baseAddress, $0.count)
        }
    }
}
