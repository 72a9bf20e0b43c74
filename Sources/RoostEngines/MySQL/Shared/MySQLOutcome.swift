import RoostDumps

/// Derives the effect of a statement of the MySQL family from its words. Pure.
enum MySQLOutcome {
    /// `rows`: the number of changed rows that the server reports.
    static func of(_ statement: Statement, rows: Int) -> StatementOutcome {
        let start = statement.bytes.prefix(7).map(\.lowered)
        if start.starts(with: "insert".utf8) || start.starts(with: "replace".utf8) { return .filled(rows: rows) }
        let reading = MySQLForeign.Reading(statement)
        let words = reading.words
        switch words.first {
        // Rows within an executable comment.
        case "insert", "replace": return .filled(rows: rows)
        case "create":
            let isTable = words.dropFirst().prefix(3).contains("table") && !words.prefix(4).contains("view")
            return isTable ? .table(rows: rows) : .made
        case "update", "delete": return rows > 0 ? .made : .neutral
        case "alter", "rename", "truncate", "grant", "revoke": return .made
        case "drop": return words.contains("exists") ? .neutral : .made
        case "set": return words[safe: 1] == "password" ? .made : .neutral
        case "call", "execute", "if", "case", "loop", "repeat", "while", "for": return .ran(changes: true)
        case "begin": return words[safe: 1] == "not" ? .ran(changes: true) : .neutral
        case "select", "with", "do":
            let tokens = reading.all(atMost: 200)
            let calls = zip(tokens, tokens.dropFirst()).contains { name, next in
                next.kind == .symbol(UInt8(ascii: "(")) && [.word, .name].contains(name.kind)
            }
            return calls ? .ran(changes: false) : .neutral
        default: return .neutral
        }
    }
}
