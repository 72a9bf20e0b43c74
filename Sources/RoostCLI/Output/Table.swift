import RoostModel

/// Rows under titles, aligned by display width.
package struct Table {
    package struct Column {
        package let title: String
        package let alignsRight: Bool
        package init(_ title: String, right: Bool = false) {
            self.title = title
            self.alignsRight = right
        }
    }

    /// A cell and its colour.
    package struct Cell: ExpressibleByStringInterpolation {
        package let text: String
        package let colour: Style.Colour?
        package init(_ text: String, _ colour: Style.Colour? = nil) {
            self.text = text.printable
            self.colour = colour
        }
        package init(stringLiteral value: String) { self.init(value) }
    }

    private let columns: [Column]
    private var rows: [[Cell]] = []

    package init(_ columns: Column...) { self.columns = columns }

    package mutating func row(_ cells: Cell...) {
        assert(cells.count == columns.count)
        rows.append(cells)
    }

    /// The table's text: a line per row, never wrapped, ending in a line break. On a terminal, longer lines are cut
    /// with `…`.
    package func text(_ style: Style) -> String {
        let widths = columns.indices.map { column in
            rows.reduce(columns[column].title.displayWidth) { max($0, $1[column].text.displayWidth) }
        }
        let header = line(columns.map { Cell($0.title) }, widths, style.width) { style.bold($0.text) }
        return rows.reduce(header) { $0 + line($1, widths, style.width) { style.paint($0.text, $0.colour) } }
    }

    private func line(_ cells: [Cell], _ widths: [Int], _ limit: Int?, paint: (Cell) -> String) -> String {
        var line = ""
        var column = 0
        // Blanks are held back until text follows, so that no line ends in blanks.
        var owed = 0
        for (index, cell) in cells.enumerated() {
            let padding = widths[index] - cell.text.displayWidth
            if columns[index].alignsRight { owed += padding }
            if !cell.text.isEmpty {
                let room = limit.map { $0 - column - owed } ?? .max
                guard room > 0 else { break }
                let shown = Cell(cell.text.cut(to: room), cell.colour)
                line += String(repeating: " ", count: owed) + paint(shown)
                column += owed + shown.text.displayWidth
                owed = 0
            }
            owed += (columns[index].alignsRight ? 0 : padding) + 2
        }
        return line + "\n"
    }
}

extension String {
    /// The text's width in terminal columns (Unicode TR 11; ambiguous characters count as narrow).
    package var displayWidth: Int {
        reduce(0) { $0 + $1.displayWidth }
    }

    /// The text cut to at most `width` columns, with `…` for the rest.
    package func cut(to width: Int) -> String {
        guard displayWidth > width else { return self }
        var text = ""
        var used = 0
        for character in self {
            used += character.displayWidth
            if used > width - 1 { break }
            text.append(character)
        }
        return text + "…"
    }
}

extension Character {
    /// The width of the whole grapheme: marks and joiners add nothing to their base letter.
    fileprivate var displayWidth: Int {
        guard let scalar = unicodeScalars.first else { return 0 }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format, .control: return 0
        default: break
        }
        let wide: [ClosedRange<UInt32>] = [
            0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA4CF,
            0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x20000...0x3FFFD,
        ]
        let isWide =
            scalar.properties.isEmojiPresentation || wide.contains { $0.contains(scalar.value) }
        return isWide ? 2 : 1
    }
}
