import CHost
import Foundation
import Glibc
import RoostModel

/// Starts servers, and adopts servers that an earlier roostd started.
package enum ServerLauncher {
    /// Returns once the server runs its program. Blocks for some milliseconds.
    ///
    /// Throws `.alreadyRunning` while the lock is held: an instance never has a second server, whoever starts it.
    package static func spawn(_ launch: ServerLaunch) throws(HostError) -> ServerProcess {
        do throws(HostError) {
            return try spawn(launch, patienceMilliseconds: 30_000)
        } catch {
            guard case .view = error else { throw error }
            // Start without the view: file permissions still protect the files of others, and an additional
            // protection must not keep a database from running.
            var plain = launch
            plain.view = nil
            return try spawn(plain, patienceMilliseconds: 30_000, viewFault: error.description)
        }
    }

    /// `patienceMilliseconds` limits how long a hanging disk or a frozen group may delay the start.
    static func spawn(
        _ launch: ServerLaunch, patienceMilliseconds: Int32, viewFault: String? = nil
    ) throws(HostError) -> ServerProcess {
        let lock = try openLock(launch.lockFile)
        defer { close(lock) }
        for path in launch.staleFiles where unlink(path) != 0 && errno != ENOENT { throw .last("remove", path) }
        let record = try open(launch.recordFile, O_WRONLY | O_CREAT, mode: 0o644)
        defer { close(record) }
        let log = try openLog(launch)
        defer { close(log) }
        let entrance = try launch.group?.entrance() ?? .none
        let arguments = CStrings([launch.program] + launch.arguments)
        let environment = CStrings(launch.environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" })
        let groupFiles = CStrings(entrance.files)
        let texts = CStrings([launch.program, launch.workingDirectory, Machine.bootID])

        var plan = chost_launch()
        plan.program = UnsafePointer(texts.pointer[0])
        plan.working_directory = UnsafePointer(texts.pointer[1])
        plan.boot_id = UnsafePointer(texts.pointer[2])
        plan.arguments = UnsafePointer(arguments.pointer)
        plan.environment = UnsafePointer(environment.pointer)
        plan.log_descriptor = log
        plan.lock_descriptor = lock
        plan.record_descriptor = record
        plan.patience_ms = patienceMilliseconds
        plan.group_descriptor = entrance.folder
        plan.group_files = UnsafePointer(groupFiles.pointer)
        if let user = launch.user, user.uid != geteuid() || user.gid != getegid() {
            plan.change_user = true
            plan.user = user.uid
            plan.group = user.gid
        }
        if let score = launch.oomScoreAdjustment {
            plan.adjust_oom_score = true
            plan.oom_score = Int32(min(max(score, -1000), 1000))
        }
        let hidden = CStrings(launch.view?.hidden ?? [])
        let kept = CStrings(launch.view?.kept ?? [])
        var view = chost_view(hidden: UnsafePointer(hidden.pointer), kept: UnsafePointer(kept.pointer))
        var spawned = chost_spawned()
        let error = withExtendedLifetime((entrance, arguments, environment, groupFiles, texts, hidden, kept)) {
            withUnsafePointer(to: &view) { view in
                if launch.view != nil { plan.view = view }
                return chost_spawn(&plan, &spawned)
            }
        }
        guard error == 0 else {
            // The process was killed and has not ended yet: the watch reaps it when it does.
            if spawned.pidfd >= 0 { _ = ExitWatch(pidfd: spawned.pidfd, isChild: true) }
            let step = spawned.failed_step.map { String(cString: $0) } ?? "start"
            if spawned.failed_in_view { throw .view(program: launch.program, step: step, errno: error) }
            throw .spawn(program: launch.program, step: step, errno: error)
        }
        let refusal = launch.view != nil && !spawned.has_view ? "this machine does not allow mount namespaces" : nil
        return ServerProcess(
            pid: spawned.pid, startTime: spawned.start_time, pidfd: spawned.pidfd, isChild: true,
            viewFault: viewFault ?? refusal)
    }

    private static func open(_ path: String, _ flags: Int32, mode: mode_t) throws(HostError) -> Int32 {
        let file = Glibc.open(path, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, mode)
        guard file >= 0 else { throw .last("open", path) }
        return file
    }

    private static func openLock(_ path: String) throws(HostError) -> Int32 {
        let lock = try open(path, O_RDONLY | O_CREAT, mode: 0o600)
        switch FileLock.take(LOCK_EX, of: lock, patience: .milliseconds(100)) {
        case .taken: return lock
        case .held:
            close(lock)
            throw .alreadyRunning(lockFile: path)
        case .failed(let number):
            close(lock)
            throw .file(path: path, operation: "lock", errno: number)
        }
    }

    /// The log's folder belongs to the server's user, who may have replaced the log by a link, a pipe, or a hard link
    /// to another user's file.
    private static func openLog(_ launch: ServerLaunch) throws(HostError) -> Int32 {
        let path = launch.logFile
        let log = try open(path, O_WRONLY | O_CREAT | O_APPEND, mode: 0o640)
        do throws(HostError) {
            let status = try FileStatus(of: log, path: path)
            guard status.kind == .regular, status.links == 1 else {
                throw .unfitFile(path: path, reason: "is not a log file: it must be a regular file without hard links")
            }
            // Clear O_NONBLOCK: appending must wait for the disk like any write.
            guard fcntl(log, F_SETFL, O_APPEND) == 0 else { throw .last("open", path) }
            if let user = launch.user, geteuid() == 0, status.uid != user.uid || status.gid != user.gid {
                guard fchown(log, user.uid, user.gid) == 0 else { throw .last("change the owner of", path) }
            }
            return log
        } catch {
            close(log)
            throw error
        }
    }
}
