import RoostModel

/// Which replica may take over from a primary that is gone. Pure.
///
/// Every acknowledged commit is on a voter, but nobody knows on which one: so all voters must have been read, after
/// they received the last of what the primary had sent. See decision 18.
struct Election {
    enum Outcome: Equatable {
        /// `provesAll`: whether the replica holds every acknowledged write. Redis acknowledges writes that no replica
        /// has yet.
        case elected(Int, provesAll: Bool)
        /// The voters with these indices have not been read.
        case unread([Int])
        /// The reason is a sentence's end.
        case impossible(String)
    }

    let outcome: Outcome

    /// `statuses`: of the members that are fenced.
    init(_ service: Service, _ statuses: [Int: InstanceStatus]) {
        let read = statuses.filter { $0.key != service.status.primary && !service.isReseeding($0.key) }
            .compactMapValues(Self.position)
        guard let record = service.status.synchronous, record.isInForce else {
            outcome = .impossible("commits did not wait for a replica")
            return
        }
        let missing = record.voters.filter { read[$0] == nil }
        guard missing.isEmpty else {
            outcome = .unread(missing)
            return
        }
        let best = service.replicas.map(\.index).filter { candidate in
            guard let own = read[candidate] else { return false }
            return read.values.allSatisfy { own.standing(against: $0).holdsAll }
        }
        // A voter before another replica, then the lowest number.
        guard let elected = best.first(where: record.voters.contains) ?? best.first, let position = read[elected] else {
            outcome = .impossible("their data have diverged")
            return
        }
        outcome = .elected(elected, provesAll: position.followsAcknowledgement)
    }

    /// Position of what a replica has received; nil if more may be on its way, or it does not say.
    private static func position(_ status: InstanceStatus) -> Position? {
        guard let report = status.replication, report.role == .replica, report.link != .up else { return nil }
        if case .broken = report.link { return nil }
        return report.received
    }
}
