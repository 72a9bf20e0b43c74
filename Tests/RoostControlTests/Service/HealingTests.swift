import Foundation
import RoostModel
import Testing

@testable import RoostControl

/// Which member gets a new copy of the primary's data.
@Suite struct HealingTests {
    private let now = ContinuousClock.now

    @Test func aReplicaThatStaysBrokenIsHealedAndTheReasonIsTold() throws {
        var healing = Healing()
        let group = try GroupSample.group()
        let broken = try broken(1)
        #expect(healing.decide(group, broken, now: now) == nil, "it may say so for a moment")
        #expect(healing.decide(group, try GroupSample.statuses(), now: now + .seconds(2)) == nil)
        #expect(healing.decide(group, broken, now: now + .seconds(5)) == nil, "it is broken for the first time again")
        let healed = healing.decide(group, broken, now: now + .seconds(9))
        #expect(healed?.index == 1 && healed?.reason == "broken: duplicate key in shop.orders")
        #expect(healed?.request == nil)
    }

    /// A request does not fail because of a member that gets new data by itself.
    @Test func membersThatAreHealedSoonAreExpected() throws {
        var healing = Healing()
        let group = try GroupSample.group()
        let broken = try broken(1)
        _ = healing.decide(group, try GroupSample.statuses(), now: now)
        #expect(healing.expected.isEmpty)
        _ = healing.decide(group, broken, now: now)
        #expect(healing.expected == [1])
        _ = healing.decide(group, broken, now: now, isPaused: true)
        #expect(healing.expected.isEmpty, "nobody heals it")
        for seconds in [5, 20, 60, 120, 121] { _ = healing.decide(group, broken, now: now + .seconds(seconds)) }
        #expect(healing.expected.isEmpty, "it breaks again and again")
    }

    @Test func aReplicaWithoutItsDirectoryIsHealed() throws {
        var healing = Healing()
        let gone = try GroupSample.statuses {
            $0[2]?.serving = .stopped
            $0[2]?.isDataGone = true
        }
        _ = healing.decide(try GroupSample.group(), gone, now: now)
        #expect(healing.decide(try GroupSample.group(), gone, now: now + .seconds(4))?.index == 2)
    }

    @Test func aReplicaWhoseDirectoryIsUnusableIsHealed() throws {
        var healing = Healing()
        let damaged = try GroupSample.statuses {
            $0[2]?.serving = .stopped
            $0[2]?.isDataUnusable = true
        }
        _ = healing.decide(try GroupSample.group(), damaged, now: now)
        #expect(healing.decide(try GroupSample.group(), damaged, now: now + .seconds(4))?.index == 2)
    }

    @Test func oneMemberIsHealedAtATime() throws {
        var healing = Healing()
        let both = try broken(1).merging(broken(2).filter { $0.key == 2 }) { $1 }
        _ = healing.decide(try GroupSample.group(), both, now: now)
        #expect(healing.decide(try GroupSample.group(), both, now: now + .seconds(4))?.index == 1)
        var group = try GroupSample.group()
        group.status.members[1].reseeding = .init(keep: "k", reason: "r")
        #expect(healing.decide(group, both, now: now + .seconds(5)) == nil)
    }

    /// The agent tells of the lost directory for a moment after the new one was recorded.
    @Test func newDataAreNotReplacedBecauseOfTheFaultOfTheOld() throws {
        var healing = Healing()
        let gone = try GroupSample.statuses {
            $0[1]?.serving = .stopped
            $0[1]?.isDataGone = true
        }
        var group = try GroupSample.group()
        group.status.members[1].reseeding = .init(keep: "k", reason: "r")
        _ = healing.decide(group, gone, now: now)
        _ = healing.decide(group, gone, now: now + .seconds(9))
        group.status.members[1].reseeding = nil
        #expect(healing.decide(group, gone, now: now + .seconds(10)) == nil)
        #expect(healing.decide(group, gone, now: now + .seconds(14))?.index == 1, "it is gone again")
    }

    @Test func nothingIsCopiedFromAPrimaryThatIsNotOpenInThisEpoch() throws {
        for change in [{ $0.serving = .closed }, { $0.epoch = 2 }] as [(inout InstanceStatus) -> Void] {
            var healing = Healing()
            var statuses = try broken(1)
            if var primary = statuses[0] {
                change(&primary)
                statuses[0] = primary
            }
            for second in 0...9 {
                #expect(healing.decide(try GroupSample.group(), statuses, now: now + .seconds(second)) == nil)
            }
        }
    }

    @Test func aMemberThatBreaksAgainWaitsLonger() throws {
        var healing = Healing()
        var healed: [Int] = []
        let (group, broken) = (try GroupSample.group(), try broken(1))
        for second in 0..<200 where healing.decide(group, broken, now: now + .seconds(second)) != nil {
            healed.append(second)
        }
        #expect(healed == [4, 14, 34, 74, 154])
    }

    @Test func whatAUserAsksForIsDoneAtOnce() throws {
        var healing = Healing()
        var group = try GroupSample.group()
        group.spec.resyncs = [2: 7]
        let asked = healing.decide(group, try GroupSample.statuses(), now: now)
        #expect(asked?.index == 2 && asked?.request == 7)
        group.status.members[2].reseeded = 7
        #expect(healing.decide(group, try GroupSample.statuses(), now: now) == nil)
    }

    // MARK: What is stored

    @Test func aReseedingIsStoredOnceAndForAReplicaAlone() throws {
        let group = try GroupSample.group()
        let date = Date(timeIntervalSince1970: 0)
        func stored(_ index: Int, uid: String = "u", on group: Service) -> ServiceStatus? {
            Reseeding(uid: uid, index: index, member: "u", reason: "r", request: 7).applied(to: group, at: date)
        }
        let status = try #require(stored(1, on: group))
        #expect(status.members[1].reseeding == .init(keep: "diverged-19700101-000000000-1", reason: "r"))
        #expect(status.members[1].reseeded == 7)
        #expect(stored(0, on: group) == nil && stored(3, on: group) == nil && stored(1, uid: "v", on: group) == nil)
        #expect(stored(1, on: Service(spec: group.spec, status: status)) == nil)
    }

    @Test func theEndOfAReseedingIsStoredWithTheDirectory() throws {
        var status = try GroupSample.group().status
        let seed = status.seed(of: 1)
        status.members[1].reseeding = .init(keep: "k", reason: "r")
        #expect(status.seed(of: 1) != seed, "an image of before is too old")
        #expect(status.markSeeded(1) && status.members[1].reseeding == nil && !status.markSeeded(1))
    }

    // MARK: Values

    private func broken(_ index: Int) throws -> [Int: InstanceStatus] {
        try GroupSample.statuses {
            $0[index]?.replication?.link = .broken(reason: "duplicate key in shop.orders")
        }
    }
}
