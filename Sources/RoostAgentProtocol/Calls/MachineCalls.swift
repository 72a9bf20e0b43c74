import RoostModel

package struct DescribeMachine: AgentCall, Equatable {
    package typealias Answer = MachineInfo
    package static let name = "machine"

    package let instances: Int
    package let version: String

    package init(instances: Int, version: String) {
        self.instances = instances
        self.version = version
    }
}

/// Asks what the machine has and lacks for its work, each finding with the step that fixes it.
package struct ExamineMachine: AgentCall, Equatable {
    package typealias Answer = [Finding]
    package static let name = "doctor"

    /// The system users of this home. Nil if they are not known.
    package let users: Set<String>?

    package init(users: Set<String>?) { self.users = users }
}

/// Measures the resources that instances use. The answer is in their order.
package struct MeasureUsage: AgentCall, Equatable {
    package typealias Answer = [UsageInfo]
    package static let name = "usage"

    package let instances: [Subject]

    package struct Subject: Codable, Equatable, Sendable {
        package let id: InstanceID
        package let memoryLimit: ByteCount

        package init(_ id: InstanceID, memoryLimit: ByteCount) {
            self.id = id
            self.memoryLimit = memoryLimit
        }
    }

    package init(_ instances: [Subject]) { self.instances = instances }
}

/// Asks on which of these ports no program listens.
package struct FindFreePorts: AgentCall, Equatable {
    package typealias Answer = Set<PortNumber>
    package static let name = "free ports"

    package let ports: [PortNumber]
    /// Whether the ports belonged to a service before, which may listen on them again.
    package let areOwn: Bool

    package init(among ports: [PortNumber], areOwn: Bool = false) {
        self.ports = ports
        self.areOwn = areOwn
    }
}

/// Enters a system user for this home into the machine's register, so that no other home gets it.
package struct ClaimUser: AgentCall, Equatable {
    package static let name = "claim user"

    /// Nil: any user that is not in `taken`.
    package let user: ServerUser?
    /// Names of the users that the home gave out already.
    package let taken: Set<String>
    /// Whether the requested user must be among those that servers are started as today.
    package let mustBeOffered: Bool

    package init(besides taken: Set<String>) {
        user = nil
        self.taken = taken
        mustBeOffered = true
    }

    package init(exactly user: ServerUser, mustBeOffered: Bool = true) {
        self.user = user
        taken = []
        self.mustBeOffered = mustBeOffered
    }

    package enum Answer: Codable, Equatable, Sendable {
        case ours(ServerUser)
        /// All of the `of` users are taken, some by other homes.
        case allTaken(of: Int, byHomes: [String])
        /// The requested user belongs to another home, or (`notOffered`) is no longer one that servers can run as.
        case taken(byHome: String)
        case notOffered
        /// The register cannot be read or written.
        case unknown(reason: String)
    }
}

/// Corrects the users that the register lists for this home, and reports conflicts.
package struct ReviewUsers: AgentCall, Equatable {
    package static let name = "review users"

    /// Names of the home's users.
    package let users: Set<String>

    package init(_ users: Set<String>) { self.users = users }

    package struct Answer: Codable, Equatable, Sendable {
        /// The users that another home has as well: the other home by the user's name.
        package let shared: [String: String]
        /// The users that no home had in the register.
        package let missing: Set<String>
        /// Path of the home in the register.
        package let home: String

        package init(shared: [String: String], missing: Set<String>, home: String) {
            self.shared = shared
            self.missing = missing
            self.home = home
        }

        /// Sentence for people about a user that servers of two homes run as.
        package static func text(ofShared user: String, with home: String) -> String {
            "servers of this home run as \(user), which the register of system users lists for the home \(home): "
                + "servers of both can read each other's files. Recreate the applications of one of them: snapshot, "
                + "destroy, restore. If \(home) is this home's former path: 'roostd stop --services', then "
                + "'roostd forget-home \(home)'"
        }
    }
}

/// Rotates the logs of these instances and of the router that have grown large.
package struct RotateLogs: AgentCall, Equatable {
    package typealias Answer = Done
    package static let name = "rotate logs"

    package let instances: [InstanceID]

    package init(of instances: [InstanceID]) { self.instances = instances }
}

/// Drops the oldest of a server's own logs of changes until they fit.
package struct TrimLogs: AgentCall, Equatable {
    package typealias Answer = Done
    package static let name = "trim logs"

    package let order: SealedOrder
    package let kept: ByteCount

    package init(_ order: SealedOrder, keeping kept: ByteCount) {
        self.order = order
        self.kept = kept
    }
}
