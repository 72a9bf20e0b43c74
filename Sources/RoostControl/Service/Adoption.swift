import RoostModel

/// Which member a group of an engine that elects its primary has elected by itself. Pure.
///
/// A term has one primary, elected by a majority, so the primary of the newest term is the only one whose writes a
/// majority can still acknowledge. See decision 20.
enum Adoption {
    /// The member to be recorded as primary; nil if the recorded one is the elected one, or the engine elects nobody.
    ///
    /// `newestTerm`: the newest term that any primary of the service has reported. A report of an earlier term is from
    /// before an election.
    static func elected(_ service: Service, _ statuses: [Int: InstanceStatus], newestTerm: Int64) -> Int? {
        guard service.isGroup, service.spec.deletion == nil, !service.goal.isOfPrimaryAlone else { return nil }
        let candidates = service.instances.filter { $0.seeded && $0.index != service.status.primary }
            .compactMap { member in statuses[member.index]?.leadingTerm.map { (index: member.index, term: $0) } }
            .filter { $0.term >= newestTerm }
        guard let elected = candidates.max(by: { $0.term < $1.term }) else { return nil }
        guard let recorded = statuses[service.status.primary], let term = recorded.electionTerm else {
            return elected.index
        }
        // The recorded primary may have received writes of the newer term already, as a replica.
        let isSucceeded = elected.term == term && recorded.leadingTerm == nil
        return elected.term > term || isSucceeded ? elected.index : nil
    }
}

extension InstanceStatus {
    /// Term of the member's newest write. Nil if it does not tell, or its engine does not elect.
    var electionTerm: Int64? { (replication?.applied ?? replication?.received)?.electionTerm }

    /// Term of the election that the member won, if it is a primary.
    var leadingTerm: Int64? { replication?.role == .primary && serving != .stopped ? electionTerm : nil }
}

extension [Int: InstanceStatus] {
    /// Whether the members elect their primary by a majority, as far as they tell.
    var areElecting: Bool { values.contains { $0.electionTerm != nil } }

    /// Whether a member tells its position, and with it whether its engine elects.
    var tellPositions: Bool { values.contains { ($0.replication?.applied ?? $0.replication?.received) != nil } }
}
