/// Quotes text for SQL, whatever it contains.
enum SQLText {
    /// A string literal. Valid in sessions with Roost's own `sql_mode`, where a backslash escapes.
    static func literal(_ text: String) -> String {
        var quoted = "'"
        for character in text.unicodeScalars {
            switch character {
            case "'": quoted += "''"
            case "\\": quoted += "\\\\"
            case "\0": quoted += "\\0"
            default: quoted.unicodeScalars.append(character)
            }
        }
        return quoted + "'"
    }

    /// The quoted name of a database or a variable.
    static func identifier(_ name: String) -> String {
        "`" + name.replacing("`", with: "``") + "`"
    }

    /// An account: `'root'@'%'`.
    static func account(_ name: String, _ host: String) -> String {
        "\(literal(name))@\(literal(host))"
    }

    /// A database in a grant, where `_` and `%` would be patterns: `my_shop` must not open `myXshop` too.
    static func grantedDatabase(_ name: String) -> String {
        identifier(name.replacing("\\", with: "\\\\").replacing("_", with: "\\_").replacing("%", with: "\\%"))
    }

    /// Statement that drops an event. `row`: the event's database and name.
    static func removalOfEvent(_ row: [String?]) -> String? {
        guard row.count == 2, let database = row[0], let name = row[1] else { return nil }
        return "DROP EVENT IF EXISTS \(identifier(database)).\(identifier(name))"
    }
}
