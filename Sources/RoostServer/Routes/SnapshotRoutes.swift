import Hummingbird
import RoostAPI
import RoostModel

/// Snapshots: take, list, remove, restore.
struct SnapshotRoutes: Sendable {
    let snapshots: any SnapshotsAPI
    let operations: OperationRoutes

    var routes: [HTTPRoute] {
        [
            HTTPRoute(SnapshotEndpoints.all, .list, handler: all),
            HTTPRoute(SnapshotEndpoints.list, .readApplication, handler: ofService),
            HTTPRoute(SnapshotEndpoints.take, .changeApplication, handler: take),
            HTTPRoute(SnapshotEndpoints.remove, .changeApplication, handler: remove),
            HTTPRoute(SnapshotEndpoints.restore, .changeApplication, handler: restore),
        ]
    }

    private func all(_ call: Call) async throws -> Reply<ItemList<SnapshotInfo>> {
        try .list(try await snapshots.list(nil).filter { call.scope.includes($0.application) })
    }

    private func ofService(_ call: Call) async throws -> Reply<ItemList<SnapshotInfo>> {
        try .list(try await snapshots.list(try call.service()))
    }

    private func take(_ call: Call, _ body: SnapshotRequest) async throws -> Reply<OperationInfo> {
        let id = try call.service()
        _ = try operations.waits(call)
        return try await operations.answer(call, try await snapshots.take(of: id, body))
    }

    private func remove(_ call: Call) async throws -> Reply<SnapshotInfo> {
        return try .json(
            try await snapshots.remove(
                try call.parameter("snapshot"), of: try call.service(), confirm: call.query.text("confirm"),
                dryRun: try call.query.flag("dry_run")))
    }

    private func restore(_ call: Call, _ body: RestoreRequest) async throws -> Reply<OperationInfo> {
        let (id, snapshot) = (try call.service(), try call.parameter("snapshot"))
        _ = try operations.waits(call)
        return try await operations.answer(
            call, try await snapshots.restore(id, snapshot: snapshot, body))
    }
}
