import Foundation

@testable import RoostHost

/// Moves of a server's process that an administrator, or a container's tool, may make behind Roost's back.
enum LooseProcess {
    /// Moves a process to the root of every hierarchy.
    static func moveToTheTop(_ pid: Int32) throws {
        let mounts = CgroupMounts.current()
        for root in Set(mounts.legacy.values).union(mounts.unified.map { [$0] } ?? []) {
            try Data("\(pid)".utf8).write(to: URL(filePath: "\(root)/cgroup.procs"))
        }
    }
}
