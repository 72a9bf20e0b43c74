import Glibc
import RoostModel

/// Failures of the machine, with the facts that an operator needs.
package enum HostError: Error, Equatable, Sendable {
    /// A server was not started; `step` is the step that failed, as in "run the program".
    case spawn(program: String, step: String, errno: Int32)
    /// A server could not be given its own view of the file system, and this start failed.
    case view(program: String, step: String, errno: Int32)
    /// The instance's lock is held: a server of the instance runs already.
    case alreadyRunning(lockFile: String)
    case processGone(Int32)
    case signal(pid: Int32, number: Int32, errno: Int32)
    /// Processes that outlived SIGKILL for the whole wait: most likely they are in uninterruptible I/O.
    case stillAlive([Int32])

    case file(path: String, operation: String, errno: Int32)
    /// The disk or the owner's quota is full.
    case noSpace(path: String)
    case targetExists(path: String)
    /// The path is not below the folder that bounds the operation. Nothing was touched.
    case outside(path: String, root: String)
    /// A file is not fit for the operation; `reason` says why.
    case unfitFile(path: String, reason: String)

    case pool(PoolRefusal)
    /// `package` is the Debian package that contains the program.
    case programMissing(String, package: String)
    /// `said` is the start of the program's output, or how the program ended.
    case programFailed(String, said: String)

    /// The cgroup file system refused.
    case group(path: String, operation: String, errno: Int32)
    /// The limit was left as it was: the memory in use cannot be pushed below it.
    case memoryInUse(limit: ByteCount, usage: ByteCount)

    /// The server could not be frozen and runs on; `reason` says what kept its processes from being stopped.
    case notFrozen(reason: String)
    /// The deadline thawed the server before the image was done: the data read meanwhile is not of one moment.
    case thawedByDeadline(Duration)
    /// The server was thawed by another process before the image was done.
    case thawedEarly(reason: String)
    /// The kernel refuses to thaw a server: the one failure that needs an administrator at once.
    case stillFrozen(reason: String)
    /// The file system at `path` cannot share blocks between files.
    case noReflink(path: String)

    case homeHeld(home: String, by: Int32?)
    case homePathTooLong(home: String, bytes: Int, longest: Int)
    /// The folder was never a home, and holds a file that no home has.
    case homeNotEmpty(home: String, found: String)
    /// The mode of `folder` keeps `user` from reaching the home.
    case homeNotTraversable(home: String, folder: String, user: String)
    case socketPathTooLong(path: String, longest: Int)

    /// The error of the system call that just failed at `path`.
    static func last(_ operation: String, _ path: String) -> HostError {
        let number = errno
        switch number {
        case ENOSPC, EDQUOT: return .noSpace(path: path)
        case EEXIST: return .targetExists(path: path)
        default: return .file(path: path, operation: operation, errno: number)
        }
    }

    static func device(_ path: String) -> HostError {
        .unfitFile(path: path, reason: "is a device, which does not belong in a database's folder")
    }

    /// Whether the error says only that a file does not exist.
    package var isMissing: Bool {
        if case .file(_, _, ENOENT) = self { true } else { false }
    }
}

extension HostError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .spawn(let program, let step, let number):
            "cannot start \(program): failed to \(step): \(reason(number))"
        case .view(let program, let step, let number):
            "cannot confine \(program) to its own folders: failed to \(step): \(reason(number))"
        case .alreadyRunning(let lockFile): "the server is already running: it holds \(lockFile)"
        case .processGone(let pid): "process \(pid) has ended"
        case .signal(let pid, let number, let code): "cannot send signal \(number) to process \(pid): \(reason(code))"
        case .stillAlive(let pids):
            "still alive after SIGKILL: \(pids.map(String.init).joined(separator: ", ")); probably waiting for a disk"
        case .file(let path, let operation, let number): "cannot \(operation) \(path): \(reason(number))"
        case .noSpace(let path): "no space left for \(path)"
        case .targetExists(let path): "\(path) already exists"
        case .outside(let path, let root): "\(path) is not below \(root); nothing was changed"
        case .unfitFile(let path, let why): "\(path) \(why)"
        case .pool(let refusal): refusal.description
        case .programMissing(let program, let package): "\(program) is not installed; install the package \(package)"
        case .programFailed(let program, let said): "\(program) failed: \(said)"
        case .group(let path, let operation, let number): "cannot \(operation) \(path): \(reason(number))"
        case .memoryInUse(let limit, let usage):
            "\(usage.bytes >> 20) MiB are in use and cannot be reduced below \(limit); the limit was not changed"
        case .notFrozen(let reason): "the server could not be frozen: \(reason)"
        case .thawedByDeadline(let deadline):
            "the server was thawed by its deadline (\(deadline)); the image is not consistent"
        case .thawedEarly(let reason): "the server was thawed too early: \(reason); the image is not consistent"
        case .stillFrozen(let reason): "the server is frozen and cannot be thawed: \(reason)"
        case .noReflink(let path): "the file system at \(path) cannot share blocks between files (no reflinks)"
        case .homeHeld(let home, let pid):
            "another roostd\(pid.map { " (process \($0))" } ?? "") is already running with the home \(home)"
        case .homePathTooLong(let home, let bytes, let longest):
            "the path of the home \(home) has \(bytes) bytes; at most \(longest) leave enough for sockets"
        case .homeNotEmpty(let home, let found):
            "\(home) contains '\(found)' and is not a Roost home; choose an empty or new folder"
        case .homeNotTraversable(let home, let folder, let user):
            "servers run as \(user) and cannot reach \(home) through \(folder); run chmod o+x \(folder)"
        case .socketPathTooLong(let path, let longest):
            "\(path) is too long for a socket (at most \(longest) bytes)"
        }
    }

    private func reason(_ number: Int32) -> String { HostError.reason(number) }

    static func reason(_ number: Int32) -> String {
        number == 0 ? "unknown reason" : String(cString: strerror(number))
    }
}
