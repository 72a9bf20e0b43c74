import RoostModel

/// The next reconfiguration towards the members that have a vote. Pure.
///
/// The members with a vote elect the primary, and a majority of them makes a write durable: the primary and the members
/// whose acknowledgement counts. One vote changes at a time, so every majority before a change overlaps with every
/// majority after it.
enum SetVotes {
    enum Step: Equatable {
        case done
        case reconfigure(BSONDocument)
        case wait(String)
    }

    /// `voters`: indices of the members besides the primary. `own`: the primary's port at the router.
    static func next(_ set: SetDocument, _ status: SetStatus, voters: Set<Int>, own: Int) -> Step {
        let others = set.entries.filter { $0.port != own }
        let missing = others.filter { entry in !entry.hasVote && entry.index.map(voters.contains) ?? false }
        // A vote before data would count towards a majority that nobody can reach.
        if let ready = missing.first(where: { status.isCaughtUp($0.id) }) { return change(set, ready, to: true) }
        let surplus = others.last { entry in entry.hasVote && !(entry.index.map(voters.contains) ?? false) }
        if let surplus { return change(set, surplus, to: false) }
        if let behind = missing.first {
            return .wait("member \(behind.index ?? 0) has not caught up with the primary yet")
        }
        let listed = Set(others.compactMap(\.index))
        if let unknown = voters.subtracting(listed).min() {
            return .wait("member \(unknown) is not in the replica set yet")
        }
        return .done
    }

    private static func change(_ set: SetDocument, _ entry: SetEntry, to votes: Bool) -> Step {
        var next = set
        guard let place = next.entries.firstIndex(of: entry) else { return .done }
        next.entries[place] = entry.voting(votes)
        return .reconfigure(next.next)
    }
}
