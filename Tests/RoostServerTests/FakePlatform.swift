import Foundation
import RoostModel
import Synchronization

/// A platform in memory: an application `ramen` with a service `data`, and an application `tea` with `leaves`.
final class FakePlatform: ApplicationsAPI, PushAPI, ServicesAPI, InstancesAPI, PausesAPI, AccountsAPI, ImportsAPI,
    SnapshotsAPI, ClonesAPI, CloneServersAPI, MyaasAPI, TemplatesAPI, StorageAPI, OperationsAPI, EventsAPI, EnginesAPI,
    MachineAPI,
    AccessAPI, NotificationsAPI
{
    struct State {
        var isReady = true
        var applications: [String: ApplicationInfo] = [:]
        var users: [String] = ["root"]
        var tokens: [String: Access] = [
            "admin-token": .admin, "read-token": .read, "ramen-token": Samples.ramenAccess,
            "tea-token": Samples.teaAccess,
        ]
        var codes: [String: Access] = [:]
        var operations: [String: OperationInfo] = [:]
        var events: [EventInfo] = []
        var listeners: [Int: (application: ApplicationName?, continuation: AsyncStream<EventInfo>.Continuation)] = [:]
        var nextListener = 0
        var machineName = "perch"
        /// Thrown by the list of applications.
        var failure: Problem?
        var waits: [Duration] = []
        var calls: [String] = []
        /// The names of the tokens that asked for clones.
        var askers: [String?] = []
        /// Operations go on until their waiter is cancelled.
        var operationsHang = false
        var logsOverflow = false
        /// The state that operations end in.
        var outcome = OperationInfo.State.done
        /// The changes that an operation makes when it succeeds, by its id.
        var effects: [String: @Sendable (inout State) -> Void] = [:]
        var clones: [String: CloneInfo] = [:]
        var templates: [String: TemplateInfo] = [:]
        var labels: [String: String] = [:]
        var myaasTerms: [MyaasTerms] = []
        var cloneRequests: [CloneRequest] = []
    }

    let state = Mutex(State())
    /// Events, for tests that wait for one.
    let happened = Lines()

    init() {
        state.withLock { state in
            state.applications["ramen"] = Samples.application("ramen", services: [Samples.service("ramen", "data")])
            state.applications["tea"] = Samples.application("tea", services: [Samples.service("tea", "leaves")])
            for clone in [
                Samples.clone("mine", of: "ramen/data"), Samples.clone("brew", of: "tea/leaves"),
                Samples.clone("till", of: "shop"), Samples.clone("kept", of: "shop", isProtected: true),
            ] { state.clones[clone.name] = clone }
            for template in [Samples.template("shop"), Samples.template("young", state: .building)] {
                state.templates[template.name] = template
            }
        }
    }

    /// The API's calls, all of them carried out by this fake.
    var value: Platform {
        Platform(
            applications: self, pushes: self, services: self, instances: self, pauses: self, accounts: self,
            imports: self, snapshots: self, clones: self, cloneServers: self, myaas: self, templates: self,
            storage: self,
            operations: self, events: self, notifications: self, engines: self, machine: self, access: self,
            isReady: { self.state.withLock(\.isReady) })
    }

    var calls: [String] { state.withLock(\.calls) }

    func note(_ call: String) { state.withLock { $0.calls.append(call) } }

    // Applications

    func list() async throws(Problem) -> [ApplicationInfo] {
        if let failure = state.withLock(\.failure) { throw failure }
        return state.withLock { $0.applications.values.sorted { $0.name < $1.name } }
    }

    func find(_ name: ApplicationName) async throws(Problem) -> ApplicationInfo {
        guard let found = state.withLock({ $0.applications[name.rawValue] }) else {
            throw Problem(.applicationNotFound, "there is no application '\(name)'", next: ["roost create \(name)"])
        }
        return found
    }

    func create(_ name: ApplicationName) async throws(Problem) -> ApplicationInfo {
        state.withLock { state in
            let made = state.applications[name.rawValue] ?? Samples.application(name.rawValue, services: [])
            state.applications[name.rawValue] = made
            return made
        }
    }

    func push(_ name: ApplicationName, _ request: PushRequest) async throws(Problem) -> PushAnswer {
        note("push \(name) \(request.buildFile.utf8.count)")
        guard request.dryRun != true else { return PushAnswer(changes: [], notes: [], operation: nil) }
        return PushAnswer(changes: [], notes: [], operation: begin("push", name))
    }

    func storeSource(
        _ name: ApplicationName, _ digest: ContentDigest, next: @Sendable () async throws -> Data?
    ) async throws(Problem) {
        var size = 0
        do {
            while let piece = try await next() { size += piece.count }
        } catch { throw Problem(.failed, "\(error)") }
        note("source \(name) \(digest.short) \(size)")
    }

    func storeDump(_ next: @Sendable () async throws -> Data?) async throws(Problem) -> ReceivedDump {
        let size = try await Self.size(next)
        note("dump \(size)")
        return ReceivedDump(path: "/var/lib/roost/received/1", sizeBytes: ByteCount(bytes: Int64(size)))
    }

    func importDump(
        into id: ServiceID, _ terms: ImportTerms, next: @Sendable () async throws -> Data?
    ) async throws(Problem) -> OperationInfo {
        let size = try await Self.size(next)
        note("import \(id) \(terms.name ?? "-") \(terms.database ?? "-") \(terms.takesSnapshot) \(size)")
        return begin("import", id.application)
    }

    private static func size(_ next: @Sendable () async throws -> Data?) async throws(Problem) -> Int {
        var size = 0
        do {
            while let piece = try await next() { size += piece.count }
        } catch { throw Problem(.failed, "\(error)") }
        return size
    }

    func destroy(_ name: ApplicationName, _ options: DestroyOptions) async throws(Problem) -> DestroyAnswer {
        note("destroy \(name) \(options)")
        guard options.dryRun || options.confirm == name.rawValue else {
            throw Problem(.confirmationNeeded, "type the application's name to destroy it")
        }
        return DestroyAnswer(
            services: ["data"], snapshots: [:], operation: options.dryRun ? nil : begin("destroy", name))
    }

    func environment(of name: ApplicationName, _ view: EnvironmentView) async throws(Problem) -> EnvironmentInfo {
        EnvironmentInfo(variables: [
            "\(view.prefix)DATA_MYSQL_PASSWORD": "environment-secret", "STYLE": view.style.rawValue,
        ])
    }

    // Services

    func find(_ id: ServiceID, showPassword: Bool) async throws(Problem) -> ServiceInfo {
        let application = try await find(id.application)
        guard var info = application.services.first(where: { $0.service == id.service.rawValue }) else {
            throw Problem(.serviceNotFound, "there is no service '\(id)'")
        }
        // A careless platform: the server has to hide what was not asked for.
        info.password = "service-secret"
        info.url = "mysql://root:service-secret@127.0.0.1:21000/data"
        return info
    }

    func destroy(_ id: ServiceID, _ options: DestroyOptions) async throws(Problem) -> DestroyAnswer {
        note("destroy \(id) \(options)")
        return DestroyAnswer(services: [], snapshots: [:], operation: begin("destroy", id.application))
    }

    func failovers(of id: ServiceID, limit: Int) async throws(Problem) -> [FailoverInfo] {
        note("failovers \(id) \(limit)")
        return [FailoverInfo(id: 2, cause: .requested, from: "data.0", to: "data.1", began: Samples.time)]
    }

    func scale(_ id: ServiceID, _ request: ScaleRequest) async throws(Problem) -> PushAnswer {
        note("scale \(id) \(request.memory ?? "-")")
        return PushAnswer(changes: [], notes: [], operation: begin("scale", id.application))
    }

    func promote(_ id: ServiceID, _ request: PromoteRequest) async throws(Problem) -> OperationInfo {
        note("promote \(id) \(request.instance.map(String.init) ?? "any")")
        return begin("promote", id.application)
    }

    func failOver(_ id: ServiceID, _ request: FailoverRequest) async throws(Problem) -> OperationInfo {
        note("failover \(id) \(request.instance.map(String.init) ?? "any")")
        return begin("failover", id.application)
    }

    func verifyReplication(_ id: ServiceID) async throws(Problem) -> OperationInfo {
        note("verify \(id)")
        return begin("verify", id.application)
    }

    func restart(_ id: ServiceID, _ request: RestartRequest) async throws(Problem) -> OperationInfo {
        note("restart \(id) \(request.instance.map(String.init) ?? "all")")
        return begin("restart", id.application)
    }

    func resync(_ id: ServiceID, _ request: ResyncRequest) async throws(Problem) -> OperationInfo {
        note("resync \(id) \(request.instance) \(request.dryRun ?? false)")
        return begin("resync", id.application)
    }

    func pause(_ id: ServiceID, _ request: PauseRequest) async throws(Problem) -> ServiceInfo {
        note("pause \(id) \(request.seconds.map { "\($0)" } ?? "-") \(request.reason ?? "-")")
        var info = try await find(id, showPassword: true)
        info.paused = .init(until: Samples.time, reason: request.reason)
        return info
    }

    func resume(_ id: ServiceID) async throws(Problem) -> ServiceInfo {
        note("resume \(id)")
        return try await find(id, showPassword: true)
    }

    func rotatePassword(_ id: ServiceID, _ request: RotateRequest) async throws(Problem) -> OperationInfo {
        note("rotate \(id) \(request.graceSeconds.map { "\($0)" } ?? "-")")
        return begin("password", id.application)
    }

    func users(of id: ServiceID) async throws(Problem) -> [UserInfo] {
        state.withLock(\.users).map { UserInfo(name: $0, shown: $0 == "root", password: "user-secret") }
    }

    func addUser(to id: ServiceID, _ request: UserRequest) async throws(Problem) -> UserInfo {
        state.withLock { $0.users.append(request.name) }
        return UserInfo(
            name: request.name, shown: false, replication: request.replication ?? [], password: "user-secret")
    }

    func removeUser(_ name: String, from id: ServiceID) async throws(Problem) {
        let found = state.withLock { state in
            defer { state.users.removeAll { $0 == name } }
            return state.users.contains(name)
        }
        guard found else { throw Problem(.userNotFound, "there is no user '\(name)'") }
    }

    func client(for id: ServiceID, _ request: ClientOfferRequest) async throws(Problem) -> ClientOffer {
        ClientOffer(
            arguments: ["mysql"] + request.arguments, environment: ["MYSQL_HOME": "{files}"],
            files: ["my.cnf": "password=client-secret"], path: ["/usr/bin"])
    }

    func logs(of id: InstanceID, lines: Int, follow: Bool) async throws(Problem) -> AsyncStream<String> {
        note("logs \(id) \(lines) \(follow)")
        let (stream, continuation) = AsyncStream<String>.makeStream()
        continuation.onTermination = { _ in self.happened.append("logs ended") }
        if state.withLock(\.logsOverflow) { return overflow() }
        for line in ["first", "second"].suffix(lines) { continuation.yield(line) }
        if follow { held.withLock { $0.append(continuation) } } else { continuation.finish() }
        return stream
    }

    /// Endless lines, faster and larger than any socket takes.
    private func overflow() -> AsyncStream<String> {
        let count = Mutex(0)
        let line = String(repeating: "x", count: 1 << 20)
        return AsyncStream {
            if count.withLock({
                $0 += 1; return $0
            }) == 2 {
                self.happened.append("the socket is full")
            }
            return line
        }
    }

    /// Held continuations: a stream whose continuation is dropped ends, and these streams go on.
    private let held = Mutex<[AsyncStream<String>.Continuation]>([])

    // Snapshots

    func list(_ id: ServiceID?) async throws(Problem) -> [SnapshotInfo] {
        let all = [Samples.snapshot("ramen", "data"), Samples.snapshot("tea", "leaves")]
        return all.filter { id == nil || "\($0.application)/\($0.service)" == id?.description }
    }

    func restore(
        _ id: ServiceID, snapshot: String, _ request: RestoreRequest
    ) async throws(Problem) -> OperationInfo {
        note("restore \(id) \(snapshot) \(request.confirm ?? "-")")
        return begin("restore", id.application)
    }

    // Operations and events

    /// `effect` is the change that the operation has made when it succeeds.
    func begin(
        _ kind: String, _ application: ApplicationName?, _ effect: (@Sendable (inout State) -> Void)? = nil
    ) -> OperationInfo {
        state.withLock { state in
            let operation = Samples.operation("op\(state.operations.count + 1)", kind, application?.rawValue)
            state.effects[operation.id] = effect
            state.operations[operation.id] = operation
            return operation
        }
    }

    /// The operation ends at the second look, as if the work took that long, without any time passing.
    func find(_ id: String, wait: Duration?, seenSteps: Int) async throws(Problem) -> OperationInfo {
        if wait != nil, state.withLock(\.operationsHang) {
            happened.append("operation hangs")
            // The wait ends by cancellation alone.
            try? await Task.sleep(for: .seconds(3600))
        }
        let found = state.withLock { state -> OperationInfo? in
            if let wait { state.waits.append(wait) }
            guard var operation = state.operations[id] else { return nil }
            guard wait != nil, operation.state == .running else { return operation }
            operation.steps.append(OperationInfo.Step(name: "step \(operation.steps.count + 1)", milliseconds: 7))
            if operation.steps.count > 1 {
                operation.state = state.outcome
                operation.error = state.outcome == .failed ? "the disk is full" : nil
                operation.endedAt = Samples.time
                if state.outcome == .done { state.effects.removeValue(forKey: id)?(&state) }
            }
            state.operations[id] = operation
            return operation
        }
        guard let found else { throw Problem(.operationNotFound, "there is no operation '\(id)'") }
        return found
    }

    func newest(_ limit: Int, application: ApplicationName?) async throws(Problem) -> [EventInfo] {
        state.withLock { state in
            Array(state.events.filter { application == nil || $0.application == application?.rawValue }.suffix(limit))
        }
    }

    func stream(after: Int64?, application: ApplicationName?) async throws(Problem) -> AsyncStream<EventInfo> {
        let (stream, continuation) = AsyncStream<EventInfo>.makeStream()
        let number = state.withLock { state in
            if let after {
                for event in state.events where event.id > after {
                    if application == nil || event.application == application?.rawValue { continuation.yield(event) }
                }
            }
            state.nextListener += 1
            state.listeners[state.nextListener] = (application, continuation)
            return state.nextListener
        }
        continuation.onTermination = { _ in self.state.withLock { $0.listeners[number] = nil } }
        happened.append("events opened")
        return stream
    }

    func report(_ kind: String, application: String?, message: String = "it happened") {
        state.withLock { state in
            let event = EventInfo(
                id: Int64(state.events.count + 1), time: Samples.time, application: application, service: nil,
                instance: nil, kind: kind, message: message)
            state.events.append(event)
            for listener in state.listeners.values
            where listener.application == nil || listener.application?.rawValue == application {
                listener.continuation.yield(event)
            }
        }
    }

    // The machine

    func list() async throws(Problem) -> [EngineInfo] {
        [
            EngineInfo(
                engine: "mariadb@10.11.19", types: ["mariadb", "mysql"], origin: "system", readyDirectories: 2,
                usedBy: ["ramen/data", "tea/leaves"], sizeBytes: .mebibytes(79), addedAt: Samples.time)
        ]
    }

    func add(_ request: EngineRequest) async throws(Problem) -> OperationInfo {
        OperationInfo(
            id: "op3", kind: "engine_add", application: nil, service: nil, state: .done, steps: [], error: nil,
            result: "\(request.type)@\(request.version ?? request.path)", startedAt: Samples.time,
            endedAt: Samples.time)
    }

    func remove(_ name: String, confirm: String?, dryRun: Bool) async throws(Problem) -> EngineInfo {
        let engines: [EngineInfo] = try await list()
        guard let engine = engines.first(where: { $0.engine == name }) else {
            throw Problem(.engineNotFound, "there is no engine '\(name)'")
        }
        guard dryRun || confirm == name else { throw Problem(.confirmationNeeded, "confirm it") }
        return engine
    }

    func authority() async throws(Problem) -> AuthorityInfo {
        AuthorityInfo(certificate: "-----BEGIN CERTIFICATE-----\n")
    }

    func hosts() async throws(Problem) -> [MachineInfo] {
        [
            MachineInfo(
                name: state.withLock(\.machineName), state: "up", cores: 2, memoryBytes: .gibibytes(24),
                memoryAvailableBytes: .gibibytes(20), diskFreeBytes: .gibibytes(100), instances: 2, roostVersion: "1.0")
        ]
    }

    func doctor() async throws(Problem) -> [Finding] { [Finding("cgroups", .good, "limits are enforced")] }

    func usage(of application: ApplicationName?) async throws(Problem) -> [UsageInfo] {
        let all = [("ramen", "data.0"), ("tea", "leaves.0")].map { application, instance in
            UsageInfo(
                application: application, instance: instance, pid: 4242, cpuPercent: 3.5, memoryBytes: .mebibytes(190),
                memoryLimitBytes: .mebibytes(512), diskBytes: .mebibytes(900), connections: 3)
        }
        return all.filter { application == nil || $0.application == application?.rawValue }
    }

    func metrics() async throws(Problem) -> [MetricFamily] {
        [
            MetricFamily(
                "roost_instance_up", .gauge, "Whether the instance answers.",
                [MetricFamily.Sample(labels: ["service": "data", "application": "ramen"], value: 1)])
        ]
    }

    // Notifications

    func webhooks(of owner: NotifyOwner) async throws(Problem) -> [WebhookInfo] {
        [
            WebhookInfo(
                service: owner == .daemon ? nil : "data",
                url: "https://\(owner == .daemon ? "all" : "own").example.com/", lastSuccess: Samples.time,
                lastError: nil,
                lastErrorAt: nil, waiting: 2, dropped: 1)
        ]
    }

    func testWebhooks(of owner: NotifyOwner, service: ServiceName?) async throws(Problem) -> [WebhookTest] {
        note("notify test \(owner == .daemon ? "all" : "own")\(service.map { " \($0)" } ?? "")")
        return [
            WebhookTest(
                service: service?.rawValue, url: "https://ops.example.com/", reply: WebhookReply(failure: "no route"))
        ]
    }

    func notifySecret(of owner: NotifyOwner) async throws(Problem) -> NotifySecret {
        NotifySecret(secret: owner == .daemon ? "secret-of-all" : "secret-of-one")
    }

    // Access

    func tokens() async throws(Problem) -> [TokenInfo] {
        [TokenInfo(name: "ci", scope: "read", createdAt: Samples.time, token: "careless-token")]
    }

    func addToken(_ request: TokenRequest) async throws(Problem) -> TokenInfo {
        TokenInfo(name: request.name, scope: request.scope, createdAt: Samples.time, token: "new-token")
    }

    func removeToken(_ name: String) async throws(Problem) {
        guard name == "ci" else { throw Problem(.tokenNotFound, "there is no token '\(name)'") }
    }

    func name(ofToken token: String) async throws(Problem) -> String? {
        state.withLock { $0.tokens[token] == nil ? nil : "\(token)-name" }
    }

    func list(_ application: ApplicationName?, all: Bool) async throws(Problem) -> [OperationInfo] {
        state.withLock { state in
            state.operations.values.filter {
                (all || $0.state == .running) && (application == nil || $0.application == application?.rawValue)
            }.sorted { $0.id < $1.id }
        }
    }

    func cancel(_ id: String) async throws(Problem) -> OperationInfo {
        note("cancel \(id)")
        return try await find(id, wait: nil, seenSteps: 0)
    }

    func access(token: String) async throws(Problem) -> Access? { state.withLock { $0.tokens[token] } }

    func makeSignInCode() async throws(Problem) -> (code: String, expiresAt: Date) {
        state.withLock { state in
            let code = "code-\(state.codes.count + 1)"
            state.codes[code] = .admin
            return (code, Samples.time)
        }
    }

    func redeem(signInCode: String) async throws(Problem) -> Access? {
        state.withLock { $0.codes.removeValue(forKey: signInCode) }
    }
}
