import RoostModel

/// The file format of MySQL's and MariaDB's programs: `[group]`, then `name=value` lines.
///
/// Every value is quoted, because of the manual, "Configuring MariaDB with Option Files": blanks around a value are
/// dropped, `#` begins a comment within a line, quotes around the whole value are dropped and backslashes escape.
enum OptionFile {
    static func text(group: String, _ options: [Option]) -> String {
        "[\(group)]\n" + options.map { "\($0.name)=\(quoted($0.value))\n" }.joined()
    }

    static func quoted(_ value: String) -> String {
        "\"" + value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }

    /// Whether an option file can hold a value. A line break would begin a new option, section or `!include`.
    static func canHold(_ value: String) -> Bool {
        !value.unicodeScalars.contains {
            $0.properties.generalCategory == .control || $0 == "\u{2028}" || $0 == "\u{2029}"
        }
    }
}

/// A setting of a program, named like the variable: `max_connections`.
struct Option: Equatable {
    let name: String
    let value: String

    init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }

    init(_ name: String, _ value: Int64) { self.init(name, String(value)) }
    init(_ name: String, _ value: ByteCount) { self.init(name, String(value.bytes)) }
    init(_ name: String, _ value: Bool) { self.init(name, value ? "ON" : "OFF") }
}
