import Hummingbird
import RoostAPI
import RoostModel

/// Storage of databases and snapshots, and the pool.
struct StorageRoutes: Sendable {
    let storage: any StorageAPI
    let operations: OperationRoutes

    var routes: [HTTPRoute] {
        [
            HTTPRoute(MachineEndpoints.storage, .overview, handler: show),
            HTTPRoute(MachineEndpoints.makePool, .administer, handler: make),
            HTTPRoute(MachineEndpoints.growPool, .administer, handler: grow),
            HTTPRoute(ServiceEndpoints.move, .changeApplication, handler: move),
        ]
    }

    private func show(_ call: Call) async throws -> Reply<StorageInfo> { try .json(try await storage.describe()) }

    private func make(_ call: Call, _ body: PoolRequest) async throws -> Reply<OperationInfo> {
        _ = try operations.waits(call)
        return try await operations.answer(call, try await storage.makePool(body))
    }

    private func grow(_ call: Call, _ body: PoolRequest) async throws -> Reply<OperationInfo> {
        _ = try operations.waits(call)
        return try await operations.answer(call, try await storage.growPool(body))
    }

    private func move(_ call: Call) async throws -> Reply<OperationInfo> {
        _ = try operations.waits(call)
        return try await operations.answer(
            call, try await storage.moveService(try call.service(), confirm: call.query.text("confirm")))
    }
}
