import Foundation

/// All calls that the HTTP API offers, as values. The server only translates requests to these calls; the control
/// plane carries them out. Every call may throw `Problem`.
package protocol Platform: Sendable {
    /// True once requests can be served.
    var isReady: Bool { get }

    // Applications
    func applications() async throws(Problem) -> [ApplicationInfo]
    func application(_ name: ApplicationName) async throws(Problem) -> ApplicationInfo
    /// Idempotent.
    func createApplication(_ name: ApplicationName) async throws(Problem) -> ApplicationInfo
    func push(_ name: ApplicationName, _ request: PushRequest) async throws(Problem) -> PushAnswer
    /// Stores a custom service's source, a tar file of this SHA-256, for the pushes that name it. `next` gives the
    /// pieces, nil at the end.
    func storeSource(
        _ name: ApplicationName, _ digest: ContentDigest, next: @Sendable () async throws -> Data?
    ) async throws(Problem)
    /// Destroys all services, then forgets the application. `confirm` must be its name.
    func destroyApplication(_ name: ApplicationName, _ options: DestroyOptions) async throws(Problem) -> DestroyAnswer
    func environment(_ name: ApplicationName, _ view: EnvironmentView) async throws(Problem) -> EnvironmentInfo

    // Services
    func service(_ id: ServiceID, showPassword: Bool) async throws(Problem) -> ServiceInfo
    func destroyService(_ id: ServiceID, _ options: DestroyOptions) async throws(Problem) -> DestroyAnswer
    func scale(_ id: ServiceID, _ request: ScaleRequest) async throws(Problem) -> PushAnswer
    /// Promotes another member.
    func promote(_ id: ServiceID, _ request: PromoteRequest) async throws(Problem) -> OperationInfo
    func restart(_ id: ServiceID, _ request: RestartRequest) async throws(Problem) -> OperationInfo
    func rotatePassword(_ id: ServiceID, _ request: RotateRequest) async throws(Problem) -> OperationInfo
    func users(_ id: ServiceID) async throws(Problem) -> [UserInfo]
    func addUser(_ id: ServiceID, _ request: UserRequest) async throws(Problem) -> UserInfo
    func removeUser(_ id: ServiceID, _ name: String) async throws(Problem)
    func client(_ id: ServiceID, _ request: ClientOfferRequest) async throws(Problem) -> ClientOffer
    /// Loads a dump into a running service. `next` gives its bytes, nil at the end: the load begins only then.
    func importDump(
        _ id: ServiceID, _ terms: ImportTerms, next: @Sendable () async throws -> Data?
    ) async throws(Problem) -> OperationInfo
    /// The last `lines` lines; with `follow` the stream goes on until its reader ends it.
    func logs(_ id: InstanceID, lines: Int, follow: Bool) async throws(Problem) -> AsyncStream<String>

    // Snapshots. `id` nil means the snapshots of every service, destroyed ones included.
    func snapshots(_ id: ServiceID?) async throws(Problem) -> [SnapshotInfo]
    func restore(
        _ id: ServiceID, snapshot: String, _ request: RestoreRequest
    ) async throws(Problem) -> OperationInfo

    func takeSnapshot(_ id: ServiceID, _ request: SnapshotRequest) async throws(Problem) -> OperationInfo
    /// Returns the snapshot that was removed, or would be. `confirm` must be its id.
    func removeSnapshot(
        _ id: ServiceID, snapshot: String, confirm: String?, dryRun: Bool
    ) async throws(Problem) -> SnapshotInfo

    // Clones. A clone that waits in a pool belongs to nobody yet, and is in no list.
    func clones() async throws(Problem) -> [CloneInfo]
    func clone(_ name: CloneName, showPassword: Bool) async throws(Problem) -> CloneInfo
    /// `name` nil: a name is chosen. Idempotent: an existing clone with the same source is returned as it is.
    /// `token`: name of the token of the request; nil if there was none.
    func makeClone(
        _ name: CloneName?, _ request: CloneRequest, token: String?
    ) async throws(Problem) -> CloneAnswer
    /// Makes a clone for a script written for myaas: with a given password, and a port that may be open to the
    /// network.
    func makeClone(_ name: CloneName, _ request: CloneRequest, as wish: MyaasWish) async throws(Problem) -> CloneAnswer
    /// The label of each clone that came through the myaas listener, by the clone's name.
    func myaasLabels() async throws(Problem) -> [String: String]
    func resetClone(_ name: CloneName) async throws(Problem) -> OperationInfo
    func extendClone(_ name: CloneName, _ request: ExtendRequest) async throws(Problem) -> CloneInfo
    func protectClone(_ name: CloneName, _ request: ProtectRequest) async throws(Problem) -> CloneInfo
    /// `confirm` must be the name if the clone is protected.
    func removeClone(_ name: CloneName, confirm: String?) async throws(Problem) -> OperationInfo
    /// Variables by which programs find the clone, named after its source.
    func environment(ofClone name: CloneName) async throws(Problem) -> EnvironmentInfo
    func client(ofClone name: CloneName, _ request: ClientOfferRequest) async throws(Problem) -> ClientOffer

    func restart(clone name: CloneName) async throws(Problem) -> OperationInfo
    func takeSnapshot(ofClone name: CloneName, _ request: SnapshotRequest) async throws(Problem) -> OperationInfo
    /// Restores a snapshot of the clone's own.
    func restore(
        clone name: CloneName, snapshot: String, _ request: RestoreRequest
    ) async throws(Problem) -> OperationInfo
    func logs(ofClone name: CloneName, lines: Int, follow: Bool) async throws(Problem) -> AsyncStream<String>

    // Templates
    /// Stores an uploaded dump for a template. `next` gives the pieces, nil at the end.
    func storeDump(_ next: @Sendable () async throws -> Data?) async throws(Problem) -> ReceivedDump
    func templates() async throws(Problem) -> [TemplateInfo]
    func template(_ name: TemplateName) async throws(Problem) -> TemplateInfo
    /// Idempotent; a build begins if there is none of this source yet.
    func addTemplate(_ name: TemplateName, _ request: TemplateRequest) async throws(Problem) -> TemplateAnswer
    func refreshTemplate(_ name: TemplateName) async throws(Problem) -> OperationInfo
    /// `confirm` must be its name.
    func removeTemplate(_ name: TemplateName, confirm: String?, dryRun: Bool) async throws(Problem) -> TemplateInfo

    // Storage
    func storage() async throws(Problem) -> StorageInfo
    func makePool(_ request: PoolRequest) async throws(Problem) -> OperationInfo
    func growPool(_ request: PoolRequest) async throws(Problem) -> OperationInfo
    /// Moves a service's data into the pool.
    func moveService(_ id: ServiceID, confirm: String?) async throws(Problem) -> OperationInfo

    // Operations and events
    /// With `wait`, answers when the operation has changed since `seenSteps` steps, has ended, or the time is over.
    func operation(_ id: String, wait: Duration?, seenSteps: Int) async throws(Problem) -> OperationInfo
    /// Running operations, oldest first; with `all` ended ones too.
    func operations(_ application: ApplicationName?, all: Bool) async throws(Problem) -> [OperationInfo]
    /// Throws `.conflict` if the operation has ended, or is stored and goes on.
    func cancelOperation(_ id: String) async throws(Problem) -> OperationInfo
    /// The newest `limit` events, oldest first.
    func recentEvents(limit: Int, application: ApplicationName?) async throws(Problem) -> [EventInfo]
    /// Every event with an id above `after` (nil means from now on). The stream ends with its reader.
    func events(after: Int64?, application: ApplicationName?) async throws(Problem) -> AsyncStream<EventInfo>

    // The machine
    func engines() async throws(Problem) -> [EngineInfo]
    func addEngine(_ request: EngineRequest) async throws(Problem) -> OperationInfo
    /// Returns the engine that was removed, or would be. `confirm` must be its name.
    func removeEngine(_ name: String, confirm: String?, dryRun: Bool) async throws(Problem) -> EngineInfo
    func machines() async throws(Problem) -> [MachineInfo]
    func authority() async throws(Problem) -> AuthorityInfo
    func doctor() async throws(Problem) -> [Finding]
    func usage(_ application: ApplicationName?) async throws(Problem) -> [UsageInfo]
    func metrics() async throws(Problem) -> [MetricFamily]

    // Access
    func tokens() async throws(Problem) -> [TokenInfo]
    func addToken(_ request: TokenRequest) async throws(Problem) -> TokenInfo
    func removeToken(_ name: String) async throws(Problem)
    /// The name of a token; nil if it is unknown.
    func name(ofToken token: String) async throws(Problem) -> String?
    /// Nil if the token is unknown.
    func access(token: String) async throws(Problem) -> Access?
    /// A one-time code for the page, valid for a minute. The server puts it in an address.
    func makeSignInCode() async throws(Problem) -> (code: String, expiresAt: Date)
    /// Nil if the code is unknown, used or expired.
    func redeem(signInCode: String) async throws(Problem) -> Access?
}
