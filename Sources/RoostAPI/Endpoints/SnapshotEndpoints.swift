import RoostModel

/// Calls on snapshots of services.
package enum SnapshotEndpoints {
    /// The snapshots of every service, destroyed ones included.
    package static let all = Endpoint<NoParameters, NoBody, ItemList<SnapshotInfo>>(.get, "/v1/snapshots")
    package static let list = Endpoint<ServiceID, NoBody, ItemList<SnapshotInfo>>(.get, "/snapshots")
    package static let take = Endpoint<ServiceID, SnapshotRequest, OperationInfo>(
        .post, "/snapshots", query: ["wait"])
    package static let remove = Endpoint<SnapshotPath, NoBody, SnapshotInfo>(.delete, query: ["confirm", "dry_run"])
    package static let restore = Endpoint<SnapshotPath, RestoreRequest, OperationInfo>(
        .post, "/restore", query: ["wait"])

    static let declared: [any AnyEndpoint] = [all, list, take, remove, restore]
}
