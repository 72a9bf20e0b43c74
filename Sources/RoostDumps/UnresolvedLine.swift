/// What psql does on its own part with a dump and nobody can do in its stead before a server was asked: conditions, and files
/// that are read in the midst of a statement. Pure.
package enum UnresolvedLine {
    private static let conditions: Set<String> = ["\\if", "\\elif", "\\else", "\\endif"]
    private static let includes: Set<String> = ["\\i", "\\ir", "\\include", "\\include_relative"]

    /// The command of a line that begins, turns or ends a condition. Nil: the line is none.
    package static func condition(_ line: [UInt8]) -> String? {
        let word = String(decoding: line.prefix { !$0.isSpace }, as: UTF8.self)
        return conditions.contains(word) ? word : nil
    }

    /// The first such command within a statement of PostgreSQL's, and how many lines into the statement it stands.
    package static func find(
        in statement: UnsafeBufferPointer<UInt8>, escapes: Bool
    ) -> (command: String, line: Int)? {
        // Few statements hold a backslash, and fewer outside of a text.
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
