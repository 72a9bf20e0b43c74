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

    private typealias Candidate = (index: Int, position: Position)

    let outcome: Outcome
    /// Replicas that may lead, lowest index first, and what each has received.
    private let candidates: [Candidate]
    /// The candidates that hold everything that the voters hold.
    private let provenCandidates: [Int]
    /// Whether every replica that may lead was read.
    let isComplete: Bool

    /// `statuses`: of the members that are fenced.
    init(_ service: Service, _ statuses: [Int: InstanceStatus]) {
        // The data of a voter are its own until it is no voter any more, whatever is to become of them.
        let read = statuses.filter {
            $0.key != service.status.primary && (!service.isReseeding($0.key) || service.status.isVoter($0.key))
        }.compactMapValues(Self.position)
        candidates = service.replicas.map(\.index).compactMap { index in read[index].map { (index, $0) } }
        isComplete = service.replicas.allSatisfy {
            read[$0.index] != nil || !$0.seeded || service.isReseeding($0.index)
        }
        guard let record = service.status.synchronous, record.isInForce else {
            (outcome, provenCandidates) = (.impossible("commits did not wait for a replica"), [])
            return
        }
        let missing = record.voters.filter { read[$0] == nil }
        // Of an engine that elects, a majority has every acknowledged write. The primary that is gone has a vote too.
        let isMajority =
            read.values.contains { $0.electionTerm != nil }
            && (record.voters.count - missing.count) * 2 > record.voters.count + 1
        guard missing.isEmpty || isMajority else {
            (outcome, provenCandidates) = (.unread(missing), [])
            return
        }
        // A replica that is no voter may have data that nobody acknowledged, and decides nothing.
        let holdingAll = candidates.filter { candidate in
            record.voters.allSatisfy {
                read[$0].map { candidate.position.standing(against: $0).holdsAll } ?? isMajority
            }
        }
        // The replica with the most data leaves no other with data that the new primary lacks.
        let leading = Self.mostAdvanced(holdingAll)
        // A voter before another replica, then the lowest number.
        let chosen = leading.isEmpty ? holdingAll : leading
        guard let elected = chosen.first(where: { record.voters.contains($0.index) }) ?? chosen.first else {
            (outcome, provenCandidates) = (.impossible("their data have diverged"), [])
            return
        }
        let provesAll = elected.position.followsAcknowledgement
        outcome = .elected(elected.index, provesAll: provesAll)
        provenCandidates = provesAll ? holdingAll.map(\.index) : []
    }

    // MARK: Failover on request

    /// The member, or the elected one if none is asked for, provided that it holds every acknowledged write. Else nil.
    func provenCandidate(_ wanted: Int?) -> Int? {
        if let wanted { return provenCandidates.contains(wanted) ? wanted : nil }
        guard case .elected(let index, provesAll: true) = outcome else { return nil }
        return index
    }

    /// The member, or the one with the most data if none is asked for. Nil if it does not tell what it has received.
    func mostAdvanced(_ wanted: Int?) -> Int? {
        if let wanted { return candidates.first { $0.index == wanted }?.index }
        return (Self.mostAdvanced(candidates).first ?? candidates.first)?.index
    }

    // MARK: Asynchronous replication

    /// The replica with everything that the other replicas have, and the time in which the writes were made that it may
    /// lack, in seconds. Nil for the time: it is unknown. Nil if there is no such replica.
    ///
    /// `written`: positions of the primary that is gone.
    func leastLoss(_ written: [PositionAge]?) -> (index: Int, seconds: Double?)? {
        Self.mostAdvanced(candidates).first.map { ($0.index, written?.secondsLacking($0.position)) }
    }

    /// The time in which the writes were made that the member may lack, in seconds. Nil if it is unknown.
    func loss(of member: Int, _ written: [PositionAge]?) -> Double? {
        candidates.first { $0.index == member }.flatMap { written?.secondsLacking($0.position) }
    }

    /// Why it is not certain that nothing is lost, a clause.
    func lossRisk(of wanted: Int?, _ service: Service) -> String {
        switch outcome {
        case .elected(_, provesAll: false): return "a write is acknowledged before a replica has it"
        case .elected:
            return "\(InstanceID(service.id, wanted ?? service.status.primary).name) lacks what another replica has"
        case .unread(let missing):
            let names = missing.map { InstanceID(service.id, $0).name }.joined(separator: ", ")
            return "\(names) may have writes that no other replica has, and does not tell"
        case .impossible(let reason): return reason
        }
    }

    /// The candidates that hold everything that the others hold.
    private static func mostAdvanced(_ candidates: [Candidate]) -> [Candidate] {
        candidates.filter { candidate in
            candidates.allSatisfy { candidate.position.standing(against: $0.position).holdsAll }
        }
    }

    /// Position of what a replica has received; nil if more may be on its way, or it does not say.
    private static func position(_ status: InstanceStatus) -> Position? {
        guard let report = status.replication, report.role == .replica, report.link != .up else { return nil }
        if case .broken = report.link { return nil }
        return report.received
    }
}
