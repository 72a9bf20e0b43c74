import RoostModel
import Testing

@testable import RoostControl

/// A server that alone holds the content of removed files.
@Suite struct LostFilePlannerTests {
    let planner = InstancePlanner()
    private static let lost = "data files were removed"

    private func seen(_ health: InstanceHealth, restarts: Int = 0) -> InstanceObservation {
        var seen = InstanceObservation(
            directory: .present, process: .running(pid: 4242), health: health,
            applied: AppliedState(
                settings: ["max_connections": "100"], accounts: "accounts",
                limits: ResourceLimits(memory: .mebibytes(512), cpus: nil), restartGeneration: restarts),
            gate: .open)
        seen.lostFiles = Self.lost
        seen.refusals = 9
        return seen
    }

    private static let drift = InstanceHealth.drifted([AccountDrift(.files, lost, isMendable: false)])

    @Test func itServesOnAndSaysSo() {
        let plan = planner.plan(.sample(), seen(Self.drift), now: .now)
        #expect(plan.actions == [] && plan.state == .up && plan.convergence == .settled && plan.problem == Self.lost)
    }

    /// The server is ended neither by a requested restart nor by one that Roost would make by itself.
    @Test(arguments: [(drift, -1), (.lockedOut("it refuses Roost's own account"), 0)] as [(InstanceHealth, Int)])
    func itIsNotEndedToStartAgain(_ health: InstanceHealth, _ restarts: Int) {
        let plan = planner.plan(.sample(), seen(health, restarts: restarts), now: .now)
        #expect(plan.actions == [] && plan.convergence == .blocked && plan.problem == Self.lost)
    }

    @Test(
        arguments: [
            (.move, .abandon(reason: lost)), (.image(keep: "s", expiresAt: nil), .abandon(reason: lost)),
            (
                .upgrade(to: EngineIdentity("mariadb@11.8.3")!, keep: "s"), .abandonUpgrade(reason: lost)
            ),
        ] as [(Service.Goal, Action)])
    func whatWouldStopItIsGivenUp(_ goal: Service.Goal, _ action: Action) {
        #expect(planner.plan(.sample(goal: goal), seen(Self.drift), now: .now).actions == [action])
    }

    @Test(
        arguments: [
            (.destroy(keep: nil), [.stop(.destroy)])
        ] as [(Service.Goal, [Action])])
    func whatReplacesItsDataGoesOn(_ goal: Service.Goal, _ actions: [Action]) {
        #expect(planner.plan(.sample(goal: goal), seen(Self.drift), now: .now).actions == actions)
    }
}
