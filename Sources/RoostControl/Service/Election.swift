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
        // The data of a voter are its own until it is no voter any more, whatever is to become of them.
        let read = statuses.filter {
            $0.key != service.status.primary && (!service.isReseeding($0.key) || service.status.isVoter($0.key))
        }.compactMapValues(Self.position)
        guard let record = service.status.synchronous, record.isInForce else {
            outcome = .impossible("commits did not wait for a replica")
            return
        }
        let missing = record.voters.filter { read[$0] == nil }
        guard missing.isEmpty else {
            outcome = .unread(missing)
            return
        }
        // A replica that is no voter may have data that nobody acknowledged, and decides nothing.
        let best = service.replicas.map(\.index).filter { candidate in
            guard let own = read[candidate] else { return false }
            return record.voters.allSatisfy { read[$0].map { own.standing(against: $0).holdsAll } ?? false }
        }
        // The replica with the most data leaves no other with data that the new primary lacks.
        let most = best.filter { candidate in
            best.allSatisfy { other in
                guard let own = read[candidate], let others = read[other] else { return false }
                return own.standing(against: others).holdsAll
            }
        }
        // A voter before another replica, then the lowest number.
        let chosen = most.isEmpty ? best : most
        guard let elected = chosen.first(where: record.voters.contains) ?? chosen.first, let position = read[elected]
        else {
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
