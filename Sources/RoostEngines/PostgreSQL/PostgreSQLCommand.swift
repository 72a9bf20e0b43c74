/// A backslash command of a dump for `psql`. Pure.
enum PostgreSQLCommand: Equatable {
    case nothing
    case connect(String)
    case encoding(String)
    case refused(String)

    static func read(_ line: [UInt8]) -> PostgreSQLCommand {
        let text = String(decoding: line, as: UTF8.self).trimmed
        let words = text.split(maxSplits: 1, whereSeparator: \.isWhitespace)
        let rest = words.count > 1 ? String(words[1]).trimmed : ""
        switch words.first {
        // `\restrict` locks out backslash commands of other authors in newer `psql`; no backslash command is run here.
        case "\\restrict", "\\unrestrict", "\\.", "\\echo", "\\set", "\\unset", "\\timing", "\\pset": return .nothing
        case "\\connect", "\\c":
            return database(rest).map { .connect($0) } ?? .refused("'\(text)' does not name a database")
        case "\\encoding": return .encoding(rest)
        case "\\i", "\\ir", "\\include", "\\include_relative":
            return .refused(IncludedFiles.words(of: "\(words[0])", IncludedFiles.postgresql))
        case let word:
            return .refused(
                "'\(word ?? "\\")' is a psql command, which Roost does not run; remove the line")
        }
    }

    /// Databases that every server has.
    static func isEverywhere(_ name: String) -> Bool { ["template1", "template0", "postgres"].contains(name) }

    /// The first argument; a user, a host or a port behind it belong to the other server.
    private static func database(_ text: String) -> String? {
        var rest = Substring(text)
        if rest.hasPrefix("-reuse-previous=") { rest = rest.drop { $0 != " " }.drop { $0 == " " } }
        guard let first = rest.first else { return nil }
        let name: String
        if first == "\"" || first == "'" {
            var out = ""
            rest = rest.dropFirst()
            while let character = rest.popFirst() {
                if character == first {
                    guard rest.first == first else { break }
                    rest.removeFirst()
                }
                out.append(character)
            }
            name = out
        } else {
            // An unquoted name is read as `psql` reads it: `\c shop;`.
            name = String(rest.prefix { !$0.isWhitespace }.reversed().drop { $0 == ";" }.reversed())
        }
        guard name.hasPrefix("dbname=") else { return name.isEmpty || name == "-" || name.contains("=") ? nil : name }
        // `dbname='my shop'`, where a backslash escapes.
        let value = name.dropFirst("dbname=".count)
        guard value.hasPrefix("'") else { return String(value) }
        var (out, isEscaped) = ("", false)
        for character in value.dropFirst().dropLast() {
            if character == "\\", !isEscaped { isEscaped = true; continue }
            isEscaped = false
            out.append(character)
        }
        return out
    }
}

extension String {
    fileprivate var trimmed: String {
        let start = drop { $0.isWhitespace }
        return String(start.reversed().drop { $0.isWhitespace }.reversed())
    }
}
