import RoostModel

/// Plans for instances of a paused service.
extension InstancePlanner {
    private static let wayOn = "the service is paused; 'roost resume SERVICE' ends the pause"

    /// A server that runs is brought to its place in the group and serves clients. Nothing is started, stopped, copied,
    /// changed or repaired.
    func paused(_ target: InstanceTarget, _ seen: InstanceObservation) -> InstancePlan {
        if let plan = awaitingData(target, seen) { return plan }
        // The state in force counts as desired, and drift as none: what is left to do is what the pause allows.
        var (present, calm) = (target, seen)
        present.applied = seen.applied ?? target.applied
        calm.applied = present.applied
        (calm.escape, calm.refusals) = (nil, 0)
        if case .drifted = seen.health { calm.health = .healthy }
        var plan = decide(present, calm)
        let allowed = plan.actions.prefix { !$0.isWithheldByPause }
        guard allowed.count < plan.actions.count else { return telling(plan, target, seen) }
        guard allowed.isEmpty else {
            plan.actions = Array(allowed)
            return plan
        }
        return InstancePlan(
            [], clients: seen.isRunning ? nil : .closed, state: plan.state, convergence: .blocked,
            problem: (plan.problem.map { "\($0); " } ?? "its server is not started: ") + Self.wayOn,
            lookAgain: probeInterval)
    }

    /// Plan for a running replica whose data are to be replaced: it keeps them for now, and serves nobody. Nil for every
    /// other instance.
    private func awaitingData(_ target: InstanceTarget, _ seen: InstanceObservation) -> InstancePlan? {
        guard target.reseeding != nil, case .replica = target.place, seen.isRunning else { return nil }
        // An earlier primary may have come back with its writes.
        if seen.isOpen, let closing = groupClosing(target, seen) { return closing }
        return InstancePlan(
            [], clients: .closed, state: .up, convergence: .blocked,
            problem: "its data are to be replaced by those of the primary: \(Self.wayOn)", lookAgain: probeInterval)
    }

    /// The plan with what would be done about the server if the service were not paused.
    private func telling(
        _ plan: InstancePlan, _ target: InstanceTarget, _ seen: InstanceObservation
    ) -> InstancePlan {
        var plan = plan
        switch seen.health {
        case .drifted(let drift) where plan.problem == nil:
            plan.problem =
                drift.text + (drift.contains(where: \.isMendable) ? "; it is not repaired: \(Self.wayOn)" : "")
        case .lockedOut(let reason) where plan.problem == nil && seen.refusals >= Self.refusalsForRestart:
            plan.convergence = .blocked
            plan.problem = "\(reason); it is not restarted: \(Self.wayOn)"
        case .healthy, .drifted, .lockedOut, .closed, .starting, .unhealthy, .crowded, .unknown, .filesGone, nil: break
        }
        plan.problem = plan.problem ?? seen.escape
        if plan.convergence == .settled, seen.isRunning, !target.isInForce(seen.applied) {
            plan.convergence = .blocked
            plan.problem = plan.problem ?? "changes to it wait: \(Self.wayOn)"
        }
        return plan
    }
}

extension Action {
    /// Whether the action is not taken while the service is paused. Others keep a group consistent: at most one member
    /// takes writes, and the others follow it.
    var isWithheldByPause: Bool {
        switch self {
        case .stop(let reason): reason != .fence && reason != .failover
        case .makeDirectory, .start, .killRemains, .makeReplica, .applySettings, .applyAccounts, .mendAccounts,
            .applyLimits, .confine, .keepDirectory:
            true
        case .recordSeeded, .openServer, .closeServer, .follow, .promote, .play: false
        // Parts of procedures, which are not begun while a service is paused.
        case .imageDirectory, .recordNoReturn, .finishUpgrade, .abandonUpgrade, .takeBackUpgrade, .stageSnapshot,
            .stageClone, .placeStaged, .finishRestore, .moveDirectory, .resume, .abandon, .deleteDirectory, .forget:
            false
        }
    }
}

extension InstanceTarget {
    /// Whether a running server has everything that was asked for. False if its state is not known.
    fileprivate func isInForce(_ present: AppliedState?) -> Bool {
        guard let present else { return false }
        return present.settingsToChange(for: applied).isEmpty && present.accounts == applied.accounts
            && present.limits == applied.limits && present.restartGeneration >= applied.restartGeneration
    }
}

extension InstanceObservation {
    fileprivate var isRunning: Bool { if case .running = process { true } else { false } }

    /// Whether the server takes writes, as far as it answers.
    fileprivate var isOpen: Bool { serving == .open }
}
