import RoostModel
import Testing

@testable import RoostControl

/// An upgrade from one version to the next, step by step. Each plan follows from the observation alone, so each row
/// is also a state that a crash may have left.
@Suite struct UpgradePlannerTests {
    let planner = InstancePlanner()
    let next = EngineIdentity("mariadb@11.4.2").unsafelyUnwrapped

    @Test func holdsClientsAndStopsTheOldServerBeforeItImagesItsData() {
        #expect(plan(.notImaged, running: .healthy).isTo([.stop(.upgrade)], clients: .held))
        #expect(plan(.notImaged, running: .closed).isTo([.stop(.upgrade)], clients: .held))
        #expect(plan(.notImaged).actions == [.imageDirectory(snapshot: "k", reason: "upgrade")])
    }

    @Test func startsTheNewServerOnlyOnceTheImageIsThere() {
        #expect(plan(.imaged).isTo([.start], clients: .held))
    }

    /// An upgrade without data would wait for a directory that nobody makes.
    @Test func givesUpWhereThereAreNoDataYet() {
        let reason = "its data directory does not exist yet; there is nothing to upgrade"
        #expect(plan(.notImaged, directory: .absent, seeded: false).actions == [.abandonUpgrade(reason: reason)])
        #expect(plan(.notImaged, directory: .absent).actions == [])
    }

    /// The record is also made where a Roost that did not store it has started the new server.
    @Test func storesThatTheNewServerTouchesTheDataBeforeItDoes() {
        #expect(plan(.imaged, isPast: false).isTo([.recordNoReturn, .start], clients: .held))
        for health in [InstanceHealth.closed, .unhealthy("no"), .starting("recovering")] {
            #expect(plan(.imaged, running: health, failures: 2, isPast: false).actions == [.recordNoReturn])
        }
    }

    @Test func letsNobodyInBeforeTheDataAreOfTheNewVersion() {
        #expect(plan(.imaged, running: .starting("recovering")).actions == [])
        #expect(plan(.imaged, running: .unknown("no answer")).actions == [])
        #expect(plan(.imaged, running: .closed).actions == [.finishUpgrade(to: next)])
        #expect(plan(.imaged, running: .healthy).actions == [.finishUpgrade(to: next)], "never opened here")
    }

    @Test func takesItBackWhenTheNewServerEndsAgain() {
        #expect(plan(.imaged, failures: 1).isTo([.start], clients: .held))
        #expect(plan(.imaged, failures: 2).actions == [.takeBackUpgrade(reason: "it ended")])
        #expect(plan(.imaged, running: .closed, failures: 2).actions == [.takeBackUpgrade(reason: "it ended")])
    }

    /// A single look may be wrong; a fault that lasts is real.
    @Test func takesItBackWhenTheNewServerDoesNotBecomeWell() {
        #expect(plan(.imaged, running: .unhealthy("no")).actions == [])
        #expect(plan(.imaged, running: .unhealthy("no"), for: .seconds(31)).actions == [.takeBackUpgrade(reason: "no")])
        #expect(plan(.imaged, running: .starting("it recovers"), for: .seconds(900)).actions == [])
        #expect(
            plan(.imaged, running: .starting("it recovers"), for: .seconds(1801)).actions == [
                .takeBackUpgrade(reason: "it recovers")
            ])
        #expect(
            plan(.imaged, running: .unknown("silence"), for: .seconds(1801)).actions == [
                .takeBackUpgrade(reason: "silence")
            ])
        #expect(plan(.imaged, running: .closed, for: .seconds(1801)).actions == [.finishUpgrade(to: next)])
    }

    /// Writes that clients made meanwhile are not in the image.
    @Test func takesNothingBackWhereClientsWereNotHeld() {
        #expect(plan(.imaged, failures: 5, holdsClients: false).isTo([.start], clients: .held))
        #expect(plan(.imaged, running: .closed, failures: 5, holdsClients: false).actions == [.finishUpgrade(to: next)])
        let sick = plan(.imaged, running: .unhealthy("no"), for: .seconds(7200), holdsClients: false)
        #expect(sick.actions == [] && sick.problem == "no")
    }

    /// The old server goes on: its data were not touched yet.
    @Test func givesUpWhereNoImageCanBeMade() {
        #expect(plan(.notImaged, failures: 1).actions == [.imageDirectory(snapshot: "k", reason: "upgrade")])
        #expect(plan(.notImaged, failures: 2).actions == [.abandonUpgrade(reason: "it ended")])
    }

    @Test(arguments: [InstanceObservation.Directory.absent, .unusable("not ours")])
    func imagesNothingThatItCannotTrust(directory: InstanceObservation.Directory) {
        let plan = plan(.notImaged, directory: directory)
        #expect(plan.actions == [])
        #expect(plan.convergence == .blocked)
    }

    private func plan(
        _ upgrade: InstanceObservation.Upgrade, running health: InstanceHealth? = nil,
        directory: InstanceObservation.Directory = .present, failures count: Int = 0, for time: Duration = .zero,
        holdsClients: Bool = true, isPast: Bool = true, seeded: Bool? = nil
    ) -> InstancePlan {
        let now = ContinuousClock.now
        var failures = FailureRecord()
        // The failures are long ago, so that no wait stands between.
        for _ in 0..<count { failures.add("it ended", at: now - .seconds(3600)) }
        var seen = InstanceObservation(
            directory: directory, process: health == nil ? .none : .running(pid: 42), health: health,
            failures: failures, upgrade: upgrade)
        seen.runningFor = time
        let sample = InstanceTarget.sample(goal: .upgrade(to: next, keep: "k"))
        let target = InstanceTarget(
            goal: sample.goal, seeded: seeded ?? sample.seeded, engine: sample.engine, applied: sample.applied,
            holdsClients: holdsClients, isPastNoReturn: isPast)
        return planner.plan(target, seen, now: now)
    }
}
