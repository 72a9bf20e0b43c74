import Foundation

/// Everything the HTTP API offers, as values. The server translates requests to these calls and nothing else;
/// the control plane carries them out. Every call may throw `Problem`.
package protocol Platform: Sendable {
    /// True once requests can be served.
    var isReady: Bool { get }

    // Applications
    func applications() async throws(Problem) -> [ApplicationInfo]
    func application(_ name: ApplicationName) async throws(Problem) -> ApplicationInfo
    /// Idempotent.
    func createApplication(_ name: ApplicationName) async throws(Problem) -> ApplicationInfo
    func push(_ name: ApplicationName, _ request: PushRequest) async throws(Problem) -> PushAnswer
    /// Keeps a custom service's source, a tar file of this SHA-256, for the pushes that name it. `next` gives the pieces,
    /// nil at the end.
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
    /// Has another member take the writes.
    func promote(_ id: ServiceID, _ request: PromoteRequest) async throws(Problem) -> OperationInfo
    func restart(_ id: ServiceID, _ request: RestartRequest) async throws(Problem) -> OperationInfo
    func rotatePassword(_ id: ServiceID, _ request: RotateRequest) async throws(Problem) -> OperationInfo
    func users(_ id: ServiceID) async throws(Problem) -> [UserInfo]
    func addUser(_ id: ServiceID, _ request: UserRequest) async throws(Problem) -> UserInfo
    func removeUser(_ id: ServiceID, _ name: String) async throws(Problem)
    func client(_ id: ServiceID, _ request: ClientOfferRequest) async throws(Problem) -> ClientOffer
    /// Loads a dump into a running service. `next` gives its bytes, nil at the end: nothing begins before that.
    func importDump(
        _ id: ServiceID, _ terms: ImportTerms, next: @Sendable () async throws -> Data?
    ) async throws(Problem) -> OperationInfo
    /// The last `lines` lines; with `follow` the stream goes on until its reader ends it.
    func logs(_ id: InstanceID, lines: Int, follow: Bool) async throws(Problem) -> AsyncStream<String>

    // Snapshots. `id` nil: of every service, destroyed ones as well.
    func snapshots(_ id: ServiceID?) async throws(Problem) -> [SnapshotInfo]
    func restore(
        _ id: ServiceID, snapshot: String, _ request: RestoreRequest
    ) async throws(Problem) -> OperationInfo

    func takeSnapshot(_ id: ServiceID, _ request: SnapshotRequest) async throws(Problem) -> OperationInfo
    /// Returns what was removed, or would be. `confirm` must be its id.
    func removeSnapshot(
        _ id: ServiceID, snapshot: String, confirm: String?, dryRun: Bool
    ) async throws(Problem) -> SnapshotInfo

    // Clones. A clone that waits in a pool is nobody's yet, and in no list.
    func clones() async throws(Problem) -> [CloneInfo]
    func clone(_ name: CloneName, showPassword: Bool) async throws(Problem) -> CloneInfo
    /// `name` nil: one is chosen. One that stands with the same source is the answer as it is.
    /// `token`: the name of the token that asks; nil: none did.
    func makeClone(
        _ name: CloneName?, _ request: CloneRequest, token: String?
    ) async throws(Problem) -> CloneAnswer
    /// The same for a script that was written for myaas: a password that is known, a port that may be open to the network.
    func makeClone(_ name: CloneName, _ request: CloneRequest, as wish: MyaasWish) async throws(Problem) -> CloneAnswer
    /// The label of each clone that came through the myaas listener, by the clone's name.
    func myaasLabels() async throws(Problem) -> [String: String]
    func resetClone(_ name: CloneName) async throws(Problem) -> OperationInfo
    func extendClone(_ name: CloneName, _ request: ExtendRequest) async throws(Problem) -> CloneInfo
    func protectClone(_ name: CloneName, _ request: ProtectRequest) async throws(Problem) -> CloneInfo
    /// `confirm` must be the name of a clone that is protected.
    func removeClone(_ name: CloneName, confirm: String?) async throws(Problem) -> OperationInfo
    /// The variables by which programs find the clone, named for its source.
    func environment(ofClone name: CloneName) async throws(Problem) -> EnvironmentInfo
    func client(ofClone name: CloneName, _ request: ClientOfferRequest) async throws(Problem) -> ClientOffer

    func restart(clone name: CloneName) async throws(Problem) -> OperationInfo
    func takeSnapshot(ofClone name: CloneName, _ request: SnapshotRequest) async throws(Problem) -> OperationInfo
    /// Back to a snapshot of its own.
    func restore(
        clone name: CloneName, snapshot: String, _ request: RestoreRequest
    ) async throws(Problem) -> OperationInfo
    func logs(ofClone name: CloneName, lines: Int, follow: Bool) async throws(Problem) -> AsyncStream<String>

    // Templates
    /// Keeps a dump that is sent, for a template to be made of. `next` gives the pieces, nil at the end.
    func storeDump(_ next: @Sendable () async throws -> Data?) async throws(Problem) -> ReceivedDump
    func templates() async throws(Problem) -> [TemplateInfo]
    func template(_ name: TemplateName) async throws(Problem) -> TemplateInfo
    /// Idempotent; a build begins where there is none of this source yet.
    func addTemplate(_ name: TemplateName, _ request: TemplateRequest) async throws(Problem) -> TemplateAnswer
    func refreshTemplate(_ name: TemplateName) async throws(Problem) -> OperationInfo
    /// `confirm` must be its name.
    func removeTemplate(_ name: TemplateName, confirm: String?, dryRun: Bool) async throws(Problem) -> TemplateInfo

    // Storage
    func storage() async throws(Problem) -> StorageInfo
    func makePool(_ request: PoolRequest) async throws(Problem) -> OperationInfo
    func growPool(_ request: PoolRequest) async throws(Problem) -> OperationInfo
    /// Takes a service's data into the pool.
    func moveService(_ id: ServiceID, confirm: String?) async throws(Problem) -> OperationInfo

    // Operations and events
    /// With `wait`, answers when the operation has changed since `seenSteps` steps, has ended, or the time is over.
    func operation(_ id: String, wait: Duration?, seenSteps: Int) async throws(Problem) -> OperationInfo
    /// Those that run, oldest first; with `all` ended ones too.
    func operations(_ application: ApplicationName?, all: Bool) async throws(Problem) -> [OperationInfo]
    /// Throws `.conflict` where it has ended, or is stored and goes on.
    func cancelOperation(_ id: String) async throws(Problem) -> OperationInfo
    /// The newest `limit` events, oldest first.
    func recentEvents(limit: Int, application: ApplicationName?) async throws(Problem) -> [EventInfo]
    /// Every event with an id above `after` (nil: from now on). Ends with its reader.
    func events(after: Int64?, application: ApplicationName?) async throws(Problem) -> AsyncStream<EventInfo>

    // The machine
    func engines() async throws(Problem) -> [EngineInfo]
    func addEngine(_ request: EngineRequest) async throws(Problem) -> OperationInfo
    /// Returns what was removed, or would be. `confirm` must be its name.
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
    /// The name of a token; nil: it is not known.
    func name(ofToken token: String) async throws(Problem) -> String?
    /// Nil: the token is not known.
    func access(token: String) async throws(Problem) -> Access?
    /// A one-time code for the page, valid for a minute. The server puts it in an address.
    func makeSignInCode() async throws(Problem) -> (code: String, expiresAt: Date)
    /// Nil: the code is not known, used or expired.
    func redeem(signInCode: String) async throws(Problem) -> Access?
}

package struct DestroyOptions: Equatable, Sendable {
    /// The name of what is destroyed, typed again.
    package let confirm: String?
    /// Keep a last snapshot for 7 days.
    package let keep: Bool
    package let dryRun: Bool

    package init(confirm: String?, keep: Bool, dryRun: Bool) {
        self.confirm = confirm
        self.keep = keep
        self.dryRun = dryRun
    }
}

/// How environment variables are named.
package struct EnvironmentView: Equatable, Sendable {
    package enum Style: String, Codable, Sendable, CaseIterable { case roost, cloud66 }
    /// Put before every name: `DOTCLOUD_`.
    package let prefix: String
    package let style: Style

    package init(prefix: String = "", style: Style = .roost) {
        self.prefix = prefix
        self.style = style
    }
}

/// What a caller may do.
package enum Access: Codable, Equatable, Hashable, Sendable {
    case admin
    /// Reads everything but secrets.
    case read
    /// Everything within one application.
    case application(ApplicationName)

    /// Reads `admin`, `read`, `app:NAME`.
    package init?(scope: String) {
        switch scope {
        case "admin": self = .admin
        case "read": self = .read
        default:
            guard scope.hasPrefix("app:"), let name = ApplicationName(rawValue: String(scope.dropFirst(4))) else {
                return nil
            }
            self = .application(name)
        }
    }

    package var scope: String {
        switch self {
        case .admin: "admin"
        case .read: "read"
        case .application(let name): "app:\(name)"
        }
    }
}

/// One metric with its samples, to be written in Prometheus' text form.
package struct MetricFamily: Equatable, Sendable {
    package enum Kind: String, Sendable { case counter, gauge }

    package struct Sample: Equatable, Sendable {
        package let labels: [String: String]
        package let value: Double
        package init(labels: [String: String] = [:], value: Double) {
            self.labels = labels
            self.value = value
        }
    }

    /// `roost_instance_up`
    package let name: String
    package let kind: Kind
    package let help: String
    package let samples: [Sample]

    package init(_ name: String, _ kind: Kind, _ help: String, _ samples: [Sample]) {
        self.name = name
        self.kind = kind
        self.help = help
        self.samples = samples
    }
}
