import RoostModel

/// Who is started, opened, closed and made a replica: members of groups, and an instance that is alone.
extension InstancePlanner {
    /// How often positions are read while the primary changes: a coarser poll would be the latency of the change.
    static let handoverPoll: Duration = .milliseconds(10)
    /// How far a replica may be behind and be read from.
    static let readableLag: Duration = .seconds(10)
    /// How long a replica may take to find its primary before that is told.
    static let followPatience: Duration = .seconds(10)

    /// Without a server. Nil: as an instance that is alone.
    func groupStart(_ target: InstanceTarget, _ seen: InstanceObservation) -> InstancePlan? {
        switch (target.place, seen.directory) {
        case (.alone, _), (.primary(mayOpen: true), _), (_, .unusable), (.fenced(mayStart: true), .present): return nil
        case (.fenced, _), (.primary(mayOpen: false), _):
            // The service decides who takes writes from here on.
            return InstancePlan([], clients: .held, state: .down, lookAgain: probeInterval)
        case (.replica, .absent):
            return target.seeded
                ? nil : InstancePlan([.makeReplica, .recordSeeded, .start], clients: .held, state: .creating)
        case (.replica, .present): return nil
        }
    }

    /// A server that takes writes. Nil: it is meant to.
    func groupClosing(_ target: InstanceTarget) -> InstancePlan? {
        switch target.place {
        case .alone, .primary: nil
        case .replica, .fenced: InstancePlan([.closeServer], clients: .held, state: .up)
        }
    }

    /// A server that answers and takes no writes: a healthy replica, or a primary that is not opened yet.
    func closed(_ target: InstanceTarget, _ seen: InstanceObservation) -> InstancePlan {
        switch target.place {
        case .alone: return InstancePlan([.openServer], state: .starting)
        case .fenced: return InstancePlan([], clients: .held, state: .starting, lookAgain: Self.handoverPoll)
        case .primary(mayOpen: false):
            return InstancePlan([], clients: .held, state: .starting, lookAgain: probeInterval)
        case .primary(mayOpen: true):
            guard let report = seen.replication else { return unanswered(seen) }
            return InstancePlan([report.role == .replica ? .promote : .openServer], state: .starting)
        case .replica(let source): return follow(source, target, seen)
        }
    }

    private func follow(_ source: PortNumber, _ target: InstanceTarget, _ seen: InstanceObservation) -> InstancePlan {
        guard let report = seen.replication else { return unanswered(seen) }
        guard report.role == .replica, report.source == source else {
            return InstancePlan([.follow], state: .starting)
        }
        // Also without a connection: what it is to have may be what the connection waits for.
        let plan = converge(target, seen)
        if !plan.actions.isEmpty { return plan }
        switch report.link {
        case .up:
            let isBehind = report.secondsBehind.map { $0 > Self.readableLag / .seconds(1) } ?? false
            return isBehind ? InstancePlan([], clients: .held, state: .up, lookAgain: probeInterval) : plan
        case .none, .connecting:
            let reason = if case .connecting(let reason) = report.link { reason } else { "it does not follow" }
            guard seen.gate == .open || seen.failures.last != nil || isFollowingLate(seen) else {
                // It has just begun to.
                return InstancePlan([], state: .starting, problem: reason, lookAgain: pauseWithoutAnswer(seen))
            }
            // Readers go where the data are fresh.
            return InstancePlan(
                [], clients: .held, state: .up, problem: "it receives nothing from the primary: \(reason)",
                lookAgain: pauseWithoutAnswer(seen))
        case .broken(let reason):
            return InstancePlan(
                [], clients: .closed, state: .up, outlook: .blocked, problem: "broken: \(reason)",
                lookAgain: probeInterval)
        }
    }

    private func isFollowingLate(_ seen: InstanceObservation) -> Bool { seen.runningFor > Self.followPatience }

    /// Its part in replication is not known at this moment.
    private func unanswered(_ seen: InstanceObservation) -> InstancePlan {
        InstancePlan([], state: .starting, lookAgain: pauseWithoutAnswer(seen))
    }
}
