import Foundation
import RoostModel

/// Tables of clones, templates and storage.
enum CopyTables {
    static func clones(_ items: [CloneInfo]) -> Table {
        var table = Table(
            .init("CLONE"), .init("SOURCE"), .init("STATE"), .init("ENDPOINT"), .init("EXPIRES"), .init("NOTE"))
        for item in items {
            let notes = [item.protected ? "protected" : "", item.durable ? "durable" : ""].filter { !$0.isEmpty }
            table.row(
                Table.Cell(item.name), Table.Cell(item.source), Tables.state(item.state),
                "\(item.endpoint.host):\(item.endpoint.port)",
                Table.Cell(item.expiresAt?.relative(to: Date()) ?? "never"),
                Table.Cell((notes + item.problems).joined(separator: "; ")))
        }
        return table
    }

    static func templates(_ items: [TemplateInfo]) -> Table {
        var table = Table(
            .init("TEMPLATE"), .init("STATE"), .init("TYPE"), .init("SIZE", right: true), .init("BUILT"),
            .init("POOL", right: true), .init("CLONES", right: true), .init("SOURCE"), .init("NOTE"))
        for item in items {
            table.row(
                Table.Cell(item.name), Table.Cell(item.state.rawValue, item.state.colour),
                Table.Cell(item.type), Table.Cell(item.version == nil ? "-" : item.sizeBytes.rounded),
                Table.Cell(item.builtAt?.relative(to: Date()) ?? "-"), "\(item.poolReady)/\(item.pool)",
                "\(item.clones)", Table.Cell(item.source),
                Table.Cell(
                    [item.masked ? "masked" : nil, item.refresh.map { "refreshed at '\($0)'" }, item.failure]
                        .compactMap { $0 }.joined(separator: "; ")))
        }
        return table
    }

    static func storage(_ storage: StorageInfo, _ style: Style) -> String {
        var text = "method: \(storage.method)\n"
        if let pool = storage.pool {
            text +=
                "pool:   \(pool.path), \(pool.state), \(pool.sizeBytes.rounded), \(pool.freeBytes.rounded) free "
                + "(\(pool.reserveBytes.rounded) of it reserved for running databases)\n"
        } else {
            let isSlow = storage.method == "copy"
            text +=
                "pool:   none\(isSlow ? "; 'roost storage init --size 20G' creates one, in which copies take milliseconds" : "")\n"
        }
        guard !storage.items.isEmpty else { return text }
        var table = Table(
            .init("KIND"), .init("NAME"), .init("PLACE"), .init("SIZE", right: true), .init("SHARED", right: true),
            .init("EXCLUSIVE", right: true))
        for item in storage.items {
            table.row(
                Table.Cell(item.kind), Table.Cell(item.name), Table.Cell(item.place),
                Table.Cell(item.sizeBytes.rounded), Table.Cell(item.sharedBytes.rounded),
                Table.Cell(item.exclusiveBytes.rounded))
        }
        return text + "\n" + table.text(style)
    }
}

extension TemplateInfo.State {
    fileprivate var colour: Style.Colour {
        switch self {
        case .ready: .green
        case .building, .refreshing: .yellow
        case .failed: .red
        }
    }
}

/// Human-readable `roost clone info`, in the layout of `roost info`.
struct CloneLayout {
    private let clone: CloneInfo

    init(_ clone: CloneInfo) { self.clone = clone }

    func text(_ style: Style) -> String {
        var lines = [style.bold("== \(clone.name) ==")]
        lines.append("created_at: \(Timestamp.format(clone.createdAt))")
        lines.append("database: \(clone.database)")
        lines.append("durable: \(clone.durable)")
        lines.append("engine: \(clone.engine)")
        lines.append("expires_at: \(clone.expiresAt.map { Timestamp.format($0) } ?? "never")")
        if let idle = clone.idleSeconds { lines.append("idle: removed after \(Duration.seconds(idle).rounded)") }
        lines.append("image: \(clone.image)")
        lines.append("memory: \(clone.memoryBytes)")
        if !clone.problems.isEmpty {
            lines.append("problems:")
            lines += clone.problems.map { style.paint("-   \($0.printable)", .yellow) }
        }
        lines.append("protected: \(clone.protected)")
        lines.append("source: \(clone.source) (\(clone.sourceKind))")
        lines.append("state: \(clone.state.rawValue)")
        lines.append("type: \(clone.type)")
        lines.append("url: \(clone.url ?? "\(clone.endpoint.host):\(clone.endpoint.port)")")
        return lines.joined(separator: "\n") + "\n"
    }
}
