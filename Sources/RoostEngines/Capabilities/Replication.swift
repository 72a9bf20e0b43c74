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
    /// read. Returns once the server has been told, before it has caught up.
    func follow(_ source: PortNumber, _ plan: ServerPlan) async throws(EngineError)

    /// Applies the changes received so far, and stops following. Afterwards the server may take writes.
    func promote(_ plan: ServerPlan) async throws(EngineError)

    /// Fences the server from writes of users: sessions that could write have ended when this returns.
    func close(_ plan: ServerPlan) async throws(EngineError)
}

/// The accounts of a group that a member needs. Holds opened secrets: never log or store it.
package struct GroupPlan: Sendable {
    /// Accounts with which members follow this server, one per member, so that one can be locked out without the
    /// others.
    package let followers: [Follower]
    /// The account with which this server follows another.
    package let own: Follower

    /// An account that can receive changes, and nothing else.
    package struct Follower: Equatable, Sendable {
        /// `roost_replica_1`
        package static let prefix = "roost_replica_"

        package let name: String
        package let password: String

        package init(index: Int, password: String) {
            name = "\(Self.prefix)\(index)"
            self.password = password
        }
    }

    package init(followers: [Follower], own: Follower) {
        self.followers = followers
        self.own = own
    }
}
