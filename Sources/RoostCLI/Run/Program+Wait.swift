import Foundation
import Glibc
import Synchronization

extension Program {
    /// Runs the program as a child to its end, forwards signals to it, and returns its exit status: 128 plus the
    /// signal's number if a signal ended it.
    func runToEnd() async throws(Failure) -> Int32 {
        let path = try find()
        ForwardedSignals.install()
        let child = try start(path)
        ForwardedSignals.child.store(child, ordering: .sequentiallyConsistent)
        return await withCheckedContinuation { continuation in
            // A thread of its own: the wait may take hours, and the concurrency runtime has few threads.
            Thread.detachNewThread {
                var status: Int32 = 0
                while waitpid(child, &status, 0) < 0 && errno == EINTR {}
                continuation.resume(returning: WatchedInput.exitStatus(status))
            }
        }
    }
}
