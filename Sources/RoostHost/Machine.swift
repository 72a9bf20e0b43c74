import Foundation
import Glibc
import RoostModel

/// Facts about this machine.
package enum Machine {
    /// Cores that this process may run on.
    package static var cores: Int { ProcessInfo.processInfo.activeProcessorCount }

    package static var memoryTotal: ByteCount { memoryInfo("MemTotal") }

    /// Memory that new processes can get without swapping, by the kernel's own estimate.
    package static var memoryAvailable: ByteCount { memoryInfo("MemAvailable") }

    /// Id of this boot. Empty where /proc cannot be read: then no server record is trusted.
    package static let bootID: String =
        TextFile.read("/proc/sys/kernel/random/boot_id")?.trimmingCharacters(in: .whitespacesAndNewlines) ?? ""

    /// The kernel's release, as `uname -r` prints it.
    package static let kernel: String =
        TextFile.read("/proc/sys/kernel/osrelease")?.trimmingCharacters(in: .whitespacesAndNewlines) ?? "unknown"

    /// Memory used by a process.
    package struct ProcessMemory: Equatable, Sendable {
        /// Mapped pages, with shared pages counted in full.
        package let resident: ByteCount
        /// Mapped pages, with each shared page divided among its processes. Nil where the caller has no permission.
        package let proportional: ByteCount?
    }

    /// Nil if there is no such process. The kernel walks over all mappings: milliseconds for a large server.
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
