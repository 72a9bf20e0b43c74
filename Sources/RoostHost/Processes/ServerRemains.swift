import CHost
import Glibc

/// All processes of a server: its main process, and any process that it has started and that may have outlived it.
///
/// A server is dead when this is empty. After SIGKILL of a PostgreSQL postmaster one of its backends was seen to
/// commit for more than a second: the main process's death alone proves nothing.
package struct ServerRemains: Sendable {
    let lockFile: String
    let recordFile: String
    let group: ControlGroup?

    package init(lockFile: String, recordFile: String, group: ControlGroup?) {
        self.lockFile = lockFile
        self.recordFile = recordFile
        self.group = group
    }

    /// The living processes of the server. With a group: its members, and, where it has none and the lock is held,
    /// the processes that were moved out of it. Without a group: the processes that inherited the lock (PostgreSQL
    /// puts each backend into a session of its own) and those of the main process's session (a script may close what
    /// it inherits).
    ///
    /// Without a group all of /proc is read, some tens of microseconds a process.
    package func members() -> [Int32] { living().map(\.pid) }

    private func living() -> [ProcessStatus] {
        guard let group else { return everywhere(members: []) }
        let members = group.members()
        let living = members.compactMap(ProcessStatus.init(pid:)).filter(\.isAlive)
        // A process that was moved out of the group still has the lock. Finding it costs a walk over /proc.
        if !living.isEmpty || ServerLauncher.lockState(lockFile, patience: .zero) != .held { return living }
        return everywhere(members: members)
    }

    /// The living processes of the server in the group and outside of it, including processes that were moved out.
    /// Reads all of /proc.
    package func everyone() -> [Int32] { everywhere(members: group?.members() ?? []).map(\.pid) }

    private func everywhere(members: [Int32]) -> [ProcessStatus] {
        let all = ProcessTable.all()
        let heirs = ProcessTable.heirs(of: lockFile, among: all).union(members)
        let leader = sessionLeader()
        return all.filter { process in
            guard process.isAlive else { return false }
            if heirs.contains(process.pid) { return true }
            guard let leader else { return false }
            return process.session == leader.pid && process.startTime >= leader.startTime
        }
    }

    /// The recorded process, dead or alive, if a session of its number can still be its own.
    ///
    /// The kernel gives no new process the number of a session that has members. So a process of that number with
    /// another start time means that the recorded session is over, and that its number belongs to an unrelated
    /// process.
    private func sessionLeader() -> ServerRecord? {
        guard let record = ServerRecord.read(from: recordFile)?.ofThisBoot else { return nil }
        if let process = ProcessStatus(pid: record.pid), process.startTime != record.startTime { return nil }
        return record
    }

    /// Sends SIGKILL to all processes repeatedly until none is left, also if a snapshot has frozen them. Throws
    /// `.stillAlive` when that takes longer than `limit`. Cancelling the task does not stop this: a half-killed server
    /// is of no use.
    package func killAll(within limit: Duration = .seconds(10)) async throws(HostError) {
        let deadline = ContinuousClock.now + limit
        var pause = Duration.milliseconds(1)
        while true {
            let living = living()
            if living.isEmpty { return }
            if ContinuousClock.now >= deadline { throw .stillAlive(living.map(\.pid)) }
            group?.killAll()
            for process in living { kill(process) }
            thaw()
            // The pause runs in a task of its own, which is never cancelled, so that it is kept in a cancelled task,
            // too.
            let rest = Task { [pause] in try await Task.sleep(for: pause) }
            _ = await rest.result
            pause = min(pause * 2, .milliseconds(50))
        }
    }

    /// Processes of a frozen group of version 1 end by SIGKILL only once they are thawed. They have the signal, so none of
    /// them runs on. A snapshot that froze them fails.
    private func thaw() {
        guard let group, group.isFrozen else { return }
        // The group is thawed again in the next round, or by the deadline of the snapshot's guard.
        try? group.thaw()
    }

    /// Signals through a pidfd, and only if the pid still means the same process once the pidfd is open.
    private func kill(_ process: ProcessStatus) {
        let pidfd = chost_pidfd_open(process.pid)
        guard pidfd >= 0 else { return }
        defer { close(pidfd) }
        guard ProcessStatus(pid: process.pid)?.startTime == process.startTime else { return }
        // A failed signal means that the process has ended by itself, or it is reported by `.stillAlive`.
        _ = chost_pidfd_signal(pidfd, SIGKILL)
    }
}
