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

    /// Begins, continues and ends a change of the primary.
    mutating func lead(_ now: ContinuousClock.Instant) -> [Effect] {
        guard let view, !isCommitting else { return [] }
        let service = view.service
        let statuses = members.compactMapValues(\.status)
        if statuses[service.status.primary].map({ $0.epoch == service.epoch && $0.serving != .stopped }) ?? false {
            expected = nil
        }
        if let handover, handover.epoch <= service.epoch || service.spec.deletion != nil { self.handover = nil }
        if handover == nil {
            let cause = Handover.cause(service, statuses, isExpected: expected == service.epoch)
            guard let cause else { return [] }
            let beyond = statuses.values.map(\.fence).max() ?? 0
            handover = Handover(cause: cause, epoch: max(service.epoch, beyond) + 1, deadline: now + Handover.patience)
        }
        guard let handover else { return [] }
        switch handover.decide(service, statuses, now: now) {
        case .wait: return []
        case .lead(let member): return commit(handover, member, failure: nil, service)
        case .giveUp(let reason): return commit(handover, service.status.primary, failure: reason, service)
        }
    }

    /// Has members join or leave. Not during a handover: data copied then may be void.
    mutating func enlist() -> [Effect] {
        guard let view, handover == nil, !isCommitting, !enlisting.isUnderWay, enlisting.isDue,
            let change = Membership.change(view.service)
        else { return [] }
        enlisting.isUnderWay = true
        return [.enlist(change)]
    }

    mutating func commit(
        _ handover: Handover, _ primary: Int, failure: String?, _ service: Service
    ) -> [Effect] {
        isCommitting = true
        expected = handover.epoch
        var request: Int?
        if case .requested = handover.cause { request = service.pendingRequest?.generation }
        return [
            .commit(
                Leadership(
                    uid: service.uid, primary: primary,
                    fenced: handover.fenced(members.compactMapValues(\.status)).sorted(), epoch: handover.epoch,
                    request: request, failure: failure))
        ]
    }

    /// The fence that agents are told. A handover's fence waits until clients are held, since they would meet a
    /// closed server otherwise, and until no update of the router is under way.
    mutating func fence(_ view: View) -> UInt64 {
        if !routing.isUnderWay, view.gates[view.service.status.primary] != .open { handover?.isFencing = true }
        guard let handover, handover.isFencing else { return view.service.epoch }
        return handover.epoch
    }

    /// Whether no other member takes writes any more: every outgoing member has confirmed the epoch's fence.
    func mayOpen(_ index: Int, _ service: Service) -> Bool {
        (service.status.outgoing ?? []).allSatisfy { other in
            other == index || members[other]?.status?.isFenced(at: service.epoch) ?? false
        }
    }
}
