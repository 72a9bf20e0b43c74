import RoostModel

/// Groups of servers in which one server takes writes and the others follow it.
///
/// The caller assigns roles and epochs; servers carry them out and report. All calls are idempotent.
package protocol Replication: Engine {
    /// Prepares the snapshot of another member's directory for a replica: files that belong to that member alone are
    /// removed, everything else stays. The directory belongs to `user`, and no server runs on it.
    func prepareReplica(directory: String, build: EngineBuild, user: ServerUser) async throws(EngineError)

    /// The server's state in replication. Never writes.
    func replicationReport(_ server: ServerAddress) async throws(EngineError) -> ReplicationReport

    /// Makes a read-only server follow the one that listens on `source`, from its current position, and lets users
    /// read. Returns once the server has been told, before it has caught up. A server that follows `source` with another
    /// account of its own goes on as it does, with the account of the plan.
    func follow(_ source: PortNumber, _ plan: ServerPlan) async throws(EngineError)

    /// Sets whether the server's commits wait for replicas, or whether it acknowledges another's. Called before a
    /// primary is opened, and at any time while it is open, again if commits wait that a replica had received before it
    /// acknowledged. A part that is `none` releases commits that wait.
    func play(_ part: SynchronousPart, _ plan: ServerPlan) async throws(EngineError)

    /// The text by which a report names this account (`ReplicationReport.account`). It reveals no password.
    func account(_ follower: GroupPlan.Follower) -> String

    /// Applies the changes received so far, and stops following. Afterwards users are kept out, or may not write, until
    /// the server is opened.
    func promote(_ plan: ServerPlan) async throws(EngineError)

    /// Age of the oldest open transaction among the sessions of users that the end of this server as a primary would
    /// cancel, or at most a few seconds more. Nil if no transaction is open. Never writes.
    func oldestTransaction(_ server: ServerAddress) async throws(EngineError) -> Duration?

    /// Fences the server from writes of users: sessions that could write have ended when this returns. Not called for
    /// engines that are `FencedByStop`.
    func close(_ plan: ServerPlan) async throws(EngineError)
}

extension Replication {
    package func account(_ follower: GroupPlan.Follower) -> String { follower.name }
}

/// Servers that start either as a primary or as a replica, and stay what they started as: a primary is fenced by a
/// clean stop, and becomes a replica at its next start.
package protocol FencedByStop: Replication {
    /// Makes the server of this plan's directory start as a replica. No server runs on the directory. Idempotent. A
    /// directory that starts as a replica keeps doing so until it is promoted.
    func startAsReplica(_ plan: ServerPlan, user: ServerUser) throws(EngineError)

    /// The report of the server that was last stopped on this directory, cleanly, as a primary. Nil if it was not.
    func stoppedReport(directory: String, build: EngineBuild) async -> ReplicationReport?
}

/// The accounts of a group that a member needs. Holds opened secrets: never log or store it.
package struct GroupPlan: Sendable {
    /// Accounts with which members follow this server: one for each member, and a second one while the passwords of all
    /// are being changed.
    package let followers: [Follower]
    /// The account with which this server follows another.
    package let own: Follower
    /// Port of the primary that this server follows. Nil unless it is a replica.
    package let source: PortNumber?
    /// How much later than on the primary this server applies changes, in seconds, while it is a replica.
    package let delay: Int
    /// The members of the group, this one among them. Empty for engines whose members need not know each other.
    package let peers: [Peer]

    /// A member of the group, as the others reach it.
    package struct Peer: Equatable, Sendable {
        package let index: Int
        /// Unique id, which tells the member from an earlier one with its index.
        package let uid: String
        /// The member's own address at the router. Its port never changes.
        package let address: RouterAddress
        /// Port that the server itself listens on.
        package let internalPort: PortNumber
        package let serverID: UInt32

        package init(
            index: Int, uid: String, address: RouterAddress, internalPort: PortNumber, serverID: UInt32
        ) {
            self.index = index
            self.uid = uid
            self.address = address
            self.internalPort = internalPort
            self.serverID = serverID
        }
    }

    /// An account that can receive changes, and nothing else.
    package struct Follower: Equatable, Sendable {
        /// `roost_replica_1`
        package static let prefix = "roost_replica_"

        /// Index of the member that signs on with the account.
        package let index: Int
        /// Number of the password: an account never gets another one, so that the name tells which one a replica uses.
        package let number: Int
        package let password: String

        package init(index: Int, number: Int = 0, password: String) {
            self.index = index
            self.number = number
            self.password = password
        }

        /// `roost_replica_1`, and `roost_replica_1_2` after two changes of the passwords.
        package var name: String { number == 0 ? memberName : "\(memberName)_\(number)" }

        /// The account's name for engines whose accounts can have two passwords at once.
        package var memberName: String { "\(Self.prefix)\(index)" }
    }

    package init(followers: [Follower], own: Follower, source: PortNumber? = nil, delay: Int = 0, peers: [Peer] = []) {
        self.delay = delay
        self.peers = peers
        self.followers = followers
        self.own = own
        self.source = source
    }
}
