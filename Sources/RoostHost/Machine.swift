import Foundation
import Glibc
import RoostModel

/// What is true of this machine.
package enum Machine {
    /// Cores that this process may run on.
    package static var cores: Int { ProcessInfo.processInfo.activeProcessorCount }

    package static var memoryTotal: ByteCount { memoryInfo("MemTotal") }

    /// What can be given to new processes without swapping, by the kernel's own estimate.
    package static var memoryAvailable: ByteCount { memoryInfo("MemAvailable") }

    /// Changes with every boot, and only then. Empty where /proc does not tell: then no record of a server is believed.
    package static let bootID: String =
        TextFile.read("/proc/sys/kernel/random/boot_id")?.trimmingCharacters(in: .whitespacesAndNewlines) ?? ""

    /// As `uname -r` prints it.
    package static let kernel: String =
        TextFile.read("/proc/sys/kernel/osrelease")?.trimmingCharacters(in: .whitespacesAndNewlines) ?? "unknown"

    /// Time since boot, sleep of the machine included: never goes back, whatever is done to the clock.
    package static var sinceBoot: Duration {
        var now = timespec()
        clock_gettime(CLOCK_BOOTTIME, &now)
        return .seconds(now.tv_sec) + .nanoseconds(now.tv_nsec)
    }

    /// What a process takes of the machine's memory.
    package struct ProcessMemory: Equatable, Sendable {
        /// Pages that it has mapped, shared ones in full.
        package let resident: ByteCount
        /// With each shared page divided among those who share it; nil where the caller may not look.
        package let proportional: ByteCount?
    }

    /// Nil when there is no such process. Costs the kernel a walk over its mappings: milliseconds for a large server.
    package static func processMemory(pid: Int32) -> ProcessMemory? {
        guard let pages = TextFile.read("/proc/\(pid)/statm")?.split(separator: " "), pages.count > 1,
            let resident = Int64(pages[1])
        else { return nil }
        let rollup = TextFile.read("/proc/\(pid)/smaps_rollup").flatMap { kibibytes("Pss", in: $0) }
        return ProcessMemory(
            resident: ByteCount(bytes: resident * Int64(sysconf(Int32(_SC_PAGESIZE)))), proportional: rollup)
    }

    private static func memoryInfo(_ key: String) -> ByteCount {
        TextFile.read("/proc/meminfo").flatMap { kibibytes(key, in: $0) } ?? ByteCount(bytes: 0)
    }

    /// The value of a line like `MemTotal:  1024 kB`.
    private static func kibibytes(_ key: String, in text: String) -> ByteCount? {
        for line in text.split(separator: "\n") where line.hasPrefix("\(key):") {
            let fields = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
            if fields.count > 1, let number = Int64(fields[1]) { return ByteCount(bytes: number << 10) }
        }
        return nil
    }
}
