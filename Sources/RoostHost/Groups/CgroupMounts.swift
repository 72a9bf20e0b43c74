import Glibc

/// Mount points of this machine's cgroup hierarchies, from `/proc/self/mountinfo`.
struct CgroupMounts: Equatable {
    /// Folders by controller: `memory`, `cpu`, … One folder may serve several controllers.
    var legacy: [String: String] = [:]
    var unified: String?

    static func current() -> CgroupMounts {
        CgroupMounts(mountInfo: TextFile.read("/proc/self/mountinfo", atMost: 4 << 20) ?? "")
    }

    /// Lines as `36 25 0:31 / /sys/fs/cgroup/memory rw,relatime shared:16 - cgroup cgroup rw,memory`.
    init(mountInfo: String) {
        for line in mountInfo.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard let dash = fields.firstIndex(of: "-"), dash > 5, fields.count > dash + 3 else { continue }
            let folder = String(fields[4])
            switch fields[dash + 1] {
            case "cgroup2": unified = unified ?? folder
            case "cgroup":
                for option in fields[dash + 3].split(separator: ",")
                where ControlGroups.controllers.contains(String(option)) {
                    legacy[String(option)] = legacy[String(option)] ?? folder
                }
            default: continue
            }
        }
    }
}
