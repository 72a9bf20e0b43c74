import Foundation
import Glibc

/// The folder of one run's credential files, and how it is known whether anybody still needs it.
package struct RunFolder: Equatable, Sendable {
    package let path: String
    /// Open for as long as this process and its children need the folder.
    let lock: Int32

    package init(path: String, lock: Int32) {
        self.path = path
        self.lock = lock
    }

    /// The process that a folder was made by, which the client is after it: `4242-918273`, its id and its start.
    struct Owner: Equatable {
        let process: pid_t
        let start: String

        static var current: Owner { Owner(process: getpid(), start: start(of: getpid()) ?? "0") }

        var text: String { "\(process)-\(start)" }
        /// An id is given again, a start is not.
        var isAlive: Bool { Self.start(of: process) == start }

        init(process: pid_t, start: String) {
            self.process = process
            self.start = start
        }

        /// Reads the end of a folder's name. Nil: the folder bears no process's name.
        init?(folder name: String) {
            let end = name.split(separator: ".").last ?? ""
            let parts = end.split(separator: "-", omittingEmptySubsequences: false)
            guard name.contains("."), parts.count == 2, let process = pid_t(parts[0]), process > 0,
                !parts[1].isEmpty, parts[1].allSatisfy(\.isNumber)
            else { return nil }
            self.init(process: process, start: String(parts[1]))
        }

        /// proc(5): the 22nd field, in clock ticks since the machine started. The second, in parentheses, may hold spaces.
        private static func start(of process: pid_t) -> String? {
            guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
                let end = text.lastIndex(of: ")")
            else { return nil }
            let fields = text[text.index(after: end)...].split(separator: " ")
            return fields.count > 19 ? String(fields[19]) : nil
        }
    }

    /// For a process that outlives the client.
    package func remove() {
        close(lock)
        // What is left goes with the next command.
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Older Roosts kept one folder a service, `ramen.data-3xk2…`, with these files.
    private static let formerFiles: Set = ["my.cnf", "ca.pem", "pgpass", "pg_service.conf", "connect.js", "tools.yml"]

    /// Two witnesses must say that a run is over: its process is gone (a client may close descriptors that it does not
    /// know), and nobody holds the lock (a container's processes have other numbers).
    static func removeIfOver(_ path: String, user: UInt32) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_uid == user,
            let files = try? FileManager.default.contentsOfDirectory(atPath: path)
        else { return }
        if let owner = Owner(folder: (path as NSString).lastPathComponent) {
            guard !owner.isAlive, flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { return }
        } else {
            guard Set(files).isSubset(of: formerFiles) else { return }
        }
        // Somebody else's next command does the same; what one of them leaves the other takes.
        try? FileManager.default.removeItem(atPath: path)
    }
}
