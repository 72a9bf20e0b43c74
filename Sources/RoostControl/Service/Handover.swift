import Foundation
import RoostModel

/// A change of a group's primary that is under way. Pure, and kept in memory only: after a restart, the fences that
/// agents keep show a new machine that a handover was interrupted, and it begins another with a later epoch.
struct Handover: Equatable, Sendable {
    enum Cause: Equatable, Sendable {
        /// A user asks for this member as the primary.
        case requested(to: Int)
        /// A user has the primary replaced, whatever it is doing. Nil: by the replica with the most data.
        case forced(to: Int?, acceptsLoss: Bool)
        /// The primary's server is to be restarted: this member takes its place before.
        case restart(to: Int)
        /// The primary's server has ended.
        case ended
        /// The primary's server lives and hangs.
        case hung
        /// Fences are beyond the service's epoch for an unknown reason.
        case interrupted

        /// Whether the primary is closed first, and the next one has everything that it has.
        var isPlanned: Bool {
            switch self {
            case .requested, .restart: true
            case .forced, .ended, .hung, .interrupted: false
            }
        }
    }

    enum Decision: Equatable {
        case wait
        /// Wait, for a reason that people should know: a sentence.
        case stuck(String)
        /// Make this member the primary from the handover's epoch on. The reason is a clause.
        case lead(Int, String? = nil)
        /// Keep the primary, with the handover's epoch. The reason is a sentence.
        case giveUp(String)
    }

    let cause: Cause
    /// The epoch that the handover begins. Members are fenced below it first.
    let epoch: UInt64
    let began: ContinuousClock.Instant
    /// Whether agents are told the handover's fence. Once true, it stays true until the handover ends.
    var isFencing = false
    /// Whether the primary's last status said that it waits for open transactions.
    private(set) var isDraining = false
    /// When the primary last waited for open transactions: the patience of a planned change begins then. Nil if it has
    /// not.
    private(set) var drainedAt: ContinuousClock.Instant?

    init(cause: Cause, epoch: UInt64, began: ContinuousClock.Instant) {
        self.cause = cause
        self.epoch = epoch
        self.began = began
    }

    /// Timeout of a planned change, from the end of its drain on: clients wait no longer than this before the change is
    /// undone.
    static let patience: Duration = .seconds(5)
    /// Timeout for the primary's end when it is replaced by force. Its agent may be in the middle of a step that waits
    /// for a server that hangs, for up to a minute.
    static let killing: Duration = .seconds(90)
    /// Time within which the voters have to answer after the primary's server ended, before it is restarted in place.
    static let election: Duration = .seconds(1)
    /// Failures in a row after which another member is preferred to a primary that is to be started in place.
    static let attempts = 3

    /// Why the primary should change now; nil if it should not.
    ///
    /// `isExpected`: whether the server of the present primary is about to be started and has not been seen since. If
    /// it cannot be started, that is as good as its end.
    /// `mayReplace`, `mayKill`: as `ReplacementPace` says.
    /// `isPaused`: nothing is failed over then, but a change that was interrupted is finished.
    static func cause(
        _ service: Service, _ statuses: [Int: InstanceStatus], isExpected: Bool, mayReplace: Bool = true,
        mayKill: Bool = true, isPaused: Bool = false
    ) -> Cause? {
        guard service.spec.deletion == nil, service.primary?.seeded ?? false else { return nil }
        switch service.goal {
        case .promote(let target, _): return .requested(to: target)
        case .failover(let target, let acceptsLoss): return .forced(to: target, acceptsLoss: acceptsLoss)
        case .run, .restore, .upgrade, .reset, .image, .move, .destroy: break
        }
        guard service.isGroup else { return nil }
        if !isPaused, mayKill, Self.hangs(service, statuses) { return .hung }
        let fences = service.instances.compactMap { statuses[$0.index]?.fence }
        if fences.contains(where: { $0 > service.epoch }) { return .interrupted }
        guard !isPaused, service.goal == .run, let primary = statuses[service.status.primary],
            primary.serving == .stopped
        else { return nil }
        // The agent waits for the next epoch.
        let isAwaited = primary.hasEnded ?? false && primary.epoch == service.epoch
        let others = service.instances.filter { $0.seeded && $0.index != service.status.primary }
        guard isAwaited || !others.isEmpty else { return nil }
        let isComing = (isExpected && !isAwaited) || primary.isStopped ?? false
        return !isComing || isHopeless(primary, service, mayReplace) ? .ended : nil
    }

    /// Whether the primary hangs, and another member can take over: it gives no answer, and every voter tells that it
    /// does not hear from it. A primary that is slow, or that a snapshot holds up, is heard or not asked. One whose disk
    /// is full waits for space, as its replicas on that disk do.
    static func hangs(_ service: Service, _ statuses: [Int: InstanceStatus]) -> Bool {
        guard service.goal == .run, let primary = statuses[service.status.primary], primary.isSilent ?? false,
            primary.serving == .unknown, primary.epoch == service.epoch, primary.lostFiles == nil,
            primary.diskFault == nil, let record = service.status.synchronous, record.isInForce,
            !record.voters.isEmpty, service.hasSuccessor
        else { return false }
        // A voter without a server is no witness; one that hears the primary, or does not tell, speaks for it.
        let witnesses = record.voters.filter { statuses[$0]?.serving != .stopped }
        return !witnesses.isEmpty
            && witnesses.allSatisfy { statuses[$0]?.hearsPrimary == false && !service.isReseeding($0) }
    }

    /// Whether a primary that is about to be started will not come, and another member may take over.
    private static func isHopeless(_ primary: InstanceStatus, _ service: Service, _ mayReplace: Bool) -> Bool {
        primary.isLost
            || (primary.failures >= attempts && primary.diskFault == nil && mayReplace
                && (service.status.synchronous?.isInForce ?? false || service.tolerableLoss != nil))
    }

    /// Whether the handover makes way for another one: a request to replace the primary by force, or the replacement of
    /// a primary that was found to hang.
    ///
    /// `mayKill`, `isPaused`: as for `cause`, which has to give another cause than the overruled one.
    func isOverruled(
        _ service: Service, _ statuses: [Int: InstanceStatus], mayKill: Bool = true, isPaused: Bool = false
    ) -> Bool {
        if case .failover = service.goal {
            return if case .forced = cause { false } else { true }
        }
        return cause == .interrupted && mayKill && !isPaused && Self.hangs(service, statuses)
    }

    /// Notes whether the primary waits for open transactions. One that never stops to say so is waited for no longer than
    /// a drain can last.
    mutating func noteDrain(_ service: Service, _ statuses: [Int: InstanceStatus], _ now: ContinuousClock.Instant) {
        guard case .requested = cause else { return }
        let primary = statuses[service.status.primary]
        let isHeard = primary.map { $0.fence >= epoch && $0.isDraining ?? false } ?? false
        let drains = isHeard && now < began + Self.patience + service.goal.drain
        if drains || isDraining { drainedAt = now }
        isDraining = drains
    }

    func decide(
        _ service: Service, _ statuses: [Int: InstanceStatus], now: ContinuousClock.Instant
    ) -> Decision {
        let isLate = now >= (drainedAt ?? began) + Self.patience
        let primary = service.status.primary
        let writers = writers(service)
        switch cause {
        case .requested(let target), .restart(let target):
            guard service.instances.contains(where: { $0.index == target && $0.leaving == nil }) else {
                return .giveUp("\(InstanceID(service.id, target).name) is not a member, or is being removed")
            }
            if target != primary, let reason = service.member(target).reasonAgainstPromotion {
                return .giveUp("\(InstanceID(service.id, target).name) cannot become the primary: \(reason)")
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
        case .forced(let target, let acceptsLoss):
            return force(target, acceptsLoss, service, statuses, now)
        case .hung:
            let unfenced = writers.subtracting(fenced(statuses)).sorted()
            guard unfenced.isEmpty else { return waitForEnd(of: unfenced, service, now) }
            return succeed(service, statuses, now)
        case .ended, .interrupted:
            guard fenced(statuses).contains(primary), let status = statuses[primary] else { return .wait }
            // A server that lives goes on: its own data hold every acknowledged write.
            guard status.serving == .stopped else { return .lead(primary) }
            return succeed(service, statuses, now)
        }
    }

    /// The members that may take writes.
    private func writers(_ service: Service) -> Set<Int> {
        Set([service.status.primary] + (service.status.outgoing ?? []))
    }

    /// Whether all members that may take writes confirm to take no more.
    func areWritersFenced(_ service: Service, _ statuses: [Int: InstanceStatus]) -> Bool {
        writers(service).isSubset(of: fenced(statuses))
    }

    /// Decides who follows a primary that is replaced by force, once its server was killed.
    private func force(
        _ target: Int?, _ acceptsLoss: Bool, _ service: Service, _ statuses: [Int: InstanceStatus],
        _ now: ContinuousClock.Instant
    ) -> Decision {
        let unfenced = writers(service).subtracting(fenced(statuses)).sorted()
        guard unfenced.isEmpty else { return waitForEnd(of: unfenced, service, now) }
        let election = Election(service, statuses.filter { $0.value.isFenced(at: epoch) })
        if let index = election.provenCandidate(target) {
            return .lead(
                index, "the failover was requested, and \(InstanceID(service.id, index).name) has all that it needs")
        }
        guard election.isComplete || now >= began + Self.patience else { return .wait }
        let risk = election.lossRisk(of: target, service)
        guard acceptsLoss else {
            return .giveUp(
                "an acknowledged write might be lost: \(risk). \(Self.failoverCommand(service)) goes on all the same")
        }
        guard let index = election.mostAdvanced(target) else {
            return .giveUp("no replica that could take over tells what it has received")
        }
        return .lead(index, "the failover was requested, although acknowledged writes may be lost: \(risk)")
    }

    /// Waits until servers that were told to end have ended.
    private func waitForEnd(of members: [Int], _ service: Service, _ now: ContinuousClock.Instant) -> Decision {
        let names = members.map { InstanceID(service.id, $0).name }.joined(separator: ", ")
        return now < began + Self.killing
            ? .wait : .giveUp("the end of all writes was not confirmed in time by \(names)")
    }

    /// Decides who follows a primary whose server has ended, and whose processes are all gone.
    private func succeed(
        _ service: Service, _ statuses: [Int: InstanceStatus], _ now: ContinuousClock.Instant
    ) -> Decision {
        let primary = service.status.primary
        let name = InstanceID(service.id, primary).name
        let end = cause == .hung ? "gave no answer and was killed" : "ended"
        let isDataGone = statuses[primary]?.isLost ?? false
        if !isDataGone, statuses[primary]?.diskFault != nil {
            // The members are on one disk: a replica could not write either.
            return .lead(primary, "its server \(end) while its disk was full, and is started again in place")
        }
        let isFailing = isDataGone || statuses[primary]?.failures ?? 0 >= Self.attempts
        let election = Election(service, statuses.filter { $0.value.isFenced(at: epoch) })
        if isFailing, let decision = tolerate(election, isDataGone: isDataGone, service, statuses, now) {
            return decision
        }
        switch election.outcome {
        case .elected(let index, let provesAll) where provesAll || isFailing:
            return .lead(
                index, "the server of \(name) \(end), and \(InstanceID(service.id, index).name) has all that it needs")
        case .unread(let missing) where isDataGone:
            let names = missing.map { InstanceID(service.id, $0).name }.joined(separator: ", ")
            return .stuck(
                "the data of \(name) are gone, and \(names) may have writes that no other replica has: bring it "
                    + "up, or accept the loss of those writes with \(Self.failoverCommand(service))")
        case .unread where now < began + Self.election: return .wait
        case .impossible(let reason) where isDataGone:
            return .stuck(
                "the data of \(name) are gone, and no replica may take over: \(reason). To accept the loss of writes, use "
                    + Self.failoverCommand(service))
        case .elected, .unread, .impossible:
            // The primary's own data hold every acknowledged write.
            return .lead(primary, "its server \(end), and is started again in place")
        }
    }

    /// Decides about a primary that cannot go on, and whose commits waited for nobody: a replica takes over if what it
    /// may lack is within the limit that users accept. Nil if the limit decides nothing.
    private func tolerate(
        _ election: Election, isDataGone: Bool, _ service: Service, _ statuses: [Int: InstanceStatus],
        _ now: ContinuousClock.Instant
    ) -> Decision? {
        guard let limit = service.tolerableLoss, case .impossible = election.outcome else { return nil }
        guard election.isComplete || now >= began + Self.election else { return .wait }
        guard let best = election.leastLoss(statuses[service.status.primary]?.lastPositions) else { return nil }
        let (name, heir) = (
            InstanceID(service.id, service.status.primary).name, InstanceID(service.id, best.index).name
        )
        let state = isDataGone ? "the data of \(name) are gone" : "the server of \(name) does not start"
        guard let seconds = best.seconds else {
            guard isDataGone else { return nil }
            return .stuck(
                "\(state), and it is not known how many writes \(heir) lacks, so 'max_loss: \(limit)s' does not apply. To "
                    + "accept the loss of writes, use \(Self.failoverCommand(service))")
        }
        let lacking = seconds.rounded(toPlaces: 1)
        guard seconds <= Double(limit) else {
            guard isDataGone else { return nil }
            return .stuck(
                "\(state), and \(heir) may lack the writes of \(lacking) s, more than 'max_loss: \(limit)s' allows. To accept "
                    + "their loss, use \(Self.failoverCommand(service))")
        }
        return .lead(
            best.index,
            "\(state), and \(heir) lacks at most the writes of \(lacking) s, which 'max_loss: \(limit)s' allows")
    }

    private static func failoverCommand(_ service: Service) -> String {
        "'roost failover \(service.id.service) --accept-data-loss'"
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
    /// Why this member leads, a clause; nil if a user asked for it.
    package var reason: String?
    /// The record of the change so far.
    package var failover: FailoverInfo?
    /// Whether the old primary was closed first, and the new one has all that it has.
    package var isPlanned = false
    /// Whether the members elect their primary by a majority. Then an earlier primary needs no fence, keeps its vote,
    /// and undoes by itself what no majority has.
    package var isByMajority = false

    /// The service's status with this change. Nil if the service is another, has this epoch or a later one already,
    /// or the primary is not a seeded member.
    package func applied(to service: Service, at date: Date) -> ServiceStatus? {
        guard service.uid == uid, epoch > service.epoch,
            service.instances.contains(where: { $0.index == primary && $0.seeded })
        else { return nil }
        var status = service.status
        let outgoing = Set((status.outgoing ?? []) + [status.primary]).subtracting(fenced + [primary]).sorted()
        status.outgoing = outgoing.isEmpty || isByMajority ? nil : outgoing
        status.epoch = epoch
        if primary != status.primary {
            // In a planned change the old primary has what the new one has, and follows it next.
            let keepsData = isByMajority || (isPlanned && fenced.contains(status.primary))
            let predecessor = keepsData ? status.primary : nil
            status.synchronous = status.synchronous?.led(
                by: primary, predecessor: predecessor, isByMajority: isByMajority, at: date)
            if predecessor == nil { status.reseed(status.primary, at: date) }
            if let place = status.members.firstIndex(where: { $0.index == primary }) {
                // The members may have elected one that was to leave: it stays, and another one leaves.
                status.members[place].leaving = nil
                status.members[place].reseeding = nil
                status.members[place].reseeded = service.spec.resyncs?[primary]
            }
        }
        status.primary = primary
        guard let request, let pending = service.pendingRequest, pending.generation == request else { return status }
        status.finish(pending)
        status.abandoned = failure.map { .init(reason: $0, generation: request) }
        return status
    }

    /// Sentence for people, once the change is stored.
    package func text(_ service: Service) -> String {
        let name = InstanceID(service.id, primary).name
        let isKept = primary == service.status.primary
        return failure.map { "\(name) \(isKept ? "remains" : "is") the primary in epoch \(epoch): \($0)" }
            ?? "\(name) is the primary as of epoch \(epoch)" + (reason.map { ": \($0)" } ?? "")
    }
}

extension ServiceStatus {
    /// After the primary's data were replaced, the other members get them, and nobody has what is acknowledged from now
    /// on yet. Images of the data of before are void.
    mutating func replaceReplicas(because reason: String, at date: Date) {
        guard members.count > 1 else { return }
        epoch += 1
        if let record = synchronous {
            let since = record.isInForce ? date : record.since
            synchronous = .init(voters: [], isInForce: false, since: since)
        }
        for place in members.indices where members[place].index != primary {
            // The unfinished copy of a member that was being seeded is put aside as well.
            members[place].seeded = true
            members[place].reseeding = .init(
                keep: Reseeding.keep(members[place].index, at: date), reason: reason)
        }
    }

    /// A primary that was replaced without its consent may hold writes that nobody acknowledged: its data are kept, and
    /// it gets those of the new primary.
    fileprivate mutating func reseed(_ index: Int, at date: Date) {
        guard let place = members.firstIndex(where: { $0.index == index && $0.leaving == nil && $0.seeded }) else {
            return
        }
        members[place].reseeding = .init(
            keep: Reseeding.keep(index, at: date), reason: "it was the primary until another took over")
    }
}

extension Service {
    /// Limit of what a failover may lose by itself, in seconds. Nil: nothing.
    fileprivate var tolerableLoss: Int? {
        guard settings.durability == .async, let limit = settings.maxLossSeconds, limit > 0 else { return nil }
        return limit
    }
}
