import Foundation
import RoostModel
import Testing

@testable import RoostControl

@Suite struct InstanceMachineTests {
    @Test func aNewInstanceIsBroughtUpStepByStep() throws {
        var run = try Run()
        #expect(run.machine.begin() == [.look(run.spec)])
        #expect(run.looked(.init(directory: .absent, process: .none)).acts == [.makeDirectory])
        #expect(run.status?.clients?.gate == .held, "the router is told while the directory is made")
        #expect(run.handle(.acted(.done)).acts == [.start])
        #expect(run.handle(.acted(.started(pid: 7, run.spec.status.engine))).request?.step == .seeded)
        #expect(run.answer { $0.status.members[0].seeded = true }.acts.isEmpty)
        #expect(run.route(.held).looks)
        #expect(run.looked(run.running(.closed)).acts == [.openServer])
        #expect(run.handle(.acted(.done)).looks)
        #expect(run.looked(run.running(.healthy)).status?.clients?.gate == .open)
        #expect(run.route(.open).looks)
        let settled = run.looked(run.running(.healthy))
        #expect(settled.status?.convergence == .settled && settled.status?.generation == 1)
        #expect(settled.wake == .seconds(2))
        #expect(run.handle(.timeOut) == [.probe(run.spec)])
        #expect(run.handle(.probed(InstanceProbe(health: .healthy))) == [.wake(after: .seconds(2))])
    }

    @Test func aRequestThatWasRefusedIsAFailureAndLooksAgain() throws {
        var run = try Run()
        _ = run.machine.begin()
        _ = run.looked(.init(directory: .present, process: .none))
        let refused = run.answer(failure: "the store is full")
        #expect(refused.looks && refused.status?.request == nil)
        let again = run.looked(.init(directory: .present, process: .none))
        #expect(again.status?.failures == 1 && again.request != nil, "the first is tried again at once")
        _ = run.answer(failure: "the store is full")
        let waiting = run.looked(.init(directory: .present, process: .none))
        #expect(waiting.status?.problem == "the store is full" && waiting.request == nil)
        #expect(waiting.wake == .milliseconds(250))
    }

    @Test func anAnswerThatDoesNotComeIsAskedForAgain() throws {
        var run = try Run()
        _ = run.machine.begin()
        let asked = run.looked(.init(directory: .present, process: .none))
        let reminder = run.handle(.timeOut)
        #expect(reminder.status?.isReminder == true && reminder.status?.request == asked.request)
        #expect(reminder.wake == .seconds(2))
        // An answer to another request says nothing.
        run.spec = run.next { _ in
        } answer: { _ in
            InstanceRequest.Answer(-1)
        }
        #expect(!run.handle(.spec(run.spec)).looks)
        #expect(run.answer { $0.status.members[0].seeded = true }.status?.request == nil)
    }

    /// A planned step is carried out with the spec that it was planned from; later changes are looked at next.
    @Test func whatIsAskedForDuringAStepWaitsForItsEnd() throws {
        var run = try Run(seeded: true)
        _ = run.machine.begin()
        _ = run.looked(.init(directory: .present, process: .none))
        #expect(run.route(.held).acts == [.start])
        run.spec = run.next { $0.spec.generation = 2 }
        let heard = run.handle(.spec(run.spec))
        #expect(heard.acts.isEmpty && !heard.looks && heard.status?.specRevision == run.spec.revision)
        #expect(heard.status?.generation == 1)
        #expect(run.handle(.acted(.started(pid: 7, run.spec.status.engine))).contains(.look(run.spec)))
    }

    @Test func aLookThatWasOvertakenSaysNothingOfWhatIsAskedForNow() throws {
        var run = try Run(seeded: true, gate: .open)
        _ = run.machine.begin()
        run.spec = run.next { $0.spec.generation = 2 }
        _ = run.handle(.spec(run.spec))
        let effects = run.looked(run.running(.healthy))
        #expect(effects.status?.generation == 1 && effects.looks)
        #expect(run.looked(run.running(.healthy)).status?.generation == 2)
    }

    @Test func whoSendsAnOlderSpecHearsOfTheNewerOne() throws {
        var run = try Run(seeded: true, gate: .open)
        _ = run.machine.begin()
        let older = run.spec
        run.spec = run.next { $0.spec.generation = 2 }
        _ = run.handle(.spec(run.spec))
        let effects = run.handle(.spec(older))
        #expect(effects.status?.specRevision == run.spec.revision)
    }

    @Test func aServerThatEndsIsLookedAtAtOnce() throws {
        var run = try Run(seeded: true, gate: .open)
        _ = run.machine.begin()
        _ = run.looked(run.running(.healthy))
        #expect(run.handle(.serverEnded).looks)
        let effects = run.looked(.init(directory: .present, process: .none), ending: "signal 9")
        #expect(
            effects.status?.notes.map(\.content).contains(
                .event(kind: "instance_exited", message: "data.0 ended: signal 9")) == true)
        #expect(effects.status?.clients?.gate == .held && effects.acts.isEmpty)
    }

    /// A later request may have undone what an older spec tells of the router.
    @Test func aGateThatWasConfirmedForAnEarlierRequestDoesNotCount() throws {
        var run = try Run(seeded: true, gate: .open)
        _ = run.machine.begin()
        _ = run.looked(run.running(.healthy))
        let open = try #require(run.status?.clients)
        #expect(run.handle(.serverEnded).status?.clients?.gate == .held)
        _ = run.looked(.init(directory: .present, process: .none))
        #expect(run.route(.held, gateRequest: open.number).acts.isEmpty)
        #expect(run.route(.open).acts.isEmpty)
        #expect(run.route(.held).acts == [.start])
    }

    @Test func aRouterThatCannotBeToldIsAFailureOnceAnAttempt() throws {
        var run = try Run(seeded: true)
        _ = run.machine.begin()
        _ = run.looked(.init(directory: .present, process: .none))
        let failed = InstanceSpec.Admission.Failure(attempt: 1, reason: "no router runs")
        #expect(run.route(nil, failure: failed).looks)
        let waiting = run.looked(.init(directory: .present, process: .none))
        #expect(waiting.status?.problem == "no router runs" && waiting.status?.failures == 1)
        #expect(!run.route(nil, failure: failed).looks)
        #expect(run.route(nil, failure: .init(attempt: 2, reason: "no router runs")).looks)
    }

    /// The gate that the machine waits for may no longer be wanted.
    @Test func anotherRequestOfUsersEndsTheWaitForTheRouter() throws {
        var run = try Run(seeded: true)
        _ = run.machine.begin()
        _ = run.looked(.init(directory: .present, process: .none))
        run.spec = run.next { $0.spec.deletion = .init(keep: nil) }
        #expect(run.handle(.spec(run.spec)).looks)
    }

    /// Otherwise a wait for the restart of a server whose pool is not mounted would never end.
    @Test func whatCannotBePlannedForLongIsBlocked() throws {
        var run = try Run(seeded: true, gate: .open)
        _ = run.machine.begin()
        var outlooks: [InstancePlan.Convergence?] = []
        for _ in 1...3 {
            let look = InstanceMachine.Look(
                seen: run.running(.healthy), target: nil, failure: .init("the pool is not mounted"))
            outlooks.append(run.handle(.looked(look, ending: nil)).status?.convergence)
            _ = run.handle(.timeOut)
        }
        // The second status is like the first, and is not sent again.
        #expect(outlooks == [.underway, nil, .blocked])
        #expect(run.looked(run.running(.healthy)).status?.convergence == .settled)
    }

    @Test func anotherPortIsAskedForWhereSomebodyListens() throws {
        var run = try Run(seeded: true)
        _ = run.machine.begin()
        _ = run.looked(.init(directory: .present, process: .none))
        _ = run.route(.held)
        let port = try #require(PortNumber(31000))
        let effects = run.handle(.acted(.failed(.init("taken by python3", takenPort: port))))
        #expect(effects.request?.step == .otherPort(than: port, reason: "taken by python3"))
        #expect(run.answer().looks)
    }

    @Test func aServerThatDoesNotEndIsToldOnceAndWithTheTimeItHas() throws {
        var run = try Run(seeded: true, gate: .open)
        _ = run.machine.begin()
        let look = InstanceMachine.Look(
            seen: run.running(.healthy),
            target: InstanceTarget(
                goal: .run, seeded: true, engine: run.spec.status.engine, applied: Run.applied(restart: 1)))
        _ = run.handle(.looked(look, ending: nil))
        let stopping = run.route(.held)
        #expect(stopping.acts == [.stop(.restart)] && stopping.wake == .seconds(3))
        // An earlier wake-up that was asked for passes first.
        run.now += .seconds(1)
        #expect(run.handle(.timeOut) == [.wake(after: .seconds(2))])
        run.now += .seconds(2)
        let told = run.handle(.timeOut).status?.notes.last?.content
        #expect(told == .waits(for: "waiting for the server to exit; it is killed after 120 s"))
        run.now += .seconds(60)
        #expect(run.handle(.timeOut).isEmpty)
        let ended = run.handle(.acted(.done)).status?.notes.map(\.content) ?? []
        #expect(ended.contains(.did(step: "stop", milliseconds: 63_000)))
    }

    /// What is in force counts, for the spec that the look was by.
    @Test(
        arguments: [(true, "a_2", true, true), (false, "a_1", false, false), (false, nil, false, nil)]
            as [(Bool, String?, Bool, Bool?)])
    func aStatusTellsOfAccountsAndHidesTheirNames(
        _ areApplied: Bool, _ used: String?, _ hasAccounts: Bool, _ isSignedOn: Bool?
    ) throws {
        var run = try Run(seeded: true)
        _ = run.machine.begin()
        var seen = run.running(.closed)
        if !areApplied { seen.applied?.accounts = "old" }
        seen.replication = ReplicationReport(role: .replica, link: .up, account: used)
        let target = InstanceTarget(
            goal: .run, seeded: true, engine: run.spec.status.engine, applied: Run.applied(), account: "a_2")
        let status = try #require(run.handle(.looked(.init(seen: seen, target: target), ending: nil)).status)
        #expect(status.hasAccounts == hasAccounts && status.isSignedOn == isSignedOn)
        #expect(status.replication?.link == .up && status.replication?.account == nil)
    }

    @Test func withoutAServerNoAccountsAreInForce() throws {
        var run = try Run(seeded: true)
        _ = run.machine.begin()
        let status = try #require(run.looked(.init(directory: .present, process: .none)).status)
        #expect(status.hasAccounts == nil && status.isSignedOn == nil)
    }

    /// A step that usually takes long reports no delay.
    @Test func aStartHasNoDelayToTell() throws {
        var run = try Run(seeded: true)
        _ = run.machine.begin()
        _ = run.looked(.init(directory: .present, process: .none))
        let starting = run.route(.held)
        #expect(starting.acts == [.start] && starting.wake == nil)
        run.now += .seconds(10)
        #expect(run.handle(.timeOut).isEmpty)
    }
}

/// A machine, what it was last told, and a clock.
private struct Run {
    var machine: InstanceMachine
    var spec: InstanceSpec
    var request: InstanceRequest?
    var status: InstanceStatus?
    var now = ContinuousClock.now

    init(seeded: Bool = false, gate: Route.Gate? = nil) throws {
        var service = try Samples.service("data")
        let port = try #require(PortNumber(22000))
        let internalPort = try #require(PortNumber(31000))
        service.status.members = [
            ServiceStatus.Member(index: 0, host: "local", port: port, internalPort: internalPort, serverID: 1)
        ]
        if seeded { _ = service.status.markSeeded(0) }
        let application = Application(
            name: service.id.application, user: ServerUser(name: "roost01", uid: 1, gid: 1),
            order: [service.id.service], createdAt: Date(timeIntervalSince1970: 0))
        spec = InstanceSpec(
            application: application, service: service, index: 0, revision: 1, admission: .init(gate: gate))
        machine = InstanceMachine(spec, planner: InstancePlanner(), patience: .seconds(2), life: 9)
    }

    mutating func handle(_ event: InstanceMachine.Event) -> [InstanceMachine.Effect] {
        let effects = machine.handle(event, now: now, date: Date(timeIntervalSince1970: 0))
        status = effects.status ?? status
        request = effects.status.map(\.request) ?? request
        return effects
    }

    mutating func looked(_ seen: InstanceObservation, ending: String? = nil) -> [InstanceMachine.Effect] {
        let target = InstanceTarget(
            goal: spec.service.goal, seeded: spec.status.members[0].seeded, engine: spec.status.engine,
            applied: Self.applied())
        return handle(.looked(InstanceMachine.Look(seen: seen, target: target), ending: ending))
    }

    static func applied(restart: Int = 0) -> AppliedState {
        AppliedState(
            settings: [:], accounts: "", limits: ResourceLimits(memory: .mebibytes(256), cpus: nil),
            restartGeneration: restart)
    }

    func running(_ health: InstanceHealth) -> InstanceObservation {
        InstanceObservation(directory: .present, process: .running(pid: 7), health: health, applied: Self.applied())
    }

    /// The spec that comes next.
    func next(
        admission: InstanceSpec.Admission? = nil, _ change: (inout Service) -> Void,
        answer: (InstanceRequest?) -> InstanceRequest.Answer? = { _ in nil }
    ) -> InstanceSpec {
        var service = spec.service
        change(&service)
        return InstanceSpec(
            application: spec.application, service: service, index: 0, revision: spec.revision + 1,
            admission: admission ?? spec.admission, answer: answer(request))
    }

    /// The request that is waited for is answered.
    mutating func answer(
        failure: String? = nil, _ change: (inout Service) -> Void = { _ in }
    ) -> [InstanceMachine.Effect] {
        spec = next(change) { request in
            request.map { InstanceRequest.Answer($0.id, failure: failure) }
        }
        return handle(.spec(spec))
    }

    /// The router does this. `gateRequest`: the newest request that had arrived; nil: the newest that there is.
    mutating func route(
        _ gate: Route.Gate?, gateRequest: Int64? = nil, failure: InstanceSpec.Admission.Failure? = nil
    ) -> [InstanceMachine.Effect] {
        let heard = gateRequest ?? status?.clients?.number ?? 0
        spec = next(admission: .init(gate: gate, gateRequest: heard, failure: failure)) { _ in }
        return handle(.spec(spec))
    }
}

extension [InstanceMachine.Effect] {
    fileprivate var acts: [Action] { compactMap { if case .act(let action, _) = $0 { action } else { nil } } }
    fileprivate var looks: Bool { contains { if case .look = $0 { true } else { false } } }
    fileprivate var status: InstanceStatus? {
        compactMap { if case .send(let status) = $0 { status } else { nil } }.last
    }
    fileprivate var request: InstanceRequest? { status?.request }
    fileprivate var wake: Duration? { compactMap { if case .wake(let pause) = $0 { pause } else { nil } }.last }
}
