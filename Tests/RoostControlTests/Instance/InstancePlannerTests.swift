import RoostModel
import Testing

@testable import RoostControl

@Suite struct InstancePlannerTests {
    let planner = InstancePlanner()
    let now = ContinuousClock.now

    // MARK: Making and starting

    /// Record and route are made while the server starts: without a route nobody reaches it.
    @Test func makesADirectoryOnceAndStartsOnItAtOnce() {
        let plan = planner.plan(.sample(seeded: false), seen(directory: .absent), now: now)
        #expect(plan.isTo([.makeDirectory, .start, .recordSeeded], clients: .held) && plan.isUnreachable)
        #expect(plan.state == .creating)
    }

    @Test(arguments: [Route.Gate.open, .held, .closed])
    func whereARouteStandsItHoldsClientsBeforeTheFirstStart(_ gate: Route.Gate) {
        let plan = planner.plan(.sample(seeded: false), seen(directory: .absent, gate: gate), now: now)
        #expect(plan.isTo([.makeDirectory, .recordSeeded, .start], clients: .held) && !plan.isUnreachable)
    }

    /// The daemon may have ended between the start and the record.
    @Test(arguments: [InstanceHealth.closed, .healthy])
    func nobodyIsLetInBeforeItIsStoredThatThereAreData(_ health: InstanceHealth) {
        let plan = planner.plan(.sample(seeded: false), running(health), now: now)
        #expect(plan.actions == [.recordSeeded])
    }

    @Test func makesNothingInPlaceOfADirectoryThatIsGone() {
        let plan = planner.plan(.sample(seeded: true), seen(directory: .absent), now: now)
        #expect(plan.isTo([], clients: .closed))
        #expect(plan.convergence == .blocked)
        #expect(plan.problem?.contains("its data directory is gone") == true)
    }

    @Test func recordsADirectoryThatWasMadeJustBeforeACrash() {
        let plan = planner.plan(.sample(seeded: false), seen(), now: now)
        #expect(plan.isTo([.recordSeeded, .start], clients: .held))
    }

    @Test func startsADeadServerInPlace() {
        let plan = planner.plan(.sample(), seen(gate: .open), now: now)
        #expect(plan.isTo([.start], clients: .held))
        #expect(plan.state == .down)
    }

    @Test(arguments: ["belongs to another service", "was last written by mariadb 11.4"])
    func neverStartsOnADirectoryItCannotTrust(reason: String) {
        let plan = planner.plan(.sample(), seen(directory: .unusable(reason), gate: .closed), now: now)
        #expect(plan.actions == [])
        #expect(plan.convergence == .blocked)
        #expect(plan.problem == reason)
    }

    @Test func neverStartsBesideAServerThatMayBeAlive() {
        let plan = planner.plan(.sample(), seen(process: .unclear("no record")), now: now)
        #expect(plan.actions == [])
        #expect(plan.convergence == .blocked)
    }

    @Test func endsWhatADeadServerLeftBeforeAnythingElse() {
        let next = EngineIdentity("mariadb@11.4.2").unsafelyUnwrapped
        for goal in [
            Service.Goal.run, .destroy(keep: nil), .restore(snapshot: "s", keep: "k"), .upgrade(to: next, keep: "k"),
            .reset(id: "r"), .move, .image(keep: "k", expiresAt: nil),
        ] {
            let plan = planner.plan(.sample(goal: goal), seen(process: .remains), now: now)
            #expect(plan.isTo([.killRemains], clients: .held))
        }
    }

    // MARK: A running server

    @Test func opensAServerOnlyOnceItAnswers() {
        #expect(planner.plan(.sample(), running(.starting("recovering")), now: now).actions == [])
        #expect(planner.plan(.sample(), running(nil), now: now).actions == [])
        #expect(planner.plan(.sample(), running(.closed), now: now).actions == [.openServer])
    }

    @Test(arguments: [
        (InstanceHealth.unknown("no answer"), InstancePlan.Convergence.underway), (.unhealthy("disk full"), .blocked),
    ])
    func leavesALivingServerAlone(health: InstanceHealth, convergence: InstancePlan.Convergence) {
        let plan = planner.plan(.sample(), running(health), now: now)
        #expect(plan.actions == [])
        #expect(plan.convergence == convergence)
    }

    /// Data that such a server is given are lost when it ends; earlier data are in its open files alone.
    @Test(arguments: [0, 7])
    func keepsClientsOutOfAServerWhoseFilesAreGoneAndNeverEndsIt(restart: Int) {
        let plan = planner.plan(.sample(restart: restart), running(.filesGone("no files"), gate: .open), now: now)
        #expect(plan.isTo([], clients: .closed))
        #expect(plan.state == .down && plan.convergence == .blocked && plan.problem == "no files")
        let later = planner.plan(.sample(restart: restart), running(.filesGone("no files"), gate: .closed), now: now)
        #expect(later.actions == [])
    }

    @Test(arguments: [Service.Goal.move, .image(keep: "k", expiresAt: nil)])
    func doesNotStopAServerWhoseFilesAreGoneForWorkOnThem(goal: Service.Goal) {
        let plan = planner.plan(.sample(goal: goal), running(.filesGone("no files"), gate: .open), now: now)
        #expect(plan.actions == [.abandon(reason: "no files")])
    }

    @Test func putsAServerBackIntoItsControlGroupAfterAllThatClientsWaitFor() {
        var seen = running(.healthy, gate: .held)
        seen.escape = "it was moved"
        #expect(planner.plan(.sample(), seen, now: now).isTo([.confine], clients: .open))
        seen.gate = .open
        let plan = planner.plan(.sample(), seen, now: now)
        #expect(plan.actions == [.confine])
        #expect(plan.convergence == .underway && plan.problem == "it was moved" && plan.state == .up)
    }

    @Test(arguments: [(0, false), (5, false), (6, true), (3600, true)])
    func aServerInUseThatIsSilentIsShownAsSuchAfterAWhile(seconds: Int, isTold: Bool) {
        var seen = running(.unknown("it gives no answer"), gate: .open)
        seen.silentFor = .seconds(seconds)
        let plan = planner.plan(.sample(), seen, now: now)
        #expect(plan.actions == [] && plan.state == .up && plan.convergence == .underway)
        #expect((plan.problem?.contains("its state is unknown") ?? false) == isTold)
    }

    @Test func letsClientsInOnceAllIsApplied() {
        #expect(planner.plan(.sample(), running(.healthy, gate: .held), now: now).isTo([], clients: .open))
        let settled = planner.plan(.sample(), running(.healthy, gate: .open), now: now)
        #expect(settled.actions == [])
        #expect(settled.convergence == .settled)
        #expect(settled.state == .up)
    }

    @Test func appliesEverythingInPlaceToAServerItKnowsNothingOf() {
        var seen = running(.healthy, gate: .open)
        seen.applied = nil
        let plan = planner.plan(.sample(), seen, now: now)
        #expect(plan.actions == [.applyLimits, .applyAccounts, .applySettings(["max_connections": "100"])])
    }

    // MARK: Changes in place

    @Test func changesASettingInPlace() {
        let target = InstanceTarget.sample(settings: ["max_connections": "200"])
        let plan = planner.plan(target, running(.healthy, gate: .open), now: now)
        #expect(plan.actions == [.applySettings(["max_connections": "200"])])
    }

    @Test func takesASettingBackThatIsNoLongerWanted() {
        let plan = planner.plan(.sample(settings: [:]), running(.healthy, gate: .open), now: now)
        #expect(plan.actions == [.applySettings(["max_connections": nil])])
    }

    @Test func restartsForASettingThatTheServerRefusedInPlace() {
        let target = InstanceTarget.sample(settings: ["max_connections": "100", "port": "1"])
        var seen = running(.healthy, gate: .open)
        seen.applied?.awaitingRestart = ["port": "1"]
        #expect(planner.plan(target, seen, now: now).isTo([.stop(.settings)], clients: .held))
        seen.applied?.awaitingRestart = ["port": "2"]
        #expect(planner.plan(target, seen, now: now).actions == [.applySettings(["port": "1"])])
    }

    /// A member of a group goes on as it is until its turn has come, and is brought up to date in place meanwhile.
    @Test func aRestartWaitsForItsTurn() {
        var target = InstanceTarget.sample(settings: ["max_connections": "100", "port": "1"])
        target.mayRestart = false
        var seen = running(.healthy, gate: .open)
        seen.applied?.awaitingRestart = ["port": "1"]
        let plan = planner.plan(target, seen, now: now)
        #expect(plan.actions == [] && plan.clients == .open && plan.awaitsRestart && plan.convergence == .underway)
        target.applied.accounts = "others"
        #expect(planner.plan(target, seen, now: now).actions == [.applyAccounts])
        target = .sample(settings: ["max_connections": "100"])
        (target.mayRestart, target.applied.restartGeneration) = (false, 9)
        seen = running(.healthy, gate: .open)
        #expect(planner.plan(target, seen, now: now).awaitsRestart)
        #expect(
            planner.plan(target, running(.unknown("it hangs"), gate: .open), now: now).awaitsRestart, "in any state")
        target.mayRestart = true
        #expect(planner.plan(target, seen, now: now).isTo([.stop(.restart)], clients: .held))
        #expect(planner.plan(target, seen, now: now).restartsServer, "its turn lasts until then")
        target.applied.restartGeneration = 0
        #expect(!planner.plan(target, seen, now: now).awaitsRestart)
    }

    @Test func raisesTheMemoryLimitBeforeTheBuffers() {
        let target = InstanceTarget.sample(settings: ["max_connections": "200"], memory: 1024)
        let plan = planner.plan(target, running(.healthy, gate: .open), now: now)
        #expect(plan.actions == [.applyLimits, .applySettings(["max_connections": "200"])])
    }

    @Test func lowersTheMemoryLimitAfterTheBuffers() {
        var seen = running(.healthy, gate: .open)
        let target = InstanceTarget.sample(settings: ["max_connections": "50"], memory: 128)
        #expect(planner.plan(target, seen, now: now).actions == [.applySettings(["max_connections": "50"])])
        seen.applied?.settings = ["max_connections": "50"]
        #expect(planner.plan(target, seen, now: now).actions == [.applyLimits])
    }

    @Test func restartsWhenAsked() {
        let plan = planner.plan(.sample(restart: 7), running(.healthy, gate: .open), now: now)
        #expect(plan.isTo([.stop(.restart)], clients: .held))
    }

    @Test func renewsAccounts() {
        let plan = planner.plan(.sample(accounts: "new"), running(.healthy, gate: .open), now: now)
        #expect(plan.actions == [.applyAccounts])
    }

    // MARK: Failures

    @Test func waitsAfterFailuresInARowAndSaysWhy() {
        var seen = seen(gate: .held)
        seen.failures.add("its server ended", at: now)
        #expect(planner.plan(.sample(), seen, now: now).isTo([.start], clients: .held))
        seen.failures.add("its server ended", at: now)
        let plan = planner.plan(.sample(), seen, now: now)
        #expect(plan.actions == [])
        #expect(plan.problem == "its server ended")
        #expect(plan.lookAgain == .milliseconds(250))
        #expect(planner.plan(.sample(), seen, now: now + .milliseconds(250)).isTo([.start], clients: .held))
    }

    // MARK: Epochs

    @Test(arguments: [Service.Goal.run, .move, .restore(snapshot: "s", keep: "k"), .image(keep: "k", expiresAt: nil)])
    func dataOfALaterEpochAreNotTouched(_ goal: Service.Goal) {
        for var seen in [running(.healthy, gate: .open), running(.closed), self.seen()] {
            seen.epoch = 3
            let plan = planner.plan(.sample(goal: goal, epoch: 2), seen, now: now)
            #expect(plan.isTo([]) && plan.convergence == .blocked)
            #expect(plan.problem?.hasPrefix("its data is from epoch 3, but the store is at epoch 2") ?? false)
            #expect(planner.plan(.sample(goal: goal, epoch: 3), seen, now: now).problem != plan.problem)
        }
    }

    // MARK: Restore

    @Test func restoresStepByStepWhicheverStepACrashLeft() {
        let target = InstanceTarget.sample(goal: .restore(snapshot: "s", keep: "k"))
        func actions(_ seen: InstanceObservation, _ restore: InstanceObservation.Restore) -> [Action] {
            var seen = seen
            seen.restore = restore
            return planner.plan(target, seen, now: now).actions
        }
        #expect(actions(running(.healthy, gate: .open), .notStaged) == [.stageSnapshot("s")])
        #expect(actions(running(.healthy, gate: .open), .staged) == [.stop(.restore)])
        #expect(actions(seen(), .staged) == [.keepDirectory(snapshot: "k", reason: "restore")])
        #expect(
            actions(seen(directory: .unusable("unreadable")), .staged) == [
                .keepDirectory(snapshot: "k", reason: "restore")
            ])
        #expect(actions(seen(directory: .absent), .staged) == [.placeStaged])
        #expect(actions(seen(directory: .absent), .notStaged) == [.stageSnapshot("s")])
        #expect(actions(seen(), .placed) == [.finishRestore])
    }

    // MARK: Destroy

    @Test func destroysStepByStep() {
        let keeping = InstanceTarget.sample(goal: .destroy(keep: "k"))
        #expect(planner.plan(keeping, running(.healthy), now: now).isTo([.stop(.destroy)], clients: .closed))
        #expect(planner.plan(keeping, seen(), now: now).actions == [.keepDirectory(snapshot: "k", reason: "destroy")])
        #expect(planner.plan(keeping, seen(directory: .absent), now: now).actions == [.forget])
        let dropping = InstanceTarget.sample(goal: .destroy(keep: nil))
        #expect(planner.plan(dropping, seen(), now: now).actions == [.deleteDirectory])
    }

    @Test func keepsWhatItCannotReadInsteadOfDeletingIt() {
        let plan = planner.plan(
            .sample(goal: .destroy(keep: "k")), seen(directory: .unusable("unreadable")), now: now)
        #expect(plan.actions == [.keepDirectory(snapshot: "k", reason: "destroy")])
        let dropping = planner.plan(
            .sample(goal: .destroy(keep: nil)), seen(directory: .unusable("another service's")), now: now)
        #expect(dropping.actions.isEmpty && dropping.convergence == .blocked)
        #expect(dropping.problem?.contains("another service's. It is not deleted") == true)
    }

    // MARK: Samples

    private func seen(
        directory: InstanceObservation.Directory = .present, process: InstanceObservation.Process = .none,
        gate: Route.Gate? = nil
    ) -> InstanceObservation {
        InstanceObservation(directory: directory, process: process, gate: gate)
    }

    private func running(_ health: InstanceHealth?, gate: Route.Gate? = nil) -> InstanceObservation {
        InstanceObservation(
            directory: .present, process: .running(pid: 42), health: health, applied: InstanceTarget.sample().applied,
            gate: gate)
    }
}

extension InstanceTarget {
    static func sample(
        goal: Service.Goal = .run, seeded: Bool = true, settings: [String: String] = ["max_connections": "100"],
        accounts: String = "accounts", memory: Int64 = 512, restart: Int = 0,
        epoch: UInt64 = 1, place: InstanceTarget.Place = .alone, reseeding: String? = nil,
        delay: Int = 0, part: SynchronousPart = .none,
        isToBeKilled: Bool = false, isFencedByStop: Bool = false, electsItself: Bool = false, account: String? = nil
    ) -> InstanceTarget {
        InstanceTarget(
            goal: goal, seeded: seeded, engine: EngineIdentity("mariadb@10.11.19").unsafelyUnwrapped,
            applied: AppliedState(
                settings: settings, accounts: accounts,
                limits: ResourceLimits(memory: .mebibytes(memory), cpus: nil), restartGeneration: restart),
            epoch: epoch, place: place, reseeding: reseeding, delay: delay, part: part, isToBeKilled: isToBeKilled,
            isFencedByStop: isFencedByStop, electsItself: electsItself, account: account)
    }
}

extension InstancePlan {
    /// `clients` nil: the plan leaves them as they are.
    func isTo(_ actions: [Action], clients: Route.Gate? = nil) -> Bool {
        self.actions == actions && self.clients == clients
    }
}
