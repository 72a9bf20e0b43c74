import CHost
import Glibc

/// State of a server that an earlier roostd may have started.
package enum Adoption: Sendable {
    /// The lock is free and no process is left: the server may be started.
    case none
    case running(ServerProcess)
    /// The main process is dead and these processes live on: kill them (`ServerRemains`) before the server is started
    /// again.
    case remains([Int32])
    /// A process lives and cannot be identified; the text says what was seen. Retry later, do not start the server.
    case unclear(String)
}

extension ServerLauncher {
    /// Finds the server that an earlier roostd started, without trusting any file that the server might have written.
    ///
    /// The evidence is the lock that a server inherits, and its group. The record only names the main process. A
    /// record is trusted if the boot and the process's start time agree, and the process is a member of the group or,
    /// after it was moved out of the group, holds the lock.
    ///
    /// Blocks for milliseconds, and for up to a tenth of a second where the lock is held and no holder is seen.
    package static func adopt(lockFile: String, recordFile: String, group: ControlGroup?) -> Adoption {
        let remains = ServerRemains(lockFile: lockFile, recordFile: recordFile, group: group)
        let lock = lockState(lockFile, patience: .zero)
        let record = ServerRecord.read(from: recordFile)?.ofThisBoot
        var members = remains.members()
        if let record, lock == .held, group != nil, !members.contains(record.pid) { members = remains.everyone() }
        if case .failed(let number) = lock {
            return .unclear("cannot inspect \(lockFile): \(String(cString: strerror(number)))")
        }
        if let record, let process = mainProcess(record, members: members) {
            // Without a group the record is a claim in a file that the server's user may own; the lock must confirm
            // it.
            if lock == .held || group != nil { return .running(process) }
            return .unclear("\(lockFile) is not locked, but the recorded process \(record.pid) is running")
        }
        if !members.isEmpty {
            if record != nil { return .remains(members) }
            let list = members.map(String.init).joined(separator: ", ")
            return .unclear("\(recordFile) names no process of this boot, but these processes exist: \(list)")
        }
        // Wait for the lock only here: a server's lock is held for as long as the server runs.
        if lock == .held, lockState(lockFile, patience: .milliseconds(100)) != .taken {
            return .unclear("\(lockFile) is held by a process that is not visible")
        }
        return .none
    }

    /// `.taken` means that the lock is free: it is released at once.
    static func lockState(_ path: String, patience: Duration) -> FileLock.Outcome {
        let file = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard file >= 0 else { return errno == ENOENT ? .taken : .failed(errno: errno) }
        defer { close(file) }
        // A shared lock, so that two concurrent checks do not take each other for the server.
        return FileLock.take(LOCK_SH, of: file, patience: patience)
    }

    private static func mainProcess(_ record: ServerRecord, members: [Int32]) -> ServerProcess? {
        guard members.contains(record.pid) else { return nil }
        let pidfd = chost_pidfd_open(record.pid)
        guard pidfd >= 0 else { return nil }
        // Check the status after opening the pidfd: from then on the pid cannot pass to another process unnoticed.
        guard let status = ProcessStatus(pid: record.pid), status.isAlive, status.startTime == record.startTime else {
            close(pidfd)
            return nil
        }
        return ServerProcess(pid: record.pid, startTime: record.startTime, pidfd: pidfd, isChild: false)
    }
}
