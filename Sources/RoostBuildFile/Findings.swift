import RoostModel

/// Collects the errors of one file.
struct Findings {
    /// Limit of the errors that are shown: a file of one megabyte can hold a hundred thousand, and people read only
    /// the first.
    static let most = 100

    let file: String
    private(set) var diagnostics: [Diagnostic] = []

    init(file: String) { self.file = file }

    var isEmpty: Bool { diagnostics.isEmpty }
    var isFull: Bool { diagnostics.count >= Self.most }

    mutating func add(_ line: Int, _ path: [String], _ message: String) {
        let key = path.map(\.printable).joined(separator: ".")
        diagnostics.append(Diagnostic(file: file, line: line, key: key, message: message))
    }

    var error: BuildFileInvalid {
        // Errors are sorted by line; errors of one line keep the order in which they were found.
        let sorted = diagnostics.enumerated()
            .sorted { ($0.element.line, $0.offset) < ($1.element.line, $1.offset) }.map(\.element)
        guard sorted.count > Self.most else { return BuildFileInvalid(diagnostics: sorted) }
        let rest = Diagnostic(
            file: file, line: sorted[Self.most].line, key: "", message: "and \(sorted.count - Self.most) more errors")
        return BuildFileInvalid(diagnostics: sorted.prefix(Self.most) + [rest])
    }
}

extension String {
    /// The text as messages may show it: on one line, without terminal escapes, cut if it is long.
    var printable: String {
        let longest = 60
        let text = unicodeScalars.prefix(longest + 1).map { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned:
                "\u{FFFD}"
            default: String(scalar)
            }
        }
        return text.prefix(longest).joined() + (text.count > longest ? "…" : "")
    }
}
