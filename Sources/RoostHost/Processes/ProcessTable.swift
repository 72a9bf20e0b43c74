import Glibc

/// Status of one process from /proc.
struct ProcessStatus: Equatable, Sendable {
    let pid: Int32
    let session: Int32
    let startTime: UInt64
    /// False for a zombie: it runs nothing, holds nothing, and only waits to be reaped.
    let isAlive: Bool

    /// Nil if there is no such process.
    init?(pid: Int32) {
        // The second field is the program's name and may hold blanks and brackets.
        guard let text = TextFile.read("/proc/\(pid)/stat"), let bracket = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: bracket)...].split(separator: " ")
        guard fields.count > 19, let session = Int32(fields[3]), let threads = Int(fields[17]),
            let startTime = UInt64(fields[19])
        else { return nil }
        self.pid = pid
        self.session = session
        self.startTime = startTime
        // A main thread that ended before the others is shown as a zombie although the process lives.
        isAlive = !(fields[0] == "Z" || fields[0] == "X") || threads > 1
    }
}

/// The processes of the machine, read from /proc.
enum ProcessTable {
    static func all() -> [ProcessStatus] {
        guard let folder = opendir("/proc") else { return [] }
        defer { closedir(folder) }
        var found: [ProcessStatus] = []
        while let entry = readdir(folder) {
            if let pid = Int32(FileName(entry).text), let status = ProcessStatus(pid: pid) { found.append(status) }
        }
        return found
    }

    /// Whether a living process runs as a user of this name. False for a user that does not exist.
    static func hasProcess(of user: String) -> Bool {
        guard let entry = getpwnam(user) else { return false }
        let wanted = entry.pointee.pw_uid
        return all().contains { process in
            var status = stat()
            return process.isAlive && stat("/proc/\(process.pid)", &status) == 0 && status.st_uid == wanted
        }
    }

    /// The living processes that inherited a file through exec, without the caller itself.
    ///
    /// A descriptor marked close-on-exec does not count: it belongs to a process that examines the file, or for an
    /// instant to a forked child of such a process that has not run exec yet. Processes that the caller may not
    /// examine are skipped.
    static func heirs(of path: String, among processes: [ProcessStatus]) -> Set<Int32> {
        var wanted = stat()
        guard stat(path, &wanted) == 0 else { return [] }
        let heirs = processes.filter { $0.isAlive && $0.pid != getpid() && inherits(wanted, pid: $0.pid) }
        return Set(heirs.map(\.pid))
    }

    private static func inherits(_ wanted: stat, pid: Int32) -> Bool {
        guard let folder = opendir("/proc/\(pid)/fd") else { return false }
        defer { closedir(folder) }
        while let entry = readdir(folder) {
            let name = FileName(entry).text
            var found = stat()
            guard Int32(name) != nil, stat("/proc/\(pid)/fd/\(name)", &found) == 0,
                found.st_ino == wanted.st_ino, found.st_dev == wanted.st_dev,
                let details = TextFile.read("/proc/\(pid)/fdinfo/\(name)")
            else { continue }
            let flags = details.split(separator: "\n").first { $0.hasPrefix("flags:") }?.split(separator: "\t").last
            if let flags, let bits = Int32(flags, radix: 8), bits & O_CLOEXEC == 0 { return true }
        }
        return false
    }
}
