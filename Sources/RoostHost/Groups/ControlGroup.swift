import CHost
import Glibc
import RoostModel

/// The control group of one server: its limits, its figures, and the reliable list of all its processes.
package struct ControlGroup: Equatable, Sendable {
    /// The layout of `ControlGroups`, with the group's own folders.
    let layout: ControlGroups.Layout

    /// The processes in the group. In v1 the union of all hierarchies: a starting process may have joined only some
    /// of them.
    package func members() -> [Int32] {
        let lists = folders.map(Self.members(in:))
        // The kernel shows a process of another pid namespace as 0, which is no usable pid.
        return Set(lists.joined()).filter { $0 > 0 }.sorted()
    }

    /// SIGKILL to all current members. Their exit may take a moment; `ServerRemains` waits for it.
    package func killAll() {
        if case .unified(let root, _) = layout, TextFile.write("1", to: "\(root)/cgroup.kill") { return }
        // v1, or a kernel before 5.14.
        for pid in members() {
            let pidfd = chost_pidfd_open(pid)
            guard pidfd >= 0 else { continue }
            defer { close(pidfd) }
            // Check again now that the pid cannot pass to another process. A failed signal means that the process has
            // ended.
            if members().contains(pid) { _ = chost_pidfd_signal(pidfd, SIGKILL) }
        }
    }

    /// Removes the empty group. Throws (EBUSY) while a process is in it. Idempotent.
    package func remove() throws(HostError) {
        for folder in folders where rmdir(folder) != 0 && errno != ENOENT {
            throw .group(path: folder, operation: "remove the control group", errno: errno)
        }
    }

    /// CPU time since the group was made, and memory that cannot simply be dropped: the cache of files that were not
    /// used lately does not count. Nil where the kernel keeps no account.
    package func usage() -> (cpuSeconds: Double, memoryBytes: ByteCount)? {
        guard let memory = memoryInUse() else { return nil }
        return (cpuSeconds() ?? 0, memory)
    }

    /// Number of out-of-memory kills in the group because of its memory limit. Nil if not known.
    package func oomKills() -> Int? {
        switch layout {
        case .legacy: folder("memory").flatMap { value("oom_kill", in: "\($0)/memory.oom_control") }
        case .unified(let root, _): value("oom_kill", in: "\(root)/memory.events")
        case .none: nil
        }
    }

    /// The means by which a server joins the group at its start, before it runs its program.
    func entrance() throws(HostError) -> GroupEntrance {
        guard case .unified(let root, _) = layout else {
            // The process has one thread so far. For a thread that moves itself, the kernel (5.5 on) needs no lock
            // over all processes of the machine; a write to `cgroup.procs` waits some 7 ms for that lock.
            return GroupEntrance(folder: -1, files: folders.map { "\($0)/tasks" })
        }
        let descriptor = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .group(path: root, operation: "open the control group", errno: errno) }
        return GroupEntrance(folder: descriptor, files: [])
    }

    /// The group's folders, each once, in a fixed order.
    var folders: [String] {
        switch layout {
        case .legacy(let folders): Set(folders.values).sorted()
        case .unified(let root, _): [root]
        case .none: []
        }
    }

    /// The folder with a controller's files; nil if the controller is missing.
    func folder(_ controller: String) -> String? {
        switch layout {
        case .legacy(let folders): folders[controller]
        case .unified(let root, let controllers): controllers.contains(controller) ? root : nil
        case .none: nil
        }
    }

    private func memoryInUse() -> ByteCount? {
        guard let folder = folder("memory") else { return nil }
        let isUnified = if case .unified = layout { true } else { false }
        let file = isUnified ? "memory.current" : "memory.usage_in_bytes"
        guard let all = number(in: "\(folder)/\(file)") else { return nil }
        let cache = value(isUnified ? "inactive_file" : "total_inactive_file", in: "\(folder)/memory.stat") ?? 0
        return ByteCount(bytes: max(0, all - Int64(cache)))
    }

    private func cpuSeconds() -> Double? {
        switch layout {
        case .legacy: folder("cpuacct").flatMap { number(in: "\($0)/cpuacct.usage") }.map { Double($0) / 1e9 }
        case .unified(let root, _): value("usage_usec", in: "\(root)/cpu.stat").map { Double($0) / 1e6 }
        case .none: nil
        }
    }

    func number(in file: String) -> Int64? {
        TextFile.read(file).flatMap { Int64($0.prefix { $0.isNumber || $0 == "-" }) }
    }

    /// The value of a key, in a file of `key number` lines.
    private func value(_ key: String, in file: String) -> Int? {
        for line in (TextFile.read(file) ?? "").split(separator: "\n") {
            let fields = line.split(separator: " ")
            if fields.count == 2, fields[0] == key { return Int(fields[1]) }
        }
        return nil
    }
}

/// The means of joining a group: in v2 the open folder to be cloned into, in v1 the files to write one's pid to.
final class GroupEntrance {
    static var none: GroupEntrance { GroupEntrance(folder: -1, files: []) }

    let folder: Int32
    let files: [String]

    init(folder: Int32, files: [String]) {
        self.folder = folder
        self.files = files
    }

    deinit {
        if folder >= 0 { close(folder) }
    }
}
