/// What a server said of its part in replication when it was last asked.
package struct ReplicationReport: Codable, Equatable, Sendable {
    package enum Role: String, Codable, Sendable {
        /// Follows nobody.
        case primary
        case replica
    }

    /// The state of a replica's connection to its primary and of what applies the changes.
    package enum Link: Codable, Equatable, Sendable {
        /// The server follows nobody.
        case none
        case up
        /// Changes do not arrive now; the server tries again by itself. `reason` in words: `connection refused`.
        case connecting(reason: String)
        /// Changes are not applied until somebody acts. `reason` in words: `duplicate key in shop.orders`.
        case broken(reason: String)
    }

    package var role: Role
    package var link: Link
    /// Of a replica: the port of the server that it follows.
    package var source: PortNumber?
    /// What has arrived and is kept by the server: what it can be elected with. Nil: the server cannot tell.
    package var received: Position?
    /// What is visible to queries. Nil: the server cannot tell.
    package var applied: Position?
    /// How far the replica is behind. 0 where positions are equal; nil where that is unknown.
    package var secondsBehind: Double?
    /// Of a replica: whether it acknowledges commits. Of a primary: whether commits wait for an acknowledgement.
    package var isSynchronous: Bool
    /// Of a primary: the server ids of the replicas that receive from it at this moment.
    package var receivers: [UInt32]

    package init(
        role: Role, link: Link = .none, source: PortNumber? = nil, received: Position? = nil, applied: Position? = nil,
        secondsBehind: Double? = nil, isSynchronous: Bool = false, receivers: [UInt32] = []
    ) {
        self.role = role
        self.link = link
        self.source = source
        self.received = received
        self.applied = applied
        self.secondsBehind = secondsBehind
        self.isSynchronous = isSynchronous
        self.receivers = receivers
    }
}

/// What a member of a service is for.
package enum MemberRole: Codable, Equatable, Sendable {
    /// Takes writes.
    case primary
    /// Follows the member with this index.
    case replica(of: Int)
}
