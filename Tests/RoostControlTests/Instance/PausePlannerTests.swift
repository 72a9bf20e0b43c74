import RoostModel
import Testing

@testable import RoostControl

/// Actions on an instance of a paused service: what runs stays in its place, and nothing else is done.
@Suite struct PausePlannerTests {
    private let planner = InstancePlanner()
    private static let source = PortNumber(31000).unsafelyUnwrapped
    private static let other = PortNumber(31009).unsafelyUnwrapped
    private static let replica = InstanceTarget.Place.replica(source: source)

    // MARK: Without a server

    static let stopped: [(place: InstanceTarget.Place, seeded: Bool, directory: InstanceObservation.Directory)] = [
        (.alone, true, .present), (.alone, false, .absent), (.primary(mayOpen: true), true, .present),
        (replica, true, .present), (replica, false, .absent), (.fenced(mayStart: true), true, .present),
    ]

    @Test(arguments: stopped) func nothingIsStartedOrMade(
        _ place: InstanceTarget.Place, _ seeded: Bool, _ directory: InstanceObservation.Directory
    ) {
        let seen = InstanceObservation(directory: directory, process: .none, gate: .held)
        let plan = planner.plan(target(place, seeded: seeded), seen, now: .now)
        #expect(plan.isTo([], clients: .closed) && plan.convergence == .blocked)
        #expect(plan.state == (seeded ? .down : .creating))
        #expect(plan.problem?.contains("'roost resume SERVICE'") == true, "\(plan)")
        // The same instance is started once the pause is over.
        let later = planner.plan(target(place, seeded: seeded, isPaused: false), seen, now: .now)
        #expect(later.actions.contains(.start))
    }

    @Test func theRemainsOfADeadServerAreLeft() {
        let seen = InstanceObservation(directory: .present, process: .remains)
        let plan = planner.plan(target(.alone), seen, now: .now)
        #expect(plan.isTo([], clients: .closed) && plan.problem?.hasPrefix("its server died; ") == true)
    }

    @Test func dataThatWereMadeAreStored() {
        let seen = InstanceObservation(directory: .present, process: .none)
        #expect(planner.plan(target(.alone, seeded: false), seen, now: .now).actions == [.recordSeeded])
    }

    @Test func aServerThatEndedBeforeIsNotStartedAfterTheBackoff() {
        var seen = InstanceObservation(directory: .present, process: .none)
        for _ in 1...5 { seen.failures.add("its server ended", at: .now) }
        #expect(planner.plan(target(.alone), seen, now: .now + .seconds(3600)).actions == [])
    }

    // MARK: A server that runs

    @Test func clientsReachAServerThatRuns() {
        #expect(plan(.alone, .healthy, gate: .held).isTo([], clients: .open))
        let settled = plan(.alone, .healthy)
        #expect(settled.isTo([], clients: .open) && settled.convergence == .settled && settled.problem == nil)
    }

    struct Step: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let place: InstanceTarget.Place
        let health: InstanceHealth
        var report: ReplicationReport?
        var part = SynchronousPart.none
        var isFencedByStop = false
        let action: Action
    }

    private static let primary = ReplicationReport(role: .primary)

    /// At most one member takes writes, and the others follow it, also in a paused service.
    static let steps: [Step] = [
        Step(testDescription: "a server that was just started", place: .alone, health: .closed, action: .openServer),
        Step(
            testDescription: "a primary that may open", place: .primary(mayOpen: true), health: .closed,
            report: primary, action: .openServer),
        Step(
            testDescription: "a replica that was elected", place: .primary(mayOpen: true), health: .closed,
            report: ReplicationReport(role: .replica, link: .up, source: source), action: .promote),
        Step(
            testDescription: "a primary that is to be another's replica", place: replica, health: .healthy,
            action: .closeServer),
        Step(
            testDescription: "a fenced primary", place: .fenced(mayStart: true), health: .healthy, action: .closeServer),
        Step(
            testDescription: "a primary that is fenced by a stop", place: .fenced(mayStart: true), health: .healthy,
            isFencedByStop: true, action: .stop(.fence)),
        Step(
            testDescription: "a replica of an earlier primary", place: replica, health: .closed,
            report: ReplicationReport(role: .replica, link: .up, source: other), action: .follow),
        Step(
            testDescription: "a primary without its voters", place: .primary(mayOpen: true), health: .healthy,
            report: ReplicationReport(role: .primary, isSynchronous: true), action: .play(.none)),
    ]

    @Test(arguments: steps) func aServerIsBroughtToItsPlace(_ step: Step) {
        let target = target(step.place, part: step.part, isFencedByStop: step.isFencedByStop)
        var seen = running(step.health)
        seen.replication = step.report
        #expect(planner.plan(target, seen, now: .now).actions == [step.action])
    }

    @Test func driftIsToldAndLeft() {
        let rights = AccountDrift(.rights, "the account 'eve'@'%' has administrative rights")
        let plan = plan(.alone, .drifted([rights]))
        #expect(plan.isTo([], clients: .open) && plan.convergence == .settled)
        #expect(plan.problem?.hasPrefix("\([rights].text); it is not repaired: the service is paused") == true)
        let gone = AccountDrift(.serverDatabase, "the database sys is gone", isMendable: false)
        #expect(self.plan(.alone, .drifted([gone])).problem == [gone].text)
        // Before a server is opened, drift is repaired; an outage would be no remedy for it.
        #expect(self.plan(.alone, .drifted([rights]), gate: .held).isTo([], clients: .open))
    }

    @Test func aServerThatRefusesRoostKeepsItsClients() {
        var seen = running(.lockedOut("it refuses Roost's own account"))
        seen.refusals = 50
        let plan = planner.plan(target(.alone), seen, now: .now)
        #expect(plan.isTo([]) && plan.state == .up && plan.convergence == .blocked)
        #expect(plan.problem?.hasPrefix("it refuses Roost's own account; it is not restarted") == true)
        seen.refusals = 1
        #expect(planner.plan(target(.alone), seen, now: .now).problem == nil, "one refusal says nothing")
    }

    @Test func aServerOutsideItsCgroupIsToldAndLeft() {
        var seen = running(.healthy)
        seen.escape = "it left its control group"
        let plan = planner.plan(target(.alone), seen, now: .now)
        #expect(plan.isTo([], clients: .open) && plan.problem == "it left its control group")
    }

    static let changes: [@Sendable (inout InstanceTarget) -> Void] = [
        { $0.applied.restartGeneration = 7 }, { $0.applied.settings = ["max_connections": "9"] },
        { $0.applied.accounts = "new" }, { $0.applied.limits = ResourceLimits(memory: .mebibytes(64), cpus: 1) },
    ]

    @Test(arguments: changes.indices) func changesWait(_ index: Int) {
        var wanted = target(.alone)
        Self.changes[index](&wanted)
        let plan = planner.plan(wanted, running(.healthy), now: .now)
        #expect(plan.isTo([], clients: .open) && plan.convergence == .blocked)
        #expect(plan.problem?.hasPrefix("changes to it wait") == true)
        wanted.isPaused = false
        #expect(planner.plan(wanted, running(.healthy), now: .now).actions != [])
    }

    @Test func aServerOfUnknownStateIsNotChanged() {
        var seen = running(.healthy)
        seen.applied = nil
        let plan = planner.plan(target(.alone), seen, now: .now)
        #expect(plan.isTo([], clients: .open) && plan.convergence == .blocked)
    }

    // MARK: New data

    @Test func aReplicaKeepsItsDataForNow() {
        let wanted = target(Self.replica, reseeding: "diverged-1")
        let following = planner.plan(wanted, running(.closed), now: .now)
        #expect(following.isTo([], clients: .closed) && following.convergence == .blocked)
        let stopped = InstanceObservation(directory: .present, process: .none)
        #expect(planner.plan(wanted, stopped, now: .now).isTo([], clients: .closed))
        // An earlier primary that comes back takes no writes.
        #expect(planner.plan(wanted, running(.healthy), now: .now).actions == [.closeServer])
        var placed = stopped
        placed.isKept = true
        #expect(planner.plan(wanted, placed, now: .now).actions == [.recordSeeded], "the data are there already")
    }

    // MARK: Other goals

    @Test func aPausedServiceIsDestroyed() {
        var wanted = InstanceTarget.sample(goal: .destroy(keep: "k"))
        wanted.isPaused = true
        #expect(planner.plan(wanted, running(.healthy), now: .now).actions == [.stop(.destroy)])
    }

    // MARK: Values

    private func target(
        _ place: InstanceTarget.Place, seeded: Bool = true, part: SynchronousPart = .none, reseeding: String? = nil,
        isFencedByStop: Bool = false, isPaused: Bool = true
    ) -> InstanceTarget {
        let sample = InstanceTarget.sample()
        var target = InstanceTarget(
            goal: .run, seeded: seeded, engine: sample.engine, applied: sample.applied, place: place,
            reseeding: reseeding, part: part, isFencedByStop: isFencedByStop)
        target.isPaused = isPaused
        return target
    }

    private func running(_ health: InstanceHealth, gate: Route.Gate? = .open) -> InstanceObservation {
        InstanceObservation(
            directory: .present, process: .running(pid: 7), health: health, applied: InstanceTarget.sample().applied,
            gate: gate)
    }

    private func plan(
        _ place: InstanceTarget.Place, _ health: InstanceHealth, gate: Route.Gate? = .open
    ) -> InstancePlan {
        planner.plan(target(place), running(health, gate: gate), now: .now)
    }
}
