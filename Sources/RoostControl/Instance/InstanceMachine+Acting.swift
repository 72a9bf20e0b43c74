import Foundation
import RoostModel

extension InstanceMachine {
    mutating func begin(
        _ item: Item, then rest: [Item], by spec: InstanceSpec, _ now: ContinuousClock.Instant, _ date: Date
    ) -> [Effect] {
        note([.began(step: item.title)])
        let round = Round(spec: spec, item: item, began: now, steps: item.steps(for: spec.service), rest: rest)
        return next(round, now, date)
    }

    /// Request ids are never reused, also after a restart of the agent: the id begins with the agent's life, which is
    /// later.
    mutating func nextRequest() -> Int64 {
        lastRequest += 1
        return status.life << 20 + lastRequest
    }

    /// Begins the next step; after the last step of an item the next item, and after the last item a look.
    mutating func next(
        _ round: Round, _ now: ContinuousClock.Instant, _ date: Date
    ) -> [Effect] {
        var round = round
        guard !round.steps.isEmpty else { return end(round, now, date) }
        switch round.steps.removeFirst() {
        case .act(let action):
            // A pause takes effect between two steps.
            if isWithheld(action, date) { return push(now) + look() }
            phase = .acting(round)
            forgetContact()
            return push(now) + [.act(action, round.spec)] + (action.delay.map { [.wake(after: $0.toldAfter)] } ?? [])
        case .ask(let step):
            // Noted before the request: the control plane drops the instance once it has carried this out.
            if case .gone = step { note([.did(step: round.item.title, milliseconds: took(round, now))]) }
            let request = InstanceRequest(id: nextRequest(), of: round.spec.service, index: spec.index, step: step)
            status.request = request
            phase = .asking(round, request)
            return push(now) + [.wake(after: patience)]
        case .await(let gate):
            if isHeard(spec), spec.admission.gate == gate { return next(round, now, date) }
            if isStale { return push(now) + look() }
            phase = .awaiting(round, gate, failure: spec.admission.failure?.attempt)
            return push(now) + [.wake(after: patience)]
        }
    }

    /// Whether the newest spec says that the service is paused, and the action is not to be taken meanwhile.
    private func isWithheld(_ action: Action, _ date: Date) -> Bool {
        action.isWithheldByPause && spec.spec.isPaused(at: date) && spec.service.goal == .run
    }

    /// Drops the evidence of a hang: the server is not asked while a step is under way or an answer is late.
    mutating func forgetContact() {
        memory.forgetContact()
        reportContact()
    }

    // MARK: Clients

    mutating func requestGate(_ gate: Route.Gate) {
        guard status.clients?.gate != gate else { return }
        lastGateRequest += 1
        status.clients = GateRequest(number: status.life << 20 + lastGateRequest, gate: gate)
    }

    /// Whether a spec's admission answers the agent's newest requested gate. An older admission may be undone by a
    /// request made in between.
    func isHeard(_ spec: InstanceSpec) -> Bool { spec.admission.gateRequest == status.clients?.number }

    /// Nil while the router has neither set the gate nor failed to.
    func outcome(of gate: Route.Gate, knownFailure: Int64?) -> Outcome? {
        guard isHeard(spec) else { return nil }
        if spec.admission.gate == gate { return .done }
        guard let failure = spec.admission.failure, failure.attempt > knownFailure ?? 0 else { return nil }
        return .failed(Failure(failure.reason))
    }

    // MARK: Ends

    mutating func end(
        _ round: Round, _ now: ContinuousClock.Instant, _ date: Date
    ) -> [Effect] {
        note([.did(step: round.item.title, milliseconds: took(round, now))])
        if case .action(let action) = round.item {
            if action.endsServer { memory.ended() }
            if case .stop = action { memory.stopped() }
            noteSpecial(action, now, date)
        }
        guard let item = round.rest.first else { return push(now) + look() }
        return push(now) + begin(item, then: Array(round.rest.dropFirst()), by: round.spec, now, date)
    }

    func took(_ round: Round, _ now: ContinuousClock.Instant) -> Int {
        Int(round.began.duration(to: now) / .milliseconds(1))
    }

    mutating func goOn(
        after outcome: Outcome, _ now: ContinuousClock.Instant, _ date: Date
    ) -> [Effect] {
        guard case .acting(var round) = phase else { return [] }
        switch outcome {
        case .done: break
        case .started(let pid, let engine):
            memory.started(pid, epoch: round.spec.status.epoch, now: now)
            if case .run = round.spec.service.goal, engine != round.spec.service.engine {
                round.steps.insert(.ask(.engine(engine)), at: 0)
            }
        case .failed(let failure):
            if let port = failure.takenPort, round.spec.spec.custom == nil {
                // The next look starts the server on the other port.
                round.steps = [.ask(.otherPort(than: port, reason: failure.reason))]
                round.rest = []
            } else {
                memory.failed(round.item, failure.reason, now: now)
                return push(now) + look()
            }
        }
        return next(round, now, date)
    }

    /// Notes for actions that end a time of failures or drift.
    mutating func noteSpecial(_ action: Action, _ now: ContinuousClock.Instant, _ date: Date) {
        switch action {
        case .mendAccounts(let drift):
            let report = DriftReport(drift, lastInOrder: memory.lastInOrder, mended: date)
            note([.event(kind: "accounts_mended", message: report.text(spec.id.name))])
            memory.noteOrder(date)
        case .stop(.lockedOut):
            // Counted as a failure: a server that starts and refuses again waits longer each time.
            memory.failed("it rejected Roost's own account and was restarted", now: now)
            let text = DriftReport.startedAnew(spec.id.name, since: memory.lastInOrder, at: date)
            note([.event(kind: "accounts_mended", message: text)])
        case .imageDirectory:
            // Failures before the snapshot say nothing about the newer server that starts now.
            memory.clearFailures()
        case .makeDirectory, .recordSeeded, .start, .stop, .killRemains, .openServer, .closeServer, .makeReplica,
            .follow, .promote, .play, .applySettings,
            .applyAccounts, .applyLimits, .confine, .recordNoReturn, .finishUpgrade, .abandonUpgrade, .takeBackUpgrade,
            .stageSnapshot, .stageClone, .keepDirectory, .placeStaged, .finishRestore, .moveDirectory, .resume,
            .abandon,
            .deleteDirectory, .forget:
            break
        }
    }
}
