import Foundation
import RoostModel

/// Where a setting comes from: the flag wins over `ROOST_NAME` in the environment, that over the file.
struct SettingSources {
    let environment: [String: String]
    let file: [String: String]

    func value(_ flag: String?, _ name: String) -> String? {
        flag ?? environment["ROOST_\(name.uppercased())"] ?? file[name]
    }
}

/// `/etc/roost/roostd.yml`: one `name: value` a line, names as the flags with `_`.
enum SettingsFile {
    static let names: Set<String> = [
        "home", "listen", "ports", "internal_ports", "allowed_hosts", "advertise", "ready", "dumps", "myaas_listen",
        "log_level",
        // For the command line, which reads the same file.
        "url",
    ]

    /// Empty where there is no such file.
    static func read(_ path: String) throws(Problem) -> [String: String] {
        guard FileManager.default.fileExists(atPath: path) else { return [:] }
        guard let data = FileManager.default.contents(atPath: path), data.count <= 1 << 16 else {
            throw Problem(.usage, "\(path) cannot be read")
        }
        return try parse(String(decoding: data, as: UTF8.self), path: path)
    }

    static func parse(_ text: String, path: String) throws(Problem) -> [String: String] {
        var values: [String: String] = [:]
        for entry in try FlatFile(text, path: path).entries {
            guard names.contains(entry.key) else {
                throw Problem(
                    .usage,
                    "\(path):\(entry.line): unknown name '\(entry.key)'; known are "
                        + names.sorted().joined(separator: ", "))
            }
            values[entry.key] = entry.value
        }
        return values
    }
}
