import Foundation
import Testing

/// The table of docs/testing.md that names a test for each rule of replication.
@Suite struct TestTableTests {
    private struct Row {
        /// Empty for a rule without a number.
        let number: String
        let rule: String
        let names: [String]
    }

    private static func rows() throws -> [Row] {
        let page = SourceFile.repository.appending(path: "docs/testing.md")
        let text = try String(contentsOf: page, encoding: .utf8)
        let section = text.split(separator: "\n## ").first { $0.hasPrefix("Rules of replication") } ?? ""
        return section.split(separator: "\n").compactMap { line in
            let cells = line.split(separator: "|", omittingEmptySubsequences: false).map {
                $0.trimmingCharacters(in: .whitespaces)
            }
            // A row begins and ends with a bar. The line below the head has dashes alone.
            guard cells.count == 5, cells[2] != "rule", cells[2].contains(" ") else { return nil }
            return Row(
                number: cells[1], rule: cells[2],
                names: cells[3].matches(of: #/`([A-Za-z]+)`/#).map { String($0.1) })
        }
    }

    @Test func everyRuleHasATest() throws {
        let rows = try Self.rows()
        #expect(rows.compactMap { Int($0.number) } == Array(1...22))
        for row in rows { #expect(!row.names.isEmpty, "\(row.rule)") }
    }

    @Test func everyTestOfTheTableExists() throws {
        let sources = try SourceFile.all(below: "Tests").map(\.text).joined(separator: "\n")
        for name in Set(try Self.rows().flatMap(\.names)).sorted() {
            #expect(sources.contains("func \(name)(") || sources.contains("struct \(name)"), "\(name)")
        }
    }
}
