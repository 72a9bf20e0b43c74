import RoostModel

/// Calls on one service, its accounts and its instances.
package enum ServiceEndpoints {
    package static let show = Endpoint<ServiceID, NoBody, ServiceInfo>(.get, query: ["show_password"])
    package static let destroy = Endpoint<ServiceID, NoBody, DestroyAnswer>(
        .delete, query: DestroyItems.names + ["wait"])
    package static let scale = Endpoint<ServiceID, ScaleRequest, PushAnswer>(.post, "/scale", query: ["wait"])
    package static let promote = Endpoint<ServiceID, PromoteRequest, OperationInfo>(
        .post, "/promote", query: ["wait"])
    package static let failover = Endpoint<ServiceID, FailoverRequest, OperationInfo>(
        .post, "/failover", query: ["wait"])
    package static let restart = Endpoint<ServiceID, RestartRequest, OperationInfo>(
        .post, "/restart", query: ["wait"])
    package static let resync = Endpoint<ServiceID, ResyncRequest, OperationInfo>(
        .post, "/resync", query: ["wait"])
    package static let pause = Endpoint<ServiceID, PauseRequest, ServiceInfo>(.post, "/pause")
    package static let resume = Endpoint<ServiceID, NoBody, ServiceInfo>(.post, "/resume")
    /// Answered with 503 unless replication is healthy, for monitors.
    package static let replication = Endpoint<ServiceID, NoBody, ReplicationInfo>(.get, "/replication")
    package static let failovers = Endpoint<ServiceID, NoBody, ItemList<FailoverInfo>>(
        .get, "/failovers", query: ["limit"])
    package static let verifyReplication = Endpoint<ServiceID, NoBody, OperationInfo>(
        .post, "/replication/verify", query: ["wait"])
    package static let rotatePassword = Endpoint<ServiceID, RotateRequest, OperationInfo>(
        .post, "/password", query: ["wait"])
    package static let users = Endpoint<ServiceID, NoBody, ItemList<UserInfo>>(.get, "/users")
    package static let addUser = Endpoint<ServiceID, UserRequest, UserInfo>(.post, "/users")
    package static let removeUser = Endpoint<UserPath, NoBody, NoAnswer>(.delete)
    package static let client = Endpoint<ServiceID, ClientOfferRequest, ClientOffer>(.post, "/client")
    package static let importDump = Endpoint<ServiceID, ByteBody, OperationInfo>(
        .post, "/import", query: ["into", "name", "snapshot", "wait"])
    package static let move = Endpoint<ServiceID, NoBody, OperationInfo>(.post, "/move", query: ["confirm", "wait"])
    package static let instance = Endpoint<InstanceID, NoBody, ServiceInfo.Instance>(.get)
    package static let logs = Endpoint<InstanceID, NoBody, TextAnswer>(.get, "/logs", query: ["lines", "follow"])

    static let declared: [any AnyEndpoint] = [
        show, destroy, scale, promote, failover, restart, resync, pause, resume, replication, verifyReplication,
        failovers,
        rotatePassword, users, addUser, removeUser, client, importDump, move, instance, logs,
    ]
}
