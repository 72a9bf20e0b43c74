import RoostModel
import Testing

@testable import RoostControl

/// Accounts and switches that a user changed behind Roost's back.
@Suite struct DriftPlannerTests {
    let planner = InstancePlanner()
    let now = ContinuousClock.now

    private static let rights = AccountDrift(.rights, "the account 'eve'@'%' has administrative rights")
    private static let gone = AccountDrift(.serverDatabase, "the database sys is gone", isMendable: false)

    private func running(
        _ health: InstanceHealth, accounts: String = "accounts", gate: Route.Gate? = .open
    ) -> InstanceObservation {
        InstanceObservation(
            directory: .present, process: .running(pid: 4242), health: health,
            applied: AppliedState(
                settings: ["max_connections": "100"], accounts: accounts,
                limits: ResourceLimits(memory: .mebibytes(512), cpus: nil), restartGeneration: 0),
            gate: gate)
    }

    @Test func driftIsMendedInPlaceAndToldMeanwhile() {
        let plan = planner.plan(.sample(), running(.drifted([Self.rights])), now: now)
        #expect(plan.actions == [.mendAccounts([Self.rights])])
        #expect(plan.state == .up && plan.convergence == .underway)
        #expect(plan.problem == Self.rights.text)
    }

    @Test func aChangeThatWasAskedForIsNoDrift() {
        let plan = planner.plan(.sample(accounts: "new"), running(.drifted([Self.rights])), now: now)
        #expect(plan.actions == [.applyAccounts])
        #expect(plan.problem == nil)
    }

    @Test func aServerThatDoesNotServeYetIsMendedFirst() {
        let plan = planner.plan(.sample(), running(.drifted([Self.rights]), gate: .held), now: now)
        #expect(plan.actions == [.mendAccounts([Self.rights])])
    }

    @Test func aRepairThatFailedKeepsNobodyOut() {
        var seen = running(.drifted([Self.rights]), gate: .held)
        seen.failures.add("could not repair its accounts", at: now.advanced(by: .seconds(-60)))
        #expect(planner.plan(.sample(), seen, now: now).isTo([], clients: .open))
        seen.gate = .open
        #expect(planner.plan(.sample(), seen, now: now).actions == [.mendAccounts([Self.rights])])
    }

    @Test func aRepairThatFailsAgainAndAgainWaitsAndKeepsNoOtherWaiting() {
        let other = AccountDrift(.password, "the account 'guest'@'%' has no password")
        var seen = running(.drifted([Self.rights]))
        for _ in 1...5 { seen.failures.addRepair(of: [Self.rights], "could not repair its accounts", at: now) }
        let waiting = planner.plan(.sample(), seen, now: now)
        #expect(waiting.actions == [] && waiting.lookAgain == planner.probeInterval)
        seen.health = .drifted([Self.rights, other])
        #expect(planner.plan(.sample(), seen, now: now).actions == [.mendAccounts([Self.rights, other])])
        // Drift that was mended and comes back is new drift.
        seen.failures.addRepair(of: [Self.rights, other], "could not repair its accounts", at: now)
        #expect(planner.plan(.sample(), seen, now: now).actions == [])
        seen.failures.note(.drifted([Self.rights]))
        #expect(planner.plan(.sample(), seen, now: now).actions == [.mendAccounts([Self.rights, other])])
    }

    @Test func whatAServerDidBeforeKeepsNoRepairWaiting() {
        var seen = running(.drifted([Self.rights]))
        for _ in 1...5 { seen.failures.add("its server ended", at: now) }
        #expect(planner.plan(.sample(), seen, now: now).actions == [.mendAccounts([Self.rights])])
    }

    @Test func whatCannotBeMendedIsToldAndLeftAlone() {
        let plan = planner.plan(.sample(), running(.drifted([Self.gone])), now: now)
        #expect(plan.actions == [] && plan.convergence == .settled)
        #expect(plan.problem == Self.gone.text)
        let both = planner.plan(.sample(), running(.drifted([Self.gone, Self.rights])), now: now)
        #expect(both.actions == [.mendAccounts([Self.rights])])
    }

    @Test func aServerThatRefusesRoostIsStartedAnewAndLessOftenEachTime() {
        var seen = running(.lockedOut("it refuses Roost's own account"))
        seen.refusals = 2
        let plan = planner.plan(.sample(), seen, now: now)
        #expect(plan.isTo([.stop(.lockedOut)], clients: .held))
        #expect(plan.problem == "it refuses Roost's own account")
        for _ in 1...4 { seen.failures.add("it was started anew", at: now) }
        let later = planner.plan(.sample(), seen, now: now)
        #expect(later.actions == [] && later.lookAgain > .zero)
    }

    @Test(arguments: [Route.Gate.open, .held]) func oneRefusalEndsNoSession(_ gate: Route.Gate) {
        var seen = running(.lockedOut("it refuses Roost's own account"), gate: gate)
        seen.refusals = 1
        let plan = planner.plan(.sample(), seen, now: now)
        #expect(plan.actions == [] && plan.problem == nil && plan.convergence == .underway)
        #expect(plan.lookAgain <= planner.probeInterval)
        #expect(plan.state == (gate == .open ? .up : .starting))
    }

    /// An import may replace all accounts while it runs, and puts them right at its end.
    @Test func noAccountIsMendedWhileAnImportRuns() {
        var seen = running(.lockedOut("it refuses Roost's own account"))
        (seen.refusals, seen.isImporting) = (50, true)
        let refused = planner.plan(.sample(), seen, now: now)
        #expect(refused.actions == [] && refused.problem?.contains("an import is running") == true)
        var drifted = running(.drifted([Self.rights]))
        drifted.isImporting = true
        let plan = planner.plan(.sample(), drifted, now: now)
        #expect(plan.actions == [] && plan.problem == Self.rights.text)
        drifted.isImporting = false
        #expect(planner.plan(.sample(), drifted, now: now).actions == [.mendAccounts([Self.rights])])
    }

    @Test(arguments: AccountDrift.Kind.allCases) func whoCouldSwitchThePromiseOffVoidsIt(_ kind: AccountDrift.Kind) {
        let voids: Set<AccountDrift.Kind> = [.ownAccount, .rights, .guarantee, .setting]
        #expect(AccountDrift(kind, "x").voidsGuarantee == voids.contains(kind))
    }
}
