import RoostModel

/// Calls on clones.
package enum CloneEndpoints {
    package static let list = Endpoint<NoParameters, NoBody, ItemList<CloneInfo>>(.get, "/v1/clones")
    /// Makes a clone under a name that the daemon chooses.
    package static let make = Endpoint<NoParameters, CloneRequest, CloneAnswer>(.post, "/v1/clones", query: ["wait"])
    package static let makeNamed = Endpoint<ClonePath, CloneRequest, CloneAnswer>(.put, query: ["wait"])
    package static let show = Endpoint<ClonePath, NoBody, CloneInfo>(.get, query: ["show_password"])
    package static let remove = Endpoint<ClonePath, NoBody, OperationInfo>(.delete, query: ["confirm", "wait"])
    package static let reset = Endpoint<ClonePath, NoBody, OperationInfo>(.post, "/reset", query: ["wait"])
    package static let extend = Endpoint<ClonePath, ExtendRequest, CloneInfo>(.post, "/extend")
    package static let protect = Endpoint<ClonePath, ProtectRequest, CloneInfo>(.post, "/protect")
    package static let restart = Endpoint<ClonePath, NoBody, OperationInfo>(.post, "/restart", query: ["wait"])
    package static let takeSnapshot = Endpoint<ClonePath, SnapshotRequest, OperationInfo>(
        .post, "/snapshots", query: ["wait"])
    package static let restore = Endpoint<CloneSnapshotPath, RestoreRequest, OperationInfo>(
        .post, "/restore", query: ["wait"])
    package static let logs = Endpoint<ClonePath, NoBody, TextAnswer>(.get, "/logs", query: ["lines", "follow"])
    package static let environment = Endpoint<ClonePath, NoBody, EnvironmentInfo>(.get, "/environment")
    package static let client = Endpoint<ClonePath, ClientOfferRequest, ClientOffer>(.post, "/client")

    static let declared: [any AnyEndpoint] = [
        list, make, makeNamed, show, remove, reset, extend, protect, restart, takeSnapshot, restore, logs, environment,
        client,
    ]
}
