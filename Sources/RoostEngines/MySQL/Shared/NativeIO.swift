import Foundation

/// The machine's asynchronous I/O requests (`fs.aio-max-nr`), of which each server of MySQL and MariaDB takes some at its
/// start. MySQL does not start where none are left; without native I/O it does, and reads and writes by threads.
package struct NativeIO: Equatable, Sendable {
    /// A server takes 256 for each of its I/O threads: 2,048 to 2,560. Several may start at once.
    package static let enough = 12_288

    package let used: Int
    package let limit: Int

    package init(used: Int, limit: Int) {
        self.used = used
        self.limit = limit
    }

    /// Nil where the kernel does not tell.
    package static func current() -> NativeIO? {
        guard let used = number("aio-nr"), let limit = number("aio-max-nr") else { return nil }
        return NativeIO(used: used, limit: limit)
    }

    package var left: Int { max(0, limit - used) }
    package var isScarce: Bool { left < Self.enough }

    /// What a server is started with besides its file, for this one start. A setting of the user's stands.
    static func arguments(config: [String: String], _ machine: NativeIO?) -> [String] {
        let names = config.keys.map { $0.lowercased().replacing("-", with: "_") }
        guard machine?.isScarce == true, !names.contains(where: { $0.hasSuffix("innodb_use_native_aio") }) else {
            return []
        }
        return ["--innodb-use-native-aio=OFF"]
    }

    private static func number(_ name: String) -> Int? {
        // Not there: a kernel without asynchronous I/O.
        guard let text = try? String(contentsOfFile: "/proc/sys/fs/\(name)", encoding: .utf8) else { return nil }
        return Int(text.trimmingCharacters(in: .whitespacesAndNewlines))
    }
}
