import RoostModel

/// Shows the line of a diagnostic, with carets under its key.
struct BuildFileExcerpt {
    private let lines: [Substring]

    init(_ text: String) { lines = text.split(separator: "\n", omittingEmptySubsequences: false) }

    func text(_ diagnostic: Diagnostic, _ style: Style) -> String {
        guard lines.indices.contains(diagnostic.line - 1) else { return "" }
        // Tabs vary in width; four spaces keep carets under their letters.
        let line = String(lines[diagnostic.line - 1]).replacing("\t", with: "    ").printable
        let gutter = String(diagnostic.line)
        let blank = String(repeating: " ", count: gutter.count)
        let (start, length) = marked(diagnostic.key, in: line)
        let carets = String(repeating: " ", count: start) + style.paint(String(repeating: "^", count: length), .red)
        return "  \(gutter) | \(line)\n  \(blank) | \(carets)\n"
    }

    /// The position of the key's last component in the line, else of the line's content.
    private func marked(_ key: String, in line: String) -> (start: Int, length: Int) {
        let last = key.split(separator: ".").last.map(String.init) ?? ""
        if !last.isEmpty, let range = line.firstRange(of: last) {
            return (String(line[..<range.lowerBound]).displayWidth, last.displayWidth)
        }
        let content = line.drop { $0 == " " }
        return (line.count - content.count, max(String(content).displayWidth, 1))
    }
}
