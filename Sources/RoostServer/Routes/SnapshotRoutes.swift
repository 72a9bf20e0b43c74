import Hummingbird
import RoostModel

/// Snapshots: listed, and brought back.
struct SnapshotRoutes: Sendable {
    let platform: any Platform
    let operations: OperationRoutes

    var routes: [HTTPRoute] {
        [
            HTTPRoute(.get, Paths.snapshots, .list, handler: all),
            HTTPRoute(.get, RoutePath.snapshots, .readApplication, handler: ofService),
            HTTPRoute(
                .post, "\(RoutePath.snapshots)/{snapshot}/restore", .changeApplication, query: ["wait"],
                handler: restore),
        ]
    }

    private func all(_ call: Call) async throws -> Response {
        try .list(try await platform.snapshots(nil).filter { call.reach.includes($0.application) })
    }

    private func ofService(_ call: Call) async throws -> Response {
        try .list(try await platform.snapshots(try call.service()))
    }

    private func restore(_ call: Call) async throws -> Response {
        let (id, snapshot) = (try call.service(), try call.parameter("snapshot"))
        _ = try operations.waits(call)
        return try await operations.answer(
            call, try await platform.restore(id, snapshot: snapshot, try await call.body()))
    }
}
