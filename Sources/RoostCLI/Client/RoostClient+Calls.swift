import Foundation
import NIOHTTP1
import RoostModel

/// The calls of the HTTP API. Typed names are valid when they are made; other texts are escaped here.
extension RoostClient {
    // Applications

    func applications(within limit: Duration = .seconds(120)) async throws(Problem) -> [ApplicationInfo] {
        try await list(Paths.applications, within: limit)
    }

    func application(_ name: ApplicationName) async throws(Problem) -> ApplicationInfo {
        try await call(.GET, Paths.application(name))
    }

    func createApplication(_ name: ApplicationName) async throws(Problem) -> ApplicationInfo {
        try await call(.PUT, Paths.application(name))
    }

    func push(_ name: ApplicationName, _ request: PushRequest) async throws(Problem) -> PushAnswer {
        try await call(.POST, Paths.push(name), body: request)
    }

    func destroyApplication(_ name: ApplicationName, _ options: DestroyOptions) async throws(Problem) -> DestroyAnswer {
        try await call(.DELETE, Paths.application(name), query: query(options))
    }

    func environment(_ name: ApplicationName, _ view: EnvironmentView) async throws(Problem) -> EnvironmentInfo {
        try await call(
            .GET, Paths.environment(name),
            query: [("prefix", view.prefix.isEmpty ? nil : view.prefix), ("style", view.style.rawValue)])
    }

    // Services

    func service(_ id: ServiceID, showPassword: Bool = false) async throws(Problem) -> ServiceInfo {
        try await call(.GET, Paths.service(id), query: [("show_password", showPassword ? "true" : nil)])
    }

    func destroyService(_ id: ServiceID, _ options: DestroyOptions) async throws(Problem) -> DestroyAnswer {
        try await call(.DELETE, Paths.service(id), query: query(options))
    }

    func scale(_ id: ServiceID, _ request: ScaleRequest) async throws(Problem) -> PushAnswer {
        try await call(.POST, Paths.scale(id), body: request)
    }

    func promote(_ id: ServiceID, instance: Int?) async throws(Problem) -> OperationInfo {
        try await call(.POST, Paths.promote(id), body: PromoteRequest(instance: instance))
    }

    func restart(_ id: ServiceID, instance: Int?) async throws(Problem) -> OperationInfo {
        try await call(.POST, Paths.restart(id), body: RestartRequest(instance: instance))
    }

    func rotatePassword(_ id: ServiceID, grace: Duration?) async throws(Problem) -> OperationInfo {
        try await call(.POST, Paths.password(id), body: RotateRequest(graceSeconds: grace.map { $0 / .seconds(1) }))
    }

    func users(_ id: ServiceID) async throws(Problem) -> [UserInfo] {
        try await list(Paths.users(id))
    }

    func addUser(_ id: ServiceID, _ name: String) async throws(Problem) -> UserInfo {
        try await call(.POST, Paths.users(id), body: UserRequest(name: name))
    }

    func removeUser(_ id: ServiceID, _ name: String) async throws(Problem) {
        try await tell(.DELETE, Paths.user(id, name.percentEncoded))
    }

    func client(_ id: ServiceID, _ request: ClientOfferRequest) async throws(Problem) -> ClientOffer {
        try await call(.POST, Paths.client(id), body: request)
    }

    /// Passes on the lines of an instance's log; with `follow` until the daemon ends the stream.
    func logs(
        _ id: InstanceID, lines: Int, follow: Bool, each: (String) throws(Problem) -> Void
    ) async throws(Problem) {
        var splitter = LineSplitter()
        let query: Query = [("lines", String(lines)), ("follow", follow ? "true" : nil)]
        try await stream(Paths.logs(id), query: query, accept: "text/plain") { chunk throws(Problem) in
            for line in splitter.feed(chunk) { try each(line) }
        }
        if let line = splitter.finish() { try each(line) }
    }

    // Snapshots

    func snapshots(_ id: ServiceID?) async throws(Problem) -> [SnapshotInfo] {
        try await list(id.map { Paths.snapshots($0) } ?? Paths.snapshots)
    }

    func restore(_ id: ServiceID, _ snapshot: String, _ request: RestoreRequest) async throws(Problem) -> OperationInfo
    {
        try await call(.POST, Paths.restore(id, snapshot.percentEncoded), body: request)
    }

    func takeSnapshot(_ id: ServiceID, _ request: SnapshotRequest) async throws(Problem) -> OperationInfo {
        try await call(.POST, Paths.snapshots(id), body: request)
    }

    func removeSnapshot(
        _ id: ServiceID, _ snapshot: String, confirm: String?, dryRun: Bool
    ) async throws(Problem) -> SnapshotInfo {
        try await call(
            .DELETE, Paths.snapshot(id, snapshot.percentEncoded),
            query: [("confirm", confirm), ("dry_run", dryRun ? "true" : nil)])
    }

    // Operations and events

    /// Returns when there are more than `seen` steps, when the operation ends, or after `wait`.
    func operation(_ id: String, wait: Duration, seen: Int) async throws(Problem) -> OperationInfo {
        try await call(
            .GET, Paths.operation(id), query: [("wait", String(wait.components.seconds)), ("seen", String(seen))],
            within: wait + .seconds(30))
    }

    /// The running operations; with `all` also ended ones.
    func operations(_ application: ApplicationName?, all: Bool) async throws(Problem) -> [OperationInfo] {
        try await list(
            Paths.operations, query: [("application", application?.rawValue), ("all", all ? "true" : nil)])
    }

    func cancelOperation(_ id: String) async throws(Problem) -> OperationInfo {
        try await call(.POST, "\(Paths.operation(id.percentEncoded))/cancel")
    }

    func recentEvents(limit: Int, application: ApplicationName?) async throws(Problem) -> [EventInfo] {
        try await list(Paths.events, query: [("limit", String(limit)), ("application", application?.rawValue)])
    }

    /// Passes on the events with an id above `after`, until the daemon ends the stream.
    func events(
        after: Int64, application: ApplicationName?, each: (EventInfo) throws(Problem) -> Void
    ) async throws(Problem) {
        var parser = EventStreamParser()
        let query: Query = [("after", String(after)), ("application", application?.rawValue)]
        try await stream(Paths.events, query: query, accept: "text/event-stream") {
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

    func engines() async throws(Problem) -> [EngineInfo] { try await list(Paths.engines) }
    func addEngine(_ request: EngineRequest) async throws(Problem) -> OperationInfo {
        try await call(.POST, Paths.engines, body: request)
    }
    func removeEngine(_ name: String, confirm: String?, dryRun: Bool) async throws(Problem) -> EngineInfo {
        try await call(
            .DELETE, Paths.engine(name.percentEncoded),
            query: [("confirm", confirm), ("dry_run", dryRun ? "true" : nil)])
    }
    func machines() async throws(Problem) -> [MachineInfo] { try await list(Paths.hosts) }
    func authority() async throws(Problem) -> AuthorityInfo { try await call(.GET, Paths.authority) }
    func doctor() async throws(Problem) -> [Finding] { try await list(Paths.doctor) }

    func usage(_ application: ApplicationName?) async throws(Problem) -> [UsageInfo] {
        try await list(Paths.usage, query: [("application", application?.rawValue)])
    }

    func tokens() async throws(Problem) -> [TokenInfo] { try await list(Paths.tokens) }
    func addToken(_ request: TokenRequest) async throws(Problem) -> TokenInfo {
        try await call(.POST, Paths.tokens, body: request)
    }
    func removeToken(_ name: String) async throws(Problem) {
        try await tell(.DELETE, Paths.token(name.percentEncoded))
    }
    func signIn() async throws(Problem) -> SignInInfo { try await call(.POST, Paths.signIn) }

    func list<Item: Codable & Sendable>(
        _ path: String, query: Query = [], within limit: Duration = .seconds(120)
    ) async throws(Problem) -> [Item] {
        let list: ItemList<Item> = try await call(.GET, path, query: query, within: limit)
        return list.items
    }

    private func query(_ options: DestroyOptions) -> Query {
        [
            ("confirm", options.confirm), ("keep", options.keep ? nil : "false"),
            ("dry_run", options.dryRun ? "true" : nil),
        ]
    }
}
