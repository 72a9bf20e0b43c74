import CHost
import Glibc

/// All processes of a server: its main process, and whatever that has started and may have outlived it.
///
/// A server is dead when this is empty. After SIGKILL of a PostgreSQL postmaster one of its backends was seen to commit
/// for more than a second: the main process's death alone proves nothing.
package struct ServerRemains: Sendable {
    let lockFile: String
    let recordFile: String
    let group: ControlGroup?

    package init(lockFile: String, recordFile: String, group: ControlGroup?) {
        self.lockFile = lockFile
        self.recordFile = recordFile
        self.group = group
    }

    /// The living ones. With a group: its members, and where it has none and the lock is held, those that were moved out of
    /// it. Without one: those that inherited the lock (PostgreSQL puts each backend into a session of its own) and those of
    /// the main process's session (a script may close what it inherits).
    ///
    /// Without a group it reads all of /proc, some tens of microseconds a process.
    package func members() -> [Int32] { living().map(\.pid) }

    private func living() -> [ProcessStatus] {
        guard let group else { return everywhere(members: []) }
        let members = group.members()
        let living = members.compactMap(ProcessStatus.init(pid:)).filter(\.isAlive)
        // A process that somebody moved out of the group still has the lock. Looking for it costs a walk over /proc.
        if !living.isEmpty || ServerLauncher.lockState(lockFile, patience: .zero) != .held { return living }
        return everywhere(members: members)
    }

    /// The living ones in the group, or in no group that is known: also those that somebody moved out of it. Reads all of
    /// /proc.
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
    /// another start time means that the recorded session is over, and that a stranger has one of the same number.
    private func sessionLeader() -> ServerRecord? {
        guard let record = ServerRecord.read(from: recordFile)?.ofThisBoot else { return nil }
        if let process = ProcessStatus(pid: record.pid), process.startTime != record.startTime { return nil }
        return record
    }

    /// SIGKILL to all, again and again until none is left. Throws `.stillAlive` when that takes longer than `limit`.
    /// A cancelled task goes on all the same: a half-killed server is of no use to anybody.
    package func killAll(within limit: Duration = .seconds(10)) async throws(HostError) {
        let deadline = ContinuousClock.now + limit
        var pause = Duration.milliseconds(1)
        while true {
            let living = living()
            if living.isEmpty { return }
            if ContinuousClock.now >= deadline { throw .stillAlive(living.map(\.pid)) }
            group?.killAll()
            for process in living { kill(process) }
            // A task of its own, which nobody cancels, so that the pause is kept in a cancelled task, too.
            let rest = Task { [pause] in try await Task.sleep(for: pause) }
            _ = await rest.result
            pause = min(pause * 2, .milliseconds(50))
        }
    }

    /// Through a pidfd, and only if the number still means the same process once that is open.
    private func kill(_ process: ProcessStatus) {
        let pidfd = chost_pidfd_open(process.pid)
        guard pidfd >= 0 else { return }
        defer { close(pidfd) }
        guard ProcessStatus(pid: process.pid)?.startTime == process.startTime else { return }
        // A failure means that it has ended by itself, or shows as `.stillAlive`.
        _ = chost_pidfd_signal(pidfd, SIGKILL)
    }
}
