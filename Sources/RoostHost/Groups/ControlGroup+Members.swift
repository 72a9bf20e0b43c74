import Glibc
import RoostModel

// Checks of a group's members and limits. Limits, figures, freezes and the death of a server depend on both.
extension ControlGroup {
    /// The living processes of `pids` that are not in the group, or not in all of its hierarchies.
    package func strays(among pids: [Int32]) -> [Int32] {
        let lists = folders.map { Set(Self.members(in: $0)) }
        return pids.filter { pid in
            lists.contains { !$0.contains(pid) } && ProcessStatus(pid: pid)?.isAlive == true
        }
    }

    /// Moves processes into the group, in every hierarchy. Processes that have ended meanwhile are skipped. Memory
    /// allocated before the move stays charged to the former group, in v1 and in v2.
    package func take(_ pids: [Int32]) throws(HostError) {
        for pid in strays(among: pids) {
            for folder in folders where !TextFile.write("\(pid)", to: "\(folder)/cgroup.procs") && errno != ESRCH {
                throw .group(path: folder, operation: "move process \(pid) into", errno: errno)
            }
        }
        if let pid = strays(among: pids).first {
            throw .unfitFile(
                path: folders.first ?? "", reason: "does not contain process \(pid), which was moved there")
        }
    }

    /// The processes that freezing the group stops.
    var freezable: [Int32] { freezer.map(Self.members(in:)) ?? members() }

    static func members(in folder: String) -> [Int32] {
        (TextFile.read("\(folder)/cgroup.procs", atMost: 1 << 20) ?? "").split(separator: "\n").compactMap { Int32($0) }
    }

    /// The kernel's limits; nil without a limit, or without the controller.
    package func limits() -> (memory: ByteCount?, cpus: Double?) {
        switch layout {
        case .legacy:
            let memory = folder("memory").flatMap { number(in: "\($0)/memory.limit_in_bytes") }
            let quota = folder("cpu").flatMap { number(in: "\($0)/cpu.cfs_quota_us") } ?? -1
            let period = folder("cpu").flatMap { number(in: "\($0)/cpu.cfs_period_us") } ?? 0
            // Without a limit the kernel shows the largest number of whole pages.
            return (
                memory.flatMap { $0 < 1 << 62 ? ByteCount(bytes: $0) : nil },
                quota > 0 && period > 0 ? Double(quota) / Double(period) : nil
            )
        case .unified:
            let memory = folder("memory").flatMap { number(in: "\($0)/memory.max") }
            let cpu = folder("cpu").flatMap { TextFile.read("\($0)/cpu.max") }?.split(whereSeparator: \.isWhitespace)
            let numbers = (cpu ?? []).compactMap { Double($0) }
            return (memory.map { ByteCount(bytes: $0) }, numbers.count == 2 ? numbers[0] / numbers[1] : nil)
        case .none: return (nil, nil)
        }
    }

    /// The difference between the wanted limits and the kernel's, in words; nil if there is none.
    package func limitFault(memory: ByteCount?, cpus: Double?) -> String? {
        let found = limits()
        let page = Int64(sysconf(Int32(_SC_PAGESIZE)))
        if folder("memory") != nil, memory.map({ $0.bytes / page }) != found.memory.map({ $0.bytes / page }) {
            return "its memory limit is \(found.memory.map { "\($0)" } ?? "none") and should be "
                + (memory.map { "\($0)" } ?? "none")
        }
        // Quotas are whole microseconds, with a minimum of one millisecond.
        if folder("cpu") != nil, abs((found.cpus ?? 0) - (cpus.map { max($0, 0.01) } ?? 0)) > 0.0001 {
            return "its cpu limit is \(found.cpus.map { "\($0)" } ?? "none") and should be "
                + (cpus.map { "\($0)" } ?? "none")
        }
        return nil
    }
}
