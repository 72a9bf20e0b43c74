import Hummingbird
import RoostModel

/// Snapshots: take, list, remove, restore.
struct SnapshotRoutes: Sendable {
    let snapshots: any SnapshotsAPI
    let operations: OperationRoutes

    var routes: [HTTPRoute] {
        [
            HTTPRoute(.get, Paths.snapshots, .list, handler: all),
            HTTPRoute(.get, RoutePath.snapshots, .readApplication, handler: ofService),
            HTTPRoute(.post, RoutePath.snapshots, .changeApplication, query: ["wait"], handler: take),
            HTTPRoute(
                .delete, "\(RoutePath.snapshots)/{snapshot}", .changeApplication, query: ["confirm", "dry_run"],
                handler: remove),
            HTTPRoute(
                .post, "\(RoutePath.snapshots)/{snapshot}/restore", .changeApplication, query: ["wait"],
                handler: restore),
        ]
    }

    private func all(_ call: Call) async throws -> Response {
        try .list(try await snapshots.list(nil).filter { call.reach.includes($0.application) })
    }

    private func ofService(_ call: Call) async throws -> Response {
        try .list(try await snapshots.list(try call.service()))
    }

    private func take(_ call: Call) async throws -> Response {
        let id = try call.service()
        _ = try operations.waits(call)
        return try await operations.answer(call, try await snapshots.take(of: id, try await call.body()))
    }

    private func remove(_ call: Call) async throws -> Response {
        try await call.noBody()
        return try .json(
            try await snapshots.remove(
                try call.parameter("snapshot"), of: try call.service(), confirm: call.query.text("confirm"),
                dryRun: try call.query.flag("dry_run")))
    }

    private func restore(_ call: Call) async throws -> Response {
        let (id, snapshot) = (try call.service(), try call.parameter("snapshot"))
        _ = try operations.waits(call)
        return try await operations.answer(
            call, try await snapshots.restore(id, snapshot: snapshot, try await call.body()))
    }
}
