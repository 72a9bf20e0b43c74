/// A line of a dump with which the engine's own client program reads another file: `source dishes.sql`, `\i dishes.sql`. Pure.
package enum IncludeLine: Equatable, Sendable {
    /// `besideIt`: beside the file that the line is in, and not where the client program was called.
    case file(String, besideIt: Bool)
    case unreadable(String)

    /// Nil: the line is for something else. It is one that the scanner has found, without its end.
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

    /// MySQL's: a name is all of the rest, also with blanks in it.
    private init(all rest: Substring.UnicodeScalarView) {
        let name = String(Substring(rest).reversed().drop { $0.unicodeScalars.allSatisfy(\.isBlank) }.reversed())
        self = name.isEmpty ? .unreadable("names no file") : .file(name, besideIt: false)
    }

    /// psql's: one word, or a text in quotes.
    private init(argument rest: Substring.UnicodeScalarView, besideIt: Bool) {
        var rest = rest
        var (name, isQuoted, wasQuoted) = (String.UnicodeScalarView(), false, false)
        while let scalar = rest.popFirst() {
            if scalar == "'" {
                // Written twice, it stands for itself.
                if isQuoted, rest.first == "'" { name.append(rest.removeFirst()) } else { isQuoted.toggle() }
                wasQuoted = true
            } else if isQuoted {
                name.append(scalar == "\\" ? rest.popFirst() ?? scalar : scalar)
            } else if scalar.isBlank || scalar == "\\" {
                break
            } else if scalar == "`" || (scalar == ":" && name.isEmpty) {
                self = .unreadable("names a file by a variable or a program of psql, which is not asked here")
                return
            } else {
                name.append(scalar)
            }
        }
        if isQuoted {
            self = .unreadable("names a file in quotes that do not end")
        } else if name.isEmpty {
            self = .unreadable(wasQuoted ? "names a file by an empty text" : "names no file")
        } else {
            self = .file(String(name), besideIt: besideIt)
        }
    }
}

extension Unicode.Scalar {
    fileprivate var isBlank: Bool { properties.isWhitespace }
}
