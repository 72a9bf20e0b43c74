import Foundation
import RoostModel

extension InstanceMachine {
    mutating func decide(
        _ found: Look, _ ending: String?, _ now: ContinuousClock.Instant, _ date: Date
    ) -> [Effect] {
        guard case .looking(let looked) = phase else { return [] }
        memory.begin(looked.spec.generation)
        var seen = found.seen
        let told = memory.note(
            &seen, name: spec.id.name, epoch: looked.status.epoch, now: now, date: date
        ) { _ in ending }
        seen.gate = looked.admission.gate
        let plan = plan(found, seen, now, date)
        memory.forgetFailures(after: plan, now: now)
        status.generation = looked.spec.generation
        status.lookedRevision = looked.revision
        report(plan, seen, found.diskFault)
        reportAccounts(found.target, seen)
        if let clients = plan.clients { requestGate(clients) }
        note(told)
        let effects = push(now)
        let items = plan.items(whileGateIs: isHeard(looked) ? looked.admission.gate : nil)
        guard let first = items.first else { return effects + rest(plan, now, date) }
        return effects + begin(first, then: Array(items.dropFirst()), by: looked, now, date)
    }

    mutating func decideUnseen(_ reason: String, _ now: ContinuousClock.Instant) -> [Effect] {
        guard case .looking = phase else { return [] }
        status.problem = reason
        status.convergence = .underway
        phase = .resting
        return push(now) + [.wake(after: .seconds(1))]
    }

    mutating func plan(
        _ found: Look, _ seen: InstanceObservation, _ now: ContinuousClock.Instant, _ date: Date
    ) -> InstancePlan {
        let target = found.failure == nil ? found.target : nil
        let isStuck = memory.notePlan(target != nil)
        guard var target else {
            let isRunning = if case .running = seen.process { true } else { false }
            let isBlocked = isStuck || found.failure?.isPermanent ?? false
            return InstancePlan(
                [], state: isRunning ? .up : .down, convergence: isBlocked ? .blocked : .underway,
                problem: found.failure?.reason, lookAgain: .seconds(2))
        }
        // The newest spec counts, even if it came after the look had begun: a pause takes effect at once.
        target.isPaused = spec.spec.isPaused(at: date)
        target.mayRestart = spec.mayRestart ?? true
        return planner.plan(target, seen, now: now)
    }

    mutating func report(_ plan: InstancePlan, _ seen: InstanceObservation, _ diskFault: String?) {
        status.state = plan.state
        status.pid = if case .running(let pid) = seen.process { pid } else { nil }
        status.problem = plan.problem
        status.diskFault = diskFault
        status.convergence = plan.convergence
        status.failures = memory.failures.count
        status.awaitsRestart = plan.awaitsRestart || plan.restartsServer ? true : nil
        status.lostFiles = seen.lostFiles
        status.epoch = max(status.epoch, seen.epoch)
        status.fence = max(status.fence, seen.epoch, seen.fence)
        status.serving = seen.serving
        status.isStopped = seen.isStopped
        status.hasEnded = seen.process == .none && seen.hasRun
        status.isDataGone = seen.process == .none && seen.directory == .absent
        // A directory that was never this instance's, or whose disk is missing, is no loss.
        status.isDataUnusable = seen.process == .none && seen.directory.isUnusable && seen.epoch > 0
        status.isDraining = plan.isDraining
        status.replication = seen.replication
        status.replication?.account = nil
        status.lastPositions = seen.process == .none ? memory.lastPositions : nil
        reportContact()
    }

    private mutating func reportAccounts(_ target: InstanceTarget?, _ seen: InstanceObservation) {
        (status.hasAccounts, status.isSignedOn) = (nil, nil)
        guard let target, case .running = seen.process else { return }
        status.hasAccounts = seen.applied?.accounts == target.applied.accounts
        status.isSignedOn = target.isSignedOn(seen.replication)
    }

    mutating func reportContact() {
        status.isSilent = memory.contact.isSilent
        status.hearsPrimary = memory.contact.hearsPrimary
    }

    /// Rests until the next look or probe, because no action is due.
    mutating func rest(
        _ plan: InstancePlan, _ now: ContinuousClock.Instant, _ date: Date
    ) -> [Effect] {
        if isStale { return look() }
        // Failures are cleared by a look some time after them, so probes alone are not enough while there is one.
        let watches = plan.convergence == .settled && memory.failures.last == nil
        // A probe asks a member whether its primary lives, and not for more of the state of replication.
        let isAlone = !spec.service.isGroup
        var pause = watches && isAlone ? planner.reviewInterval : plan.lookAgain
        let ends = [spec.spec.credentials.previousUntil, spec.spec.pause?.until].compactMap(\.self)
        for until in ends where until > date {
            pause = min(pause, .seconds(until.timeIntervalSince(date) + 0.01))
        }
        // The last status may have been lost.
        let reminder =
            isSilent(for: watches && isAlone ? planner.reviewInterval : patience, now) ? push(now, reminding: true) : []
        guard pause > .zero else { return reminder + look() }
        if watches {
            phase = .watching(review: now + pause)
            return reminder + [.wake(after: min(probeInterval, pause))]
        }
        phase = .resting
        return reminder + [.wake(after: pause)]
    }

    private var probeInterval: Duration {
        spec.service.isGroup ? planner.memberProbeInterval : planner.probeInterval
    }

    mutating func judge(
        _ probe: InstanceProbe, _ now: ContinuousClock.Instant, _ date: Date
    ) -> [Effect] {
        guard case .probing(let review) = phase else { return [] }
        // A replica is closed for as long as it is one.
        let isGood = probe.health == .healthy || (spec.service.isGroup && memory.contact.answersAsBefore(probe))
        memory.note(probe, now: now)
        reportContact()
        let news = push(now)
        guard isGood, !isStale else { return news + look() }
        if probe.health == .healthy { memory.noteOrder(date) }
        phase = .watching(review: review)
        return news + [.wake(after: max(.milliseconds(1), min(probeInterval, now.duration(to: review))))]
    }
}
