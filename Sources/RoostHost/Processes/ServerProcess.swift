import CHost
import Glibc

/// The way a process ended.
package enum ExitStatus: Equatable, Sendable, CustomStringConvertible {
    case exited(Int32)
    case signalled(Int32)
    /// The process was adopted: only its parent can learn the status.
    case unknown

    package var isSuccess: Bool { self == .exited(0) }

    /// Whether the process ended by itself because of a fault, and may have reported which.
    package var isOwnDoing: Bool {
        switch self {
        case .exited(let code): code != 0
        case .signalled(let number): [SIGABRT, SIGBUS, SIGSEGV].contains(number)
        case .unknown: false
        }
    }

    package var description: String {
        switch self {
        case .exited(let code): "exited with status \(code)"
        case .signalled(let number): "killed by signal \(number)"
        case .unknown: "ended"
        }
    }
}

/// The main process of a running server, held by its pidfd, which can never refer to another process.
///
/// A server is gone only when its main process has ended and nothing remains of it (`ServerRemains`).
package final class ServerProcess: Sendable {
    package let pid: Int32
    /// Clock ticks after boot: together with the pid, the process's identity.
    package let startTime: UInt64
    /// The reason why the server did not get its view of the file system. Nil if it has the view, or was started
    /// without one.
    package let viewFault: String?
    private let watch: ExitWatch

    /// Takes ownership of the pidfd. A child is reaped as soon as it ends, whether or not anyone waits or keeps this
    /// object.
    init(pid: Int32, startTime: UInt64, pidfd: Int32, isChild: Bool, viewFault: String? = nil) {
        self.pid = pid
        self.viewFault = viewFault
        self.startTime = startTime
        watch = ExitWatch(pidfd: pidfd, isChild: isChild)
    }

    deinit { watch.abandon() }

    package var isRunning: Bool { !watch.hasEnded }

    /// Throws `.processGone` once the process has ended.
    package func signal(_ number: Int32) throws(HostError) {
        guard chost_pidfd_signal(watch.pidfd, number) != 0 else { return }
        throw errno == ESRCH ? .processGone(pid) : .signal(pid: pid, number: number, errno: errno)
    }

    /// Returns as soon as the main process has ended, also if it ended before the call.
    package func waitForExit() async throws(CancellationError) -> ExitStatus {
        guard let status = await watch.end() else { throw CancellationError() }
        return status
    }

    /// The exit status, if the main process ends within `patience`. Nil if it runs on, or if the caller is cancelled.
    package func waitForExit(within patience: Duration) async -> ExitStatus? {
        await withTaskGroup(of: ExitStatus?.self) { group in
            // A cancelled wait throws: it has no status.
            group.addTask { try? await self.waitForExit() }
            group.addTask {
                // A cancelled sleep counts as over: only the group's first result is read.
                try? await Task.sleep(for: patience)
                return nil
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first
        }
    }
}
