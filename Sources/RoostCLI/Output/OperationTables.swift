import RoostModel

/// Human-readable tables of operations.
enum OperationTables {
    static func list(_ items: [OperationInfo]) -> Table {
        var table = Table(
            .init("OPERATION"), .init("KIND"), .init("OF"), .init("STATE"), .init("STARTED"), .init("NOW"))
        for item in items {
            table.row(
                Table.Cell(item.id), Table.Cell(item.kind), Table.Cell(subject(item)),
                Table.Cell(item.state.rawValue, item.state == .failed ? .red : nil),
                Table.Cell(Timestamp.format(item.startedAt)),
                Table.Cell(item.progress ?? item.error ?? item.steps.last?.name ?? ""))
        }
        return table
    }

    static func text(_ item: OperationInfo, _ style: Style) -> String {
        var lines = ["\(item.kind) \(item.id): \(item.state.rawValue)"]
        let of = subject(item)
        if of != "-" { lines.append("of        \(of)") }
        lines.append("started   \(Timestamp.format(item.startedAt))")
        if let ended = item.endedAt { lines.append("ended     \(Timestamp.format(ended))") }
        if let result = item.result { lines.append("result    \(result)") }
        for step in item.steps {
            lines.append("step      \(step.name) \(Duration.milliseconds(step.milliseconds).rounded)")
        }
        if let progress = item.progress { lines.append("now       \(progress)") }
        if let error = item.error { lines.append("error     \(error)") }
        for note in item.notes { lines.append("note      \(note)") }
        return lines.map { $0.printable + "\n" }.joined() + (item.comparison.map { text($0, style) } ?? "")
    }

    /// A line on the whole, then the tables that are not known to be equal.
    static func text(_ found: MembersComparison, _ style: Style) -> String {
        var table = Table(.init("INSTANCE"), .init("TABLE"), .init("STATE"), .init("REASON"))
        for member in found.members {
            if let reason = member.reason {
                table.row(Table.Cell(member.name), "-", Table.Cell("not compared", .red), Table.Cell(reason))
            }
            for item in member.tables {
                table.row(
                    Table.Cell(member.name), Table.Cell(item.name), Table.Cell(item.state.words, .red),
                    Table.Cell(item.reason))
            }
        }
        for item in found.leftOut {
            table.row("-", Table.Cell(item.name), Table.Cell(item.state.words), Table.Cell(item.reason))
        }
        let isAll = found.leftOut.isEmpty && found.members.allSatisfy { $0.tables.isEmpty && $0.reason == nil }
        return "\(found.summary.printable)\n" + (isAll ? "" : table.text(style))
    }

    /// A sentence on what would happen, then the members.
    static func text(_ found: PromotionInfo, _ style: Style) -> String {
        var table = Table(
            .init("INSTANCE"), .init("ROLE"), .init("HAS RECEIVED"), .init("LAG", right: true), .init("PROBLEM"))
        // A set of MySQL's transactions may be long, and its end is what changes.
        func shown(_ position: String?) -> Table.Cell {
            guard let position else { return "-" }
            return Table.Cell(position.count > 40 ? "…\(position.suffix(39))" : position)
        }
        table.row(Table.Cell(found.from), "primary", shown(found.position), "-", "")
        for item in found.candidates {
            table.row(
                Table.Cell(item.instance), "replica", shown(item.position),
                Table.Cell(item.lagSeconds.map { "\($0.formatted(places: 1)) s" } ?? "-"),
                Table.Cell(item.blockers.joined(separator: "; "), item.blockers.isEmpty ? nil : .red))
        }
        return "\(found.text.printable)\n" + table.text(style)
    }

    private static func subject(_ item: OperationInfo) -> String {
        let own = [item.application, item.service].compactMap { $0 }.joined(separator: "/")
        // For an operation on a clone or template, the result is its name.
        return own.isEmpty ? item.result ?? "-" : own
    }
}
