import Foundation
import RoostAgentProtocol
import RoostControl
import RoostEngines
import RoostModel

/// The work of an instance's agent on its machine. The control plane does not call it directly, but sends specs and
/// `AgentCall`s. Each step is idempotent.
package protocol InstanceHost: Sendable {
    /// The desired state of the instance, from its order and the engine's generated files.
    func target(_ order: InstanceOrder) async throws(HostFailure) -> InstanceTarget
    /// Observes the instance once. `order.service.goal` tells which restore's files to look for.
    func observe(_ order: InstanceOrder) async -> InstanceObservation
    /// The part of an observation that time alone changes: what the server that was started or adopted here answers.
    func probe(_ order: InstanceOrder) async -> InstanceProbe

    /// Writes the order's documents as a manifest beside the data, so that the databases outlive the store.
    func writeManifest(_ order: InstanceOrder) async throws(HostFailure)
    /// Whether a manifest exists beside the data. Cheap: called at each look.
    func hasManifest(_ order: InstanceOrder) -> Bool
    func makeDirectory(_ order: InstanceOrder) async throws(HostFailure)
    func start(_ order: InstanceOrder) async throws(HostFailure) -> StartedServer
    func stop(_ order: InstanceOrder) async throws(HostFailure)
    func killRemains(_ order: InstanceOrder) async throws(HostFailure)
    func open(_ order: InstanceOrder) async throws(HostFailure)
    /// Carries out a step of a group's member.
    func carryOut(_ step: MemberStep, _ order: InstanceOrder) async throws(HostFailure)
    func applySettings(_ changes: [String: String?], _ order: InstanceOrder) async throws(HostFailure)
    func applyAccounts(_ order: InstanceOrder) async throws(HostFailure)
    /// Brings accounts and switches back to what they should be, and verifies the result.
    func mendAccounts(_ drift: [AccountDrift], _ order: InstanceOrder) async throws(HostFailure)
    func applyLimits(_ order: InstanceOrder) async throws(HostFailure)
    /// Moves a running server that left its control group back into it, with the limits that it was given.
    func confine(_ order: InstanceOrder) async throws(HostFailure)
    /// Drops the oldest of the server's own logs of changes until they fit into `size`.
    func trimLogs(_ order: InstanceOrder, keeping size: ByteCount) async throws(HostFailure)

    /// Copies the data of a stopped server into a snapshot, by reflinks where the disk has them.
    func imageDirectory(as snapshot: String, reason: String, _ order: InstanceOrder) async throws(HostFailure)
    /// Lets the engine bring the data to the version that runs now. The server is up and closed.
    func finishUpgrade(_ order: InstanceOrder) async throws(HostFailure)
    /// Takes a snapshot of the instance's data, whether its server runs or not, by the best method available.
    /// Idempotent: an existing snapshot with this id is returned.
    func takeSnapshot(
        as snapshot: String, _ terms: SnapshotTerms, _ order: InstanceOrder
    ) async throws(HostFailure) -> SnapshotRecord
    func stage(snapshot: String, _ order: InstanceOrder) async throws(HostFailure)
    /// Copies the source of a clone beside the clone's present data.
    func stageClone(_ order: InstanceOrder) async throws(HostFailure)
    func placeStaged(_ order: InstanceOrder) async throws(HostFailure)
    func clearStaging(_ order: InstanceOrder) async throws(HostFailure)
    func keepDirectory(as snapshot: String, reason: String, _ order: InstanceOrder) async throws(HostFailure)
    /// Copies a stopped instance's folder into the pool, then removes the old folder.
    func moveToPool(_ order: InstanceOrder) async throws(HostFailure)
    func deleteDirectory(_ order: InstanceOrder) async throws(HostFailure)
    /// Removes every snapshot of a service. Called for a clone that is gone.
    func removeSnapshots(of id: ServiceID) async throws(HostFailure)
    /// Removes configuration, logs and the instance's folder. Its data directory must be gone already.
    func forget(_ order: InstanceOrder) async throws(HostFailure)

    /// Clause on the instance's full disk, with the figures. Nil if the disk is not full.
    func diskFault(_ order: InstanceOrder) -> String?

    /// Exit events of the servers on this host.
    var exits: AsyncStream<InstanceExit> { get }
}

extension InstanceHost {
    package func diskFault(_ order: InstanceOrder) -> String? { nil }
}

/// An instance with everything that a host needs to work on it. Holds opened secrets: never log or store it.
package struct InstanceOrder: Sendable {
    package let application: Application
    package let service: Service
    package let index: Int
    package let secrets: Secrets
    package let profile: ServerProfile
    /// The fence of `InstanceSpec`.
    package var fence: UInt64
    package var place: InstanceTarget.Place
    /// See `InstanceSpec`.
    package var part: SynchronousPart
    package var reseeding: String?
    package var isToBeKilled: Bool

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

    /// `profile` nil: the profile follows from the service's document.
    package init(
        application: Application, service: Service, index: Int, secrets: Secrets, profile: ServerProfile? = nil,
        fence: UInt64 = 0, place: InstanceTarget.Place = .alone, part: SynchronousPart = .none,
        reseeding: String? = nil, isToBeKilled: Bool = false
    ) {
        self.reseeding = reseeding
        self.isToBeKilled = isToBeKilled
        self.part = part
        self.fence = fence
        self.place = place
        self.application = application
        self.service = service
        self.index = index
        self.secrets = secrets
        self.profile = profile ?? service.clone.map { .clone(isDurable: $0.isDurable) } ?? .service
    }

    /// Whether the instance is a primary whose open transactions may have time to end before it is closed.
    package var drains: Bool { place == .fenced(mayStart: false) && service.goal.drain > .zero }
    package var id: InstanceID { InstanceID(service.id, index) }
    package var instance: ServiceStatus.Member? { service.instances.first { $0.index == index } }
    package var manifest: Manifest { Manifest(application: application, service: service, index: index, fence: fence) }
}

/// Steps that only members of groups have. Each is idempotent.
package enum MemberStep: Equatable, Sendable {
    /// Refuse writes from now on, and end the sessions that could still write.
    case close
    /// Make the directory from the seed, a snapshot of another member.
    case seed
    /// Follow the primary.
    case follow
    /// Apply everything that was received, and stop following.
    case promote
    /// Wait for acknowledgements, give them, or neither.
    case play(SynchronousPart)
}

package struct StartedServer: Equatable, Sendable {
    package let pid: Int32
    /// The build that runs. It differs from the order's where that build is gone.
    package let engine: EngineIdentity

    package init(pid: Int32, engine: EngineIdentity) {
        self.pid = pid
        self.engine = engine
    }
}

package struct InstanceExit: Sendable {
    package let instance: InstanceID
    package let pid: Int32
    /// How the server ended: `exit status 1`, `signal 9`, or that this is not known (adopted servers).
    package let how: String

    package init(instance: InstanceID, pid: Int32, how: String) {
        self.instance = instance
        self.pid = pid
        self.how = how
    }
}

/// The failure of a step on a machine. The text tells an operator what failed, for which subject, and why.
package struct HostFailure: Error, Equatable, Sendable, CustomStringConvertible {
    package let description: String
    /// Whether a retry is pointless, as with a wrong setting or a missing program.
    package let isPermanent: Bool
    /// The port that another program listens on, if that kept the server from starting.
    package let takenPort: PortNumber?

    package init(_ description: String, isPermanent: Bool = false, takenPort: PortNumber? = nil) {
        self.description = description
        self.isPermanent = isPermanent
        self.takenPort = takenPort
    }
}
