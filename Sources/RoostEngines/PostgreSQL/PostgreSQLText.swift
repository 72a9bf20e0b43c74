/// Text put into SQL or a settings file so that it stays text, whatever it holds.
enum PostgreSQLText {
    /// A string literal, in sessions where a backslash is a character like any other (`standard_conforming_strings`).
    static func literal(_ text: String) -> String {
        "'" + text.replacing("'", with: "''") + "'"
    }

    /// A name of a role, a database or an extension.
    static func identifier(_ name: String) -> String {
        "\"" + name.replacing("\"", with: "\"\"") + "\""
    }

    /// A value in the settings file, where a backslash escapes.
    static func setting(_ value: String) -> String {
        "'" + value.replacing("\\", with: "\\\\").replacing("'", with: "''") + "'"
    }
}
