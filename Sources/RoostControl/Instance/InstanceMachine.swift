import Foundation
import RoostModel

/// Looks after one instance: says when to look, decides by what was seen, and says what to do next, until nothing is left.
///
/// A synchronous value: an event goes in, effects come out. One look, step or probe is under way at a time; its end comes
/// back as an event. What the store or the router has to know of is asked for in the status, and a spec answers it.
package struct InstanceMachine: Sendable {
    /// What a look found.
    package struct Look: Equatable, Sendable {
        package var seen: InstanceObservation
        /// Nil: what the instance should be cannot be told.
        package let target: InstanceTarget?
        /// Why that cannot be told, or what should stand beside the data could not be written.
        package let failure: Failure?
        /// That the instance's disk is full, with the figures. Nil: it is not.
        package let diskFault: String?

        package init(
            seen: InstanceObservation, target: InstanceTarget?, failure: Failure? = nil, diskFault: String? = nil
        ) {
            self.seen = seen
            self.target = target
            self.failure = failure
            self.diskFault = diskFault
        }
    }

    package struct Failure: Error, Equatable, Sendable {
        package let reason: String
        /// Waiting will not mend it.
        package let isPermanent: Bool
        /// The port that somebody else listens on, where that is why a server could not be started.
        package let takenPort: PortNumber?

        package init(_ reason: String, isPermanent: Bool = false, takenPort: PortNumber? = nil) {
            self.reason = reason
            self.isPermanent = isPermanent
            self.takenPort = takenPort
        }
    }

    /// How a step on the machine ended.
    package enum Outcome: Equatable, Sendable {
        case done
        /// A server runs with this process id, of this release, or did a moment ago.
        case started(pid: Int32, EngineIdentity)
        case failed(Failure)
    }

    package enum Event: Equatable, Sendable {
        case spec(InstanceSpec)
        /// `ending`: how the server ended that is not there any more, if that is known.
        case looked(Look, ending: String?)
        /// The look failed. The server's state stays as it was last reported.
        case unseen(reason: String)
        case acted(Outcome)
        case probed(InstanceHealth?)
        /// The time that was asked for is over.
        case timeOut
        /// A server of the instance has ended.
        case serverEnded
    }

    package enum Effect: Equatable, Sendable {
        case look(InstanceSpec)
        case act(Action, InstanceSpec)
        case probe(InstanceSpec)
        case send(InstanceStatus)
        /// Replaces the time that was asked for before, which otherwise goes on.
        case wake(after: Duration)
    }

    /// Actions that are carried out one by one; the first that fails ends the round.
    private struct Round {
        /// What was planned by, and since then what answers came with. What was asked for meanwhile waits for the next look.
        var spec: InstanceSpec
        var action: Action
        var began: ContinuousClock.Instant
        /// What is left of the action, and the actions behind it.
        var steps: [ActionStep]
        var rest: [Action]
        var isDelayTold = false
    }

    private enum Phase {
        case looking(InstanceSpec)
        case acting(Round)
        case asking(Round, InstanceRequest)
        /// Until the time is over or something changes.
        case resting
        /// All is as desired: a probe now and then, and a look when the review is due.
        case watching(review: ContinuousClock.Instant)
        case probing(review: ContinuousClock.Instant)
    }

    private let planner: InstancePlanner
    /// How long an answer may take before a request is sent again.
    private let patience: Duration
    private var spec: InstanceSpec
    private var memory = InstanceMemory()
    private var phase = Phase.resting
    private var status: InstanceStatus
    /// Something changed while a look or a step was under way.
    private var isStale = false
    /// The status as it was last sent, and when.
    private var sent: (status: InstanceStatus, at: ContinuousClock.Instant)?
    private var lastNote = 0
    private var lastRequest: Int64 = 0

    package init(_ spec: InstanceSpec, planner: InstancePlanner, patience: Duration, life: Int64) {
        self.spec = spec
        self.planner = planner
        self.patience = patience
        status = InstanceStatus(id: spec.id, uid: spec.status.uid, life: life)
    }

    // MARK: Events

    /// The first look.
    package mutating func begin() -> [Effect] { look() }

    package mutating func handle(
        _ event: Event, now: ContinuousClock.Instant, date: Date
    ) -> [Effect] {
        switch event {
        case .spec(let newer): take(newer, now, date)
        case .looked(let found, let ending): decide(found, ending, now, date)
        case .unseen(let reason): decideUnseen(reason, now)
        case .acted(let outcome): goOn(after: outcome, now, date)
        case .probed(let health): judge(health, now, date)
        case .timeOut: wake(now)
        case .serverEnded: lookSoon()
        }
    }

    private mutating func take(
        _ newer: InstanceSpec, _ now: ContinuousClock.Instant, _ date: Date
    ) -> [Effect] {
        let isNewer = newer.revision > spec.revision
        if isNewer { spec = newer }
        if case .asking(var round, let request) = phase {
            guard let answer = spec.answer, answer.request == request.id else { return push(now, again: !isNewer) }
            status.request = nil
            let outcome = answer.failure.map { Outcome.failed(Failure($0)) } ?? .done
            round.spec = spec
            phase = .acting(round)
            return goOn(after: outcome, now, date)
        }
        // A repeated or older spec means that the control plane does not know the agent's newest.
        return isNewer ? push(now) + lookSoon() : push(now, again: true)
    }

    private mutating func lookSoon() -> [Effect] {
        switch phase {
        case .resting, .watching: return look()
        case .looking, .acting, .asking, .probing:
            isStale = true
            return []
        }
    }

    private mutating func wake(_ now: ContinuousClock.Instant) -> [Effect] {
        switch phase {
        case .resting: return look()
        case .watching(let review):
            guard now < review else { return look() }
            phase = .probing(review: review)
            return [.probe(spec)]
        case .asking: return push(now, reminding: true) + [.wake(after: patience)]
        case .acting(let round): return tellDelay(of: round, now)
        case .looking, .probing: return []
        }
    }

    /// Says once what an action waits for that takes longer than usual.
    private mutating func tellDelay(of round: Round, _ now: ContinuousClock.Instant) -> [Effect] {
        guard let delay = round.action.delay, !round.isDelayTold else { return [] }
        // An earlier time that was asked for may pass first.
        let left = now.duration(to: round.began + delay.toldAfter)
        guard left <= .zero else { return [.wake(after: left)] }
        var round = round
        round.isDelayTold = true
        phase = .acting(round)
        note([.waits(for: delay.reason)])
        return push(now)
    }

    private mutating func look() -> [Effect] {
        phase = .looking(spec)
        isStale = false
        return [.look(spec)]
    }

    // MARK: Looking

    private mutating func decide(
        _ found: Look, _ ending: String?, _ now: ContinuousClock.Instant, _ date: Date
    ) -> [Effect] {
        guard case .looking(let looked) = phase else { return [] }
        memory.begin(looked.spec.generation)
        var seen = found.seen
        let told = memory.note(&seen, name: spec.id.name, now: now, date: date) { _ in ending }
        seen.gate = looked.gate
        let plan = plan(found, seen, now)
        memory.forgetFailures(after: plan, now: now)
        status.generation = looked.spec.generation
        report(plan, seen, found.diskFault)
        note(told)
        let effects = push(now)
        guard let first = plan.actions.first else { return effects + rest(plan, now, date) }
        return effects + begin(first, then: Array(plan.actions.dropFirst()), by: looked, now, date)
    }

    private mutating func decideUnseen(_ reason: String, _ now: ContinuousClock.Instant) -> [Effect] {
        guard case .looking = phase else { return [] }
        status.problem = reason
        status.outlook = .underway
        phase = .resting
        return push(now) + [.wake(after: .seconds(1))]
    }

    private mutating func plan(
        _ found: Look, _ seen: InstanceObservation, _ now: ContinuousClock.Instant
    ) -> InstancePlan {
        let target = found.failure == nil ? found.target : nil
        let isStuck = memory.notePlan(target != nil)
        guard let target else {
            let isRunning = if case .running = seen.process { true } else { false }
            let isBlocked = isStuck || found.failure?.isPermanent ?? false
            return InstancePlan(
                [], state: isRunning ? .up : .down, outlook: isBlocked ? .blocked : .underway,
                problem: found.failure?.reason, lookAgain: .seconds(2))
        }
        return planner.plan(target, seen, now: now)
    }

    private mutating func report(_ plan: InstancePlan, _ seen: InstanceObservation, _ diskFault: String?) {
        status.state = plan.state
        status.pid = if case .running(let pid) = seen.process { pid } else { nil }
        status.problem = plan.problem
        status.diskFault = diskFault
        status.outlook = plan.outlook
        status.failures = memory.failures.count
        status.lostFiles = seen.lostFiles
    }

    /// Nothing is to be done now.
    private mutating func rest(
        _ plan: InstancePlan, _ now: ContinuousClock.Instant, _ date: Date
    ) -> [Effect] {
        if isStale { return look() }
        // A failure is forgotten by a look, some time after it.
        let watches = plan.outlook == .settled && memory.failures.last == nil
        var pause = watches ? planner.reviewInterval : plan.lookAgain
        if let until = spec.spec.credentials.previousUntil, until > date {
            pause = min(pause, .seconds(until.timeIntervalSince(date) + 0.01))
        }
        // The last status may have been lost.
        let reminder = isSilent(for: watches ? planner.reviewInterval : patience, now) ? push(now, reminding: true) : []
        guard pause > .zero else { return reminder + look() }
        if watches {
            phase = .watching(review: now + pause)
            return reminder + [.wake(after: min(planner.probeInterval, pause))]
        }
        phase = .resting
        return reminder + [.wake(after: pause)]
    }

    private mutating func judge(
        _ health: InstanceHealth?, _ now: ContinuousClock.Instant, _ date: Date
    ) -> [Effect] {
        guard case .probing(let review) = phase else { return [] }
        guard health == .healthy, !isStale else { return look() }
        memory.noteOrder(date)
        phase = .watching(review: review)
        return [.wake(after: max(.milliseconds(1), min(planner.probeInterval, now.duration(to: review))))]
    }

    // MARK: Acting

    private mutating func begin(
        _ action: Action, then rest: [Action], by spec: InstanceSpec, _ now: ContinuousClock.Instant, _ date: Date
    ) -> [Effect] {
        note([.began(step: action.title)])
        let round = Round(
            spec: spec, action: action, began: now, steps: action.steps(for: spec.service), rest: rest)
        return next(round, now, date)
    }

    /// An agent that is started anew uses no number again: it begins with its life, which is later.
    private mutating func nextRequest() -> Int64 {
        lastRequest += 1
        return status.life << 20 + lastRequest
    }

    /// Begins the next step; behind the last of an action the next action, and behind that a look.
    private mutating func next(
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
            if case .gone = step { note([.did(step: round.action.title, milliseconds: took(round, now))]) }
            let request = InstanceRequest(id: nextRequest(), of: round.spec.service, step: step)
            status.request = request
            phase = .asking(round, request)
            return push(now) + [.wake(after: patience)]
        }
    }

    private mutating func end(
        _ round: Round, _ now: ContinuousClock.Instant, _ date: Date
    ) -> [Effect] {
        note([.did(step: round.action.title, milliseconds: took(round, now))])
        if round.action.endsServer { memory.ended() }
        noteSpecial(round.action, now, date)
        guard let action = round.rest.first else { return push(now) + look() }
        return push(now) + begin(action, then: Array(round.rest.dropFirst()), by: round.spec, now, date)
    }

    private func took(_ round: Round, _ now: ContinuousClock.Instant) -> Int {
        Int(round.began.duration(to: now) / .milliseconds(1))
    }

    private mutating func goOn(
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
                memory.failed(round.action, failure.reason, now: now)
                return push(now) + look()
            }
        }
        return next(round, now, date)
    }

    /// What an action says of the time before it.
    private mutating func noteSpecial(_ action: Action, _ now: ContinuousClock.Instant, _ date: Date) {
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
        case .makeDirectory, .recordSeeded, .setGate, .start, .stop, .killRemains, .openServer, .applySettings,
            .applyAccounts, .applyLimits, .confine, .recordNoReturn, .finishUpgrade, .abandonUpgrade, .takeBackUpgrade,
            .stageSnapshot, .stageClone, .keepDirectory, .placeStaged, .finishRestore, .moveDirectory, .resume,
            .abandon,
            .deleteDirectory, .forget:
            break
        }
    }

    // MARK: Telling

    private mutating func note(_ contents: [InstanceNote.Content]) {
        for content in contents {
            lastNote += 1
            status.notes.append(InstanceNote(number: lastNote, content: content))
        }
    }

    /// The most that waits to be heard of; a control plane that is gone for longer misses the oldest.
    private static let keptNotes = 100

    private func isSilent(for age: Duration, _ now: ContinuousClock.Instant) -> Bool {
        sent.map { $0.at.duration(to: now) >= age } ?? true
    }

    /// Sends what has changed. `again`: also what has not; `reminding`: and asks for what may have been lost.
    private mutating func push(
        _ now: ContinuousClock.Instant, again: Bool = false, reminding: Bool = false
    ) -> [Effect] {
        if spec.notesSeen.life == status.life { status.notes.removeAll { $0.number <= spec.notesSeen.number } }
        status.notes = status.notes.suffix(Self.keptNotes)
        status.specRevision = spec.revision
        status.isReminder = sent?.status.isReminder ?? false
        guard again || reminding || status != sent?.status else { return [] }
        status.isReminder = reminding
        status.revision += 1
        sent = (status, now)
        return [.send(status)]
    }
}
