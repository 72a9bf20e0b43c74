import Foundation
import RoostModel

/// The sources of a setting: a flag wins over `ROOST_NAME` in the environment, and that over the file.
struct SettingSources {
    let environment: [String: String]
    let file: [String: String]

    func value(_ flag: String?, _ name: String) -> String? {
        flag ?? environment["ROOST_\(name.uppercased())"] ?? file[name]
    }
}

/// `/etc/roost/roostd.yml`: one `name: value` per line. The names are those of the flags, with `_`.
enum SettingsFile {
    static let names: Set<String> = [
        "home", "listen", "ports", "internal_ports", "allowed_hosts", "advertise", "ready", "dumps", "myaas_listen",
        "log_level", "notify",
        // For the command line, which reads the same file.
        "url",
    ]

    /// Empty if there is no such file.
    static func read(_ path: String) throws(Problem) -> [String: String] {
        guard FileManager.default.fileExists(atPath: path) else { return [:] }
        // `stat` follows links. A pipe would keep the daemon waiting forever, and a device has no end.
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw Problem(.usage, "\(path) is not a regular file", next: ["mv \(path) \(path).old"])
        }
        guard status.st_size <= 1 << 16, let data = FileManager.default.contents(atPath: path) else {
            throw Problem(.usage, "\(path) cannot be read, or is larger than 64 KiB")
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw Problem(.usage, "\(path) is not UTF-8 text")
        }
        return try parse(text, path: path)
    }

    static func parse(_ text: String, path: String) throws(Problem) -> [String: String] {
        var values: [String: String] = [:]
        for entry in try FlatFile(text, path: path).entries {
            guard names.contains(entry.key) else {
                throw Problem(
                    .usage,
                    "\(path):\(entry.line): unknown setting '\(entry.key)'; known settings: "
                        + names.sorted().joined(separator: ", "))
            }
            values[entry.key] = entry.value
        }
        return values
    }
}
