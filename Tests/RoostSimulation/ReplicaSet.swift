import RoostModel

/// The engine of the modelled servers, as far as groups differ by it.
enum ModelledEngine {
    /// Each replica has a switch for acknowledging commits, as with MariaDB.
    case switches
    /// The primary keeps a list of those that acknowledge, as with PostgreSQL.
    case list
    /// The members elect their primary by a majority, as with MongoDB.
    case elections
}

/// The replica set of an engine that elects: its configuration, and what its members have done together.
///
/// A reconfiguration is one step for all members here. The leader needs a majority for it, which then has every
/// acknowledged write: that is what the engine's own protocol guarantees.
struct ReplicaSet {
    /// Uids of the listed members, by index.
    var listed: [Int: String] = [:]
    /// Members with a vote, the leader among them.
    var voters: Set<Int> = []
    /// Writes that clients were told to be done, in their order.
    var acknowledged: [Int] = []
    /// The member that was elected, by term.
    var leaders: [Int64: Int] = [:]

    var newestTerm: Int64 { leaders.keys.max() ?? 0 }

    func isMajority(_ members: Set<Int>) -> Bool { members.intersection(voters).count * 2 > voters.count }
}

/// A server as a member of a replica set.
struct SetMember {
    /// Whether the data hold the configuration of a set. A copy of the data holds it as well.
    var isConfigured = false
    /// The newest term that the member has voted or followed in. Kept beside the data.
    var term: Int64 = 0
    /// Whether it was elected in its term, and has not stepped down since as far as it knows.
    var isLeading = false
    /// When it last heard from a leader or, as the leader, from a majority. Nil before the first start.
    var heardAt: ContinuousClock.Instant?
    /// Until then, a member that stepped down stands for no election of its own accord.
    var restsUntil: ContinuousClock.Instant?
    var view = View()

    /// What the member tells of the set.
    struct View: Equatable {
        var isListed = false
        /// Uids of the listed members, by index.
        var listed: [Int: String] = [:]
        /// Port of the leader that it hears from.
        var leader: PortNumber?
        /// The other members with a vote.
        var voters: [Int] = []
    }
}

extension ModelledServer {
    /// A write is a number below its term, so that a position tells the term of the newest.
    static func entry(_ number: Int, term: Int64) -> Int { Int(term) << 32 | number }

    /// Position of the newest write: its term, and how many writes there are.
    var optime: Position { .mongodb(term: Int64((history.last ?? 0) >> 32), time: UInt64(history.count)) }

    /// The report of a member of a set.
    var setReport: ReplicationReport {
        guard member.isConfigured, member.view.isListed else {
            return ReplicationReport(role: .replica, link: .connecting(reason: "the set does not list it"))
        }
        if member.isLeading {
            return ReplicationReport(
                role: .primary, received: optime, applied: optime, isSynchronous: !member.view.voters.isEmpty,
                acknowledgers: member.view.voters)
        }
        let link: ReplicationReport.Link = member.view.leader == nil ? .connecting(reason: "no primary") : .up
        return ReplicationReport(
            role: .replica, link: link, source: member.view.leader, received: optime, applied: optime)
    }
}
