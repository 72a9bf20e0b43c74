import Foundation

/// A process as /proc shows it.
struct RunningProcess: Sendable, Equatable, CustomStringConvertible {
    let pid: Int32
    let arguments: [String]

    var program: String { arguments.first.map { String($0.split(separator: "/").last ?? "") } ?? "" }
    var description: String { "\(pid) \(arguments.joined(separator: " "))" }
}

/// Processes on this machine that belong to a home folder.
enum ProcessTable {
    /// Living processes that name `folder` in their arguments or work in it. Zombies have no arguments and count as
    /// dead.
    static func processes(of folder: String) -> [RunningProcess] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { name in
            guard let pid = Int32(name), pid != getpid() else { return nil }
            let arguments = arguments(of: pid)
            // A process that ends meanwhile has neither.
            let directory = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(name)/cwd")
            guard !arguments.isEmpty else { return nil }
            let isOfFolder = ([directory ?? ""] + arguments).contains { text in
                text.hasSuffix(folder) || text.contains("\(folder)/")
            }
            return isOfFolder ? RunningProcess(pid: pid, arguments: arguments) : nil
        }
    }

    private static func arguments(of pid: Int32) -> [String] {
        guard let text = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") else { return [] }
        return text.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The memory limit in bytes that the kernel enforces on a process, by cgroup v1 or v2; nil if none.
    static func memoryLimit(of pid: Int32) -> Int64? {
        let groups = read("/proc/\(pid)/cgroup").split(separator: "\n").map { $0.split(separator: ":", maxSplits: 2) }
        for group in groups where group.count == 3 || group.count == 2 {
            let path = group.last.map(String.init) ?? ""
            let files =
                group.count == 3 && group[1] == "memory"
                ? ["/sys/fs/cgroup/memory\(path)/memory.limit_in_bytes"]
                : ["/sys/fs/cgroup\(path)/memory.max", "/sys/fs/cgroup/unified\(path)/memory.max"]
            for file in files {
                if let limit = Int64(read(file).trimmingCharacters(in: .whitespacesAndNewlines)) { return limit }
            }
        }
        return nil
    }

    /// The owner of a process.
    static func userID(of pid: Int32) -> UInt32? {
        let line = read("/proc/\(pid)/status").split(separator: "\n").first { $0.hasPrefix("Uid:") }
        return line?.split(separator: "\t").dropFirst().first.flatMap { UInt32($0) }
    }

    /// Whether a signal was sent to a process that has not taken it yet, such as a stopped process.
    static func hasPending(_ signal: Int32, _ pid: Int32) -> Bool {
        let line = read("/proc/\(pid)/status").split(separator: "\n").first { $0.hasPrefix("ShdPnd:") }
        let mask = line?.split(separator: "\t").last.flatMap { UInt64($0, radix: 16) } ?? 0
        return mask & (1 << UInt64(signal - 1)) != 0
    }

    private static func read(_ path: String) -> String {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
}
