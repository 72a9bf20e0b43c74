import RoostModel

/// Handovers, fences and membership changes, and the gates that follow from them.
extension ServiceMachine {
    /// The gate of an instance, as its agent requests it. The primary's gate is the service's, which is open only for
    /// the server that takes writes in the present epoch.
    func gate(for status: InstanceStatus, _ service: Service) -> Route.Gate? {
        guard let requested = status.clients?.gate, requested == .open, service.isGroup,
            status.id.index == service.status.primary
        else { return status.clients?.gate }
        // The gate of a service that is being destroyed is about to be closed.
        if service.spec.deletion != nil { return nil }
        let isCurrent = handover == nil && status.epoch == service.epoch && status.serving == .open
        return isCurrent ? .open : .held
    }

    /// Whether a user has paused the service's automatic steps.
    var isPaused: Bool { view?.service.spec.isPaused(at: date) ?? false }

    /// Begins, continues and ends a change of the primary, and its record.
    mutating func lead(_ now: ContinuousClock.Instant) -> [Effect] { follow(now) + changePrimary(now) }

    private mutating func changePrimary(_ now: ContinuousClock.Instant) -> [Effect] {
        guard let view, !isCommitting else { return [] }
        let service = view.service
        let statuses = members.compactMapValues(\.status)
        if statuses[service.status.primary].map({ $0.epoch == service.epoch && $0.serving != .stopped }) ?? false {
            expected = nil
        }
        if let handover,
            handover.epoch <= service.epoch || service.spec.deletion != nil
                || handover.isOverruled(service, statuses, mayKill: pace.mayKill(now), isPaused: isPaused)
        {
            (self.handover, stuck) = (nil, nil)
            if handover.epoch > service.epoch { trace = nil }
        }
        if let elected = Adoption.elected(service, statuses, newestTerm: newestTerm) {
            return adopt(elected, service, statuses, now)
        }
        var superseded: [Effect] = []
        if handover == nil {
            let cause =
                Handover.cause(
                    service, statuses, isExpected: expected == service.epoch,
                    mayReplace: pace.mayReplace(now), mayKill: pace.mayKill(now), isPaused: isPaused)
                ?? restartCause(service, statuses)
            guard let cause else { return maintain(service, statuses, now) }
            pace.note(cause, now)
            let beyond = statuses.values.map(\.fence).max() ?? 0
            let begun = Handover(cause: cause, epoch: max(service.epoch, beyond) + 1, began: now)
            superseded = supersedeTrace(by: begun.epoch)
            handover = begun
            trace = FailoverTrace(begun, service, statuses, at: date)
        }
        handover?.noteDrain(service, statuses, now)
        guard let handover else { return [] }
        if handover.areWritersFenced(service, statuses) { trace?.mark(.fenced, now) }
        let decision = handover.decide(service, statuses, now: now)
        if case .stuck(let reason) = decision { stuck = reason } else { stuck = nil }
        switch decision {
        case .wait, .stuck: return superseded
        case .lead(let member, let reason):
            trace?.elect(member, reason: reason, isUndone: false, handover, service, statuses, now)
            return superseded + commit(handover, member, reason: reason, service)
        case .giveUp(let reason):
            let primary = service.status.primary
            trace?.elect(primary, reason: reason, isUndone: true, handover, service, statuses, now)
            return superseded + commit(handover, primary, failure: reason, service)
        }
    }

    /// A change of the primary for the sake of its restart.
    private mutating func restartCause(_ service: Service, _ statuses: [Int: InstanceStatus]) -> Handover.Cause? {
        switch rolling.decide(service, statuses, isPaused: isPaused) {
        case .wait: nil
        case .change(let successor): .restart(to: successor)
        }
    }

    /// Ends the record under way, because a later change begins.
    private mutating func supersedeTrace(by epoch: UInt64) -> [Effect] {
        guard var info = trace?.info else { return [] }
        trace = nil
        info.supersede(by: epoch)
        return [.record(info)]
    }

    /// Records the member that the group elected by itself. No fence is needed: a majority follows it.
    private mutating func adopt(
        _ index: Int, _ service: Service, _ statuses: [Int: InstanceStatus], _ now: ContinuousClock.Instant
    ) -> [Effect] {
        isCommitting = true
        let beyond = statuses.values.map(\.fence).max() ?? 0
        let epoch = max(handover?.epoch ?? 0, service.epoch + 1, beyond)
        let superseded = trace?.info.id == epoch ? [] : supersedeTrace(by: epoch)
        var record = trace ?? FailoverTrace(adopting: epoch, service, now: now, date: date)
        record.adopt(index, service, now)
        trace = record
        let name = InstanceID(service.id, index).name
        var (request, failure): (Int?, String?) = (nil, nil)
        if case .requested(let target)? = handover?.cause {
            request = service.pendingRequest?.generation
            if target != index { failure = "the members elected \(name) instead" }
        }
        return superseded + [
            .commit(
                .lead(
                    Leadership(
                        uid: service.uid, primary: index, fenced: [],
                        epoch: epoch, request: request, failure: failure, reason: "the members elected it",
                        failover: record.info, isByMajority: true)))
        ]
    }

    /// Members whose last look was decided by what is asked about replication now: no step that an earlier spec asked for
    /// is under way.
    func answering(_ service: Service) -> Set<Int> {
        let acknowledgers = synchronousSet.acknowledgers(service)
        return Set(
            members.filter { _, member in
                guard let sent = member.sent, let looked = member.status?.lookedRevision else { return false }
                return sent.acknowledgers == acknowledgers && sent.status.synchronous == service.status.synchronous
                    && sent.status.epoch == service.epoch && looked >= member.askedSince
                    && sent.status.replicationPasswords == service.status.replicationPasswords
            }.keys)
    }

    /// Changes whom commits wait for, heals members, and brings new replication passwords into effect.
    private mutating func maintain(
        _ service: Service, _ statuses: [Int: InstanceStatus], _ now: ContinuousClock.Instant
    ) -> [Effect] {
        guard service.goal == .run, let change = change(service, statuses, now) else { return [] }
        isCommitting = true
        return [.commit(change)]
    }

    private mutating func change(
        _ service: Service, _ statuses: [Int: InstanceStatus], _ now: ContinuousClock.Instant
    ) -> StatusChange? {
        let answering = answering(service)
        if service.isGroup {
            let change =
                synchronousSet.decide(service, statuses, answering: answering, now: now).map(StatusChange.acknowledge)
                ?? healing.decide(service, statuses, now: now, isPaused: isPaused).map(StatusChange.reseed)
            if let change { return change }
        }
        return passwordRollout.decide(service, statuses, answering: answering, now: now, isPaused: isPaused)
            .map(StatusChange.replicationPasswords)
    }

    /// Has members join or leave. Not during a handover: data copied then may be void. Members join a primary that is
    /// open: what was not opened yet may lack what a replica needs.
    mutating func enlist() -> [Effect] {
        guard let view, handover == nil, !isCommitting, !enlisting.isUnderWay, enlisting.isDue,
            let change = Membership.due(view.service, at: date, readers: view.readers)
        else { return [] }
        let primary = members[view.service.status.primary]?.status
        guard change.joining.isEmpty || primary?.serving == .open else { return [] }
        enlisting.isUnderWay = true
        return [.enlist(change)]
    }

    mutating func commit(
        _ handover: Handover, _ primary: Int, reason: String? = nil, failure: String? = nil, _ service: Service
    ) -> [Effect] {
        isCommitting = true
        expected = handover.epoch
        var request: Int?
        switch handover.cause {
        case .requested, .forced: request = service.pendingRequest?.generation
        case .restart, .ended, .hung, .interrupted: break
        }
        return [
            .commit(
                .lead(
                    Leadership(
                        uid: service.uid, primary: primary,
                        fenced: handover.fenced(members.compactMapValues(\.status)).sorted(), epoch: handover.epoch,
                        request: request, failure: failure, reason: reason,
                        failover: trace?.info, isPlanned: handover.cause.isPlanned,
                        isByMajority: members.compactMapValues(\.status).areElecting)))
        ]
    }

    /// The fence that agents are told. A handover's fence waits until clients are held, since they would meet a
    /// closed server otherwise, and until no update of the router is under way.
    mutating func fence(_ view: View) -> UInt64 {
        if !routing.isUnderWay, view.gates[view.service.status.primary] != .open { handover?.isFencing = true }
        guard let handover, handover.isFencing else { return view.service.epoch }
        return handover.epoch
    }

    /// Whether the member is the primary that is replaced because it hangs.
    func hangs(_ index: Int, _ service: Service) -> Bool {
        index == service.status.primary && handover?.cause == .hung && handover?.isFencing ?? false
    }

    /// Whether no other member takes writes any more: every outgoing member has confirmed the epoch's fence.
    func mayOpen(_ index: Int, _ service: Service) -> Bool {
        (service.status.outgoing ?? []).allSatisfy { other in
            other == index || members[other]?.status?.isFenced(at: service.epoch) ?? false
        }
    }
}
