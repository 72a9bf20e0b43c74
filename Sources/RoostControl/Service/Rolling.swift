import RoostModel

/// Decides which member of a group may stop its server and start it again, for settings that need it or because a user
/// asked: one at a time, replicas first. The primary hands its place to a replica before its own turn. Pure, and kept in
/// memory only.
struct Rolling: Equatable, Sendable {
    enum Decision: Equatable {
        case wait
        /// This replica is to become the primary, so that the present one can restart as a replica.
        case change(to: Int)
    }

    /// Attempts to hand over the primary's place, after which it restarts in its place.
    static let attempts = 2

    /// The member that may restart. Kept until it is whole again: a setting that keeps servers from starting ends one of
    /// them, and the others go on.
    private(set) var turn: Int?
    /// Handovers that were begun since the primary began to wait for its restart.
    private var changes = 0

    /// Whether a member may restart now. A member that a user named restarts at once.
    func mayRestart(_ index: Int, _ service: Service) -> Bool {
        !service.isGroup || turn == index
            || service.spec.restarts?[index] ?? 0 > service.spec.restartGeneration
    }

    /// `isPaused`: no turn is given; agents restart nothing then.
    mutating func decide(_ service: Service, _ statuses: [Int: InstanceStatus], isPaused: Bool) -> Decision {
        let members = service.instances.filter { $0.seeded && $0.leaving == nil }.map(\.index)
        let waiting = members.filter { statuses[$0]?.awaitsRestart ?? false && !service.isReseeding($0) }
        if let turn, !members.contains(turn) || (!waiting.contains(turn) && isWhole(turn, service, statuses)) {
            self.turn = nil
        }
        // A primary that a change was given up for says nothing of its restart before it is open again.
        if waiting.isEmpty, members.allSatisfy({ statuses[$0]?.convergence == .settled }) { changes = 0 }
        // A member that has not looked at what is wanted now may need a restart as well.
        let haveLooked = members.allSatisfy { statuses[$0]?.generation == service.generation }
        guard service.isGroup, service.goal == .run, !isPaused, turn == nil, !waiting.isEmpty, haveLooked else {
            return .wait
        }
        let primary = service.status.primary
        // The one that restarts need not be well: a restart may be the remedy.
        func othersAreWhole(than index: Int) -> Bool {
            members.allSatisfy { $0 == index || isWhole($0, service, statuses) }
        }
        let replicas = waiting.filter { $0 != primary }
        if waiting.contains(primary), !isWhole(primary, service, statuses) {
            // Clients are out anyway, and the replicas have nobody to follow.
            turn = primary
        } else if let next = replicas.first(where: othersAreWhole) {
            turn = next
        } else if replicas.isEmpty, othersAreWhole(than: primary) {
            if changes < Self.attempts, let successor = successor(service, statuses) {
                changes += 1
                return .change(to: successor)
            }
            turn = primary
        }
        return .wait
    }

    /// Whether a member is up and does its part, so that commits are as safe as they should be.
    private func isWhole(_ index: Int, _ service: Service, _ statuses: [Int: InstanceStatus]) -> Bool {
        guard let status = statuses[index], status.epoch == service.epoch, status.state == .up,
            !service.isReseeding(index)
        else { return false }
        if index == service.status.primary { return status.serving == .open }
        guard status.replication?.role == .replica, status.replication?.link == .up else { return false }
        // A replica that was restarted acknowledges again before the next one leaves.
        return service.settings.durability == .async || (service.status.synchronous?.isInForce ?? true)
    }

    private func successor(_ service: Service, _ statuses: [Int: InstanceStatus]) -> Int? {
        let able = service.replicas.filter { $0.seeded && isWhole($0.index, service, statuses) }.map(\.index)
        let voter = service.preferredSuccessor { able.contains($0) && service.status.isVoter($0) }
        // Members that elect their primary elect none without a vote.
        return voter ?? (statuses.areElecting ? nil : service.preferredSuccessor { able.contains($0) })
    }
}
