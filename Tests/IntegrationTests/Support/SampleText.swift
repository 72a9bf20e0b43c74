import Foundation

/// Output as it is compared: without the figures that differ from run to run, and without the page's line breaks
/// within a list of steps.
struct SampleText: CustomStringConvertible {
    private let lines: [String]

    /// `concurrent`: names of steps that are taken beside the others, in any order, each once or more often. They are not
    /// compared: one that is overtaken by another look is not shown.
    init(_ lines: [String], concurrent: [String] = []) {
        self.lines = lines.flatMap(Self.steps).map(Self.masked)
            .filter { line in !concurrent.contains { line.hasPrefix("▸ \($0) ") } }
    }

    /// Whether the printed text is what this sample shows. A line `…` of the sample stands for any lines, and `…`
    /// within a line for any text.
    func matches(_ printed: SampleText) -> Bool { Self.matches(lines[...], printed.lines[...]) }

    var description: String { lines.joined(separator: "\n") }

    // MARK: Comparison

    private static func matches(_ sample: ArraySlice<String>, _ printed: ArraySlice<String>) -> Bool {
        guard let first = sample.first else { return printed.isEmpty }
        let rest = sample.dropFirst()
        if first == "…" {
            return (printed.startIndex...printed.endIndex).contains { matches(rest, printed[$0...]) }
        }
        guard let line = printed.first, isShown(line, by: first) else { return false }
        return matches(rest, printed.dropFirst())
    }

    private static func isShown(_ line: String, by sample: String) -> Bool {
        let parts = sample.split(separator: "…", omittingEmptySubsequences: false)
        guard parts.count > 1, let first = parts.first, let last = parts.last else { return line == sample }
        guard line.hasPrefix(first), line.hasSuffix(last), line.count >= first.count + last.count else { return false }
        var middle = line.dropFirst(first.count).dropLast(last.count)
        for part in parts.dropFirst().dropLast() where !part.isEmpty {
            guard let found = middle.firstRange(of: part) else { return false }
            middle = middle[found.upperBound...]
        }
        return true
    }

    // MARK: What differs from run to run

    /// A line of finished steps as a line for each step.
    private static func steps(of line: String) -> [String] {
        guard line.hasPrefix("▸ ") else { return [line] }
        return line.split(separator: "▸ ").map { "▸ " + $0.trimmingCharacters(in: .whitespaces) }
    }

    private static func masked(_ line: String) -> String {
        let indentation = line.prefix { $0 == " " }
        // The width of a table's column follows its longest cell.
        let cells = line.dropFirst(indentation.count).split(separator: #/ {2,}/#).map { withoutFigures(String($0)) }
        return indentation + cells.joined(separator: "  ")
    }

    /// Sizes, times and numbers of processes are replaced in the sample and in the output alike.
    private static func withoutFigures(_ cell: String) -> String {
        if cell.wholeMatch(of: /\d+(\.\d+)?[BKMGT]/) != nil { return "SIZE" }
        return cell.replacing(/\d+(\.\d+)?[BKMGT](?=,| free| of it)/, with: "SIZE")
            .replacing(/\d{4}-\d\d-\d\dT[\d:.]+Z/, with: "DATE")
            .replacing(/\d+(\.\d+)? (ms|s|min|h)( \d+ (s|min))?\b/, with: "TIME")
            .replacing(/^\d+[smhdy] ago$/, with: "AGE")
            .replacing(/^in \d+([smhdy])$/) { "in NUMBER \($0.1)" }
            .replacing(/^(pid|port): \d+$/) { "\($0.1): NUMBER" }
            // Clones that wait in a pool of so many.
            .replacing(/^\d+\/(\d+)$/) { "NUMBER/\($0.1)" }
    }
}
