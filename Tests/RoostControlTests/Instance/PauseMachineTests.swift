import Foundation
import RoostModel
import Testing

@testable import RoostControl

/// When an instance's machine notices that its service is paused, and that the pause is over.
@Suite struct PauseMachineTests {
    @Test func aServerThatEndsIsNotStartedBeforeThePauseIsOver() throws {
        var run = try Run(seeded: true, pausedUntil: 100)
        _ = run.machine.begin()
        run.date = Date(timeIntervalSince1970: 99)
        let dead = InstanceObservation(directory: .present, process: .none)
        let paused = run.looked(dead)
        #expect(paused.acts.isEmpty && paused.status?.clients?.gate == .closed)
        #expect(paused.status?.convergence == .blocked)
        // The next look comes when the pause ends, earlier than the next probe would.
        #expect(paused.wake == .seconds(1.01))
        run.date = Date(timeIntervalSince1970: 100.01)
        #expect(run.handle(.timeOut).looks)
        #expect(run.looked(dead).status?.clients?.gate == .held)
        #expect(run.route(.held).acts == [.start])
    }

    /// A settled instance is probed alone; a pause that ends is a reason for a look as well.
    @Test func aSettledInstanceIsLookedAtWhenThePauseEnds() throws {
        var run = try Run(seeded: true, gate: .open, pausedUntil: 10)
        _ = run.machine.begin()
        let settled = run.looked(run.running(.healthy))
        #expect(settled.status?.convergence == .settled && settled.wake == .seconds(2))
        run.now += .seconds(11)
        run.date = Date(timeIntervalSince1970: 11)
        #expect(run.handle(.timeOut).looks)
    }

    @Test func aPauseTakesEffectBetweenTwoSteps() throws {
        var run = try Run()
        _ = run.machine.begin()
        #expect(run.looked(.init(directory: .absent, process: .none)).acts == [.makeDirectory])
        _ = run.hear { $0.spec.pause = .init(until: Date(timeIntervalSince1970: 100)) }
        let ended = run.handle(.acted(.done))
        #expect(ended.acts.isEmpty && ended.looks)
        let paused = run.looked(.init(directory: .present, process: .none))
        #expect(paused.acts.isEmpty && paused.status?.request?.step == .seeded, "the data are recorded")
    }

    @Test func aPauseThatComesDuringALookCountsForItsResult() throws {
        var run = try Run(seeded: true, gate: .held)
        _ = run.machine.begin()
        _ = run.hear { $0.spec.pause = .init(until: Date(timeIntervalSince1970: 100)) }
        let effects = run.looked(.init(directory: .present, process: .none))
        #expect(effects.acts.isEmpty && effects.looks)
    }

    @Test func aServiceThatIsResumedGoesOnAtOnce() throws {
        var run = try Run(seeded: true, pausedUntil: 100)
        _ = run.machine.begin()
        let dead = InstanceObservation(directory: .present, process: .none)
        _ = run.looked(dead)
        #expect(run.hear { $0.spec.pause = nil }.looks)
        _ = run.looked(dead)
        #expect(run.route(.held).acts == [.start])
    }
}

/// A machine, what it was last told, and its clocks.
private struct Run {
    var machine: InstanceMachine
    var spec: InstanceSpec
    var status: InstanceStatus?
    var now = ContinuousClock.now
    var date = Date(timeIntervalSince1970: 0)

    init(seeded: Bool = false, gate: Route.Gate? = nil, pausedUntil end: Double? = nil) throws {
        var service = try MembershipTests.service([0], wanted: 1) { $0.status.members[0].seeded = seeded }
        service.spec.pause = end.map { .init(until: Date(timeIntervalSince1970: $0)) }
        let application = Application(
            name: service.id.application, user: ServerUser(name: "roost01", uid: 1, gid: 1),
            order: [service.id.service], createdAt: Date(timeIntervalSince1970: 0))
        spec = InstanceSpec(
            application: application, service: service, index: 0, revision: 1, admission: .init(gate: gate))
        machine = InstanceMachine(spec, planner: InstancePlanner(), patience: .seconds(2), life: 9)
    }

    mutating func handle(_ event: InstanceMachine.Event) -> [InstanceMachine.Effect] {
        let effects = machine.handle(event, now: now, date: date)
        status = effects.status ?? status
        return effects
    }

    mutating func looked(_ seen: InstanceObservation) -> [InstanceMachine.Effect] {
        let sample = InstanceTarget.sample()
        let target = InstanceTarget(
            goal: .run, seeded: spec.status.members[0].seeded, engine: spec.status.engine, applied: sample.applied)
        return handle(.looked(InstanceMachine.Look(seen: seen, target: target), ending: nil))
    }

    func running(_ health: InstanceHealth) -> InstanceObservation {
        InstanceObservation(
            directory: .present, process: .running(pid: 7), health: health, applied: InstanceTarget.sample().applied)
    }

    /// A newer spec arrives.
    mutating func hear(
        admission: InstanceSpec.Admission? = nil, _ change: (inout Service) -> Void
    ) -> [InstanceMachine.Effect] {
        var service = spec.service
        change(&service)
        spec = InstanceSpec(
            application: spec.application, service: service, index: 0, revision: spec.revision + 1,
            admission: admission ?? spec.admission)
        return handle(.spec(spec))
    }

    /// The router confirms the newest request.
    mutating func route(_ gate: Route.Gate) -> [InstanceMachine.Effect] {
        hear(admission: .init(gate: gate, gateRequest: status?.clients?.number ?? 0)) { _ in }
    }
}

extension [InstanceMachine.Effect] {
    fileprivate var acts: [Action] { compactMap { if case .act(let action, _) = $0 { action } else { nil } } }
    fileprivate var looks: Bool { contains { if case .look = $0 { true } else { false } } }
    fileprivate var status: InstanceStatus? {
        compactMap { if case .send(let status) = $0 { status } else { nil } }.last
    }
    fileprivate var wake: Duration? { compactMap { if case .wake(let pause) = $0 { pause } else { nil } }.last }
}
