import Foundation
import RoostModel

/// Tables of webhooks.
enum NotifyTables {
    static func webhooks(_ items: [WebhookInfo]) -> Table {
        var table = Table(
            .init("SERVICE"), .init("URL"), .init("LAST SUCCESS"), .init("WAITING", right: true),
            .init("DROPPED", right: true),
            .init("LAST ERROR"))
        for item in items {
            let error = item.lastError.map { "\($0)\(item.lastErrorAt.map { " (\($0.relative(to: Date())))" } ?? "")" }
            table.row(
                Table.Cell(item.service ?? "-"), Table.Cell(item.url),
                Table.Cell(item.lastSuccess?.relative(to: Date()) ?? "never"),
                "\(item.waiting)", "\(item.dropped)", Table.Cell(error ?? ""))
        }
        return table
    }

    static func tests(_ items: [WebhookTest]) -> Table {
        var table = Table(.init("SERVICE"), .init("URL"), .init("ANSWER"))
        for item in items {
            table.row(
                Table.Cell(item.service ?? "-"), Table.Cell(item.url),
                Table.Cell(item.answer, item.accepted ? .green : .red))
        }
        return table
    }
}
