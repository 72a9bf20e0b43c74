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

    /// An agent that is started anew uses no number again: it begins with its life, which is later.
    mutating func nextRequest() -> Int64 {
        lastRequest += 1
        return status.life << 20 + lastRequest
    }

    /// Begins the next step; behind the last of an action the next action, and behind that a look.
    mutating func next(
        _ round: Round, _ now: ContinuousClock.Instant, _ date: Date
    ) -> [Effect] {
        var round = round
        guard !round.steps.isEmpty else { return end(round, now, date) }
        switch round.steps.removeFirst() {
        case .act(let action):
            phase = .acting(round)
            return push(now) + [.act(action, round.spec)] + (action.delay.map { [.wake(after: $0.toldAfter)] } ?? [])
        case .ask(let step):
            // Whoever hears of the answer drops the instance.
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

    // MARK: Clients

    mutating func wish(_ gate: Route.Gate) {
        guard status.clients?.gate != gate else { return }
        lastWish += 1
        status.clients = ClientWish(number: status.life << 20 + lastWish, gate: gate)
    }

    /// Whether what a spec tells of the router is later than the agent's newest wish. What an older one tells may be undone
    /// by what was wished for in between.
    func isHeard(_ spec: InstanceSpec) -> Bool { spec.admission.wish == status.clients?.number }

    /// Nil: nothing has come of it yet.
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
            memory.started(pid, now: now)
            if case .run = round.spec.service.intent, engine != round.spec.service.engine {
                round.steps.insert(.ask(.engine(engine)), at: 0)
            }
        case .failed(let failure):
            if let port = failure.takenPort, round.spec.spec.custom == nil {
                // The next look starts it there.
                round.steps = [.ask(.otherPort(than: port, reason: failure.reason))]
                round.rest = []
            } else {
                memory.failed(round.item, failure.reason, now: now)
                return push(now) + look()
            }
        }
        return next(round, now, date)
    }

    /// What an action says of the time before it.
    mutating func noteSpecial(_ action: Action, _ now: ContinuousClock.Instant, _ date: Date) {
        switch action {
        case .mendAccounts(let drift):
            let report = DriftReport(drift, lastInOrder: memory.lastInOrder, mended: date)
            note([.event(kind: "accounts_mended", message: report.text(spec.id.name))])
            memory.noteOrder(date)
        case .stop(.lockedOut):
            // One that starts and refuses again waits longer each time.
            memory.failed("it refused Roost's own account and was started anew", now: now)
            let text = DriftReport.startedAnew(spec.id.name, since: memory.lastInOrder, at: date)
            note([.event(kind: "accounts_mended", message: text)])
        case .imageDirectory:
            // What failed before the image says nothing of the newer server that starts now.
            memory.clearFailures()
        case .makeDirectory, .recordSeeded, .start, .stop, .killRemains, .openServer, .closeServer, .makeReplica,
            .follow, .promote, .applySettings,
            .applyAccounts, .applyLimits, .confine, .recordNoReturn, .finishUpgrade, .abandonUpgrade, .takeBackUpgrade,
            .stageSnapshot, .stageClone, .keepDirectory, .placeStaged, .finishRestore, .moveDirectory, .resume,
            .abandon,
            .deleteDirectory, .forget:
            break
        }
    }
}
