import Foundation
import RoostAPI
import RoostModel

/// The calls of the HTTP API. Texts in paths are escaped by their endpoints.
extension RoostClient {
    // Applications

    func applications(within limit: Duration = .seconds(120)) async throws(Problem) -> [ApplicationInfo] {
        try await list(ApplicationEndpoints.list, within: limit)
    }

    func application(_ name: ApplicationName) async throws(Problem) -> ApplicationInfo {
        try await call(ApplicationEndpoints.show, name)
    }

    func createApplication(_ name: ApplicationName) async throws(Problem) -> ApplicationInfo {
        try await call(ApplicationEndpoints.create, name)
    }

    func push(_ name: ApplicationName, _ request: PushRequest) async throws(Problem) -> PushAnswer {
        try await call(ApplicationEndpoints.push, name, request)
    }

    func destroyApplication(_ name: ApplicationName, _ options: DestroyOptions) async throws(Problem) -> DestroyAnswer {
        try await call(ApplicationEndpoints.destroy, name, query: query(options))
    }

    func environment(_ name: ApplicationName, _ view: EnvironmentView) async throws(Problem) -> EnvironmentInfo {
        try await call(
            ApplicationEndpoints.environment, name,
            query: [("prefix", view.prefix.isEmpty ? nil : view.prefix), ("style", view.style.rawValue)])
    }

    // Services

    func service(_ id: ServiceID, showPassword: Bool = false) async throws(Problem) -> ServiceInfo {
        try await call(ServiceEndpoints.show, id, query: [("show_password", showPassword ? "true" : nil)])
    }

    func destroyService(_ id: ServiceID, _ options: DestroyOptions) async throws(Problem) -> DestroyAnswer {
        try await call(ServiceEndpoints.destroy, id, query: query(options))
    }

    func scale(_ id: ServiceID, _ request: ScaleRequest) async throws(Problem) -> PushAnswer {
        try await call(ServiceEndpoints.scale, id, request)
    }

    func promote(
        _ id: ServiceID, instance: Int?, drain: Duration, dryRun: Bool
    ) async throws(Problem) -> OperationInfo {
        try await call(
            ServiceEndpoints.promote, id,
            PromoteRequest(
                instance: instance, drainSeconds: drain > .zero ? drain / .seconds(1) : nil,
                dryRun: dryRun ? true : nil))
    }

    func failOver(
        _ id: ServiceID, instance: Int?, acceptsLoss: Bool, dryRun: Bool
    ) async throws(Problem) -> OperationInfo {
        try await call(
            ServiceEndpoints.failover, id,
            FailoverRequest(
                instance: instance, acceptDataLoss: acceptsLoss ? true : nil, dryRun: dryRun ? true : nil))
    }

    /// Newest first.
    func failovers(of id: ServiceID, limit: Int) async throws(Problem) -> [FailoverInfo] {
        try await list(ServiceEndpoints.failovers, id, query: [("limit", String(limit))])
    }

    func restart(_ id: ServiceID, instance: Int?) async throws(Problem) -> OperationInfo {
        try await call(ServiceEndpoints.restart, id, RestartRequest(instance: instance))
    }

    func resync(_ id: ServiceID, instance: Int, dryRun: Bool) async throws(Problem) -> OperationInfo {
        try await call(ServiceEndpoints.resync, id, ResyncRequest(instance: instance, dryRun: dryRun ? true : nil))
    }

    func verifyReplication(_ id: ServiceID) async throws(Problem) -> OperationInfo {
        try await call(ServiceEndpoints.verifyReplication, id)
    }

    func pause(_ id: ServiceID, _ request: PauseRequest) async throws(Problem) -> ServiceInfo {
        try await call(ServiceEndpoints.pause, id, request)
    }

    func resume(_ id: ServiceID) async throws(Problem) -> ServiceInfo {
        try await call(ServiceEndpoints.resume, id)
    }

    func rotatePassword(_ id: ServiceID, _ request: RotateRequest) async throws(Problem) -> OperationInfo {
        try await call(ServiceEndpoints.rotatePassword, id, request)
    }

    func users(_ id: ServiceID) async throws(Problem) -> [UserInfo] {
        try await list(ServiceEndpoints.users, id)
    }

    /// A right on replication is in force once every member has it, which may take a minute.
    func addUser(
        _ id: ServiceID, _ name: String, replication: [ReplicationRight]
    ) async throws(Problem) -> UserInfo {
        try await call(
            ServiceEndpoints.addUser, id,
            UserRequest(name: name, replication: replication.isEmpty ? nil : replication))
    }

    func removeUser(_ id: ServiceID, _ name: String) async throws(Problem) {
        try await tell(ServiceEndpoints.removeUser, UserPath(id, name))
    }

    func client(_ id: ServiceID, _ request: ClientOfferRequest) async throws(Problem) -> ClientOffer {
        try await call(ServiceEndpoints.client, id, request)
    }

    /// Passes on the lines of an instance's log; with `follow` until the daemon ends the stream.
    func logs(
        _ id: InstanceID, lines: Int, follow: Bool, each: (String) throws(Problem) -> Void
    ) async throws(Problem) {
        var splitter = LineSplitter()
        let query: Query = [("lines", String(lines)), ("follow", follow ? "true" : nil)]
        try await stream(ServiceEndpoints.logs, id, query: query, accept: "text/plain") { chunk throws(Problem) in
            for line in splitter.feed(chunk) { try each(line) }
        }
        if let line = splitter.finish() { try each(line) }
    }

    // Snapshots

    func snapshots(_ id: ServiceID?) async throws(Problem) -> [SnapshotInfo] {
        guard let id else { return try await list(SnapshotEndpoints.all) }
        return try await list(SnapshotEndpoints.list, id)
    }

    func restore(_ id: ServiceID, _ snapshot: String, _ request: RestoreRequest) async throws(Problem) -> OperationInfo
    {
        try await call(SnapshotEndpoints.restore, SnapshotPath(id, snapshot), request)
    }

    func takeSnapshot(_ id: ServiceID, _ request: SnapshotRequest) async throws(Problem) -> OperationInfo {
        try await call(SnapshotEndpoints.take, id, request)
    }

    func removeSnapshot(
        _ id: ServiceID, _ snapshot: String, confirm: String?, dryRun: Bool
    ) async throws(Problem) -> SnapshotInfo {
        try await call(
            SnapshotEndpoints.remove, SnapshotPath(id, snapshot),
            query: [("confirm", confirm), ("dry_run", dryRun ? "true" : nil)])
    }

    // Operations and events

    /// Returns when there are more than `seen` steps, when the operation ends, or after `wait`.
    func operation(_ id: String, wait: Duration, seen: Int) async throws(Problem) -> OperationInfo {
        try await call(
            OperationEndpoints.show, OperationPath(id),
            query: [("wait", String(wait.components.seconds)), ("seen", String(seen))],
            within: wait + .seconds(30))
    }

    /// The running operations; with `all` also ended ones.
    func operations(_ application: ApplicationName?, all: Bool) async throws(Problem) -> [OperationInfo] {
        try await list(
            OperationEndpoints.list, query: [("application", application?.rawValue), ("all", all ? "true" : nil)])
    }

    func cancelOperation(_ id: String) async throws(Problem) -> OperationInfo {
        try await call(OperationEndpoints.cancel, OperationPath(id))
    }

    func recentEvents(limit: Int, application: ApplicationName?) async throws(Problem) -> [EventInfo] {
        try await list(
            OperationEndpoints.events, query: [("limit", String(limit)), ("application", application?.rawValue)])
    }

    /// Passes on the events with an id above `after`, until the daemon ends the stream.
    func events(
        after: Int64, application: ApplicationName?, each: (EventInfo) throws(Problem) -> Void
    ) async throws(Problem) {
        var parser = EventStreamParser()
        let query: Query = [("after", String(after)), ("application", application?.rawValue)]
        try await stream(OperationEndpoints.events, NoParameters(), query: query, accept: "text/event-stream") {
            chunk throws(Problem) in
            for message in parser.feed(chunk) {
                // Unknown kinds of messages, which a newer daemon may send besides events, are skipped.
                guard let event = try? JSON.decode(EventInfo.self, from: Data(message.data.utf8)) else {
                    continue
                }
                try each(event)
            }
        }
    }

    // The machine and access

    func engines() async throws(Problem) -> [EngineInfo] { try await list(MachineEndpoints.engines) }
    func addEngine(_ request: EngineRequest) async throws(Problem) -> OperationInfo {
        try await call(MachineEndpoints.addEngine, NoParameters(), request)
    }
    func removeEngine(_ name: String, confirm: String?, dryRun: Bool) async throws(Problem) -> EngineInfo {
        try await call(
            MachineEndpoints.removeEngine, EnginePath(name),
            query: [("confirm", confirm), ("dry_run", dryRun ? "true" : nil)])
    }
    func machines() async throws(Problem) -> [MachineInfo] { try await list(MachineEndpoints.hosts) }
    func authority() async throws(Problem) -> AuthorityInfo {
        try await call(MachineEndpoints.authority, NoParameters())
    }
    func doctor() async throws(Problem) -> [Finding] { try await list(MachineEndpoints.doctor) }

    func usage(_ application: ApplicationName?) async throws(Problem) -> [UsageInfo] {
        try await list(MachineEndpoints.usage, query: [("application", application?.rawValue)])
    }

    func tokens() async throws(Problem) -> [TokenInfo] { try await list(TokenEndpoints.list) }
    func addToken(_ request: TokenRequest) async throws(Problem) -> TokenInfo {
        try await call(TokenEndpoints.add, NoParameters(), request)
    }
    func removeToken(_ name: String) async throws(Problem) {
        try await tell(TokenEndpoints.remove, TokenPath(name))
    }
    func signIn() async throws(Problem) -> SignInInfo { try await call(TokenEndpoints.signIn, NoParameters()) }

    private func query(_ options: DestroyOptions) -> Query {
        [
            ("confirm", options.confirm), ("keep", options.keep ? nil : "false"),
            ("dry_run", options.dryRun ? "true" : nil),
        ]
    }
}
