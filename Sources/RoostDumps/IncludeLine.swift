/// A line of a dump with which the engine's own client program includes another file: `source dishes.sql`, `\i
/// dishes.sql`. Pure.
package enum IncludeLine: Equatable, Sendable {
    /// `besideIt`: relative to the including file's folder, not to the client program's working directory.
    case file(String, besideIt: Bool)
    case unreadable(String)

    /// Nil if the line is not an include. `line` is a line that the scanner has found, without its end.
    package init?(_ line: [UInt8], _ dialect: StatementScanner.Dialect) {
        let text = String(decoding: line, as: UTF8.self).unicodeScalars
        let word = text.prefix { !$0.isBlank }
        let rest = text[word.endIndex...].drop(while: \.isBlank)
        switch (dialect, String(word).lowercased()) {
        case (.mysql, "source"), (.mysql, "\\."): self.init(all: rest)
        case (.postgresql, "\\i"), (.postgresql, "\\include"): self.init(argument: rest, besideIt: false)
        case (.postgresql, "\\ir"), (.postgresql, "\\include_relative"): self.init(argument: rest, besideIt: true)
        default: return nil
        }
    }

    /// MySQL: the rest of the line is the name, including blanks.
    private init(all rest: Substring.UnicodeScalarView) {
        let name = String(Substring(rest).reversed().drop { $0.unicodeScalars.allSatisfy(\.isBlank) }.reversed())
        self = name.isEmpty ? .unreadable("names no file") : .file(name, besideIt: false)
    }

    /// psql: the name is one word or a quoted text.
    private init(argument rest: Substring.UnicodeScalarView, besideIt: Bool) {
        var rest = rest
        var (name, isQuoted, wasQuoted) = (String.UnicodeScalarView(), false, false)
        while let scalar = rest.popFirst() {
            if scalar == "'" {
                // A doubled quote stands for a single one.
                if isQuoted, rest.first == "'" { name.append(rest.removeFirst()) } else { isQuoted.toggle() }
                wasQuoted = true
            } else if isQuoted {
                name.append(scalar == "\\" ? rest.popFirst() ?? scalar : scalar)
            } else if scalar.isBlank || scalar == "\\" {
                break
            } else if scalar == "`" || (scalar == ":" && name.isEmpty) {
                self = .unreadable("names a file by a psql variable or command, which is not supported here")
                return
            } else {
                name.append(scalar)
            }
        }
        if isQuoted {
            self = .unreadable("names a file with an unclosed quote")
        } else if name.isEmpty {
            self = .unreadable(wasQuoted ? "names a file with an empty name" : "names no file")
        } else {
            self = .file(String(name), besideIt: besideIt)
        }
    }
}

extension Unicode.Scalar {
    fileprivate var isBlank: Bool { properties.isWhitespace }
}
