import Glibc

/// A started process, and the pipe that carries its output.
struct Spawned {
    let pid: pid_t
    let output: Int32
}

enum Spawning {
    /// Starts `/bin/sh -c COMMAND` in a process group of its own, so that all its descendants can be ended with it.
    /// Returns the error if the start fails.
    static func start(_ command: String, environment: [String: String]) -> Result<Spawned, SystemError> {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return .failure(SystemError(errno)) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
        defer { close(ends[1]) }

        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO)

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // The supervisor blocks its signals and reads them from a descriptor; its children must not inherit the mask.
        var (none, ignored) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        sigemptyset(&ignored)
        sigaddset(&ignored, SIGPIPE)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &ignored)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP))

        let vectors = CStringVectors(arguments: ["/bin/sh", "-c", command], environment: environment)
        var pid: pid_t = 0
        let error = posix_spawn(&pid, "/bin/sh", &actions, &attributes, vectors.arguments, vectors.environment)
        guard error == 0 else {
            close(ends[0])
            return .failure(SystemError(error))
        }
        preferForOOM(pid)
        return .success(Spawned(pid: pid, output: ends[0]))
    }

    /// When memory runs out, the kernel kills a process of the service, and not the supervisor that restarts it.
    private static func preferForOOM(_ pid: pid_t) {
        let file = open("/proc/\(pid)/oom_score_adj", O_WRONLY | O_CLOEXEC)
        // The process may have ended already, or /proc may not be the kernel's: the process runs without the
        // adjustment.
        guard file >= 0 else { return }
        defer { close(file) }
        _ = write(file, "100", 3)
    }

    /// Replaces this process by `/bin/sh -c COMMAND`. Returns only on failure.
    static func become(_ command: String, environment: [String: String]) -> SystemError {
        let vectors = CStringVectors(arguments: ["/bin/sh", "-c", command], environment: environment)
        execve("/bin/sh", vectors.arguments, vectors.environment)
        return SystemError(errno)
    }
}

/// An errno value.
struct SystemError: Error, CustomStringConvertible {
    let number: Int32
    init(_ number: Int32) { self.number = number }
    var description: String { String(cString: strerror(number)) }
}

/// Arguments and environment as C strings. The memory is freed with this object.
final class CStringVectors {
    let arguments: [UnsafeMutablePointer<CChar>?]
    let environment: [UnsafeMutablePointer<CChar>?]

    init(arguments: [String], environment: [String: String]) {
        self.arguments = arguments.map { strdup($0) } + [nil]
        self.environment =
            environment.sorted { $0.key < $1.key }.map { strdup("\($0.key)=\($0.value)") } + [nil]
    }

    deinit { for pointer in arguments + environment { free(pointer) } }
}
