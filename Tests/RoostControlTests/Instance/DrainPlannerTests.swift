import RoostModel
import Testing

@testable import RoostControl

/// Open transactions of a primary that is about to be replaced by a planned change.
@Suite struct DrainPlannerTests {
    private let planner = InstancePlanner()

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var fencedFor: Duration = .seconds(2)
        var transactions: OpenTransactions?
        var place = InstanceTarget.Place.fenced(mayStart: false)
        var drain: Double? = 5
        var health = InstanceHealth.healthy
        let drains: Bool
    }

    static let cases = [
        Case(testDescription: "an old transaction", transactions: .open(oldest: .seconds(2)), drains: true),
        Case(testDescription: "a much older one", transactions: .open(oldest: .seconds(900)), drains: true),
        Case(testDescription: "one that began later", transactions: .open(oldest: .seconds(1)), drains: false),
        Case(testDescription: "none", transactions: .absent, drains: false),
        Case(testDescription: "no answer", transactions: nil, drains: true),
        Case(
            testDescription: "drifted accounts", transactions: .open(oldest: .seconds(2)), health: .drifted([]),
            drains: true),
        Case(
            testDescription: "the first look", fencedFor: .zero, transactions: .open(oldest: .zero), drains: true),
        Case(
            testDescription: "the time is over", fencedFor: .seconds(5), transactions: .open(oldest: .seconds(9)),
            drains: false),
        Case(
            testDescription: "no answer, and the time is over", fencedFor: .seconds(5), transactions: nil,
            drains: false),
        Case(testDescription: "no time was given", transactions: .open(oldest: .seconds(9)), drain: nil, drains: false),
        Case(
            testDescription: "a replica that takes writes", transactions: .open(oldest: .seconds(9)),
            place: .fenced(mayStart: true), drains: false),
    ]

    @Test(arguments: cases, [false, true])
    func onlyTransactionsOfBeforeTheFenceHaveTime(_ scene: Case, isFencedByStop: Bool) {
        let plan = plan(scene, isFencedByStop: isFencedByStop)
        #expect(plan.isDraining == scene.drains)
        let closing: Action = isFencedByStop ? .stop(.fence) : .closeServer
        #expect(plan.isTo(scene.drains ? [] : [closing], clients: .held))
    }

    /// A fence that nobody asked for, as after the end of a server, cancels transactions at once.
    @Test func anotherChangeOfThePrimaryDoesNotWait() {
        var seen = InstanceObservation(directory: .present, process: .running(pid: 7), health: .healthy)
        seen.transactions = .open(oldest: .seconds(9))
        for goal in [Service.Goal.run, .failover(to: nil, acceptsLoss: false)] {
            let target = InstanceTarget.sample(goal: goal, place: .fenced(mayStart: false))
            #expect(planner.plan(target, seen, now: .now).isTo([.closeServer], clients: .held))
        }
    }

    /// InnoDB would never renew its list of transactions if it were read more often.
    @Test func thePausesBetweenLooksAreLongEnoughAndEndInTime() {
        func pause(_ fencedFor: Duration) -> Duration {
            plan(
                Case(
                    testDescription: "", fencedFor: fencedFor, transactions: .open(oldest: .seconds(60)), drains: true)
            ).lookAgain
        }
        #expect(pause(.seconds(1)) > .milliseconds(100))
        #expect(pause(.milliseconds(4960)) == .milliseconds(40))
    }

    /// The target is read often enough for a short stall, whenever the drain ends.
    @Test(arguments: [(Duration.seconds(1), 10), (.seconds(3), 50), (.seconds(6), 50), (.seconds(8), 250)])
    func theTargetIsReadUntilTheEndOfTheDrain(fencedFor: Duration, milliseconds: Int) {
        let target = InstanceTarget.sample(
            goal: .promote(to: 1, drainSeconds: 5), place: .fenced(mayStart: true))
        var seen = InstanceObservation(directory: .present, process: .running(pid: 7), health: .closed)
        seen.fencedFor = fencedFor
        #expect(planner.plan(target, seen, now: .now).lookAgain == .milliseconds(milliseconds))
    }

    private func plan(_ scene: Case, isFencedByStop: Bool = false) -> InstancePlan {
        let target = InstanceTarget.sample(
            goal: .promote(to: 1, drainSeconds: scene.drain), place: scene.place, isFencedByStop: isFencedByStop)
        var seen = InstanceObservation(
            directory: .present, process: .running(pid: 7), health: scene.health, applied: target.applied, gate: .held)
        seen.fencedFor = scene.fencedFor
        seen.transactions = scene.transactions
        seen.replication = ReplicationReport(role: .primary)
        return planner.plan(target, seen, now: .now)
    }
}
