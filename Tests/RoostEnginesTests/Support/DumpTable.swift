import Foundation
import Testing

@testable import RoostEngines

/// A release of an engine that dumps are made by and loaded into: its builds and a fresh directory of it.
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

/// What one server made of the dumps, in their order.
struct DumpColumn {
    let title: String
    var cells: [String] = []
    /// What was told on the way.
    var notes: Set<String> = []
}

/// A table of the guide that a test makes: what becomes of each dump in each server.
/// `ROOST_RECORD_TABLES=1 swift test --filter DumpTableTests` writes it anew.
struct DumpTable {
    /// The test that makes it: the guide names it where the table begins.
    let maker: String
    /// Of whose server, and by which tool.
    let rows: [(source: String, tool: String)]
    let columns: [DumpColumn]
    /// Lists of what was told, by their titles.
    let notes: [(title: String, notes: Set<String>)]

    private static let isRecording = ProcessInfo.processInfo.environment["ROOST_RECORD_TABLES"] == "1"
    private static let guide = "\(EachRelease.checkout)/docs/guides/dumps.md"

    private static let refused = "refused: "

    /// What was refused is told below the table, once for each wording.
    var text: String {
        let titles = ["of", "by"] + columns.map { "into \($0.title)" }
        var lines = ["| \(titles.joined(separator: " | ")) |", "|\(titles.map { _ in "---|" }.joined())"]
        var refusals: [String] = []
        for (number, row) in rows.enumerated() {
            let cells = columns.map { column in
                let cell = column.cells.indices.contains(number) ? Self.line(column.cells[number]) : "no result"
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
            lines += notes.sorted().map { "- \($0)" }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func line(_ text: String) -> String {
        text.split(whereSeparator: \.isWhitespace).joined(separator: " ").replacing("|", with: "\\|")
    }

    /// Holds it against what stands in the guide, or writes it there.
    func compare() throws {
        let (table, guide) = (text, try String(contentsOfFile: Self.guide, encoding: .utf8))
        let start = try #require(guide.range(of: "<!-- Made by \(maker). -->\n")).upperBound
        let end = try #require(guide[start...].range(of: "<!-- End of what it made. -->\n")).lowerBound
        if Self.isRecording {
            try guide.replacingCharacters(in: start..<end, with: table).write(
                toFile: Self.guide, atomically: true, encoding: .utf8)
        }
        #expect(Self.isRecording || guide[start..<end] == table, "\(table)")
    }
}
