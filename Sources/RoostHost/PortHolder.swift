import Foundation
import RoostModel

/// Finds the process that listens on a port of this machine, for messages: `python3 (pid 4242)`.
package enum PortHolder {
    /// Limit for /proc/net/tcp: with a hundred thousand connections it has 15 MB.
    private static let longestTable = 32 << 20

    package static func describe(_ port: PortNumber) -> String {
        let inodes = ["/proc/net/tcp", "/proc/net/tcp6"].reduce(into: Set<String>()) { inodes, path in
            inodes.formUnion(listeners(on: port, in: read(path)))
        }
        guard !inodes.isEmpty, let pid = process(holding: inodes) else { return "another program" }
        let name = read("/proc/\(pid)/comm").trimmingCharacters(in: .whitespacesAndNewlines)
        return "\(name.isEmpty ? "a program" : name) (pid \(pid))"
    }

    /// The inodes of the sockets that listen on a port, from the text of /proc/net/tcp or tcp6: the second field is the
    /// local address, the fourth the state (0A: listening), the tenth the inode.
    static func listeners(on port: PortNumber, in table: String) -> Set<String> {
        Set(
            table.split(separator: "\n").dropFirst().compactMap { line in
                let fields = line.split(separator: " ")
                guard fields.count > 9, fields[3] == "0A", let text = fields[1].split(separator: ":").last,
                    UInt16(text, radix: 16) == port.rawValue
                else { return nil }
                return String(fields[9])
            })
    }

    private static func process(holding inodes: Set<String>) -> Int32? {
        let names = Set(inodes.map { "socket:[\($0)]" })
        let files = FileManager.default
        // A process that ends meanwhile, or whose descriptors the caller may not read, is skipped.
        for pid in ((try? files.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap({ Int32($0) }).sorted() {
            let folder = "/proc/\(pid)/fd"
            for name in (try? files.contentsOfDirectory(atPath: folder)) ?? [] {
                guard let target = try? files.destinationOfSymbolicLink(atPath: "\(folder)/\(name)") else { continue }
                if names.contains(target) { return pid }
            }
        }
        return nil
    }

    /// Empty where the file cannot be read: the description is then less exact.
    private static func read(_ path: String) -> String {
        guard let file = FileHandle(forReadingAtPath: path) else { return "" }
        defer { file.closeFile() }
        let data = (try? file.read(upToCount: longestTable)) ?? nil
        return String(decoding: data ?? Data(), as: UTF8.self)
    }
}
