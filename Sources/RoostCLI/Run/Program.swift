import Foundation
import Glibc

/// A program that replaces this process or runs as its child.
package struct Program: Equatable, Sendable {
    /// The program's name or path, then its arguments.
    package let arguments: [String]
    package let environment: [String: String]
    /// Whether progress may be shown for a file on standard input.
    package let showsProgress: Bool
    /// The program's credential files, removed at its end if this process outlives it.
    package let folder: RunFolder?

    package init(
        arguments: [String], environment: [String: String], showsProgress: Bool = false, folder: RunFolder? = nil
    ) {
        self.arguments = arguments
        self.environment = environment
        self.showsProgress = showsProgress
        self.folder = folder
    }

    /// The reason why a program did not start, with Docker's exit statuses.
    package struct Failure: Error, Equatable, CustomStringConvertible {
        package let status: Int32
        package let message: String
        package var description: String { message }
    }

    /// Finds the program as a shell does: a name with a slash is a path, any other is looked up in `PATH`.
    package func find() throws(Failure) -> String {
        let name = arguments.first ?? ""
        var candidates = [name]
        if !name.contains("/") {
            let path = environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
            candidates = path.split(separator: ":", omittingEmptySubsequences: false).map { folder in
                folder.isEmpty ? "./\(name)" : "\(folder)/\(name)"
            }
        }
        var found: String?
        for candidate in candidates where !name.isEmpty && isFile(candidate) {
            if access(candidate, X_OK) == 0 { return candidate }
            found = found ?? candidate
        }
        if let found { throw Failure(status: 126, message: "'\(found)' is not executable") }
        throw Failure(status: 127, message: "the command '\(name)' was not found")
    }

    /// Replaces this process by the program. Returns only if the program does not start.
    package func become() -> Failure {
        do throws(Failure) {
            let path = try find()
            if showsProgress, let input = WatchedInput.standard() {
                let status = try WatchedInput.run(self, path: path, input: input)
                folder?.remove()
                exit(status)
            }
            Signals.restore()
            let error = withVectors { execve(path, $0, $1) == 0 ? 0 : errno }
            folder?.remove()
            return Self.failure(path, error)
        } catch {
            folder?.remove()
            return error
        }
    }

    /// Starts the program as a child. `silently`: without this process's input and output.
    func start(_ path: String, silently: Bool = false) throws(Failure) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for stream in silently ? [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] : [] {
            posix_spawn_file_actions_addopen(&actions, stream, "/dev/null", O_RDWR, 0)
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var (none, pipe) = (Signals.none, Signals.none)
        sigaddset(&pipe, SIGPIPE)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &pipe)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        var child: pid_t = 0
        let error = withVectors { posix_spawn(&child, path, &actions, &attributes, $0, $1) }
        guard error == 0 else { throw Self.failure(path, error) }
        return child
    }

    static func failure(_ path: String, _ error: Int32) -> Failure {
        Failure(
            status: error == ENOENT ? 127 : 126,
            message: "'\(path)' could not be started: \(String(cString: strerror(error)))")
    }

    /// Arguments and environment in C's form: arrays that end in a null pointer.
    func withVectors<Result>(
        _ body: ([UnsafeMutablePointer<CChar>?], [UnsafeMutablePointer<CChar>?]) -> Result
    ) -> Result {
        let argv = arguments.map { strdup($0) }
        let envp = environment.sorted { $0.key < $1.key }.map { strdup("\($0.key)=\($0.value)") }
        defer { for pointer in argv + envp { free(pointer) } }
        return body(argv + [nil], envp + [nil])
    }

    private func isFile(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }
}

/// Signal state that a started program must not inherit: the concurrency runtime's threads block nearly all signals,
/// and the networking library ignores SIGPIPE. Both outlive `execve`, and a client could then not be interrupted.
enum Signals {
    static var none: sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        return set
    }

    static func restore() {
        var none = none
        pthread_sigmask(SIG_SETMASK, &none, nil)
        signal(SIGPIPE, SIG_DFL)
    }
}
