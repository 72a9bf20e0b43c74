import CHost
import Glibc

/// Stops processes by SIGSTOP, where there are no control groups: the given processes, and the children that they
/// made meanwhile.
final class ProcessFreezer: Freezer {
    private let wanted: [Int32]
    /// A pidfd for each pid: no signal can reach an unrelated process that got the pid of an ended one.
    private var stopped: [Int32: Int32] = [:]

    init(_ pids: [Int32]) { wanted = pids }

    deinit {
        for pidfd in stopped.values { close(pidfd) }
    }

    func freeze() throws(FreezeFailure) {
        for pid in wanted { try stop(pid) }
    }

    func isFrozen() throws(FreezeFailure) -> Bool {
        for pid in stopped.keys where !Self.standsStill(pid) { return false }
        // A stopped process forks no more children, so this terminates.
        let born = stopped.keys.flatMap(Self.children(of:)).filter { stopped[$0] == nil }
        for pid in born { try stop(pid) }
        return born.isEmpty
    }

    func thaw() -> Bool {
        // A process that has ended needs no thaw.
        let results = stopped.values.map { chost_pidfd_signal($0, SIGCONT) == 0 || errno == ESRCH }
        return results.allSatisfy { $0 }
    }

    private func stop(_ pid: Int32) throws(FreezeFailure) {
        let pidfd = chost_pidfd_open(pid)
        if pidfd < 0 && errno == ESRCH { return }
        guard pidfd >= 0 else { throw .last("cannot open process \(pid)") }
        stopped[pid] = pidfd
        guard chost_pidfd_signal(pidfd, SIGSTOP) == 0 || errno == ESRCH else {
            throw .last("cannot stop process \(pid)")
        }
    }

    /// Whether all threads are stopped, traced or dead: SIGSTOP reaches each thread on its own way out of the kernel.
    private static func standsStill(_ pid: Int32) -> Bool {
        KernelFile.numbers(in: "/proc/\(pid)/task").allSatisfy { thread in
            guard let text = KernelFile.read("/proc/\(pid)/task/\(thread)/stat"), let bracket = text.lastIndex(of: ")")
            else { return true }
            // The state follows the program's name, which may hold blanks and brackets.
            return text[bracket...].dropFirst(2).first.map { "TtZX".contains($0) } ?? true
        }
    }

    private static func children(of pid: Int32) -> [Int32] {
        KernelFile.numbers(in: "/proc/\(pid)/task").flatMap { thread in
            (KernelFile.read("/proc/\(pid)/task/\(thread)/children") ?? "").split(separator: " ").compactMap {
                Int32($0)
            }
        }
    }
}
