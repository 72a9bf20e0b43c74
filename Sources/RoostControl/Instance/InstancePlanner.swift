import RoostModel

/// Decides what to do next for one instance. Pure: values in, a plan out.
package struct InstancePlanner: Sendable {
    package let backoff: Backoff
    /// Probe interval of a settled instance.
    package let probeInterval: Duration
    /// Probe interval of a settled member of a group, whose primary is replaced if it hangs.
    package let memberProbeInterval: Duration
    /// Interval of full looks at a settled instance, without any event.
    package let reviewInterval: Duration
    /// Probe interval until the first answer after a start, during the first seconds.
    static let unansweredPoll: Duration = .milliseconds(50)
    static let firstSeconds: Duration = .seconds(10)
    /// Looks in a row at which a server refuses Roost's own account, before it is started anew.
    static let refusalsForRestart = 2
    /// Silence of a server in use after which people are told.
    static let toldSilence: Duration = .seconds(6)
    /// Attempts at a procedure on a stopped server's directory before it is abandoned.
    static let stoppedAttempts = 2
    /// Probe interval of a starting server: a coarser interval would add to the latency of a start.
    package let startPoll: Duration

    package init(
        backoff: Backoff = Backoff(), probeInterval: Duration = .seconds(2),
        memberProbeInterval: Duration = .milliseconds(500), reviewInterval: Duration = .seconds(30),
        startPoll: Duration = .milliseconds(3)
    ) {
        self.backoff = backoff
        self.probeInterval = probeInterval
        self.memberProbeInterval = memberProbeInterval
        self.reviewInterval = reviewInterval
        self.startPoll = startPoll
    }

    package func plan(
        _ target: InstanceTarget, _ seen: InstanceObservation, now: ContinuousClock.Instant
    ) -> InstancePlan {
        let wait = backoff.remaining(seen.failures, now: now)
        let isPaused = target.isPaused && target.goal == .run
        var plan = sparing(isPaused ? paused(target, seen) : decide(target, seen), target, seen)
        awaitTurn(&plan, target, seen)
        // A failed step waits for the backoff; the reason stays visible meanwhile.
        let isWaitingForRouter = plan.clients != nil && plan.clients != seen.gate
        if let failure = seen.failures.last, plan.convergence != .settled, !plan.actions.isEmpty || isWaitingForRouter {
            plan.problem = plan.problem ?? failure.reason
            if wait > .zero, !mendsOther(plan, than: seen.failures.unmended) {
                plan.actions = []
                // A new drift may appear during the wait, and its repair does not wait for this one.
                plan.lookAgain = isDrifted(seen) ? min(wait, probeInterval) : wait
            }
        }
        return plan
    }

    /// Whether the plan repairs drift that no repair has failed at.
    private func mendsOther(_ plan: InstancePlan, than unmended: Set<AccountDrift>) -> Bool {
        guard case .mendAccounts(let drift)? = plan.actions.first else { return false }
        return !unmended.isSuperset(of: drift)
    }

    private func isDrifted(_ seen: InstanceObservation) -> Bool {
        if case .drifted = seen.health { true } else { false }
    }

    /// A server that alone holds the data of removed files is ended only if its data are to be replaced or deleted.
    private func sparing(
        _ plan: InstancePlan, _ target: InstanceTarget, _ seen: InstanceObservation
    ) -> InstancePlan {
        guard let lost = seen.lostFiles, plan.actions.contains(where: \.losesOpenFiles) else { return plan }
        switch target.goal {
        case .run, .promote, .failover:
            return InstancePlan(
                [], clients: .open, state: .up, convergence: .blocked, problem: lost, lookAgain: probeInterval)
        case .upgrade: return InstancePlan([.abandonUpgrade(reason: lost)], state: .up, problem: lost)
        case .move, .image: return InstancePlan([.abandon(reason: lost)], state: .up, problem: lost)
        case .restore, .reset, .destroy: return plan
        }
    }

    func decide(_ target: InstanceTarget, _ seen: InstanceObservation) -> InstancePlan {
        switch seen.process {
        case .unclear(let reason):
            // Never start a second server on a directory that may be in use.
            return InstancePlan(
                [], state: .down, convergence: .blocked,
                problem: "cannot determine whether its server is running: \(reason)",
                lookAgain: probeInterval)
        case .remains:
            // The dead server's child processes may still write: nothing else is done before the last is gone.
            return InstancePlan([.killRemains], clients: .held, state: .down, problem: "its server died")
        case .none, .running: break
        }
        if let refusal = refuseOlderEpoch(target, seen) { return refusal }
        switch target.goal {
        case .run, .promote, .failover: return run(target, seen)
        case .restore(let snapshot, let keep): return restore(snapshot, keep: keep, seen)
        case .upgrade(let engine, let keep): return upgrade(to: engine, keep: keep, target, seen)
        case .reset: return reset(seen)
        case .move: return stopped(for: .move, seen, then: [.moveDirectory, .resume])
        case .image(let keep, _):
            let image = Action.imageDirectory(snapshot: keep, reason: SnapshotRecord.manual)
            return stopped(for: .image, seen, then: [image, .resume])
        case .destroy(let keep): return destroy(keep: keep, seen)
        }
    }

    /// The fence: data of a later epoch are not touched for an earlier one, for any goal but destroy. Nil if the
    /// epoch is not older.
    private func refuseOlderEpoch(_ target: InstanceTarget, _ seen: InstanceObservation) -> InstancePlan? {
        guard seen.epoch > target.epoch else { return nil }
        if case .destroy = target.goal { return nil }
        let isRunning = if case .running = seen.process { true } else { false }
        return InstancePlan(
            [], state: isRunning ? .up : .down, convergence: .blocked,
            problem:
                "its data is from epoch \(seen.epoch), but the store is at epoch \(target.epoch): it is an older "
                + "store. Restore the newer store, or rebuild it with 'roost recover'",
            lookAgain: probeInterval)
    }

    // MARK: Run

    private func run(_ target: InstanceTarget, _ seen: InstanceObservation) -> InstancePlan {
        if let plan = reseed(target, seen) { return plan }
        if case .running = seen.process {
            return confining(keepRunning(target, seen), seen)
        }
        if let plan = groupStart(target, seen) { return plan }
        // The clients of a group's primary wait for its successor.
        let clients: Route.Gate = target.place == .alone ? .closed : .held
        switch seen.directory {
        case .unusable(let reason):
            return InstancePlan(
                [], clients: clients, state: .down, convergence: .blocked, problem: reason, lookAgain: probeInterval)
        case .absent where target.seeded:
            return InstancePlan(
                [], clients: clients, state: .down, convergence: .blocked,
                problem: "its data directory is gone, and no new one is created. " + wayBack(target),
                lookAgain: probeInterval)
        case .absent:
            let isUnreachable = seen.gate == nil && target.holdsClients
            var plan = InstancePlan(
                [.makeDirectory] + (isUnreachable ? [.start, .recordSeeded] : [.recordSeeded, .start]), clients: .held,
                state: .creating)
            plan.isUnreachable = isUnreachable
            return plan
        case .present:
            // The server boots closed: hold clients back before it can answer them.
            let record: [Action] = target.seeded ? [] : [.recordSeeded]
            return InstancePlan(record + [.start], clients: .held, state: target.seeded ? .down : .creating)
        }
    }

    private func wayBack(_ target: InstanceTarget) -> String {
        if case .replica = target.place {
            return
                "Mount the disk that held it, or replace the replica: scale down, then up again, "
                + "for example 'roost scale SERVICE:instances=2'"
        }
        return "Mount the disk that held it, or restore a snapshot with 'roost snapshot restore SERVICE'"
    }

    /// Confinement comes last, so that clients do not wait for it.
    private func confining(_ plan: InstancePlan, _ seen: InstanceObservation) -> InstancePlan {
        guard let escape = seen.escape else { return plan }
        var plan = plan
        plan.actions.append(.confine)
        plan.problem = plan.problem ?? escape
        if plan.convergence == .settled { plan.convergence = .underway }
        return plan
    }

    private func keepRunning(_ target: InstanceTarget, _ seen: InstanceObservation) -> InstancePlan {
        if case .filesGone(let reason) = seen.health {
            // Roost never ends this server: the rest of its data is in its open files alone. No client may write to
            // them any more.
            return InstancePlan(
                [], clients: .closed, state: .down, convergence: .blocked, problem: reason, lookAgain: probeInterval)
        }
        if let plan = kill(target) { return plan }
        if target.mayRestart, target.isRestartAskedFor(of: seen) {
            // The restart ignores the server's health: a user who restarts a hung server has judged it.
            return InstancePlan(
                [.stop(.restart)], clients: .held, state: seen.health == .healthy ? .up : .starting)
        }
        // Record before clients write: a directory without the record may be made anew.
        if !target.seeded, seen.isServing { return InstancePlan([.recordSeeded], state: .creating) }
        switch seen.health {
        case .healthy: return groupClosing(target, seen) ?? playing(target, seen) ?? converge(target, seen)
        case .drifted(let drift):
            return groupClosing(target, seen) ?? playing(target, seen) ?? converge(target, seen, drift)
        case .closed: return closed(target, seen)
        case .starting(let reason):
            // A replica loads all of its primary's data, and serves no readers meanwhile.
            let clients: Route.Gate? = if case .replica = target.place { .held } else { nil }
            return InstancePlan([], clients: clients, state: .starting, problem: reason, lookAgain: startPoll)
        case .unhealthy(let reason), .filesGone(let reason):
            // A single server that lives and fails is not killed: that could only lose the data that it holds. Probes
            // go on, and callers that wait for it are told.
            return InstancePlan([], state: .down, convergence: .blocked, problem: reason, lookAgain: probeInterval)
        case .crowded(let reason), .unknown(let reason):
            // The process lives but gives no answer: unknown is not down.
            if seen.gate == .open { return silent(reason, target, seen) }
            // The answer of a starting server may be a moment away, and its clients wait.
            return InstancePlan([], state: .starting, problem: reason, lookAgain: pauseWithoutAnswer(seen))
        case .lockedOut(let reason): return lockedOut(reason, seen)
        case nil:
            return InstancePlan([], state: .starting, lookAgain: startPoll)
        }
    }

    /// Plan for a server that refuses Roost's own account. Only a start restores the account, and a start ends the
    /// sessions of all clients. One refusal is not evidence enough, and an import restores the account at its end.
    private func lockedOut(_ reason: String, _ seen: InstanceObservation) -> InstancePlan {
        if seen.isImporting {
            return InstancePlan(
                [], state: .up, problem: "\(reason); an import is running, and nothing is done until it ends",
                lookAgain: probeInterval)
        }
        guard seen.refusals >= Self.refusalsForRestart else {
            return InstancePlan([], state: seen.gate == .open ? .up : .starting, lookAgain: probeInterval)
        }
        return InstancePlan([.stop(.lockedOut)], clients: .held, state: .down, problem: reason)
    }

    /// A server that clients reach and that gave no answer. One missed answer says nothing. Several are told but
    /// change nothing: the server may still hold acknowledged writes.
    private func silent(
        _ reason: String, _ target: InstanceTarget, _ seen: InstanceObservation
    ) -> InstancePlan {
        let problem =
            seen.silentFor < Self.toldSilence
            ? nil
            // The sentence is the same at each look: a new sentence would be a new event.
            : "its state is unknown: it has not answered for more than \(Self.toldSilence.components.seconds) s "
                + "(\(reason)); see 'roost logs SERVICE', or restart it with 'roost restart SERVICE'"
        // The next missing answer of a group's primary may have it replaced.
        let pause = target.place == .alone ? probeInterval : memberProbeInterval
        return InstancePlan([], state: .up, problem: problem, lookAgain: pause)
    }

    /// Brings a healthy server to its desired state, in place as far as possible.
    func converge(
        _ target: InstanceTarget, _ seen: InstanceObservation, _ drift: [AccountDrift] = []
    ) -> InstancePlan {
        guard let applied = seen.applied else {
            // The server was adopted without a record of its applied state: apply everything again, in place.
            return InstancePlan(
                [.applyLimits, .applyAccounts, .applySettings(target.applied.optionalSettings)], state: .up)
        }
        let changes = applied.settingsToChange(for: target.applied)
        let actions = limitsAndSettings(changes, applied, target.applied)
        if !actions.isEmpty { return InstancePlan(actions, state: .up) }
        if !changes.isEmpty, target.mayRestart {
            // The server has refused to change the remaining settings in place.
            return InstancePlan([.stop(.settings)], clients: .held, state: .up)
        }
        if applied.accounts != target.applied.accounts {
            // A requested change is no drift: the drift was found by comparison with accounts that are not in force
            // yet.
            return InstancePlan([.applyAccounts], state: .up)
        }
        if let mending = mend(drift, seen) { return mending }
        if seen.gate != .open {
            return InstancePlan([], clients: .open, state: .up)
        }
        return InstancePlan(
            [], clients: .open, state: .up, convergence: .settled, problem: drift.isEmpty ? nil : drift.text,
            lookAgain: probeInterval)
    }

    /// A server that needs a restart goes on as it is until its turn. Settings are first changed in place as far as the
    /// server can; a restart that a user asked for does not depend on how the server is.
    private func awaitTurn(_ plan: inout InstancePlan, _ target: InstanceTarget, _ seen: InstanceObservation) {
        guard !target.mayRestart, !target.isPaused, target.goal == .run, case .running = seen.process,
            let applied = seen.applied
        else { return }
        let isSettled = plan.convergence == .settled
        let needsRestart = isSettled && !applied.settingsToChange(for: target.applied).isEmpty
        guard needsRestart || target.isRestartAskedFor(of: seen) else { return }
        plan.awaitsRestart = true
        guard isSettled else { return }
        plan.convergence = .underway
        plan.lookAgain = memberProbeInterval
    }

    /// Nil if there is no drift to repair, or clients should no longer wait for the repair.
    private func mend(_ drift: [AccountDrift], _ seen: InstanceObservation) -> InstancePlan? {
        let mendable = drift.filter(\.isMendable)
        // Drift is repaired before a server is opened. If that repair has failed, the server is opened anyway: an
        // outage would be no remedy.
        guard !mendable.isEmpty, seen.gate == .open || seen.failures.last == nil else { return nil }
        // The import may have caused the drift, and puts the accounts right at its end.
        guard !seen.isImporting else { return nil }
        return InstancePlan([.mendAccounts(mendable)], state: .up, problem: drift.text)
    }

    /// A larger memory limit comes before the buffers that fill it; a smaller one after they have shrunk.
    private func limitsAndSettings(
        _ changes: [String: String?], _ applied: AppliedState, _ wanted: AppliedState
    ) -> [Action] {
        let untried = changes.filter { applied.awaitingRestart[$0.key] != .some($0.value) }
        let settings: [Action] = untried.isEmpty ? [] : [.applySettings(untried)]
        if applied.limits == wanted.limits { return settings }
        if wanted.limits.memory >= applied.limits.memory { return [.applyLimits] + settings }
        // If the shrinking itself needs a restart, the start sets the limit.
        return changes.isEmpty ? [.applyLimits] : settings
    }

    // MARK: Restore and destroy

    private func restore(_ snapshot: String, keep: String, _ seen: InstanceObservation) -> InstancePlan {
        let isRunning = if case .running = seen.process { true } else { false }
        switch seen.restore {
        case .notStaged:
            // The copy is made while the server still works: the outage is only two renames and a start.
            return InstancePlan([.stageSnapshot(snapshot)], state: isRunning ? .up : .down)
        case .staged where isRunning:
            return InstancePlan([.stop(.restore)], clients: .held, state: .up)
        case .staged where seen.directory != .absent:
            return InstancePlan([.keepDirectory(snapshot: keep, reason: "restore")], state: .down)
        case .staged:
            return InstancePlan([.placeStaged], state: .down)
        case .placed:
            return InstancePlan([.finishRestore], state: .down)
        }
    }

    /// Same as a restore, but the present data are not kept.
    private func reset(_ seen: InstanceObservation) -> InstancePlan {
        let isRunning = if case .running = seen.process { true } else { false }
        switch seen.restore {
        case .notStaged:
            return InstancePlan([.stageClone], state: isRunning ? .up : .down)
        case .staged where isRunning:
            return InstancePlan([.stop(.reset)], clients: .held, state: .up)
        case .staged where seen.directory != .absent:
            // The folder is the clone's own: its data came from the snapshot and are to go.
            return InstancePlan([.deleteDirectory], state: .down)
        case .staged:
            return InstancePlan([.placeStaged], state: .down)
        case .placed:
            return InstancePlan([.finishRestore], state: .down)
        }
    }

    /// Stops the server, then does the actions on its directory; the server then goes on.
    private func stopped(
        for reason: Action.StopReason, _ seen: InstanceObservation, then actions: [Action]
    ) -> InstancePlan {
        if case .filesGone(let problem) = seen.health {
            // A stopped server would have no data to start on.
            return InstancePlan([.abandon(reason: problem)], state: .down, problem: problem)
        }
        if case .running = seen.process { return InstancePlan([.stop(reason)], clients: .held, state: .up) }
        if case .unusable(let reason) = seen.directory {
            return InstancePlan([], state: .down, convergence: .blocked, problem: reason, lookAgain: probeInterval)
        }
        // The data are unchanged yet, and clients wait.
        if seen.failures.count >= Self.stoppedAttempts, let last = seen.failures.last {
            return InstancePlan([.abandon(reason: last.reason)], state: .down, problem: last.reason)
        }
        return InstancePlan(actions, state: .down)
    }

    private func destroy(keep: String?, _ seen: InstanceObservation) -> InstancePlan {
        if case .running = seen.process {
            return InstancePlan([.stop(.destroy)], clients: .closed, state: .stopped)
        }
        switch (seen.directory, keep) {
        case (.absent, _): return InstancePlan([.forget], state: .stopped)
        case (.present, nil): return InstancePlan([.deleteDirectory], state: .stopped)
        case (.unusable(let reason), nil):
            // The directory may belong to another service; data that were not read are not deleted.
            return InstancePlan(
                [], state: .stopped, convergence: .blocked,
                problem: "\(reason). It is not deleted: move it elsewhere, or destroy the service without --no-keep",
                lookAgain: probeInterval)
        case (.present, let keep?), (.unusable, let keep?):
            // Unreadable data are kept as well, never deleted.
            return InstancePlan([.keepDirectory(snapshot: keep, reason: "destroy")], state: .stopped)
        }
    }

    /// Probe interval without an answer: coarser after the first seconds, since the silence may last hours.
    func pauseWithoutAnswer(_ seen: InstanceObservation) -> Duration {
        seen.runningFor < Self.firstSeconds ? Self.unansweredPoll : probeInterval
    }
}

extension InstanceObservation {
    /// Whether the server would serve clients now, or once it is opened.
    fileprivate var isServing: Bool {
        switch health {
        case .healthy, .drifted, .closed: true
        case .starting, .unhealthy, .lockedOut, .crowded, .unknown, .filesGone, nil: false
        }
    }
}

extension AppliedState {
    /// Every setting, as a change to it.
    fileprivate var optionalSettings: [String: String?] { settings.mapValues { .some($0) } }
}
