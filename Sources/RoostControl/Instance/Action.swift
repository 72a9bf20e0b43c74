import RoostModel

/// An action for one instance. The planner chooses it; `InstanceMachine` splits it into work on the machine and
/// requests.
package enum Action: Equatable, Sendable {
    /// Take a directory that was made ahead, or initialise one.
    case makeDirectory
    /// Store that the directory was made.
    case recordSeeded
    case start
    /// End the server cleanly and wait until every process of it is gone.
    case stop(StopReason)
    case killRemains
    /// Let the server take writes.
    case openServer
    /// Stop the server from taking writes, and end the sessions that could write.
    case closeServer
    /// Make the directory of a replica from a snapshot of another member's.
    case makeReplica
    /// Make a closed server follow the primary.
    case follow
    /// Make a closed replica apply all that it has received and stop following.
    case promote
    /// Have the server's commits wait for replicas, or have it acknowledge the primary's, or neither.
    case play(SynchronousPart)
    case applySettings([String: String?])
    case applyAccounts
    /// Repair drift: accounts and switches that somebody changed behind Roost's back.
    case mendAccounts([AccountDrift])
    case applyLimits
    /// Put the processes of a running server back into their cgroup, and apply its limits again.
    case confine

    /// Copy the data directory of a stopped server into a snapshot; the directory stays.
    case imageDirectory(snapshot: String, reason: String)
    /// Store that the newer server of an upgrade is about to touch the data.
    case recordNoReturn
    /// Let the engine upgrade the data of a server that booted closed, and store the new release as the service's.
    case finishUpgrade(to: EngineIdentity)
    /// Store that the upgrade failed before the new server touched anything: the old server goes on with its data.
    case abandonUpgrade(reason: String)
    /// Store that the upgrade failed and that the snapshot from before it is to be restored.
    case takeBackUpgrade(reason: String)

    /// Copy a snapshot's directory beside the present one.
    case stageSnapshot(String)
    /// Copy the snapshot or template that a clone is made of beside its present data.
    case stageClone
    /// Rename the data directory into a snapshot.
    case keepDirectory(snapshot: String, reason: String)
    /// Rename the staged copy to the data directory.
    case placeStaged
    /// Store that the restore, or the reset of a clone, is over.
    case finishRestore

    /// Copy the instance's folder into the pool, and remove the previous one.
    case moveDirectory
    /// Store that the move, or the snapshot of a stopped service, is over.
    case resume
    /// Store that the procedure failed: the service goes on as before.
    case abandon(reason: String)

    case deleteDirectory
    /// Remove the instance's configuration and logs; then request the removal of its routes and documents.
    case forget

    package enum StopReason: String, Equatable, Sendable {
        case restart = "a restart was asked for"
        case settings = "settings need a restart"
        case lockedOut = "it refuses Roost's own account"
        case restore = "its data are being replaced"
        case upgrade = "another version takes over its data"
        case reset = "its data are being reset"
        case fence = "another member becomes the primary"
        /// The server is killed.
        case failover = "another member is made the primary by force"
        case reseed = "its data are replaced by those of the primary"
        case move = "its data move into the pool"
        case image = "a snapshot is taken of it"
        case destroy = "the service is being destroyed"
    }
}

extension Action {
    /// Timeout of a clean stop, after which the server is killed. Acknowledged writes are durable either way.
    package static let stopPatience: Duration = .seconds(120)

    /// An unexpectedly long wait of an action, and when people are told of it.
    struct Delay: Equatable {
        let toldAfter: Duration
        let reason: String
    }

    var delay: Delay? {
        guard case .stop = self else { return nil }
        let seconds = Self.stopPatience / .seconds(1)
        return Delay(
            toldAfter: .seconds(3),
            reason: "waiting for the server to exit; it is killed after \(Int(seconds)) s")
    }

    /// Whether the action waits until the router has set the plan's gate. True as well for `confine`, which is last
    /// so that clients do not wait for it.
    var waitsForClients: Bool {
        switch self {
        case .start, .stop, .confine: true
        case .makeDirectory, .recordSeeded, .killRemains, .openServer, .closeServer, .makeReplica, .follow, .promote,
            .play, .applySettings, .applyAccounts, .mendAccounts,
            .applyLimits, .imageDirectory, .recordNoReturn, .finishUpgrade, .abandonUpgrade, .takeBackUpgrade,
            .stageSnapshot, .stageClone, .keepDirectory, .placeStaged, .finishRestore, .moveDirectory, .resume,
            .abandon, .deleteDirectory, .forget:
            false
        }
    }

    /// Whether the action ends a server whose data directory stays in use.
    var losesOpenFiles: Bool {
        guard case .stop(let reason) = self else { return false }
        return switch reason {
        case .restart, .settings, .lockedOut, .upgrade, .move, .image, .fence, .failover, .reseed: true
        case .restore, .reset, .destroy: false
        }
    }
}

/// The planner's decision for an instance at one moment.
package struct InstancePlan: Equatable, Sendable {
    package enum Convergence: String, Codable, Equatable, Sendable {
        /// All is as desired.
        case settled
        /// Under way: look again after the time, or when something happens.
        case underway
        /// Waiting does not help: somebody has to act.
        case blocked
    }

    package var actions: [Action]
    /// Gate that the router is to set for the instance's clients. The router confirms it before a server is started
    /// or stopped; other actions do not wait for it. Nil leaves the gate as it is.
    package var clients: Route.Gate?
    /// Whether no route leads to the server yet: record and route are made while it starts, and come before it is
    /// opened.
    package var isUnreachable = false
    package var state: ServiceInfo.Instance.State
    package var convergence: Convergence
    /// Reason why the desired state is not reached, a sentence.
    package var problem: String?
    /// When to look again if nothing happens before.
    package var lookAgain: Duration
    /// Whether the server is to be restarted once it is the member's turn.
    package var awaitsRestart = false

    package init(
        _ actions: [Action], clients: Route.Gate? = nil, state: ServiceInfo.Instance.State,
        convergence: Convergence = .underway, problem: String? = nil,
        lookAgain: Duration = .zero
    ) {
        self.actions = actions
        self.clients = clients
        self.state = state
        self.convergence = convergence
        self.problem = problem
        self.lookAgain = lookAgain
    }

    /// Whether the server is about to be stopped to start it again: the turn lasts until it has.
    var restartsServer: Bool { actions.contains(.stop(.restart)) || actions.contains(.stop(.settings)) }
}
