import Foundation
import Glibc

/// The folder of one run's credential files, and the check whether a process still needs it.
package struct RunFolder: Equatable, Sendable {
    package let path: String
    /// A descriptor of the folder, open for as long as this process and its children need it.
    let lock: Int32

    package init(path: String, lock: Int32) {
        self.path = path
        self.lock = lock
    }

    /// The process that made a folder, and that becomes the client: `4242-918273`, its id and its start time.
    struct Owner: Equatable {
        let process: pid_t
        let start: String

        static var current: Owner { Owner(process: getpid(), start: start(of: getpid()) ?? "0") }

        var text: String { "\(process)-\(start)" }
        /// Process ids are reused, but not together with the start time.
        var isAlive: Bool { Self.start(of: process) == start }

        init(process: pid_t, start: String) {
            self.process = process
            self.start = start
        }

        /// Parses the end of a folder's name. Nil if the name does not contain a process.
        init?(folder name: String) {
            let end = name.split(separator: ".").last ?? ""
            let parts = end.split(separator: "-", omittingEmptySubsequences: false)
            guard name.contains("."), parts.count == 2, let process = pid_t(parts[0]), process > 0,
                !parts[1].isEmpty, parts[1].allSatisfy(\.isNumber)
            else { return nil }
            self.init(process: process, start: String(parts[1]))
        }

        /// proc(5): field 22, in clock ticks since boot. Field 2, in parentheses, may contain spaces.
        private static func start(of process: pid_t) -> String? {
            guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
                let end = text.lastIndex(of: ")")
            else { return nil }
            let fields = text[text.index(after: end)...].split(separator: " ")
            return fields.count > 19 ? String(fields[19]) : nil
        }
    }

    /// Removes the folder; for a process that outlives the client.
    package func remove() {
        close(lock)
        // The next command removes any remains.
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Older versions of Roost kept one folder per service, `ramen.data-3xk2…`, with these files.
    private static let formerFiles: Set = ["my.cnf", "ca.pem", "pgpass", "pg_service.conf", "connect.js", "tools.yml"]

    /// Two conditions show that a run has ended: its process is gone (a client may close descriptors that it does not
    /// know), and the lock is free (processes in a container have other ids).
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
        // Commands may remove the same folder concurrently; either finishes the other's removal.
        try? FileManager.default.removeItem(atPath: path)
    }
}
