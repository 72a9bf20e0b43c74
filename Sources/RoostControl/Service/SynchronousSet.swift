import RoostModel

/// Decides which replicas commits wait for. Pure, and kept in memory only: a new machine begins from the record in the
/// service's status and from what the members report.
///
/// A replica is recorded as a voter before it may acknowledge. To remove it, it is first kept from acknowledging, then
/// another voter must hold all that the primary has, and then the record is changed. Only the step to no voter at all
/// is recorded first: until then, commits wait.
struct SynchronousSet: Equatable, Sendable {
    /// Time for which a voter must be away before another one stands in for it.
    static let absence: Duration = .seconds(1)
    /// Time for which all voters must be away before the primary goes on alone.
    static let patience: Duration = .seconds(2)

    /// Since when each voter has not followed the primary.
    private var awaySince: [Int: ContinuousClock.Instant] = [:]
    /// Voters that must no longer acknowledge, and that are to be removed from the record.
    private(set) var retiring: Set<Int> = []
    /// The primary's status when every retiring voter was first seen not to acknowledge any more.
    private var retired: Mark?
    /// Whether the members elect their primary by a majority of those with a vote, the voters and the primary.
    private var isElecting = false

    /// A status of an instance, in the order of its agent.
    private struct Mark: Equatable {
        let life: Int64
        let revision: Int64

        func precedes(_ status: InstanceStatus) -> Bool {
            (life, revision) < (status.life, status.revision)
        }
    }

    /// Members whose acknowledgement is to count.
    func acknowledgers(_ service: Service) -> [Int] {
        (service.status.synchronous?.voters ?? []).filter { !retiring.contains($0) }
    }

    /// The record that the service should have now; nil if it has it.
    ///
    /// `statuses`: the last of each member. `answering`: the members whose status answers what they are asked now, so that
    /// nothing which they were asked before is still to come. No change of the primary is under way.
    mutating func decide(
        _ service: Service, _ statuses: [Int: InstanceStatus], answering: Set<Int>, now: ContinuousClock.Instant
    ) -> SynchronousChange? {
        let record = service.status.synchronous
        let replicas = service.electors
        isElecting = isElecting || statuses.areElecting
        if isElecting, !service.wantsAcknowledgements, let record, !record.voters.isEmpty {
            // The primary takes the votes first: members without a server would make up the majority else.
            return retire(Set(record.voters), service, record, statuses, answering)
        }
        guard service.wantsAcknowledgements else {
            // A new machine does not know yet whether the members have votes, which must be taken first.
            if !isElecting, !statuses.tellPositions, !(record?.voters.isEmpty ?? true) { return nil }
            let isElecting = isElecting
            self = SynchronousSet()
            self.isElecting = isElecting
            return record.map { $0.voters.isEmpty && !$0.isInForce } ?? true ? nil : change(service, [], false)
        }
        guard let record else { return change(service, [], false) }
        guard let primary = statuses[service.status.primary], primary.epoch == service.epoch,
            let report = primary.replication, report.role == .primary
        else { return nil }
        let following = Set(replicas.filter { statuses[$0]?.follows(service) ?? false })
        note(record, following, now)
        let ready = following.subtracting(record.voters).filter { statuses[$0]?.holds(report.applied) ?? false }
        let joining = isElecting ? Votes.joining(ready, record.voters) : ready
        if !joining.isEmpty { return change(service, record.voters + joining, record.isInForce) }
        if let change = remove(service, record, following, statuses, answering, now) { return change }
        guard answering.contains(service.status.primary) else { return nil }
        if record.isInForce {
            // The waiting was switched off on the server. A server that is not open yet takes no commits. Without its
            // last voter, an elected primary waits for itself alone.
            let isOn = report.isSynchronous != false || (isElecting && !retiring.isEmpty)
            return isOn || primary.serving != .open ? nil : change(service, record.voters, false)
        }
        let isWaiting = SynchronousPart.waits(for: record.voters).isPlayed(by: report)
        // Commits wait, nobody but a voter acknowledges them, and a voter has all that was committed before.
        let isHeld = record.voters.contains { statuses[$0]?.acknowledges(report.applied, service) ?? false }
        let others = service.instances.map(\.index).filter {
            $0 != service.status.primary && !record.voters.contains($0)
        }
        let areSilent = others.allSatisfy {
            Self.isSilenced($0, answering.contains($0) ? statuses[$0] : nil, by: report)
        }
        return isWaiting && isHeld && areSilent && retiring.isEmpty ? change(service, record.voters, true) : nil
    }

    /// Whether the record is as the members' statuses allow: each replica that follows is a voter, and if there is one,
    /// commits wait for it.
    static func isSettled(_ service: Service, _ statuses: [Int: InstanceStatus]) -> Bool {
        let record = service.status.synchronous
        // A member stays behind once it is no voter any more.
        guard record?.voters.allSatisfy({ !service.isDelayed($0) }) ?? true else { return false }
        guard service.wantsAcknowledgements else { return record?.voters.isEmpty ?? true }
        var following = service.electors.filter { statuses[$0]?.follows(service) ?? false }
        if statuses.areElecting {
            // A single replica waits for another one, without a vote.
            let voters = record?.voters ?? []
            let joining = Votes.joining(Set(following).subtracting(voters), voters)
            following.removeAll { !voters.contains($0) && !joining.contains($0) }
        }
        guard let record, record.isInForce else { return following.isEmpty }
        return following.allSatisfy(record.voters.contains)
    }

    private mutating func note(
        _ record: ServiceStatus.Synchronous, _ following: Set<Int>, _ now: ContinuousClock.Instant
    ) {
        awaySince = awaySince.filter { record.voters.contains($0.key) && !following.contains($0.key) }
        for voter in record.voters where !following.contains(voter) && awaySince[voter] == nil {
            awaySince[voter] = now
        }
    }

    private mutating func remove(
        _ service: Service, _ record: ServiceStatus.Synchronous, _ following: Set<Int>,
        _ statuses: [Int: InstanceStatus], _ answering: Set<Int>, _ now: ContinuousClock.Instant
    ) -> SynchronousChange? {
        func isAway(_ voter: Int, for time: Duration) -> Bool { awaySince[voter].map { now - $0 >= time } ?? false }
        let staying = Set(service.electors)
        let leaving = Set(record.voters).subtracting(staying)
        if isElecting {
            // A voter that is away keeps its vote: a majority of the others would be no smaller.
            return retire(Votes.leaving(leaving, record.voters), service, record, statuses, answering)
        }
        let gone = leaving.union(record.voters.filter { isAway($0, for: Self.absence) })
        guard !gone.isEmpty, record.voters.contains(where: { !gone.contains($0) && following.contains($0) }) else {
            (retiring, retired) = ([], nil)
            let isAlone =
                !record.voters.isEmpty
                && record.voters.allSatisfy { leaving.contains($0) || isAway($0, for: Self.patience) }
            // A voter that leaves, or whose data are to be replaced, waits for the record to change: the record must not
            // wait for the voter.
            let mayGoOn = service.settings.durability != .strict || record.voters.allSatisfy { leaving.contains($0) }
            return isAlone && mayGoOn ? change(service, [], false) : nil
        }
        return retire(gone, service, record, statuses, answering)
    }

    /// Has voters stop acknowledging, and removes them from the record once nobody counts them.
    private mutating func retire(
        _ gone: Set<Int>, _ service: Service, _ record: ServiceStatus.Synchronous, _ statuses: [Int: InstanceStatus],
        _ answering: Set<Int>
    ) -> SynchronousChange? {
        if retiring != gone {
            (retiring, retired) = (gone, nil)
            // Statuses so far answer another question.
            return nil
        }
        if gone.isEmpty { return nil }
        guard let primary = statuses[service.status.primary], let report = primary.replication,
            answering.contains(primary.id.index),
            gone.allSatisfy({ Self.isSilenced($0, answering.contains($0) ? statuses[$0] : nil, by: report) })
        else {
            retired = nil
            return nil
        }
        guard let retired else {
            self.retired = Mark(life: primary.life, revision: primary.revision)
            return nil
        }
        // The primary's position must be newer than the last acknowledgement of a retiring voter.
        let others = record.voters.filter { !gone.contains($0) }
        // A group that elects may lose its last voters: the primary then acknowledges alone.
        let areHeld =
            others.contains { statuses[$0]?.holds(report.applied) ?? false } || (isElecting && others.isEmpty)
        guard retired.precedes(primary), areHeld else { return nil }
        // The retiring voters stay silent until the record has changed.
        return change(service, others, record.isInForce)
    }

    /// Whether a voter cannot acknowledge any more: its server is gone, says so, or the primary does not count it.
    private static func isSilenced(_ index: Int, _ status: InstanceStatus?, by primary: ReplicationReport) -> Bool {
        if let counted = primary.acknowledgers { return !counted.contains(index) }
        guard let status else { return false }
        return status.serving == .stopped || status.replication.map { $0.isSynchronous != true } ?? false
    }

    private func change(_ service: Service, _ voters: [Int], _ isInForce: Bool) -> SynchronousChange {
        SynchronousChange(
            uid: service.uid, epoch: service.epoch, before: service.status.synchronous, voters: voters.sorted(),
            isInForce: isInForce && !voters.isEmpty)
    }
}

extension Service {
    /// Whether commits should wait for a replica.
    package var wantsAcknowledgements: Bool {
        isGroup && spec.deletion == nil && settings.durability != .async
            && replicas.contains { !isDelayed($0.index) }
    }

    /// Whether commits wait for a replica, or need not.
    package var isGuaranteed: Bool { !wantsAcknowledgements || status.synchronous?.isInForce ?? false }

    /// Replicas that may be voters: they stay, and so do their data, and they do not stay behind on purpose.
    package var electors: [Int] { replicas.map(\.index).filter { !isReseeding($0) && !isDelayed($0) } }

    /// Of the replicas that may be promoted and satisfy the condition, the one with the highest priority, then the lowest
    /// index. Nil if there is none.
    package func preferredSuccessor(where isReady: (Int) -> Bool) -> Int? {
        replicas.map(\.index).filter { member($0).isPromotable && isReady($0) }
            .min { (-member($0).effectivePriority, $0) < (-member($1).effectivePriority, $1) }
    }

    /// Whether a replica could take over if it had every acknowledged write.
    package var hasSuccessor: Bool {
        replicas.contains { $0.seeded && !isReseeding($0.index) && member($0.index).isPromotable }
    }

    /// Whether commits wait also while no replica acknowledges them. Not while every replica is being made anew: that
    /// may need a backup, which waits for the commits that wait.
    package var waitsWithoutVoters: Bool {
        wantsAcknowledgements && settings.durability == .strict
            && replicas.contains { $0.seeded && !isReseeding($0.index) && !isDelayed($0.index) }
    }
}

extension InstanceStatus {
    /// Whether the instance is a replica that receives from the service's primary at this moment.
    fileprivate func follows(_ service: Service) -> Bool {
        guard let replication, serving != .stopped, replication.role == .replica, replication.link == .up else {
            return false
        }
        return replication.source == nil || replication.source == service.primary?.internalPort
    }

    /// Whether the instance has received all of the primary's data up to this position.
    fileprivate func holds(_ position: Position?) -> Bool {
        guard let position, let received = replication?.received else { return false }
        return received.standing(against: position).holdsAll
    }

    fileprivate func acknowledges(_ position: Position?, _ service: Service) -> Bool {
        follows(service) && replication?.isSynchronous != false && holds(position)
    }
}
