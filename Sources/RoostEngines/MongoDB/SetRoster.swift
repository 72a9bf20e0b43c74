import RoostModel

/// The next reconfiguration that makes a set list the members of its service. Pure.
///
/// New members are listed without a vote, and votes are given by `SetVotes`: the engine accepts one change of votes a
/// reconfiguration. Only the primary's own configuration is the base of a change, and no change is forced.
enum SetRoster {
    /// Settings of sets with several members. The election timeout stays at the engine's 10 s, so that a restart of the
    /// router, through which members reach each other, causes no election.
    static let settings: [(name: String, value: BSONValue)] = [
        // The engine's default of 2 s delays every reconfiguration, and the second witness of a primary's death.
        ("heartbeatIntervalMillis", 200),
        // A replica that receives from another replica acknowledges later.
        ("chainingAllowed", false),
    ]

    /// The document to send to the primary; nil if the set is as wanted.
    ///
    /// `own`: the primary's port at the router. The primary's entry is never removed.
    static func next(_ set: SetDocument, peers: [SetPeer], own: Int) -> BSONDocument? {
        guard let me = peers.first(where: { $0.address.port.rawValue == own }),
            set.entries.contains(where: { $0.port == own })
        else { return nil }
        func peer(of entry: SetEntry) -> SetPeer? {
            entry.port == own ? me : peers.first { $0.isListed(as: entry) }
        }
        var next = set
        if let stray = set.entries.lastIndex(where: { $0.hasVote && peer(of: $0) == nil }) {
            // The member is removed by the next step: removal and vote are two changes.
            next.entries[stray] = set.entries[stray].voting(false)
            return next.next
        }
        next.entries = set.entries.compactMap { entry in peer(of: entry).map(entry.describing) }
        for peer in peers where !next.entries.contains(where: peer.isListed) {
            next.entries.append(new(peer, besides: set.entries + next.entries))
        }
        for setting in settings { next[setting: setting.name] = setting.value }
        return next == set ? nil : next.next
    }

    /// The document for a service with one instance; nil if the set has one member.
    static func alone(_ set: SetDocument, own: Int) -> BSONDocument? {
        guard set.entries.count > 1, let me = set.entries.first(where: { $0.port == own }) else { return nil }
        var next = set
        if let stray = set.entries.lastIndex(where: { $0.hasVote && $0 != me }) {
            next.entries[stray] = set.entries[stray].voting(false)
        } else {
            next.entries = [me]
        }
        return next.next
    }

    private static func new(_ peer: SetPeer, besides entries: [SetEntry]) -> SetEntry {
        let taken = Set(entries.compactMap(\.id))
        let free = (Int64(0)...).first { !taken.contains($0) } ?? 0
        return SetEntry(document: ["_id": .int(free)]).describing(peer).voting(false)
    }

    /// `SetDocument.roster` of a set that is as wanted.
    static func expected(_ peers: [SetPeer]) -> String {
        peers.map { "\($0.index)@\($0.host)" }.sorted().joined(separator: " ")
    }
}
