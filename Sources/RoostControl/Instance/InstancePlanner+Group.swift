import RoostModel

/// Plans for members of groups, and for an instance that is alone: start, open, close, make a replica.
extension InstancePlanner {
    /// Poll interval of positions during a handover: a coarser interval would add to the latency of the handover.
    static let handoverPoll: Duration = .milliseconds(10)
    /// The same while the primary's open transactions have time to end.
    private static let drainedPoll: Duration = .milliseconds(50)
    /// The same for a handover that waits for something.
    static let lateHandoverPoll: Duration = .milliseconds(250)
    /// Poll interval of open transactions. InnoDB renews its list of them only if nobody has read it for 100 ms.
    static let drainPoll: Duration = .milliseconds(150)
    /// Time between the look that finds a fence and the note of its time, at most.
    private static let drainSlack: Duration = .milliseconds(250)
    /// Limit of the lag of a replica that clients may read from, beyond its delay.
    static let readableLag: Duration = .seconds(10)
    /// Timeout for a replica to find its primary, after which that is told.
    static let followPatience: Duration = .seconds(10)

    /// Plan for a member without a server. Nil if it is the same as for an instance that is alone.
    func groupStart(_ target: InstanceTarget, _ seen: InstanceObservation) -> InstancePlan? {
        switch (target.place, seen.directory) {
        case (.primary(mayOpen: true), .present) where seen.hasRun && target.seeded:
            // The server ended in this epoch: the service decides whether it goes on, or another member does.
            return InstancePlan([], clients: .held, state: .down, lookAgain: probeInterval)
        case (.alone, _), (.primary(mayOpen: true), _), (_, .unusable), (.fenced(mayStart: true), .present): return nil
        case (.fenced, _), (.primary(mayOpen: false), _):
            // The service decides which member takes writes.
            return InstancePlan([], clients: .held, state: .down, lookAgain: probeInterval)
        case (.replica, .absent):
            return target.seeded
                ? nil : InstancePlan([.makeReplica, .recordSeeded, .start], clients: .held, state: .creating)
        case (.replica, .present): return nil
        }
    }

    /// Plan for a replica whose data are to be replaced by those of the primary. They are kept by a rename first. Nil for
    /// every other instance.
    func reseed(_ target: InstanceTarget, _ seen: InstanceObservation) -> InstancePlan? {
        guard let keep = target.reseeding, case .replica = target.place else { return nil }
        if case .running = seen.process { return InstancePlan([.stop(.reseed)], clients: .held, state: .up) }
        switch seen.directory {
        case .present where seen.isKept:
            // The new data were placed; that was not stored yet.
            return InstancePlan([.recordSeeded], clients: .held, state: .creating)
        case .unusable where seen.epoch == 0:
            // The directory may belong to another service.
            return nil
        case .present, .unusable:
            let kept = Action.keepDirectory(snapshot: keep, reason: SnapshotRecord.diverged)
            return InstancePlan([kept], clients: .held, state: .down)
        case .absent: return InstancePlan([.makeReplica, .recordSeeded], clients: .held, state: .creating)
        }
    }

    /// Plan for the server of a primary that hangs, or is replaced by force: it is killed, whether it answers or not.
    /// Nil for every other instance. Not called for a server that alone holds the data of removed files.
    func kill(_ target: InstanceTarget) -> InstancePlan? {
        guard target.isToBeKilled, target.place == .fenced(mayStart: false) else { return nil }
        return InstancePlan([.stop(.failover)], clients: .held, state: .down)
    }

    /// Plan for a server that takes writes. Nil if it is meant to.
    func groupClosing(_ target: InstanceTarget, _ seen: InstanceObservation) -> InstancePlan? {
        switch target.place {
        case .alone, .primary: nil
        case .replica where target.electsItself, .fenced(mayStart: true) where target.electsItself: elected
        case .replica, .fenced:
            drain(target, seen)
                ?? InstancePlan([target.isFencedByStop ? .stop(.fence) : .closeServer], clients: .held, state: .up)
        }
    }

    /// Plan for a primary whose open transactions have time to end. Nil once they have ended, or the time is over.
    ///
    /// Only transactions that are as old as the fence count: sessions of before may begin others, and would go on for
    /// ever. Without an answer the server is taken to have some.
    private func drain(_ target: InstanceTarget, _ seen: InstanceObservation) -> InstancePlan? {
        guard seen.fencedFor < target.drain else { return nil }
        switch seen.transactions {
        case .absent: return nil
        case .open(let oldest) where oldest + Self.drainSlack < seen.fencedFor: return nil
        case .open, nil: break
        }
        let rest = target.drain - seen.fencedFor
        var plan = InstancePlan([], clients: .held, state: .up, lookAgain: min(Self.drainPoll, rest))
        plan.isDraining = true
        return plan
    }

    /// Plan for a member that the group elected, or follows an elected member, before the service has recorded it.
    private var elected: InstancePlan {
        InstancePlan([], clients: .held, state: .up, lookAgain: Self.lateHandoverPoll)
    }

    /// Plan for a primary that waits for other replicas than it should, or in vain. Nil if it waits for the right ones, or
    /// did not say.
    func playing(_ target: InstanceTarget, _ seen: InstanceObservation) -> InstancePlan? {
        guard case .primary = target.place, let report = seen.replication, report.role == .primary,
            !target.part.isPlayed(by: report) || (seen.isStalled && target.part != .none)
        else { return nil }
        return InstancePlan([.play(target.part)], state: .up)
    }

    /// Plan for a server that answers and takes no writes: a healthy replica, or a primary that is not opened yet.
    func closed(_ target: InstanceTarget, _ seen: InstanceObservation) -> InstancePlan {
        switch target.place {
        case .alone: return InstancePlan([.openServer], state: .starting)
        case .fenced:
            if target.isFencedByStop, seen.replication?.role == .primary {
                // A server that runs on writes to its log, beyond what the next primary has.
                return InstancePlan([.stop(.fence)], clients: .held, state: .up)
            }
            if target.electsItself, target.place == .fenced(mayStart: false), seen.replication?.role == .primary {
                // An elected server takes writes before Roost has opened it.
                return InstancePlan([.closeServer], clients: .held, state: .up)
            }
            return InstancePlan([], clients: .held, state: .starting, lookAgain: Self.poll(target, seen))
        case .primary(mayOpen: false):
            return InstancePlan([], clients: .held, state: .starting, lookAgain: probeInterval)
        case .primary(mayOpen: true):
            guard let report = seen.replication else { return unanswered(seen) }
            if report.role == .replica {
                // The members follow another one: the service is about to record it.
                if target.electsItself, report.source != nil { return elected }
                return InstancePlan([.promote], state: .starting)
            }
            // Before the first commit, the server knows which members to wait for.
            let isPlayed = target.part.isPlayed(by: report)
            return InstancePlan([isPlayed ? .openServer : .play(target.part)], state: .starting)
        case .replica(let source): return follow(source, target, seen)
        }
    }

    /// Poll interval of positions. The primary may close at any moment of its drain.
    private static func poll(_ target: InstanceTarget, _ seen: InstanceObservation) -> Duration {
        if seen.fencedFor < .seconds(2) { return handoverPoll }
        return seen.fencedFor < target.goal.drain + .seconds(2) ? drainedPoll : lateHandoverPoll
    }

    private func follow(_ source: PortNumber, _ target: InstanceTarget, _ seen: InstanceObservation) -> InstancePlan {
        guard let report = seen.replication else { return unanswered(seen) }
        if report.role == .primary, target.isFencedByStop {
            return InstancePlan([.stop(.fence)], clients: .held, state: .up)
        }
        if target.electsItself {
            // A member without a source says why below.
            guard report.role == .replica, report.source == nil || report.source == source else { return elected }
        } else if report.role != .replica || report.source != source {
            return InstancePlan([.follow], state: .starting)
        } else if !report.link.isBroken, report.delaySeconds ?? 0 != target.delay {
            return InstancePlan([.follow], state: .up)
        }
        if report.link == .up || target.part == .none, !target.part.isPlayed(by: report) {
            return InstancePlan([.play(target.part)], state: .up)
        }
        // Converge without a connection as well: the connection may wait for the new settings.
        let plan = converge(target, seen)
        if !plan.actions.isEmpty { return plan }
        if !target.electsItself, !report.link.isBroken, target.isSignedOn(report) == false {
            return InstancePlan([.follow], state: .up)
        }
        switch report.link {
        case .up:
            let bound = Self.readableLag / .seconds(1) + Double(target.delay)
            let isBehind = report.secondsBehind.map { $0 > bound } ?? false
            return isBehind ? InstancePlan([], clients: .held, state: .up, lookAgain: probeInterval) : plan
        case .none, .connecting:
            let reason = if case .connecting(let reason) = report.link { reason } else { "replication is not running" }
            guard seen.gate == .open || seen.failures.last != nil || isFollowingLate(seen) else {
                // The replica has just begun to follow.
                return InstancePlan([], state: .starting, problem: reason, lookAgain: pauseWithoutAnswer(seen))
            }
            // Readers are sent to members with fresh data.
            return InstancePlan(
                [], clients: .held, state: .up, problem: "it receives nothing from the primary: \(reason)",
                lookAgain: pauseWithoutAnswer(seen))
        case .broken(let reason):
            return InstancePlan(
                [], clients: .closed, state: .up, convergence: .blocked, problem: "broken: \(reason)",
                lookAgain: probeInterval)
        }
    }

    private func isFollowingLate(_ seen: InstanceObservation) -> Bool { seen.runningFor > Self.followPatience }

    /// The server's role in replication is unknown at this moment.
    private func unanswered(_ seen: InstanceObservation) -> InstancePlan {
        InstancePlan([], state: .starting, lookAgain: pauseWithoutAnswer(seen))
    }
}
