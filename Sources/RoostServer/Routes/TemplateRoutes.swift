import Hummingbird
import RoostAPI
import RoostModel

/// Templates: add, refresh, remove.
struct TemplateRoutes: Sendable {
    let templates: any TemplatesAPI
    let operations: OperationRoutes

    var routes: [HTTPRoute] {
        [
            HTTPRoute(TemplateEndpoints.list, .overview, handler: list),
            HTTPRoute(TemplateEndpoints.show, .overview, handler: show),
            HTTPRoute(TemplateEndpoints.add, .administer, handler: add),
            HTTPRoute(TemplateEndpoints.remove, .administer, handler: remove),
            HTTPRoute(TemplateEndpoints.refresh, .administer, handler: refresh),
            HTTPRoute(TemplateEndpoints.storeDump, .administer, handler: receive),
        ]
    }

    /// Timeout for a whole dump to arrive: the program that writes it may be slow.
    private static let patience: Duration = .seconds(24 * 3600)

    private func receive(_ call: Call) async throws -> Reply<ReceivedDump> {
        let pieces = BodyPieces(call.request.body)
        let late = Problem(.timedOut, "the dump did not arrive within \(Self.patience.components.seconds) s")
        return try .json(
            try await within(Self.patience, or: late) { [templates] in
                try await templates.storeDump { try await pieces.next() }
            },
            status: .created)
    }

    private func list(_ call: Call) async throws -> Reply<ItemList<TemplateInfo>> {
        try .list(try await templates.list().map { call.caller.administers ? $0 : $0.withoutQuotes })
    }

    private func show(_ call: Call) async throws -> Reply<TemplateInfo> {
        let template = try await templates.find(try name(call))
        return try .json(call.caller.administers ? template : template.withoutQuotes)
    }

    private func add(_ call: Call, _ body: TemplateRequest) async throws -> Reply<TemplateAnswer> {
        let name = try name(call)
        let waits = try operations.waits(call)
        var answer = try await templates.add(name, body)
        if waits, let operation = answer.operation {
            answer.operation = try await operations.ended(operation)
            answer.template = try await templates.find(name)
        }
        return try .work(answer, answer.operation)
    }

    private func refresh(_ call: Call) async throws -> Reply<OperationInfo> {
        _ = try operations.waits(call)
        return try await operations.answer(call, try await templates.refresh(try name(call)))
    }

    private func remove(_ call: Call) async throws -> Reply<TemplateInfo> {
        return try .json(
            try await templates.remove(
                try name(call), confirm: call.query.text("confirm"), dryRun: try call.query.flag("dry_run")))
    }

    private func name(_ call: Call) throws(Problem) -> TemplateName {
        try checked(TemplateName.self, try call.parameter("template"))
    }
}
