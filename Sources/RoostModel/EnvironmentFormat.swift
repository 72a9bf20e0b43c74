/// Text formats of environment variables. Each text ends with a newline and is ordered by name, so that the file on
/// disk and the output of `roost env` are the same bytes.
package enum EnvironmentFormat: String, Codable, Sendable, CaseIterable {
    /// A flat object; all values are strings.
    case json
    /// `NAME=value` lines, quoted only where needed: Docker's `--env-file` takes quotes as part of the value.
    case dotenv
    /// `export NAME='value'` lines, for `eval "$(roost env --format shell)"`.
    case shell
    case yaml

    /// Names must be unique, of letters, digits and `_`.
    package func render(_ variables: [(name: String, value: String)]) -> String {
        let sorted = variables.sorted { $0.name < $1.name }
        switch self {
        case .json:
            let members = sorted.map { "  \(Self.json($0.name)): \(Self.json($0.value))" }
            return members.isEmpty ? "{}\n" : "{\n\(members.joined(separator: ",\n"))\n}\n"
        case .dotenv:
            return sorted.map { "\($0.name)=\(Self.dotenv($0.value))\n" }.joined()
        case .shell:
            return sorted.map { "export \($0.name)=\(Self.shell($0.value))\n" }.joined()
        case .yaml:
            // A JSON string is a double-quoted YAML scalar, so `0123`, `no` and `a: b` stay text.
            return sorted.isEmpty ? "{}\n" : sorted.map { "\($0.name): \(Self.json($0.value))\n" }.joined()
        }
    }

    package func render(_ variables: [String: String]) -> String {
        render(variables.map { (name: $0.key, value: $0.value) })
    }

    private static func json(_ text: String) -> String {
        let escaped = text.unicodeScalars.map { scalar in
            switch scalar {
            case "\"", "\\": "\\\(scalar)"
            case "\n": "\\n"
            case "\r": "\\r"
            case "\t": "\\t"
            // YAML takes U+2028 and U+2029 as line breaks and refuses the other controls.
            case ..<" ", "\u{7F}"..."\u{9F}", "\u{2028}", "\u{2029}": "\\u" + hexadecimal(scalar)
            default: String(scalar)
            }
        }
        return "\"\(escaped.joined())\""
    }

    private static func hexadecimal(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16)
        return String(repeating: "0", count: 4 - digits.count) + digits
    }

    /// Single quotes preserve every character except single quotes.
    private static func shell(_ value: String) -> String {
        "'\(value.replacing("'", with: #"'\''"#))'"
    }

    private static func dotenv(_ value: String) -> String {
        let plain = value.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "_-./:@%+=,?".utf8.contains(byte)
            }
        }
        if plain { return value }
        // Single quotes are literal in every dotenv reader. For a value with a single quote or several lines, double
        // quotes with escapes are the form that all readers share.
        if !value.contains(where: { $0 == "'" || $0.isNewline }) { return "'\(value)'" }
        let escapes: [Character: String] = [
            "\\": #"\\"#, "\"": #"\""#, "$": #"\$"#, "\n": #"\n"#, "\r": #"\r"#, "\r\n": #"\r\n"#,
        ]
        return "\"\(value.map { escapes[$0] ?? String($0) }.joined())\""
    }
}
