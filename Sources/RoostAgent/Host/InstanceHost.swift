import Foundation
import RoostAgentProtocol
import RoostControl
import RoostEngines
import RoostModel

/// Everything an instance's agent does on its machine. It never crosses the wall: the control plane reaches it through specs and
/// `AgentCall`s alone. Each step can be asked for twice.
package protocol InstanceHost: Sendable {
    /// What the instance should be, from its order and the engine's generated files.
    func target(_ order: InstanceOrder) async throws(HostFailure) -> InstanceTarget
    /// One look at the instance. `order.service.intent` tells which restore's files to look for.
    func observe(_ order: InstanceOrder) async -> InstanceObservation
    /// The part of a look that time alone changes: how the server that was started or adopted here is; nil where none is.
    func health(_ order: InstanceOrder) async -> InstanceHealth?

    /// Puts the order's documents beside the data, so that the databases outlive the store.
    func writeManifest(_ order: InstanceOrder) async throws(HostFailure)
    /// Whether a manifest stands beside the data. Cheap, and asked at each look.
    func hasManifest(_ order: InstanceOrder) -> Bool
    func makeDirectory(_ order: InstanceOrder) async throws(HostFailure)
    func start(_ order: InstanceOrder) async throws(HostFailure) -> StartedServer
    func stop(_ order: InstanceOrder) async throws(HostFailure)
    func killRemains(_ order: InstanceOrder) async throws(HostFailure)
    func open(_ order: InstanceOrder) async throws(HostFailure)
    /// A step of a member of a group.
    func carryOut(_ step: MemberStep, _ order: InstanceOrder) async throws(HostFailure)
    func applySettings(_ changes: [String: String?], _ order: InstanceOrder) async throws(HostFailure)
    func applyAccounts(_ order: InstanceOrder) async throws(HostFailure)
    /// Brings accounts and switches back to what they should be, and looks whether they are.
    func mendAccounts(_ drift: [AccountDrift], _ order: InstanceOrder) async throws(HostFailure)
    func applyLimits(_ order: InstanceOrder) async throws(HostFailure)
    /// Puts a running server that was moved out of its control group back, with the limits that it was given.
    func confine(_ order: InstanceOrder) async throws(HostFailure)
    /// Drops the oldest of the server's own logs of changes until they fit into `size`.
    func trimLogs(_ order: InstanceOrder, keeping size: ByteCount) async throws(HostFailure)

    /// Copies the data of a stopped server into a snapshot, by reflinks where the disk has them.
    func imageDirectory(as snapshot: String, reason: String, _ order: InstanceOrder) async throws(HostFailure)
    /// Lets the engine bring the data to the version that runs now. The server is up and closed.
    func finishUpgrade(_ order: InstanceOrder) async throws(HostFailure)
    /// Takes an image of the instance's data, running or not, by the best means there are. One that stands is the answer.
    func takeSnapshot(
        as snapshot: String, _ terms: SnapshotTerms, _ order: InstanceOrder
    ) async throws(HostFailure) -> SnapshotRecord
    func stage(snapshot: String, _ order: InstanceOrder) async throws(HostFailure)
    /// Copies the image that a clone is made of beside its present data.
    func stageClone(_ order: InstanceOrder) async throws(HostFailure)
    func placeStaged(_ order: InstanceOrder) async throws(HostFailure)
    func clearStaging(_ order: InstanceOrder) async throws(HostFailure)
    func keepDirectory(as snapshot: String, reason: String, _ order: InstanceOrder) async throws(HostFailure)
    /// Copies a stopped instance's folder into the pool; the one that it had is removed behind it.
    func moveToPool(_ order: InstanceOrder) async throws(HostFailure)
    func deleteDirectory(_ order: InstanceOrder) async throws(HostFailure)
    /// Removes every snapshot of a service: of a clone that is gone.
    func removeSnapshots(of id: ServiceID) async throws(HostFailure)
    /// Removes configuration, logs and the instance's folder. Its data directory must be gone already.
    func forget(_ order: InstanceOrder) async throws(HostFailure)

    /// That the instance's disk is full, with the figures, for a sentence; nil: it is not.
    func diskFault(_ order: InstanceOrder) -> String?

    /// Every end of a server that runs here, as it happens.
    var exits: AsyncStream<InstanceExit> { get }
}

extension InstanceHost {
    package func diskFault(_ order: InstanceOrder) -> String? { nil }
}

/// An instance with all that a host needs to know to work on it. Holds opened secrets: never log or store it.
package struct InstanceOrder: Sendable {
    package let application: Application
    package let service: Service
    package let index: Int
    package let secrets: Secrets
    package let profile: ServerProfile
    /// As in `InstanceSpec`.
    package var fence: UInt64
    package var place: InstanceTarget.Place

    package struct Secrets: Sendable {
        package let password: String
        /// The password before the last rotation, while it is still accepted.
        package let previousPassword: String?
        package let administration: String

        package init(password: String, previousPassword: String?, administration: String) {
            self.password = password
            self.previousPassword = previousPassword
            self.administration = administration
        }
    }

    /// `profile` nil: as the service's document says.
    package init(
        application: Application, service: Service, index: Int, secrets: Secrets, profile: ServerProfile? = nil,
        fence: UInt64 = 0, place: InstanceTarget.Place = .alone
    ) {
        self.fence = fence
        self.place = place
        self.application = application
        self.service = service
        self.index = index
        self.secrets = secrets
        self.profile = profile ?? service.clone.map { .clone(isDurable: $0.isDurable) } ?? .service
    }

    package var id: InstanceID { InstanceID(service.id, index) }
    package var instance: ServiceStatus.Member? { service.instances.first { $0.index == index } }
    package var manifest: Manifest { Manifest(application: application, service: service, index: index, fence: fence) }
}

/// Steps that only members of groups have. Each may be asked for twice.
package enum MemberStep: Equatable, Sendable {
    /// Take no writes any more, and end the sessions that could.
    case close
    /// Make the directory from another member's image.
    case seed
    /// Follow the primary.
    case follow
    /// Apply what was received, and follow nobody any more.
    case promote
}

package struct StartedServer: Equatable, Sendable {
    package let pid: Int32
    /// The build that it runs; another than the order's where that one is gone.
    package let engine: EngineIdentity

    package init(pid: Int32, engine: EngineIdentity) {
        self.pid = pid
        self.engine = engine
    }
}

package struct InstanceExit: Sendable {
    package let instance: InstanceID
    package let pid: Int32
    /// `exit status 1`, `signal 9`, or how it ended is not known (adopted servers).
    package let how: String

    package init(instance: InstanceID, pid: Int32, how: String) {
        self.instance = instance
        self.pid = pid
        self.how = how
    }
}

/// A step on a machine failed. The text is for an operator: what, to what, why.
package struct HostFailure: Error, Equatable, Sendable, CustomStringConvertible {
    package let description: String
    /// Waiting will not mend it: a wrong setting, a missing program.
    package let isPermanent: Bool
    /// The port that somebody else listens on, where that is why a server could not be started.
    package let takenPort: PortNumber?

    package init(_ description: String, isPermanent: Bool = false, takenPort: PortNumber? = nil) {
        self.description = description
        self.isPermanent = isPermanent
        self.takenPort = takenPort
    }
}
