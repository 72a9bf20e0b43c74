import Foundation
import RoostModel

/// Decides whether the members of a service are compared now, without a request. Pure.
package enum ComparisonSchedule {
    /// Shortest time between two attempts: one that failed is not repeated at once.
    static let retryPause: TimeInterval = 3600

    /// `note`: what is stored about earlier comparisons. `report`: the reconciler's last one; nil before the first look.
    package static func isDue(
        _ service: Service, _ report: ServiceReport?, note: ComparisonNote?, now: Date
    ) -> Bool {
        guard let every = service.settings.verify?.everySeconds, isWhole(service, report, now: now)
        else { return false }
        let own = note.flatMap { $0.uid == service.uid ? $0 : nil }
        return isOver(TimeInterval(every), since: own?.last?.endedAt, now)
            && isOver(min(TimeInterval(every), retryPause), since: own?.begunAt, now)
    }

    /// A time in the future is of a clock that was set back meanwhile, and says nothing.
    private static func isOver(_ time: TimeInterval, since date: Date?, _ now: Date) -> Bool {
        guard let date, date <= now else { return true }
        return now.timeIntervalSince(date) >= time
    }

    /// Whether the group has replicas, all members are up and follow, and nothing is being changed.
    private static func isWhole(_ service: Service, _ report: ServiceReport?, now: Date) -> Bool {
        guard let report, service.goal == .run, !service.spec.isPaused(at: now), !service.replicas.isEmpty,
            report.settledGeneration >= service.generation, !report.isChangingPrimary, report.problem == nil,
            service.status.outgoing?.isEmpty ?? true, Membership.change(service) == nil
        else { return false }
        return service.instances.allSatisfy { member in
            guard member.seeded, member.leaving == nil, !service.isReseeding(member.index),
                let seen = report.instances[member.index], seen.state == .up, seen.problem == nil, !seen.isSilent
            else { return false }
            return member.index == service.status.primary || seen.following?.link == .up
        } && service.isGuaranteed
    }
}
