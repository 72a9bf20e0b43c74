import RoostModel

/// A change of a group's primary that is under way. Pure, and kept in memory only: after a restart, the fences that
/// agents keep show a new machine that a handover was interrupted, and it begins another with a later epoch.
struct Handover: Equatable, Sendable {
    enum Cause: Equatable, Sendable {
        /// A user asks for this member as the primary.
        case requested(to: Int)
        /// The primary's server has ended.
        case ended
        /// Fences are beyond the service's epoch for an unknown reason.
        case interrupted
    }

    enum Decision: Equatable {
        case wait
        /// Make this member the primary from the handover's epoch on.
        case lead(Int)
        /// Keep the primary, with the handover's epoch. The reason is a sentence.
        case giveUp(String)
    }

    let cause: Cause
    /// The epoch that the handover begins. Members are fenced below it first.
    let epoch: UInt64
    let deadline: ContinuousClock.Instant
    /// Whether agents are told the handover's fence. Once true, it stays true until the handover ends.
    var isFencing = false

    /// Timeout of a planned change: clients wait no longer than this before the change is undone.
    static let patience: Duration = .seconds(5)

    /// Why the primary should change now; nil if it should not.
    ///
    /// `isExpected`: whether the server of the present primary is about to be started and has not been seen since.
    static func cause(
        _ service: Service, _ statuses: [Int: InstanceStatus], isExpected: Bool
    ) -> Cause? {
        let others = service.instances.filter { $0.seeded && $0.index != service.status.primary }
        guard service.spec.deletion == nil, service.primary?.seeded ?? false else { return nil }
        if case .promote(let target) = service.goal { return .requested(to: target) }
        guard service.isGroup else { return nil }
        let fences = service.instances.compactMap { statuses[$0.index]?.fence }
        if fences.contains(where: { $0 > service.epoch }) { return .interrupted }
        guard !others.isEmpty, !isExpected,
            statuses[service.status.primary]?.serving == .stopped
        else { return nil }
        return .ended
    }

    func decide(
        _ service: Service, _ statuses: [Int: InstanceStatus], now: ContinuousClock.Instant
    ) -> Decision {
        let isLate = now >= deadline
        let primary = service.status.primary
        let writers = Set([primary] + (service.status.outgoing ?? []))
        switch cause {
        case .requested(let target):
            guard service.instances.contains(where: { $0.index == target && $0.leaving == nil }) else {
                return .giveUp("\(InstanceID(service.id, target).name) is not a member, or is being removed")
            }
            // Only the target and the members that may take writes must be fenced: a hung replica delays nobody.
            let unfenced = writers.union([target]).subtracting(fenced(statuses)).sorted()
            if unfenced.isEmpty, holdsAll(target, of: primary, service, statuses) { return .lead(target) }
            guard isLate else { return .wait }
            let names = unfenced.map { InstanceID(service.id, $0).name }
            return .giveUp(
                names.isEmpty
                    ? "\(InstanceID(service.id, target).name) has not received all writes"
                    : "\(names.joined(separator: ", ")) did not confirm in time that they accept no more writes")
        case .ended, .interrupted:
            // The primary's own data hold every acknowledged write.
            return fenced(statuses).contains(primary) ? .lead(primary) : .wait
        }
    }

    /// Members that confirm to take no writes below the handover's epoch.
    func fenced(_ statuses: [Int: InstanceStatus]) -> Set<Int> {
        Set(statuses.filter { $0.value.isFenced(at: epoch) }.keys)
    }

    private func holdsAll(
        _ target: Int, of primary: Int, _ service: Service, _ statuses: [Int: InstanceStatus]
    ) -> Bool {
        if target == primary { return true }
        guard service.instances.contains(where: { $0.index == target && $0.seeded }),
            let received = statuses[target]?.replication?.received,
            let written = statuses[primary]?.replication?.applied
        else { return false }
        return received.standing(against: written).holdsAll
    }
}

/// Status change at the end of a handover. Pure and idempotent.
package struct Leadership: Equatable, Sendable {
    /// Uid of the service: an earlier service may have had the same name.
    package let uid: String
    package let primary: Int
    /// The members that confirmed to take no writes below the epoch.
    package let fenced: [Int]
    package let epoch: UInt64
    /// Generation of the request that ends with the handover; nil if there is none.
    package let request: Int?
    /// Why the request was given up, a sentence; nil if it was not.
    package let failure: String?

    /// The service's status with this change. Nil if the service is another, has this epoch or a later one already,
    /// or the primary is not a seeded member.
    package func applied(to service: Service) -> ServiceStatus? {
        guard service.uid == uid, epoch > service.epoch,
            service.instances.contains(where: { $0.index == primary && $0.seeded })
        else { return nil }
        var status = service.status
        let outgoing = Set((status.outgoing ?? []) + [status.primary]).subtracting(fenced + [primary]).sorted()
        status.outgoing = outgoing.isEmpty ? nil : outgoing
        status.epoch = epoch
        status.primary = primary
        guard let request, let pending = service.pendingRequest, pending.generation == request else { return status }
        status.finish(pending)
        status.abandoned = failure.map { .init(reason: $0, generation: request) }
        return status
    }

    /// Sentence for people, once the change is stored.
    package func text(_ service: Service) -> String {
        let name = InstanceID(service.id, primary).name
        return failure.map { "\(name) remains the primary in epoch \(epoch): \($0)" }
            ?? "\(name) is the primary as of epoch \(epoch)"
    }
}
