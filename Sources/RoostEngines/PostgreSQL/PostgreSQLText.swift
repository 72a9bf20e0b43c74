/// Quoting for SQL and settings files that is safe for any text.
enum PostgreSQLText {
    /// A string literal, for sessions where a backslash is an ordinary character (`standard_conforming_strings`).
    static func literal(_ text: String) -> String {
        "'" + text.replacing("'", with: "''") + "'"
    }

    /// A name of a role, a database or an extension.
    static func identifier(_ name: String) -> String {
        "\"" + name.replacing("\"", with: "\"\"") + "\""
    }

    /// A value in the settings file, where a backslash is an escape character.
    static func setting(_ value: String) -> String {
        "'" + value.replacing("\\", with: "\\\\").replacing("'", with: "''") + "'"
    }
}
