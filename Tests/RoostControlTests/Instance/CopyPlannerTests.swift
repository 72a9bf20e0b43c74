import Foundation
import RoostModel
import Testing

@testable import RoostControl

/// Resets of clones, moves into the pool, pools and ends of clones.
@Suite struct CopyPlannerTests {
    let planner = InstancePlanner()
    let now = ContinuousClock.now
    let id = ServiceID(.clones, ServiceName(checked: "c1"))

    private func plan(
        _ goal: Service.Goal, directory: InstanceObservation.Directory = .present, isRunning: Bool = false,
        restore: InstanceObservation.Restore = .notStaged
    ) -> InstancePlan {
        let seen = InstanceObservation(
            directory: directory, process: isRunning ? .running(pid: 1) : .none, health: isRunning ? .healthy : nil,
            restore: restore)
        return planner.plan(.sample(goal: goal), seen, now: now)
    }

    // MARK: Reset

    @Test func copiesTheImageWhileTheCloneStillServes() {
        #expect(plan(.reset(id: "r"), isRunning: true).actions == [.stageClone])
    }

    @Test func replacesTheDataOnceTheCopyIsWhole() {
        let goal = Service.Goal.reset(id: "r")
        #expect(plan(goal, isRunning: true, restore: .staged).isTo([.stop(.reset)], clients: .held))
        #expect(plan(goal, restore: .staged).actions == [.deleteDirectory])
        #expect(plan(goal, directory: .absent, restore: .staged).actions == [.placeStaged])
        #expect(plan(goal, restore: .placed).actions == [.finishRestore])
    }

    // MARK: Move

    @Test func movesAStoppedDirectoryAlone() {
        #expect(plan(.move, isRunning: true).isTo([.stop(.move)], clients: .held))
        #expect(plan(.move).actions == [.moveDirectory, .resume])
    }

    @Test func imagesAStoppedDirectoryAndGoesOn() {
        #expect(plan(.image(keep: "k", expiresAt: nil), isRunning: true).isTo([.stop(.image)], clients: .held))
        #expect(
            plan(.image(keep: "k", expiresAt: nil)).actions == [
                .imageDirectory(snapshot: "k", reason: "manual"), .resume,
            ])
    }

    @Test func leavesADirectoryThatItCannotReadWhereItIs() {
        let plan = plan(.move, directory: .unusable("its manifest cannot be read"))
        #expect(plan.actions == [])
        #expect(plan.convergence == .blocked)
    }

    @Test func givesUpWhatFailsAgainAndGoesOn() {
        var failures = FailureRecord()
        for _ in 0..<2 { failures.add("the pool is full", at: now - .seconds(3600)) }
        let seen = InstanceObservation(directory: .present, process: .none, failures: failures)
        let plan = planner.plan(.sample(goal: .move), seen, now: now)
        #expect(plan.actions == [.abandon(reason: "the pool is full")])
    }

    // MARK: Pools

    private func wanted(_ name: String, _ count: Int, version: String = "v2", memory: Int64 = 256) -> PoolPlan.Wanted {
        PoolPlan.Wanted(
            template: TemplateName(checked: name), version: version, count: count, memory: .mebibytes(memory))
    }

    private func waiting(_ number: Int, _ name: String, version: String = "v2", isUnfit: Bool = false)
        -> PoolPlan.Waiting
    {
        PoolPlan.Waiting(
            id: ServiceID(.clones, ServiceName(checked: "c\(number)")), template: TemplateName(checked: name),
            version: version, memory: .mebibytes(256), isUnfit: isUnfit)
    }

    private let plenty = ByteCount.gibibytes(8)

    @Test func fillsAPoolUp() {
        let plan = PoolPlan.make([wanted("shop", 3)], [waiting(1, "shop")], memory: plenty, hasRoom: true)
        #expect(plan == PoolPlan(create: [TemplateName(checked: "shop"): 2], remove: []))
    }

    @Test func drainsClonesOfAnOldVersionAndThoseThatAreStuck() {
        let standing = [waiting(1, "shop", version: "v1"), waiting(2, "shop"), waiting(3, "shop", isUnfit: true)]
        let plan = PoolPlan.make([wanted("shop", 2)], standing, memory: plenty, hasRoom: true)
        #expect(plan.remove.map(\.service.rawValue) == ["c1", "c3"])
        #expect(plan.create == [TemplateName(checked: "shop"): 1])
    }

    @Test func letsGoWhatIsNotWantedAnyMore() {
        let plan = PoolPlan.make(
            [wanted("shop", 1)], [waiting(1, "shop"), waiting(2, "shop"), waiting(3, "gone")], memory: plenty,
            hasRoom: true)
        #expect(plan.remove.map(\.service.rawValue) == ["c2", "c3"])
        #expect(plan.create.isEmpty)
    }

    @Test func givesEachTemplateItsFirstBeforeAnyItsSecondWhereMemoryIsShort() {
        let plan = PoolPlan.make(
            [wanted("a", 5), wanted("b", 5)], [], memory: .mebibytes(768), hasRoom: true)
        #expect(plan.create == [TemplateName(checked: "a"): 2, TemplateName(checked: "b"): 1])
    }

    @Test func makesNoneOnAFullDiskAndKeepsThoseThatStand() {
        let plan = PoolPlan.make([wanted("shop", 3)], [waiting(1, "shop")], memory: plenty, hasRoom: false)
        #expect(plan == PoolPlan())
    }

    // MARK: Ends

    @Test(arguments: [
        (CloneTerms(expiresAt: nil), 10_000.0, CloneEnd?.none),
        (CloneTerms(expiresAt: Date(timeIntervalSince1970: 1000)), 0, .expired),
        (CloneTerms(expiresAt: Date(timeIntervalSince1970: 1001)), 0, nil),
        (CloneTerms(expiresAt: Date(timeIntervalSince1970: 1000), isProtected: true), 0, nil),
        (CloneTerms(expiresAt: nil, idleSeconds: 60), 59, nil),
        (CloneTerms(expiresAt: nil, idleSeconds: 60), 60, .idle(seconds: 60)),
        (CloneTerms(expiresAt: nil, idleSeconds: 60, isProtected: true), 60, nil),
    ])
    func endsAClone(terms: CloneTerms, sinceSession: Double, end: CloneEnd?) {
        let found = CloneEnd.reason(
            terms, now: Date(timeIntervalSince1970: 1000), sinceSession: .seconds(sinceSession))
        #expect(found == end)
    }
}
