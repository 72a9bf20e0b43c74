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
        "home", "listen", "ports", "internal_ports", "allowed_hosts", "advertise", "ready", "log_level",
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
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let line = line.trimmingCharacters(in: .whitespaces)
            if line.isEmpty || line.hasPrefix("#") { continue }
            guard let colon = line.firstIndex(of: ":") else {
                throw Problem(.usage, "\(path):\(number + 1): expected 'name: value'")
            }
            let name = line[..<colon].trimmingCharacters(in: .whitespaces)
            guard names.contains(name) else {
                throw Problem(
                    .usage,
                    "\(path):\(number + 1): unknown name '\(name)'; known are \(names.sorted().joined(separator: ", "))"
                )
            }
            values[name] = line[line.index(after: colon)...].trimmingCharacters(in: CharacterSet(charactersIn: " \"'"))
        }
        return values
    }
}
