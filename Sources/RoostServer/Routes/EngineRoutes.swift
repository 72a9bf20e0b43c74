import Hummingbird
import RoostAPI
import RoostModel

/// Engines: list, add, remove.
struct EngineRoutes: Sendable {
    let engines: any EnginesAPI
    let operations: OperationRoutes

    var routes: [HTTPRoute] {
        [
            HTTPRoute(MachineEndpoints.engines, .machine, handler: list),
            HTTPRoute(MachineEndpoints.addEngine, .administer, handler: add),
            HTTPRoute(MachineEndpoints.removeEngine, .administer, handler: remove),
        ]
    }

    private func list(_ call: Call) async throws -> Reply<ItemList<EngineInfo>> {
        let all = try await engines.list()
        guard let own = call.scope.onlyApplication else { return try .list(all) }
        // An application's token must not learn of other applications.
        return try .list(
            all.map {
                EngineInfo(
                    engine: $0.engine, types: $0.types, origin: $0.origin, readyDirectories: $0.readyDirectories,
                    usedBy: $0.usedBy.filter { $0.hasPrefix("\(own)/") }, sizeBytes: $0.sizeBytes, addedAt: $0.addedAt)
            })
    }

    private func add(_ call: Call, _ body: EngineRequest) async throws -> Reply<OperationInfo> {
        _ = try operations.waits(call)
        return try await operations.answer(call, try await engines.add(body))
    }

    private func remove(_ call: Call) async throws -> Reply<EngineInfo> {
        let dryRun = try call.query.flag("dry_run")
        return try .json(
            try await engines.remove(
                try call.parameter("engine"), confirm: call.query.text("confirm"), dryRun: dryRun))
    }
}
