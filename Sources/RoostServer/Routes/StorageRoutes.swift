import Hummingbird
import RoostModel

/// Storage of databases and snapshots, and the pool.
struct StorageRoutes: Sendable {
    let storage: any StorageAPI
    let operations: OperationRoutes

    var routes: [HTTPRoute] {
        [
            HTTPRoute(.get, Paths.storage, .overview, handler: show),
            HTTPRoute(.post, Paths.pool, .administer, query: ["wait"], handler: make),
            HTTPRoute(.post, Paths.growPool, .administer, query: ["wait"], handler: grow),
            HTTPRoute(
                .post, "\(RoutePath.service)/move", .changeApplication, query: ["confirm", "wait"], handler: move),
        ]
    }

    private func show(_ call: Call) async throws -> Response { try .json(try await storage.describe()) }

    private func make(_ call: Call) async throws -> Response {
        _ = try operations.waits(call)
        return try await operations.answer(call, try await storage.makePool(try await call.body()))
    }

    private func grow(_ call: Call) async throws -> Response {
        _ = try operations.waits(call)
        return try await operations.answer(call, try await storage.growPool(try await call.body()))
    }

    private func move(_ call: Call) async throws -> Response {
        _ = try operations.waits(call)
        try await call.noBody()
        return try await operations.answer(
            call, try await storage.moveService(try call.service(), confirm: call.query.text("confirm")))
    }
}
