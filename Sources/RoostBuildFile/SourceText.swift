import Yams

/// The file's text, addressed by line and column as libyaml counts them: both from 1, columns in Unicode scalars.
struct SourceText {
    private var scalars: [Unicode.Scalar]

    init(_ text: String) { scalars = Array(text.unicodeScalars) }

    var text: String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }

    var lineCount: Int {
        var lines = 1
        for index in scalars.indices where isBreak(index) && index + 1 < scalars.count { lines += 1 }
        return lines
    }

    /// The line of the first scalar that meets `condition`.
    func line(where condition: (Unicode.Scalar) -> Bool) -> Int? {
        guard let found = scalars.firstIndex(where: condition) else { return nil }
        return 1 + scalars[..<found].indices.count { isBreak($0) }
    }

    /// Whether a line is indented by a tab, in whole or in part.
    func isIndentedByTab(_ line: Int) -> Bool {
        guard let start = start(ofLine: line) else { return false }
        return scalars[start...].prefix { $0 == " " || $0 == "\t" }.contains("\t")
    }

    /// Puts marks in front of the key at a place, behind its opening quote. False if there is no ordinary key.
    mutating func mark(_ place: Mark, with mark: Unicode.Scalar, times: Int) -> Bool {
        guard let start = start(ofLine: place.line) else { return false }
        var index = start + place.column - 1
        guard index < scalars.count else { return false }
        if scalars[index] == "\"" || scalars[index] == "'" {
            index += 1
        } else if "&!|>?[]{},%@`#-".unicodeScalars.contains(scalars[index]) {
            // A mark would change the meaning of such a key.
            return false
        }
        scalars.insert(contentsOf: repeatElement(mark, count: times), at: index)
        return true
    }

    private func start(ofLine line: Int) -> Int? {
        var current = 1
        if line == 1 { return 0 }
        for index in scalars.indices where isBreak(index) {
            current += 1
            if current == line { return index + 1 }
        }
        return nil
    }

    /// Whether a line ends with this scalar. `\r\n` is one break, at its `\n`.
    private func isBreak(_ index: Int) -> Bool {
        switch scalars[index] {
        case "\r": index + 1 >= scalars.count || scalars[index + 1] != "\n"
        case "\n", "\u{85}", "\u{2028}", "\u{2029}": true
        default: false
        }
    }
}
