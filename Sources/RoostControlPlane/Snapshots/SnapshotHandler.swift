import RoostModel

/// Carries out the API's calls on snapshots of services.
struct SnapshotHandler: SnapshotsAPI {
    let records: Records
    let snapshots: KeptSnapshots
    let requests: SnapshotRequests
    let restores: RestoreRequests

    func list(_ id: ServiceID?) async throws(Problem) -> [SnapshotInfo] { try await snapshots.list(id) }

    func take(of id: ServiceID, _ request: SnapshotRequest) async throws(Problem) -> OperationInfo {
        try await requests.take(of: try await records.findService(id).value, named: "\(id.service)", request)
    }

    func remove(
        _ snapshot: String, of id: ServiceID, confirm: String?, dryRun: Bool
    ) async throws(Problem) -> SnapshotInfo {
        try await snapshots.remove(snapshot, of: id, confirm: confirm, dryRun: dryRun)
    }

    func restore(
        _ id: ServiceID, snapshot: String, _ request: RestoreRequest
    ) async throws(Problem) -> OperationInfo {
        try await restores.restore(id, snapshot: snapshot, request)
    }
}
