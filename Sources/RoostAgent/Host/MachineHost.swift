import Foundation
import RoostAgentProtocol
import RoostEngines
import RoostHost
import RoostModel

/// What the control plane asks of a machine besides looking after instances.
package protocol MachineHost: InstanceHost, TemplateHost, StorageHost, ImportHost {
    /// Asks the engine itself about settings. Throws `.configRefused` with its own words.
    func check(config: [String: String], memory: ByteCount, engine: EngineIdentity) async throws(Problem)

    /// Whether the engine has these extensions. Throws `.configRefused` with what to install.
    func check(extensions: [String], engine: EngineIdentity) async throws(Problem)

    func users(_ order: InstanceOrder) async throws(Problem) -> [EngineUser]
    func addUser(_ name: String, password: String, _ order: InstanceOrder) async throws(Problem)
    func removeUser(_ name: String, _ order: InstanceOrder) async throws(Problem)
    func client(
        _ wanted: ClientOfferRequest, host: String, port: PortNumber, _ order: InstanceOrder
    ) async throws(Problem) -> ClientOffer
    func logs(_ id: InstanceID, lines: Int, follow: Bool) async throws(Problem) -> AsyncStream<String>

    // Custom services
    func hasImage(_ image: ContentDigest) -> Bool
    /// Builds an image, unless it is there.
    func build(_ order: BuildOrder, output: @escaping @Sendable (String) async -> Void) async throws(HostFailure)
    /// Lays the order's image out beside the one that runs and runs its postinstall there, unless that was done.
    func prepareImage(
        _ order: InstanceOrder, output: @escaping @Sendable (String) async -> Void
    ) async throws(HostFailure)
    /// Removes images that nobody names, but none of the last hour: it may be on its way into a document.
    func removeImages(except kept: Set<ContentDigest>) async throws(HostFailure)
    /// Those of these Debian packages that are not installed.
    func missingPackages(_ names: [String]) async throws(Problem) -> [String]
    /// Those of these Debian packages that the machine's package lists do not have; none where there are no lists.
    func unknownPackages(_ names: [String]) async throws(Problem) -> [String]
    func install(packages: [String]) async throws(Problem)
    /// Takes a source for builds over. `next` gives its pieces, nil at the end.
    func storeSource(
        _ name: ApplicationName, _ digest: ContentDigest, next: @Sendable () async throws -> Data?
    ) async throws(Problem)
    func hasSource(_ name: ApplicationName, _ digest: ContentDigest) -> Bool

    func snapshots() async throws(Problem) -> [SnapshotInfo]
    func snapshotRecord(_ id: ServiceID, _ snapshot: String) async throws(Problem) -> SnapshotRecord?

    /// How long writers were held up for the last snapshot of each instance, since this daemon's start.
    func snapshotPauses() -> [InstanceID: Duration]
    func removeSnapshot(_ id: ServiceID, _ snapshot: String) async throws(Problem)

    func usage(_ subjects: [MeasureUsage.Subject]) async -> [UsageInfo]
    func machine(instances: Int, version: String) async -> MachineInfo
    /// `users`: the system users that this home has; nil: not known.
    func doctor(users: Set<String>?) async -> [Finding]
    /// Whether nothing else listens on the port.
    func isFree(_ port: PortNumber) -> Bool
    /// Whether a service that had the port before may listen on it again.
    func isFreeAgain(_ port: PortNumber) -> Bool
    /// The system users that applications can have.
    func serverUsers() -> [ServerUser]
    /// Enters one of them for this home into the machine's register, so that no other home gets it.
    func claim(_ user: ServerUser) -> UserRegister.Claim
    /// Whether memory and cpu limits are in force.
    var enforcesLimits: Bool { get }
    /// How clients reach exposed services.
    var publicHost: String { get }
}
