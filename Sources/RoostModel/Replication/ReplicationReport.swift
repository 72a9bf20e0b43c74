/// A server's last answer about its role in replication.
package struct ReplicationReport: Codable, Equatable, Sendable {
    package enum Role: String, Codable, Sendable {
        /// The server does not follow another.
        case primary
        case replica
    }

    /// State of a replica's connection to its primary and of the applier of changes.
    package enum Link: Codable, Equatable, Sendable {
        /// The server does not follow another.
        case none
        case up
        /// Changes do not arrive now; the server tries again by itself. `reason` in words: `connection refused`.
        case connecting(reason: String)
        /// Changes are not applied until somebody acts. `reason` in words: `duplicate key in shop.orders`.
        case broken(reason: String)

        package var isBroken: Bool { if case .broken = self { true } else { false } }
    }

    package var role: Role
    package var link: Link
    /// For a replica: port of the server that it follows.
    package var source: PortNumber?
    /// Position of the changes that the server has received and kept: its position in an election. Nil if the server
    /// cannot tell.
    package var received: Position?
    /// For a replica that lost changes which it had received: a position that holds all that it may have acknowledged.
    /// Nil once it has received them again.
    package var mayHaveAcknowledged: Position?
    /// Position of the changes that queries can see. Nil if the server cannot tell.
    package var applied: Position?
    /// Lag of the replica. 0 if positions are equal; nil if unknown.
    package var secondsBehind: Double?
    /// For a replica: how much later than on the primary it applies changes, on purpose. Nil if it does not wait.
    package var delaySeconds: Int?
    /// For a replica: whether it acknowledges commits. For a primary: whether commits wait for an acknowledgement. Nil
    /// if the server has no switch for that: PostgreSQL's replicas acknowledge as its primary asks.
    package var isSynchronous: Bool?
    /// For a primary: indices of the members whose acknowledgement counts. Nil if the server keeps no such list, and
    /// every replica that acknowledges counts.
    package var acknowledgers: [Int]?
    /// For a primary with a replica that acknowledges: the number of commits that wait. Nil if it is unknown.
    package var waitingCommits: Int?
    /// For a primary: server ids of the replicas that receive from it at this moment.
    package var receivers: [UInt32]
    /// For a replica: a text that is another one whenever the replica has heard from its primary since, be it changes
    /// or a sign of life. Empty while it is not connected. Nil if the server does not tell. Agents keep it to
    /// themselves.
    package var heard: String?
    /// For a replica: the account that it signs on with (`Replication.account`). Nil if it follows nobody, or the server
    /// does not tell. Agents keep it to themselves.
    package var account: String?

    package init(
        role: Role, link: Link = .none, source: PortNumber? = nil, received: Position? = nil,
        mayHaveAcknowledged: Position? = nil, applied: Position? = nil, secondsBehind: Double? = nil,
        delaySeconds: Int? = nil, isSynchronous: Bool? = nil, acknowledgers: [Int]? = nil,
        waitingCommits: Int? = nil, receivers: [UInt32] = [], heard: String? = nil,
        account: String? = nil
    ) {
        self.account = account
        self.heard = heard
        self.waitingCommits = waitingCommits
        self.role = role
        self.link = link
        self.source = source
        self.received = received
        self.mayHaveAcknowledged = mayHaveAcknowledged
        self.applied = applied
        self.secondsBehind = secondsBehind
        self.delaySeconds = delaySeconds
        self.isSynchronous = isSynchronous
        self.acknowledgers = acknowledgers
        self.receivers = receivers
    }

    /// What a replica has heard from its primary. Nil if it does not listen: it is told to follow nobody, or its
    /// replication is broken. Its silence then says nothing about the primary.
    package var signsOfPrimary: String? {
        guard role == .replica else { return nil }
        return switch link {
        case .up, .connecting: heard
        case .none, .broken: nil
        }
    }
}

/// Role of a member of a service.
package enum MemberRole: Codable, Equatable, Sendable {
    /// The member takes writes.
    case primary
    /// The member follows the member with this index.
    case replica(of: Int)
}
