import RoostModel

/// Decides how new passwords of the replication accounts come into effect. Pure; the steps are in the service's status,
/// only the time of a wait is in memory.
///
/// 1. Every member accepts the new passwords as well: any of them may be the primary next.
/// 2. One member after the other signs on with its new password, so that at most one replica connects anew at a time.
/// 3. The old passwords are void once no member signs on with one. A member that is away does not hold this up: its agent
///    gives it the new password when it follows again.
struct PasswordRollout: Equatable, Sendable {
    /// Lag of a replica, beyond its delay, up to which it connects anew.
    static let lag: Double = 1
    /// Time of a wait after which people are told.
    static let patience: Duration = .seconds(10)

    /// The reason why the steps wait, a clause, and the moment since which they do.
    private var wait: Wait?
    /// Why the new passwords are not in effect yet, a sentence. Nil if they are, or are about to be.
    private(set) var problem: String?

    private struct Wait: Equatable {
        let reason: String
        let since: ContinuousClock.Instant
    }

    private enum Step: Equatable {
        case wait(String)
        case change(ReplicationPasswords)
    }

    /// The next step; nil if there is none now. No change of the primary is under way.
    ///
    /// `statuses`: the last of each member. `answering`: the members whose status answers the present record.
    mutating func decide(
        _ service: Service, _ statuses: [Int: InstanceStatus], answering: Set<Int>, now: ContinuousClock.Instant,
        isPaused: Bool
    ) -> ReplicationPasswordChange? {
        let members = Members(service: service, statuses: statuses, answering: answering)
        switch isPaused ? nil : step(members) {
        case nil:
            (wait, problem) = (nil, nil)
            return nil
        case .wait(let reason):
            let begun = wait?.reason == reason ? wait?.since ?? now : now
            wait = Wait(reason: reason, since: begun)
            problem = now - begun < Self.patience ? nil : "its new replication passwords wait: \(reason)"
            return nil
        case .change(let after):
            (wait, problem) = (nil, nil)
            return ReplicationPasswordChange(
                uid: service.uid, before: service.status.currentReplicationPasswords, after: after)
        }
    }

    /// Nil if no change of the passwords is under way.
    private func step(_ members: Members) -> Step? {
        let service = members.service
        var passwords = service.status.currentReplicationPasswords
        let wanted = service.spec.replicationPasswords ?? 0
        guard service.isChangingReplicationPasswords else { return nil }
        // A service with one instance has no replication accounts.
        guard service.isGroup else { return .change(ReplicationPasswords(number: max(wanted, passwords.next ?? 0))) }
        guard let next = passwords.next else {
            return .change(ReplicationPasswords(number: passwords.number, next: wanted))
        }
        let indices = service.instances.map(\.index)
        // Also after a change of the primary meanwhile.
        if let index = indices.first(where: { !members.accepts($0) }) {
            return .wait("\(members.name(index)) does not accept them yet")
        }
        if let index = indices.first(where: { passwords.moved.contains($0) && !members.isMoved($0) }) {
            return .wait("\(members.name(index)) does not sign on with its new one yet")
        }
        let left = indices.filter { !passwords.moved.contains($0) }
        // A member that connects to nobody now interrupts nothing.
        let free = left.filter { !members.isConnected($0) }
        if let moving = free.isEmpty ? left.first.map({ [$0] }) : free {
            if let index = moving.first(where: members.isBehind) {
                return .wait("\(members.name(index)) is behind its primary")
            }
            // Members that left meanwhile are forgotten.
            passwords.moved = (passwords.moved.filter(indices.contains) + moving).sorted()
            return .change(passwords)
        }
        return .change(ReplicationPasswords(number: next))
    }

    /// Whether the passwords that were asked for last are the only ones that members accept.
    static func isSettled(
        _ service: Service, _ statuses: [Int: InstanceStatus], answering: Set<Int>
    ) -> Bool {
        // A service whose passwords were never changed has nothing to prove.
        guard service.isGroup, service.spec.replicationPasswords != nil else { return true }
        let members = Members(service: service, statuses: statuses, answering: answering)
        return !service.isChangingReplicationPasswords && service.instances.allSatisfy { members.accepts($0.index) }
    }
}

extension PasswordRollout {
    /// The facts that the members' statuses tell about their accounts.
    private struct Members {
        let service: Service
        let statuses: [Int: InstanceStatus]
        let answering: Set<Int>

        func name(_ index: Int) -> String { InstanceID(service.id, index).name }

        /// Whether the member's part counts: its server runs and answers, and its data stay. A server that starts has the
        /// accounts of the present record before it takes connections.
        private func isPresent(_ index: Int) -> Bool {
            guard let member = service.instances.first(where: { $0.index == index }), member.seeded,
                member.leaving == nil, !service.isReseeding(index)
            else { return false }
            // Nothing is known before the first status.
            guard let status = statuses[index] else { return true }
            return status.serving != .stopped && !(status.isSilent ?? false)
        }

        /// Whether the member accepts what the present record says, or is away.
        func accepts(_ index: Int) -> Bool {
            guard isPresent(index) else { return true }
            return answering.contains(index) && statuses[index]?.hasAccounts ?? false
        }

        /// Whether the member follows a primary at this moment.
        func isConnected(_ index: Int) -> Bool {
            guard isPresent(index), index != service.status.primary else { return false }
            return statuses[index]?.replication?.link == .up
        }

        /// Whether a member that was told to use its new password is connected with it, or is to connect to nobody. A
        /// replica whose replication is broken uses it once it is repaired.
        func isMoved(_ index: Int) -> Bool {
            guard isPresent(index), index != service.status.primary else { return true }
            if statuses[index]?.replication?.link.isBroken ?? false { return true }
            return answering.contains(index) && isConnected(index) && statuses[index]?.isSignedOn ?? false
        }

        func isBehind(_ index: Int) -> Bool {
            guard isConnected(index), let lag = statuses[index]?.replication?.secondsBehind else { return false }
            return lag > PasswordRollout.lag + Double(service.delay(of: index))
        }
    }
}
