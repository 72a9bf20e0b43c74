/// Commands that psql itself executes and that cannot be resolved without asking a server: conditions, and includes
/// within a statement. Pure.
package enum UnresolvedLine {
    private static let conditions: Set<String> = ["\\if", "\\elif", "\\else", "\\endif"]
    private static let includes: Set<String> = ["\\i", "\\ir", "\\include", "\\include_relative"]

    /// The command of a line that opens, changes or closes a condition; nil for other lines.
    package static func condition(_ line: [UInt8]) -> String? {
        let word = String(decoding: line.prefix { !$0.isSpace }, as: UTF8.self)
        return conditions.contains(word) ? word : nil
    }

    /// The first such command within a PostgreSQL statement, and its line offset in the statement.
    package static func find(
        in statement: UnsafeBufferPointer<UInt8>, escapes: Bool
    ) -> (command: String, line: Int)? {
        // Fast path: few statements contain a backslash.
        guard statement.contains(.backslash) else { return nil }
        var tokens = SQLTokens(statement, .postgresql, escapes: escapes)
        while let token = tokens.next() {
            guard token.kind == .symbol(.backslash), let word = tokens.next(), word.kind == .word,
                word.range.lowerBound == token.range.upperBound
            else { continue }
            let command = "\\" + String(decoding: statement[word.range], as: UTF8.self)
            guard includes.contains(command) || conditions.contains(command) else { continue }
            return (command, statement[..<token.range.lowerBound].count { $0 == .newline })
        }
        return nil
    }
}
