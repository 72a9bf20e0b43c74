import Foundation
import RoostModel

/// Human-readable forms of failovers and planned switchovers.
enum FailoverTables {
    /// The time at which each began is relative, as in other lists; one record shows it in full.
    static func list(_ items: [FailoverInfo], now: Date = Date()) -> Table {
        var table = Table(
            .init("ID", right: true), .init("WHEN"), .init("CAUSE"), .init("PRIMARY"),
            .init("WRITES OUT", right: true), .init("LOST"), .init("OUTCOME"))
        for item in items {
            table.row(
                "\(item.id)", Table.Cell(item.began.relative(to: now)), Table.Cell(item.cause.rawValue),
                Table.Cell("\(item.from) → \(item.to)"), Table.Cell(writesOut(item)),
                Table.Cell(item.lost.rawValue, item.lost == .nothing ? nil : .yellow),
                Table.Cell(item.outcome.rawValue, item.outcome == .completed ? nil : .yellow))
        }
        return table
    }

    /// Facts, the timeline, then the candidates. Candidates' positions come last, because they may be long.
    static func text(_ item: FailoverInfo, _ style: Style) -> String {
        var lines = ["failover \(item.id): \(item.outcome.rawValue)"]
        lines.append("cause       \(item.cause.rawValue)")
        lines.append("primary     \(item.from) → \(item.to)")
        lines.append("began       \(Timestamp.format(item.began))")
        lines.append("writes out  \(writesOut(item))")
        lines.append("lost        \(item.lost.rawValue)")
        if let reason = item.reason { lines.append("reason      \(reason)") }
        for step in item.timeline {
            let name = step.step.rawValue.padding(toLength: longestStep, withPad: " ", startingAt: 0)
            lines.append("step        \(name) after \(Duration.milliseconds(step.milliseconds).rounded)")
        }
        let facts = lines.map { $0.printable + "\n" }.joined()
        guard !item.candidates.isEmpty else { return facts }
        var table = Table(.init("CANDIDATE"), .init("STANDING"), .init("NOT CHOSEN BECAUSE"), .init("POSITION"))
        for candidate in item.candidates {
            table.row(
                Table.Cell(candidate.instance), Table.Cell(candidate.standing.rawValue),
                Table.Cell(candidate.reason ?? "-"), Table.Cell(candidate.position ?? "-"))
        }
        return facts + table.text(style)
    }

    private static let longestStep = FailoverInfo.Step.Name.allCases.map(\.rawValue.count).max() ?? 0

    private static func writesOut(_ item: FailoverInfo) -> String {
        item.writesOutMilliseconds.map { Duration.milliseconds($0).rounded } ?? "-"
    }
}
