import Glibc
import RoostModel

extension ControlGroup {
    /// Sets the limits of a group, running or empty; nil removes a limit. Missing controllers are skipped:
    /// `ControlGroups.summary` says so.
    ///
    /// Throws `.memoryInUse` and changes nothing if a new memory limit is below the memory that is in use and cannot
    /// be reclaimed: a change of its limit never kills a running server.
    package func set(memory: ByteCount?, cpus: Double?) throws(HostError) {
        switch layout {
        case .legacy:
            if let folder = folder("memory") { try setLegacyMemory(memory, in: folder) }
            if let folder = folder("cpu") { try setLegacyCPU(cpus, in: folder) }
        case .unified:
            if let folder = folder("memory") { try setUnifiedMemory(memory, in: folder) }
            if let folder = folder("cpu") {
                try write(cpus.map { "\(quota($0)) \(period)" } ?? "max \(period)", to: "\(folder)/cpu.max")
            }
        case .none: return
        }
        // Read the limits back: the kernel rounds, and an accepted write need not have the effect.
        if let fault = limitFault(memory: memory, cpus: cpus) {
            throw .unfitFile(path: folders.first ?? "", reason: "did not accept the limits: \(fault)")
        }
    }

    /// The kernel's own default, in microseconds. A longer period stops a throttled server for longer at a time.
    private var period: Int { 100_000 }

    /// The kernel refuses quotas below a millisecond.
    private func quota(_ cpus: Double) -> Int { max(1000, Int(cpus * Double(period))) }

    private func setLegacyCPU(_ cpus: Double?, in folder: String) throws(HostError) {
        try write("\(period)", to: "\(folder)/cpu.cfs_period_us")
        try write("\(cpus.map(quota) ?? -1)", to: "\(folder)/cpu.cfs_quota_us")
    }

    /// Memory and swap together get the same limit, so that a server cannot exceed its limit by swapping. The kernel
    /// keeps the memory limit at or below the combined limit at each moment: hence the order of the writes.
    private func setLegacyMemory(_ limit: ByteCount?, in folder: String) throws(HostError) {
        let memory = "\(folder)/memory.limit_in_bytes"
        let both = "\(folder)/memory.memsw.limit_in_bytes"
        let text = limit.map { "\($0.bytes)" } ?? "-1"
        let before = number(in: memory) ?? .max
        let hasSwapAccount = access(both, F_OK) == 0
        if (limit?.bytes ?? .max) > before {
            if hasSwapAccount { try writeLimit(text, limit, to: both, in: folder) }
            return try writeLimit(text, limit, to: memory, in: folder)
        }
        try writeLimit(text, limit, to: memory, in: folder)
        guard hasSwapAccount else { return }
        do throws(HostError) {
            try writeLimit(text, limit, to: both, in: folder)
        } catch {
            try write("\(before)", to: memory)
            throw error
        }
    }

    private func writeLimit(
        _ text: String, _ limit: ByteCount?, to file: String, in folder: String
    ) throws(HostError) {
        if TextFile.write(text, to: file) { return }
        guard errno == EBUSY, let limit else { throw .group(path: file, operation: "set \(text) in", errno: errno) }
        throw .memoryInUse(limit: limit, usage: inUse("\(folder)/memory.usage_in_bytes"))
    }

    /// cgroup v2 does not refuse a limit below the memory in use: it kills. So first reclaim with `memory.high`, and
    /// set the limit only if the usage then fits.
    private func setUnifiedMemory(_ limit: ByteCount?, in folder: String) throws(HostError) {
        let high = "\(folder)/memory.high"
        if let limit {
            try write("\(limit.bytes)", to: high)
            let usage = inUse("\(folder)/memory.current")
            if usage > limit {
                try write("max", to: high)
                throw .memoryInUse(limit: limit, usage: usage)
            }
        }
        try write(limit.map { "\($0.bytes)" } ?? "max", to: "\(folder)/memory.max")
        try write("max", to: high)
        // The file is missing where the machine does not account for swap.
        let swap = "\(folder)/memory.swap.max"
        if access(swap, F_OK) == 0 { try write(limit == nil ? "max" : "0", to: swap) }
    }

    private func inUse(_ file: String) -> ByteCount { ByteCount(bytes: number(in: file) ?? 0) }

    private func write(_ text: String, to file: String) throws(HostError) {
        guard TextFile.write(text, to: file) else {
            throw .group(path: file, operation: "set \(text) in", errno: errno)
        }
    }
}
