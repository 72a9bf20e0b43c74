import Foundation
import Testing

@testable import RoostEngines

/// A release of an engine that makes and loads dumps: its builds and a fresh directory of it.
struct TestRelease {
    let engines: String
    let seed: String?

    func with(_ body: () async throws -> Void) async throws {
        try await EachRelease.$engines.withValue(engines) {
            try await Seed.$path.withValue(seed) { try await body() }
        }
    }

    /// The newest release, and the builds that are in the environment already.
    static var current: TestRelease { TestRelease(engines: EachRelease.engines, seed: Seed.path) }
}

/// The results of one server for the dumps, in their order.
struct DumpColumn {
    let title: String
    /// The column's position in the table.
    let number: Int
    /// A cell is nil where the dump was passed over.
    private(set) var cells: [String?] = []
    /// Notes of the loads.
    var notes: Set<String> = []

    init(title: String, number: Int) {
        self.title = title
        self.number = number
    }

    /// Whether the next dump is loaded: every third one, and another third in the next column. A run loads each dump
    /// somewhere and takes a third of the time.
    var loadsNext: Bool { DumpTable.isWhole || (cells.count + number).isMultiple(of: 3) }

    mutating func add(_ cell: String) { cells.append(cell) }
    mutating func passOver() { cells.append(nil) }
}

/// A table of the guide that a test makes: the result of each dump in each server. `ROOST_RECORD_TABLES=1 swift test
/// --filter DumpTableTests` writes the table anew. With `ROOST_WHOLE_TABLES=1` every dump is loaded into every
/// server, otherwise a third.
struct DumpTable {
    /// The test that makes the table: the guide names it where the table begins.
    let maker: String
    /// The server and the tool that made each dump.
    let rows: [(source: String, tool: String)]
    let columns: [DumpColumn]
    /// Lists of notes, by their titles.
    let notes: [(title: String, notes: Set<String>)]

    private static let isRecording = ProcessInfo.processInfo.environment["ROOST_RECORD_TABLES"] == "1"
    static let isWhole = isRecording || ProcessInfo.processInfo.environment["ROOST_WHOLE_TABLES"] == "1"
    private static let guide = "\(EachRelease.checkout)/docs/guides/dumps.md"

    private static let refused = "refused: "

    /// Refusals are listed below the table, once for each wording.
    var text: String {
        let titles = ["of", "by"] + columns.map { "into \($0.title)" }
        var lines = ["| \(titles.joined(separator: " | ")) |", "|\(titles.map { _ in "---|" }.joined())"]
        var refusals: [String] = []
        for (number, row) in rows.enumerated() {
            let cells = columns.map { column in
                let cell = column.cells.indices.contains(number) ? Self.line(column.cells[number] ?? "") : "no result"
                guard cell.hasPrefix(Self.refused) else { return cell }
                let words = String(cell.dropFirst(Self.refused.count))
                if !refusals.contains(words) { refusals.append(words) }
                return "refused (\((refusals.firstIndex(of: words) ?? 0) + 1))"
            }
            lines.append("| \(row.source) | `\(row.tool)` | \(cells.joined(separator: " | ")) |")
        }
        if !refusals.isEmpty { lines += ["", "Refused with these words:", ""] }
        lines += refusals.enumerated().map { "\($0 + 1). \($1)" }
        for (title, notes) in notes where !notes.isEmpty {
            lines += ["", "\(title):", ""]
            lines += Set(notes.map(Self.sentence)).sorted().map { "- \($0)" }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The note without the statements in it, which are another dump's in each run.
    private static func sentence(_ note: String) -> String {
        note.replacing(#/ \([0-9]+ statements?: .*\)$/#, with: "")
    }

    private static func line(_ text: String) -> String {
        text.split(whereSeparator: \.isWhitespace).joined(separator: " ").replacing("|", with: "\\|")
    }

    /// Compares the table with the guide, or writes it there.
    func compare() throws {
        let (table, guide) = (text, try String(contentsOfFile: Self.guide, encoding: .utf8))
        let start = try #require(guide.range(of: "<!-- Made by \(maker). -->\n")).upperBound
        let end = try #require(guide[start...].range(of: "<!-- End of what it made. -->\n")).lowerBound
        if Self.isRecording {
            try guide.replacingCharacters(in: start..<end, with: table).write(
                toFile: Self.guide, atomically: true, encoding: .utf8)
        }
        if !Self.isWhole { return comparePart(GuideTable(guide[start..<end])) }
        #expect(Self.isRecording || guide[start..<end] == table, "\(table)")
    }

    private func comparePart(_ guide: GuideTable) {
        #expect(guide.rows.count == rows.count)
        for (number, (row, told)) in zip(rows, guide.rows).enumerated() {
            #expect(told.prefix(2) == [row.source, "`\(row.tool)`"])
            for (column, told) in zip(columns, told.dropFirst(2)) {
                // A column that was aborted has fewer cells; the test recorded that failure already.
                guard column.cells.indices.contains(number), let cell = column.cells[number].map(Self.line)
                else { continue }
                #expect(cell == told, "\(row.tool) of \(row.source) into \(column.title)")
            }
        }
        for note in notes.flatMap(\.notes).map(Self.sentence) { #expect(guide.notes.contains(note), "\(note)") }
    }
}

/// A table as it is in the guide.
private struct GuideTable {
    /// The rows, with the text of a refusal in place of its number.
    var rows: [[String]] = []
    var notes: Set<String> = []

    init(_ text: Substring) {
        let lines = text.split(separator: "\n").map(String.init)
        let refusals = lines.filter { $0.first?.isNumber ?? false }.map { $0.drop { $0 != " " }.dropFirst() }
        notes = Set(lines.filter { $0.hasPrefix("- ") }.map { String($0.dropFirst(2)) })
        for line in lines.filter({ $0.hasPrefix("| ") }).dropFirst() {
            rows.append(
                line.dropFirst(2).dropLast(2).components(separatedBy: " | ").map { cell in
                    guard cell.hasPrefix("refused ("), let number = Int(cell.dropFirst(9).dropLast()) else {
                        return cell
                    }
                    return refusals.indices.contains(number - 1) ? "refused: \(refusals[number - 1])" : cell
                })
        }
    }
}
