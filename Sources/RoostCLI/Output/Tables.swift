import Foundation
import RoostModel

/// The tables of the list commands.
enum Tables {
    static func applications(_ items: [ApplicationInfo]) -> Table {
        var table = Table(.init("NAME"), .init("STATE"), .init("SERVICES"), .init("CREATED"))
        for item in items {
            table.row(
                Table.Cell(item.name), state(item.state), "\(item.services.map(\.service).joined(separator: ", "))",
                Table.Cell(item.createdAt.relative(to: Date())))
        }
        return table
    }

    static func status(_ items: [ServiceInfo]) -> Table {
        var table = Table(
            .init("SERVICE"), .init("STATE"), .init("INSTANCES"), .init("REPLICATION"), .init("ENDPOINT"),
            .init("PROBLEMS"))
        for item in items {
            let up = item.instances.count { $0.state == .up }
            table.row(
                Table.Cell(item.service), state(item.state), "\(up)/\(item.instances.count) up",
                Table.Cell(item.replication.status), "\(item.endpoint.host):\(item.endpoint.port)",
                Table.Cell((pause(item) + item.problems).joined(separator: "; ")))
        }
        return table
    }

    /// A note on the pause, for a list of problems.
    private static func pause(_ item: ServiceInfo) -> [String] {
        item.paused.map { pause in
            ["paused, ends \(pause.until.relative(to: Date()))" + (pause.reason.map { ": \($0)" } ?? "")]
        } ?? []
    }

    /// A line on the whole, then the members.
    static func replication(_ info: ReplicationInfo, _ style: Style) -> String {
        var table = Table(
            .init("INSTANCE"), .init("ROLE"), .init("STATE"), .init("LAG", right: true),
            .init("SYNCHRONOUS"), .init("PROBLEM"))
        for instance in info.instances {
            table.row(
                Table.Cell(instance.name), Table.Cell(instance.role), Table.Cell(instance.state.rawValue),
                Table.Cell(instance.replicationLagSeconds.map { "\($0.formatted(places: 1)) s" } ?? "-"),
                Table.Cell(instance.synchronous.map { $0 ? "yes" : "no" } ?? "-"),
                Table.Cell(instance.reason ?? ""))
        }
        let mode = info.replication.mode.map { ", mode \($0)" } ?? ""
        let compared = info.replication.lastComparison.map {
            "compared: \(Timestamp.format($0.endedAt)) (\($0.summary.printable))\n"
        }
        return "replication: \(info.replication.status)\(mode), epoch \(info.epoch)\n" + (compared ?? "")
            + table.text(style)
    }

    static func users(_ items: [UserInfo]) -> Table {
        var table = Table(.init("NAME"), .init("REPLICATION"), .init("NOTE"))
        for item in items {
            let rights = item.replication.map(\.rawValue).joined(separator: ", ")
            table.row(
                Table.Cell(item.name), Table.Cell(rights.isEmpty ? "-" : rights), item.shown ? "shown by info" : "")
        }
        return table
    }

    /// Engine and pause are only in JSON: with them a row would not fit a terminal.
    static func snapshots(_ items: [SnapshotInfo]) -> Table {
        var table = Table(
            .init("SNAPSHOT"), .init("SERVICE"), .init("REASON"), .init("METHOD"), .init("SIZE", right: true),
            .init("CREATED"), .init("EXPIRES"))
        for item in items {
            table.row(
                Table.Cell(item.id), "\(item.application)/\(item.service)", Table.Cell(item.reason),
                Table.Cell(item.method), Table.Cell(item.sizeBytes.rounded),
                Table.Cell(item.createdAt.relative(to: Date())),
                Table.Cell(item.expiresAt?.relative(to: Date()) ?? "never"))
        }
        return table
    }

    static func usage(_ items: [UsageInfo]) -> Table {
        var table = Table(
            .init("INSTANCE"), .init("PID", right: true), .init("CPU %", right: true), .init("MEMORY", right: true),
            .init("LIMIT", right: true), .init("DISK", right: true), .init("CONNECTIONS", right: true))
        for item in items {
            table.row(
                "\(item.application)/\(item.instance)", Table.Cell(item.pid.map { "\($0)" } ?? "-"),
                Table.Cell(item.cpuPercent.map { $0.formatted(places: 1) } ?? "-"),
                Table.Cell(item.memoryBytes.rounded), Table.Cell(item.memoryLimitBytes.rounded),
                Table.Cell(item.diskBytes.rounded), "\(item.connections)")
        }
        return table
    }

    static func engines(_ items: [EngineInfo]) -> Table {
        var table = Table(
            .init("ENGINE"), .init("TYPES"), .init("ORIGIN"), .init("SIZE", right: true), .init("READY", right: true),
            .init("USED BY"))
        for item in items {
            table.row(
                Table.Cell(item.engine), Table.Cell(item.types.joined(separator: ", ")), Table.Cell(item.origin),
                Table.Cell(item.sizeBytes?.rounded ?? "-"), "\(item.readyDirectories)",
                Table.Cell(item.usedBy.joined(separator: ", ")))
        }
        return table
    }

    static func machines(_ items: [MachineInfo]) -> Table {
        var table = Table(
            .init("HOST"), .init("STATE"), .init("CORES", right: true), .init("MEMORY", right: true),
            .init("AVAILABLE", right: true), .init("DISK FREE", right: true), .init("INSTANCES", right: true),
            .init("VERSION"))
        for item in items {
            table.row(
                Table.Cell(item.name), Table.Cell(item.state), "\(item.cores)", Table.Cell(item.memoryBytes.rounded),
                Table.Cell(item.memoryAvailableBytes.rounded), Table.Cell(item.diskFreeBytes.rounded),
                "\(item.instances)", Table.Cell(item.roostVersion))
        }
        return table
    }

    static func tokens(_ items: [TokenInfo]) -> Table {
        var table = Table(.init("NAME"), .init("SCOPE"), .init("CREATED"))
        for item in items {
            table.row(Table.Cell(item.name), Table.Cell(item.scope), Table.Cell(item.createdAt.relative(to: Date())))
        }
        return table
    }

    /// Sentences instead of columns: a finding's fix follows on its own line, to be copied.
    static func findings(_ items: [Finding], _ style: Style) -> String {
        items.reduce(into: "") { text, item in
            let mark =
                switch item.level {
                case .good: style.paint("ok     ", .green)
                case .notice: style.paint("notice ", .yellow)
                case .problem: style.paint("problem", .red)
                }
            text += "\(mark)  \(item.check): \(item.message.printable)\n"
            if let fix = item.fix { text += "         fix: \(fix.printable)\n" }
        }
    }

    static func line(_ event: EventInfo, _ style: Style) -> String {
        let subject = [event.application, event.instance ?? event.service].compactMap { $0 }.joined(separator: "/")
        let parts = [subject, event.kind, event.text].filter { !$0.isEmpty }.map(\.printable)
        return style.paint(Timestamp.format(event.time), .grey) + "  " + parts.joined(separator: "  ") + "\n"
    }

    static func state(_ state: ServiceInfo.State) -> Table.Cell {
        let colour: Style.Colour? =
            switch state {
            case .running: .green
            case .creating, .degraded: .yellow
            case .down: .red
            case .stopped: .grey
            }
        return Table.Cell(state.rawValue, colour)
    }
}
