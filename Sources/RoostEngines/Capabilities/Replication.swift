import RoostModel

/// Groups of servers of which one takes writes and the others follow it.
///
/// The caller decides who does what, in which epoch; a server is told, and tells what it does. Each call may come twice.
package protocol Replication: Engine {
    /// Makes an image of another member's directory one that a replica is started on: what belongs to that member alone is
    /// taken out, the rest stays. The directory belongs to `user`, and no server runs on it.
    func prepareReplica(directory: String, build: EngineBuild, user: ServerUser) async throws(EngineError)

    /// What the server does in replication. Never writes.
    func replicationReport(_ server: ServerAddress) async throws(EngineError) -> ReplicationReport

    /// Has a server that takes no writes follow the one that listens on `source`, with what it has, and lets users read.
    /// Returns once it is told, not once it has caught up.
    func follow(_ source: PortNumber, _ plan: ServerPlan) async throws(EngineError)

    /// Applies what was received, and follows nobody any more. The server may take writes afterwards.
    func promote(_ plan: ServerPlan) async throws(EngineError)

    /// Takes no writes of users any more: sessions that could are over when this returns.
    func close(_ plan: ServerPlan) async throws(EngineError)
}

/// What a member of a group needs to know of the others. Holds opened secrets: never log or store it.
package struct GroupPlan: Sendable {
    /// Accounts that this server lets follow it, one for each member, so that one can be locked out without the others.
    package let followers: [Follower]
    /// The one that this server itself follows another with.
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
