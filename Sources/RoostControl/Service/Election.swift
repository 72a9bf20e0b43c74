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
        /// The voters with these indices have not been read, or lost something that no member is known to hold.
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
    private let service: Service
    /// Whether every replica that may lead was read.
    let isComplete: Bool

    /// `statuses`: of the members that are fenced.
    init(_ service: Service, _ statuses: [Int: InstanceStatus]) {
        // The data of a voter are its own until it is no voter any more, whatever is to become of them.
        let read = statuses.filter {
            $0.key != service.status.primary && (!service.isReseeding($0.key) || service.status.isVoter($0.key))
        }.compactMapValues(Self.position)
        // A member that stays behind would first have to apply for a long time what it has received.
        let eligible = service.replicas.filter { !service.isDelayed($0.index) }
        candidates = eligible.map(\.index).compactMap { index in read[index].map { (index, $0) } }
        isComplete = eligible.allSatisfy {
            read[$0.index] != nil || !$0.seeded || service.isReseeding($0.index)
        }
        self.service = service
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
        // A voter that lost a part of what it had received may have acknowledged it.
        let lost = statuses.compactMapValues { $0.replication?.mayHaveAcknowledged }
        // A replica that is no voter may have data that nobody acknowledged, and decides nothing.
        let holdingAll = candidates.filter { candidate in
            record.voters.allSatisfy { voter in
                guard let received = read[voter] else { return isMajority }
                return candidate.position.standing(against: received).holdsAll
                    && lost[voter].map { candidate.position.standing(against: $0).holdsAll } ?? true
            }
        }
        let lacking = record.voters.filter { lost[$0] != nil }
        guard !holdingAll.isEmpty || lacking.isEmpty else {
            (outcome, provenCandidates) = (.unread(lacking), [])
            return
        }
        provenCandidates = holdingAll.filter(\.position.followsAcknowledgement).map(\.index)
        let preferred = Self.preferred(holdingAll, service)
        // The replica with the most data leaves no other with data that the new primary lacks.
        let leading = Self.mostAdvanced(preferred)
        // A voter before another replica, then the lowest number.
        let chosen = leading.isEmpty ? preferred : leading
        guard let elected = chosen.first(where: { record.voters.contains($0.index) }) ?? chosen.first else {
            outcome = .impossible(Self.reason(holdingAll.map(\.index), service))
            return
        }
        outcome = .elected(elected.index, provesAll: elected.position.followsAcknowledgement)
    }

    private var promotable: [Candidate] { candidates.filter { service.member($0.index).isPromotable } }

    /// Of the candidates that may be promoted, those with the highest priority.
    private static func preferred(_ candidates: [Candidate], _ service: Service) -> [Candidate] {
        let promotable = candidates.filter { service.member($0.index).isPromotable }
        let highest = promotable.map { service.member($0.index).effectivePriority }.max()
        return promotable.filter { service.member($0.index).effectivePriority == highest }
    }

    /// Why none of the members that hold everything is elected, a clause. Members that are never promoted are the only
    /// ones that have some acknowledged write, as far as is known: no other is elected over them.
    private static func reason(_ holdingAll: [Int], _ service: Service) -> String {
        guard let first = holdingAll.first, let reason = service.member(first).reasonAgainstPromotion else {
            return "their data have diverged"
        }
        let names = holdingAll.map { InstanceID(service.id, $0).name }
        return "every acknowledged write is known to be on \(names.joined(separator: " and ")) alone, and \(reason); "
            + "'roost failover \(names[0])' promotes it all the same"
    }

    // MARK: Failover on request

    /// The member, or the elected one if none is asked for, provided that it holds every acknowledged write. Else nil.
    func provenCandidate(_ wanted: Int?) -> Int? {
        if let wanted { return provenCandidates.contains(wanted) ? wanted : nil }
        guard case .elected(let index, provesAll: true) = outcome else { return nil }
        return index
    }

    /// The member, or the one with the most data if none is asked for: of several, one with the highest priority. Nil if
    /// it does not tell what it has received. A member that is never promoted has to be asked for.
    func mostAdvanced(_ wanted: Int?) -> Int? {
        if let wanted { return candidates.first { $0.index == wanted }?.index }
        let leading = Self.mostAdvanced(promotable)
        return (Self.preferred(leading, service).first ?? Self.preferred(promotable, service).first)?.index
    }

    // MARK: Asynchronous replication

    /// Of the replicas that may be promoted, the one with everything that the others have, and the time in which the writes
    /// were made that it may lack, in seconds. Nil for the time: it is unknown. Nil if there is no such replica.
    ///
    /// `written`: positions of the primary that is gone.
    func leastLoss(_ written: [PositionAge]?) -> (index: Int, seconds: Double?)? {
        Self.preferred(Self.mostAdvanced(promotable), service).first
            .map { ($0.index, written?.secondsLacking($0.position)) }
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
