import RoostModel

/// One action for an instance. The planner chooses it, `InstanceMachine` splits it into work on the machine and requests.
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
    /// Have the server take no writes any more, and end the sessions that could.
    case closeServer
    /// Make the directory of a replica from an image of another member's.
    case makeReplica
    /// Have a closed server follow the primary.
    case follow
    /// Have a closed replica apply what it has received and follow nobody any more.
    case promote
    case applySettings([String: String?])
    case applyAccounts
    /// Bring accounts and switches that somebody changed behind Roost's back to what they should be.
    case mendAccounts([AccountDrift])
    case applyLimits
    /// Put the processes of a running server back into their control group, and its limits in force again.
    case confine

    /// Copy the data directory of a stopped server into a snapshot; the directory stays.
    case imageDirectory(snapshot: String, reason: String)
    /// Store that the newer server of an upgrade is about to touch the data.
    case recordNoReturn
    /// Let the engine bring the data of a server that booted closed to its version, and store that it is the service's.
    case finishUpgrade(to: EngineIdentity)
    /// Store that the upgrade failed before the new server touched anything: the old one goes on with its data.
    case abandonUpgrade(reason: String)
    /// Store that the upgrade failed and that the image from before it is to be restored.
    case takeBackUpgrade(reason: String)

    /// Copy a snapshot's directory beside the present one.
    case stageSnapshot(String)
    /// Copy the image that a clone is made of beside its present data.
    case stageClone
    /// Rename the data directory into a snapshot.
    case keepDirectory(snapshot: String, reason: String)
    /// Rename the staged copy to the data directory.
    case placeStaged
    /// Store that the restore, or the reset of a clone, is over.
    case finishRestore

    /// Copy the instance's folder into the pool, and remove the one that it had.
    case moveDirectory
    /// Store that the move, or the image of a stopped service, is over.
    case resume
    /// Store that it could not be done: the service goes on as before.
    case abandon(reason: String)

    case deleteDirectory
    /// Remove the instance's configuration and logs; then its routes and documents are asked to be removed.
    case forget

    package enum StopReason: String, Equatable, Sendable {
        case restart = "a restart was asked for"
        case settings = "settings need a restart"
        case lockedOut = "it refuses Roost's own account"
        case restore = "its data are being replaced"
        case upgrade = "another version takes over its data"
        case reset = "its data are being reset"
        case move = "its data move into the pool"
        case image = "a snapshot is taken of it"
        case destroy = "the service is being destroyed"
    }
}

extension Action {
    /// How long a server may take to end by itself before it is killed. What it had acknowledged is durable either way.
    package static let stopPatience: Duration = .seconds(120)

    /// What an action may wait for that people do not expect to take long.
    struct Delay: Equatable {
        let toldAfter: Duration
        let reason: String
    }

    var delay: Delay? {
        guard case .stop = self else { return nil }
        let seconds = Self.stopPatience / .seconds(1)
        return Delay(
            toldAfter: .seconds(3),
            reason: "waits for the server to end by itself; it is killed after \(Int(seconds)) s")
    }

    /// Whether the router must do with clients what the plan says before it begins. What is last for their sake waits, too.
    var waitsForClients: Bool {
        switch self {
        case .start, .stop, .confine: true
        case .makeDirectory, .recordSeeded, .killRemains, .openServer, .closeServer, .makeReplica, .follow, .promote,
            .applySettings, .applyAccounts, .mendAccounts,
            .applyLimits, .imageDirectory, .recordNoReturn, .finishUpgrade, .abandonUpgrade, .takeBackUpgrade,
            .stageSnapshot, .stageClone, .keepDirectory, .placeStaged, .finishRestore, .moveDirectory, .resume,
            .abandon, .deleteDirectory, .forget:
            false
        }
    }

    /// Whether it ends a server whose data directory goes on being used.
    var losesOpenFiles: Bool {
        guard case .stop(let reason) = self else { return false }
        return switch reason {
        case .restart, .settings, .lockedOut, .upgrade, .move, .image: true
        case .restore, .reset, .destroy: false
        }
    }
}

/// What the planner decided for an instance at one moment.
package struct InstancePlan: Equatable, Sendable {
    package enum Outlook: String, Codable, Equatable, Sendable {
        /// All is as desired.
        case settled
        /// On the way; look again after the time, or when something happens.
        case underway
        /// Waiting mends nothing: somebody has to act.
        case blocked
    }

    package var actions: [Action]
    /// What the router is to do with the instance's clients. It has confirmed that before a server is started or stopped;
    /// other actions do not wait for it. Nil: whatever it does now.
    package var clients: Route.Gate?
    /// No route leads to the server yet: record and route are made while it starts, and come before it is opened.
    package var isUnreachable = false
    package var state: ServiceInfo.Instance.State
    package var outlook: Outlook
    /// What stands in the way, a sentence.
    package var problem: String?
    /// When to look again if nothing happens before.
    package var lookAgain: Duration

    package init(
        _ actions: [Action], clients: Route.Gate? = nil, state: ServiceInfo.Instance.State,
        outlook: Outlook = .underway, problem: String? = nil,
        lookAgain: Duration = .zero
    ) {
        self.actions = actions
        self.clients = clients
        self.state = state
        self.outlook = outlook
        self.problem = problem
        self.lookAgain = lookAgain
    }
}
