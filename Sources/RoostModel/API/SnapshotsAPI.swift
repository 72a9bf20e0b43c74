/// Snapshots of services: taken, listed, removed and restored.
package protocol SnapshotsAPI: Sendable {
    /// `id` nil means the snapshots of every service, destroyed ones included.
    func list(_ id: ServiceID?) async throws(Problem) -> [SnapshotInfo]
    func take(of id: ServiceID, _ request: SnapshotRequest) async throws(Problem) -> OperationInfo
    /// Returns the snapshot that was removed, or would be. `confirm` must be its id.
    func remove(
        _ snapshot: String, of id: ServiceID, confirm: String?, dryRun: Bool
    ) async throws(Problem) -> SnapshotInfo
    func restore(
        _ id: ServiceID, snapshot: String, _ request: RestoreRequest
    ) async throws(Problem) -> OperationInfo
}
