import Foundation
import RoostModel

/// The record of a change of the primary while it is made. Pure.
struct FailoverTrace: Equatable, Sendable {
    private(set) var info: FailoverInfo
    private let began: ContinuousClock.Instant
    /// Whether an earlier roostd began the change. When clients could write again is not known then.
    private let isResumed: Bool
    /// Characters of a position that are kept: the set of MySQL's transactions may be long.
    private static let longestPosition = 500

    init(_ handover: Handover, _ service: Service, _ statuses: [Int: InstanceStatus], at date: Date) {
        let primary = InstanceID(service.id, service.status.primary).name
        let cause: FailoverInfo.Cause =
            switch handover.cause {
            case .requested: .requested
            case .restart: .restart
            case .forced: .forced
            case .interrupted: .interrupted
            case .hung: .primaryHung
            case .ended: statuses[service.status.primary]?.isLost ?? false ? .dataLost : .primaryEnded
            }
        info = FailoverInfo(id: handover.epoch, cause: cause, from: primary, to: primary, began: date)
        began = handover.began
        isResumed = false
        mark(.suspected, handover.began)
        // The agent's report of the end, or the request, is the confirmation too.
        if handover.cause != .interrupted { mark(.confirmed, handover.began) }
    }

    /// A change that the members made by an election.
    init(adopting epoch: UInt64, _ service: Service, now: ContinuousClock.Instant, date: Date) {
        let primary = InstanceID(service.id, service.status.primary).name
        info = FailoverInfo(id: epoch, cause: .elected, from: primary, to: primary, began: date)
        began = now
        isResumed = false
        mark(.suspected, now)
        mark(.confirmed, now)
    }

    /// Goes on with a record that an earlier roostd stored. The times of its further steps follow the machine's clock.
    init(resuming info: FailoverInfo, now: ContinuousClock.Instant, date: Date) {
        self.info = info
        let known = Double(info.timeline.last?.milliseconds ?? 0) / 1000
        began = now - .seconds(max(known, date.timeIntervalSince(info.began)))
        isResumed = true
    }

    /// Notes the first time of a step.
    mutating func mark(_ step: FailoverInfo.Step.Name, _ now: ContinuousClock.Instant) {
        guard !info.timeline.contains(where: { $0.step == step }) else { return }
        info.timeline.append(.init(step, milliseconds: milliseconds(now)))
    }

    /// Notes who leads, and what is known of the others.
    mutating func elect(
        _ member: Int, reason: String?, isUndone: Bool, _ handover: Handover, _ service: Service,
        _ statuses: [Int: InstanceStatus], _ now: ContinuousClock.Instant
    ) {
        mark(.elected, now)
        info.to = InstanceID(service.id, member).name
        info.reason = reason
        undone = isUndone
        info.lost = Self.loss(member, handover, service, statuses)
        if info.lost == .unknown, let seconds = Self.boundedLoss(member, handover, service, statuses) {
            (info.lost, info.lostAtMostSeconds) = (.bounded, seconds)
        }
        let leading = Self.position(member, service, statuses)
        info.candidates = service.instances.filter { $0.index != service.status.primary }.map { instance in
            candidate(instance.index, chosen: member, leading, handover, service, statuses)
        }
    }

    /// Notes whom the members elected. A majority has every commit that waited for one.
    mutating func adopt(_ member: Int, _ service: Service, _ now: ContinuousClock.Instant) {
        mark(.elected, now)
        info.to = InstanceID(service.id, member).name
        info.reason = "the members elected it"
        info.lost = service.status.synchronous?.isInForce ?? false ? .nothing : .unknown
    }

    /// Ends the record: clients can write.
    mutating func complete(_ now: ContinuousClock.Instant) {
        mark(.rerouted, now)
        if !isResumed { info.writesOutMilliseconds = info.timeline.last?.milliseconds }
        info.outcome = undone ? .undone : .completed
        info.isGivenUp = nil
    }

    /// Ends the record: a later epoch began before clients could write.
    mutating func supersede(by epoch: UInt64) { info.supersede(by: epoch) }

    private var undone: Bool {
        get { info.isGivenUp ?? false }
        set { info.isGivenUp = newValue ? true : nil }
    }

    private func milliseconds(_ now: ContinuousClock.Instant) -> Int {
        Int((now - began) / .milliseconds(1))
    }

    /// `nothing` only where the decision rests on a proof: the old primary's own data, a target that has all of them,
    /// or a replica that has all that the voters have.
    private static func loss(
        _ member: Int, _ handover: Handover, _ service: Service, _ statuses: [Int: InstanceStatus]
    ) -> FailoverInfo.Loss {
        let positions = service.instances.compactMap { position($0.index, service, statuses) }
        // Redis and Valkey acknowledge writes that are neither on a replica nor on the disk.
        guard !positions.isEmpty, positions.allSatisfy(\.followsAcknowledgement) else { return .unknown }
        if member == service.status.primary {
            return statuses[member]?.isLost ?? false ? .unknown : .nothing
        }
        if handover.cause.isPlanned { return .nothing }
        let fenced = statuses.filter { $0.value.isFenced(at: handover.epoch) }
        return Election(service, fenced).provenCandidate(member) == nil ? .unknown : .nothing
    }

    /// Time in which the writes were made that a replica may lack that leads now. Nil if it is unknown.
    private static func boundedLoss(
        _ member: Int, _ handover: Handover, _ service: Service, _ statuses: [Int: InstanceStatus]
    ) -> Double? {
        let primary = service.status.primary
        guard member != primary, statuses[primary]?.serving == .stopped else { return nil }
        let fenced = statuses.filter { $0.value.isFenced(at: handover.epoch) }
        return Election(service, fenced).loss(of: member, statuses[primary]?.lastPositions)
    }

    private func candidate(
        _ index: Int, chosen: Int, _ leading: Position?, _ handover: Handover, _ service: Service,
        _ statuses: [Int: InstanceStatus]
    ) -> FailoverInfo.Candidate {
        let isFenced = statuses[index]?.isFenced(at: handover.epoch) ?? false
        let own = isFenced ? Self.position(index, service, statuses) : nil
        let standing: FailoverInfo.Candidate.Place =
            switch (own, leading) {
            case (nil, _): .unreachable
            case (_, nil): .unknown
            case (let own?, let leading?):
                switch own.standing(against: leading) {
                case .ahead: .ahead
                case .equal: .equal
                case .behind: .behind
                case .diverged: .diverged
                }
            }
        let reason: String? =
            if index == chosen {
                nil
            } else if service.isReseeding(index) {
                "its data are being replaced"
            } else if let reason = service.member(index).reasonAgainstPromotion {
                reason
            } else {
                switch standing {
                case .unreachable: "it did not tell what it has received"
                case .behind: "it lacks writes"
                case .diverged: "its data have diverged"
                case .ahead, .equal, .unknown:
                    chosen == service.status.primary ? "the primary stayed" : "another member was preferred"
                }
            }
        return .init(
            instance: InstanceID(service.id, index).name,
            position: own.map { String($0.text.prefix(Self.longestPosition)) }, standing: standing, reason: reason)
    }

    /// What a replica has received, or the primary has written.
    private static func position(
        _ index: Int, _ service: Service, _ statuses: [Int: InstanceStatus]
    ) -> Position? {
        let report = statuses[index]?.replication
        return index == service.status.primary ? report?.applied : report?.received
    }
}

extension ServiceMachine {
    /// Goes on with the newest record of a failover that an earlier roostd stored and did not complete. Returns the
    /// older ones, which are ended.
    package mutating func resume(
        _ history: FailoverHistory, now: ContinuousClock.Instant, date: Date
    ) -> [FailoverInfo] {
        var open = history.items.filter { $0.outcome == .underWay }
        if trace == nil, let newest = history.items.first, newest.id == open.first?.id {
            trace = FailoverTrace(resuming: open.removeFirst(), now: now, date: date)
        }
        guard let last = history.items.first?.id else { return [] }
        return open.map { info in
            var info = info
            info.supersede(by: last)
            return info
        }
    }

    /// Notes the steps that follow once the new epoch is stored.
    mutating func follow(_ now: ContinuousClock.Instant) -> [Effect] {
        guard let view, var trace, trace.info.id <= view.service.epoch else { return [] }
        defer { self.trace = trace.info.outcome == .underWay ? trace : nil }
        guard trace.info.id == view.service.epoch else {
            trace.supersede(by: view.service.epoch)
            return [.record(trace.info)]
        }
        let primary = view.service.status.primary
        if let status = members[primary]?.status, status.epoch == view.service.epoch, status.serving == .open {
            trace.mark(.promoted, now)
            if view.gates[primary] == .open { trace.complete(now) }
        }
        return trace.info.outcome == .underWay ? [] : [.record(trace.info)]
    }
}
