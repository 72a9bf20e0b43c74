import RoostModel

/// A change of a group's primary that is under way. Pure, and kept in memory alone: the fences that agents keep tell a machine
/// that is made anew that one was interrupted, and it begins another with a later epoch.
struct Handover: Equatable, Sendable {
    enum Cause: Equatable, Sendable {
        /// A user asks for this member.
        case requested(to: Int)
        /// The primary's server is not there any more.
        case ended
        /// Fences are beyond the service's epoch, and nobody knows why.
        case interrupted
    }

    enum Decision: Equatable {
        case wait
        /// This member takes writes from the handover's epoch on.
        case lead(Int)
        /// The primary stays, with the handover's epoch. The reason is a sentence.
        case giveUp(String)
    }

    let cause: Cause
    /// The epoch that begins with it. Members are fenced below it first.
    let epoch: UInt64
    let deadline: ContinuousClock.Instant
    /// Whether agents were told its fence. They are until it ends.
    var isFencing = false

    /// Clients of a planned change wait no longer than this before it is undone.
    static let patience: Duration = .seconds(5)

    /// Why the primary should change now; nil: it should not.
    ///
    /// `isExpected`: whether the server of the present primary is about to be started, and not seen since.
    static func cause(
        _ service: Service, _ statuses: [Int: InstanceStatus], isExpected: Bool
    ) -> Cause? {
        let others = service.instances.filter { $0.seeded && $0.index != service.status.primary }
        guard service.spec.deletion == nil, service.primary?.seeded ?? false else { return nil }
        if case .promote(let target) = service.intent { return .requested(to: target) }
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
                return .giveUp("\(InstanceID(service.id, target).name) is not a member, or is about to leave")
            }
            // The others took no writes before, and are not asked: one that hangs delays nobody.
            let unfenced = writers.union([target]).subtracting(fenced(statuses)).sorted()
            if unfenced.isEmpty, holdsAll(target, of: primary, service, statuses) { return .lead(target) }
            guard isLate else { return .wait }
            let names = unfenced.map { InstanceID(service.id, $0).name }
            return .giveUp(
                names.isEmpty
                    ? "\(InstanceID(service.id, target).name) has not received all that was written"
                    : "\(names.joined(separator: ", ")) did not confirm in time to take no more writes")
        case .ended, .interrupted:
            // The primary's own data are the ones that hold every acknowledged write.
            return fenced(statuses).contains(primary) ? .lead(primary) : .wait
        }
    }

    /// The members that confirm to take no writes below the handover's epoch.
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

/// What the end of a handover changes in the service's status. Pure; the same a second time changes nothing.
package struct Leadership: Equatable, Sendable {
    /// Of the service: one of the same name may have been there before.
    package let uid: String
    package let primary: Int
    /// The members that confirmed to take no writes below the epoch.
    package let fenced: [Int]
    package let epoch: UInt64
    /// The request that ends with it, by generation.
    package let request: Int?
    /// Why the request was given up, a sentence; nil: it was not.
    package let failure: String?

    /// Nil: the status is of another service, or of this epoch or a later one already.
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

    /// For people, once it is stored.
    package func text(_ service: Service) -> String {
        let name = InstanceID(service.id, primary).name
        return failure.map { "\(name) stays the primary, in epoch \(epoch): \($0)" }
            ?? "\(name) is the primary from epoch \(epoch) on"
    }
}
