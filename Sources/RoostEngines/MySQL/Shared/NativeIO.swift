import Foundation

/// Asynchronous I/O requests of this host (`fs.aio-max-nr`), of which each MySQL and MariaDB server takes some at its
/// start. If none are left, MySQL does not start; without native I/O it starts, and uses threads for reads and
/// writes.
package struct NativeIO: Equatable, Sendable {
    /// A server takes 256 for each of its I/O threads: 2,048 to 2,560. Several may start at once.
    package static let enough = 12_288

    package let used: Int
    package let limit: Int

    package init(used: Int, limit: Int) {
        self.used = used
        self.limit = limit
    }

    /// Nil if the kernel does not report the numbers.
    package static func current() -> NativeIO? {
        guard let used = number("aio-nr"), let limit = number("aio-max-nr") else { return nil }
        return NativeIO(used: used, limit: limit)
    }

    package var left: Int { max(0, limit - used) }
    package var isScarce: Bool { left < Self.enough }

    /// Additional arguments for one start. A setting of the user takes precedence.
    static func arguments(config: [String: String], _ machine: NativeIO?) -> [String] {
        let names = config.keys.map { $0.lowercased().replacing("-", with: "_") }
        guard machine?.isScarce == true, !names.contains(where: { $0.hasSuffix("innodb_use_native_aio") }) else {
            return []
        }
        return ["--innodb-use-native-aio=OFF"]
    }

    private static func number(_ name: String) -> Int? {
        // The file does not exist in kernels without asynchronous I/O.
        guard let text = try? String(contentsOfFile: "/proc/sys/fs/\(name)", encoding: .utf8) else { return nil }
        return Int(text.trimmingCharacters(in: .whitespacesAndNewlines))
    }
}
