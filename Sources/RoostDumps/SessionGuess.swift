/// The effect of a dump's own statements on how its further text is read, as far as it is known without a server.
/// Pure.
///
/// The loader of a dump asks the server instead.
package enum SessionGuess {
    /// Settings are short; only this many bytes are inspected.
    private static let longest = 4096

    package static func take(
        _ statement: UnsafeBufferPointer<UInt8>, isTerminated: Bool, _ scanner: inout StatementScanner
    ) {
        let dialect = scanner.dialect
        var tokens = SQLTokens(statement, dialect, escapes: scanner.escapes)
        switch tokens.nextWord() {
        case "set" where dialect == .mysql:
            setMySQL(UnsafeBufferPointer(rebasing: statement.prefix(longest)), &scanner)
        case "set": setPostgreSQL(&tokens, &scanner)
        case "copy" where dialect == .postgresql && isTerminated:
            if takesRows(&tokens) { scanner.beginRows() }
        default: break
        }
    }

    /// `\encoding SJIS`
    package static func take(command line: [UInt8], _ scanner: inout StatementScanner) {
        let words = String(decoding: line.prefix(longest), as: UTF8.self).split(whereSeparator: \.isWhitespace)
        guard scanner.dialect == .postgresql, words.count > 1, words[0] == "\\encoding" else { return }
        scanner.encoding = encoding(String(words[1]))
    }

    /// A restored mode (`@OLD_SQL_MODE`) is unknown here, and taken to be without NO_BACKSLASH_ESCAPES, as nearly all
    /// modes are.
    private static func setMySQL(_ statement: UnsafeBufferPointer<UInt8>, _ scanner: inout StatementScanner) {
        let text = String(decoding: statement.map(\.lowered), as: UTF8.self)
        if text.contains("sql_mode") { scanner.escapes = !text.contains("no_backslash_escapes") }
    }

    private static func setPostgreSQL(_ tokens: inout SQLTokens, _ scanner: inout StatementScanner) {
        var name = tokens.nextWord()
        if name == "session" || name == "local" { name = tokens.nextWord() }
        guard name == "standard_conforming_strings" || name == "client_encoding" else { return }
        guard tokens.next() != nil, let value = tokens.next() else { return }
        let text = String(decoding: tokens.name(value), as: UTF8.self)
        if name == "client_encoding" {
            scanner.encoding = encoding(text)
        } else {
            scanner.escapes = ["off", "false", "no", "0"].contains(text.lowercased())
        }
    }

    /// `COPY t (a) FROM stdin`
    private static func takesRows(_ tokens: inout SQLTokens) -> Bool {
        var (nesting, follows) = (0, false)
        while let token = tokens.next() {
            switch token.kind {
            case .symbol(UInt8(ascii: "(")): nesting += 1
            case .symbol(UInt8(ascii: ")")): nesting -= 1
            case .word where nesting == 0:
                let word = tokens.word(token)
                if follows { return word == "stdin" }
                follows = word == "from"
            default: if follows, nesting == 0 { return false }
            }
        }
        return false
    }

    /// Encoding names are compared as the server does: by letters and digits only.
    private static func encoding(_ name: String) -> StatementScanner.Encoding {
        switch name.lowercased().filter({ $0.isLetter || $0.isNumber }) {
        case "sjis", "shiftjis", "mskanji", "win932", "windows932", "shiftjis2004": .shiftJIS
        case "big5", "win950", "windows950", "gbk", "win936", "windows936", "uhc", "win949", "windows949", "gb18030",
            "johab":
            .doubleByte
        default: .plain
        }
    }
}
