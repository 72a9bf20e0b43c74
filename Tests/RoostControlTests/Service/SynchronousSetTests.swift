import Foundation
import RoostModel
import Testing

@testable import RoostControl

/// Which replicas commits wait for, by what the members report. Member 0 is the primary of epoch 3.
@Suite struct SynchronousSetTests {
    private let now = ContinuousClock.now

    // MARK: Joining

    @Test func aGroupBeginsWithARecordOfNobody() throws {
        var set = SynchronousSet()
        let change = try #require(set.decide(try group(nil), try statuses(), answering: [0, 1, 2], now: now))
        #expect(change.voters.isEmpty && !change.isInForce && change.before == nil)
    }

    @Test func aReplicaThatHoldsEverythingBecomesAVoter() throws {
        var set = SynchronousSet()
        #expect(set.decide(try group([]), try statuses(), answering: [0, 1, 2], now: now)?.voters == [1, 2])
        let behind = try statuses { $0[1]?.replication?.received = position(9) }
        #expect(set.decide(try group([]), behind, answering: [0, 1, 2], now: now)?.voters == [2])
        let away = try statuses { $0[2]?.replication?.link = .connecting(reason: "no") }
        #expect(set.decide(try group([]), away, answering: [0, 1, 2], now: now)?.voters == [1])
        let other = try statuses { $0[2]?.replication?.source = PortNumber(31009) }
        #expect(set.decide(try group([]), other, answering: [0, 1, 2], now: now)?.voters == [1])
        // A voter joins those that are recorded, and the promise stays in force.
        let joined = set.decide(
            try group([1], inForce: true), try statuses { wait(&$0, [1]) }, answering: [0, 1, 2], now: now)
        #expect(joined?.voters == [1, 2] && joined?.isInForce == true)
    }

    /// A replica that cannot follow delays no request of a user.
    @Test func aGroupIsSettledOnceCommitsWaitForWhoeverFollows() throws {
        let all = try statuses()
        #expect(!SynchronousSet.isSettled(try group(nil), all))
        #expect(!SynchronousSet.isSettled(try group([1]), all))
        #expect(!SynchronousSet.isSettled(try group([1], inForce: true), all), "2 follows and is no voter")
        #expect(!SynchronousSet.isSettled(try group([1, 2]), all))
        #expect(SynchronousSet.isSettled(try group([1, 2], inForce: true), all))
        let one = try statuses { $0[2]?.replication?.link = .connecting(reason: "no") }
        #expect(SynchronousSet.isSettled(try group([1], inForce: true), one))
        let none = try statuses {
            for index in 1...2 { $0[index]?.replication?.link = .connecting(reason: "no") }
        }
        #expect(SynchronousSet.isSettled(try group([]), none))
    }

    @Test func nothingIsDecidedBeforeThePrimaryIsOfThisEpochAndAnswers() throws {
        var set = SynchronousSet()
        #expect(set.decide(try group([]), try statuses { $0[0]?.epoch = 2 }, answering: [0, 1, 2], now: now) == nil)
        #expect(
            set.decide(try group([]), try statuses { $0[0]?.replication = nil }, answering: [0, 1, 2], now: now) == nil)
        #expect(set.decide(try group([]), [:], answering: [0, 1, 2], now: now) == nil)
    }

    @Test func thePromiseIsInForceOnceCommitsWaitAndAVoterHasWhatWasBefore() throws {
        var set = SynchronousSet()
        #expect(
            set.decide(try group([1, 2]), try statuses(), answering: [0, 1, 2], now: now) == nil,
            "the primary does not wait yet")
        let waiting = try statuses { wait(&$0, [1, 2]) }
        #expect(set.decide(try group([1, 2]), waiting, answering: [0, 1, 2], now: now)?.isInForce == true)
        let lacking = try statuses {
            wait(&$0, [1, 2])
            for index in 1...2 { $0[index]?.replication?.received = position(9) }
        }
        #expect(set.decide(try group([1, 2]), lacking, answering: [0, 1, 2], now: now) == nil)
        let silent = try statuses {
            wait(&$0, [1, 2])
            for index in 1...2 { $0[index]?.replication?.isSynchronous = false }
        }
        #expect(
            set.decide(try group([1, 2]), silent, answering: [0, 1, 2], now: now) == nil, "nobody acknowledges yet")
    }

    /// A primary without a list counts whoever acknowledges.
    @Test func thePromiseWaitsUntilNobodyButAVoterAcknowledges() throws {
        var set = SynchronousSet()
        var group = try group([1])
        group.status.members[2].leaving = "keep"
        let both = try statuses { wait(&$0, nil) }
        #expect(set.decide(group, both, answering: [0, 1, 2], now: now) == nil)
        let stopped = try statuses {
            wait(&$0, nil)
            $0[2]?.serving = .stopped
            $0[2]?.replication = nil
        }
        #expect(set.decide(group, stopped, answering: [0, 1, 2], now: now)?.isInForce == true)
        #expect(set.decide(group, stopped, answering: [0, 1], now: now) == nil, "it may be about to acknowledge")
        let listed = try statuses { wait(&$0, [1]) }
        #expect(set.decide(group, listed, answering: [0], now: now)?.isInForce == true, "its list leaves the other out")
    }

    /// What a member said before it was asked what it is asked now proves nothing: a step may be on its way.
    @Test func onlyAnAnswerToWhatIsAskedNowCounts() throws {
        var set = SynchronousSet()
        let waiting = try statuses { wait(&$0, [1, 2]) }
        #expect(set.decide(try group([1, 2]), waiting, answering: [1, 2], now: now) == nil)
        #expect(set.decide(try group([1, 2]), waiting, answering: [0], now: now)?.isInForce == true)
        let group = try group([1, 2], inForce: true)
        for revision in 1...4 {
            let seen = try statuses {
                wait(&$0, nil)
                $0[0]?.revision = Int64(revision)
                $0[2]?.serving = .stopped
            }
            #expect(set.decide(group, seen, answering: [0, 1], now: now + .seconds(revision)) == nil)
        }
    }

    // MARK: Leaving

    @Test func anotherVoterStandsInForOneThatIsAway() throws {
        var set = SynchronousSet()
        let group = try group([1, 2], inForce: true)
        func look(_ revision: Int64, list: [Int], at time: Duration) throws -> SynchronousChange? {
            let seen = try statuses {
                wait(&$0, list)
                $0[0]?.revision = revision
                $0[2]?.replication?.link = .connecting(reason: "no")
            }
            return set.decide(group, seen, answering: [0, 1, 2], now: now + time)
        }
        #expect(try look(1, list: [1, 2], at: .zero) == nil)
        #expect(set.acknowledgers(group) == [1, 2], "it may be back in a moment")
        #expect(try look(2, list: [1, 2], at: .seconds(1)) == nil)
        #expect(set.acknowledgers(group) == [1])
        #expect(try look(3, list: [1, 2], at: .seconds(2)) == nil, "the primary still counts it")
        #expect(
            try look(4, list: [1], at: .seconds(2)) == nil, "the position is not newer than its last acknowledgement")
        let change = try look(5, list: [1], at: .seconds(2))
        #expect(change?.voters == [1] && change?.isInForce == true)
        #expect(set.acknowledgers(group) == [1], "it stays silent until that is stored")
    }

    @Test func theOthersMustHoldAllBeforeAVoterIsRemoved() throws {
        var set = SynchronousSet()
        let group = try group([1, 2], inForce: true)
        for revision in 1...5 {
            let seen = try statuses {
                wait(&$0, [1])
                $0[0]?.revision = Int64(revision)
                $0[1]?.replication?.received = position(9)
                $0[2]?.replication?.link = .connecting(reason: "no")
            }
            #expect(set.decide(group, seen, answering: [0, 1, 2], now: now + .seconds(revision)) == nil)
        }
    }

    /// A frozen replica with a switch of its own may have acknowledged what is still on its way.
    @Test func aVoterThatSaysNothingIsNotRemoved() throws {
        var set = SynchronousSet()
        let group = try group([1, 2], inForce: true)
        func look(_ revision: Int64, _ change: (inout InstanceStatus) -> Void) throws -> SynchronousChange? {
            let seen = try statuses { statuses in
                wait(&statuses, nil)
                statuses[0]?.revision = revision
                if var status = statuses[2] {
                    change(&status)
                    statuses[2] = status
                }
            }
            return set.decide(group, seen, answering: [0, 1, 2], now: now + .seconds(revision))
        }
        for revision in 1...4 as ClosedRange<Int64> { #expect(try look(revision) { $0.replication = nil } == nil) }
        for revision in 5...6 as ClosedRange<Int64> {
            let change = try look(revision) { ($0.replication, $0.serving) = (nil, .stopped) }
            #expect(change?.voters == (revision == 6 ? [1] : nil))
        }
    }

    @Test func withoutAnyVoterThePrimaryGoesOnAloneUnlessThatIsRefused() throws {
        let away = try statuses {
            wait(&$0, [1])
            for index in 1...2 { $0[index]?.replication?.link = .connecting(reason: "no") }
        }
        var set = SynchronousSet()
        #expect(set.decide(try group([1], inForce: true), away, answering: [0, 1, 2], now: now) == nil)
        #expect(set.decide(try group([1], inForce: true), away, answering: [0, 1, 2], now: now + .seconds(1.9)) == nil)
        let change = set.decide(try group([1], inForce: true), away, answering: [0, 1, 2], now: now + .seconds(2))
        #expect(change?.voters == [] && change?.isInForce == false)
        set = SynchronousSet()
        let strict = try group([1], inForce: true, .strict)
        for second in 0...9 {
            #expect(set.decide(strict, away, answering: [0, 1, 2], now: now + .seconds(second)) == nil)
        }
        #expect(set.acknowledgers(strict) == [1], "commits wait")
    }

    /// A strict service would wait for the very replacement that waits for it.
    @Test func aVoterWhoseDataAreReplacedIsLetGoEvenByAStrictService() throws {
        var set = SynchronousSet()
        var group = try group([1], inForce: true, .strict)
        group.status.members[1].reseeding = .init(keep: "k", reason: "r")
        let away = try statuses {
            wait(&$0, [1])
            for index in 1...2 { $0[index]?.replication?.link = .connecting(reason: "no") }
        }
        #expect(set.decide(group, away, answering: [0, 1, 2], now: now)?.voters == [])
    }

    @Test func aVoterThatIsBackInTimeStays() throws {
        var set = SynchronousSet()
        let group = try group([1], inForce: true)
        let away = try statuses {
            wait(&$0, [1])
            $0[1]?.serving = .stopped
            $0[2] = nil
        }
        #expect(set.decide(group, away, answering: [0, 1, 2], now: now) == nil)
        let back = try statuses {
            wait(&$0, [1])
            $0[2] = nil
        }
        #expect(set.decide(group, back, answering: [0, 1, 2], now: now + .seconds(1.5)) == nil)
        #expect(
            set.decide(group, away, answering: [0, 1, 2], now: now + .seconds(3)) == nil,
            "it is away for the first time")
    }

    @Test func aMemberThatLeavesIsNoVoterFirst() throws {
        var set = SynchronousSet()
        var group = try group([1, 2], inForce: true)
        group.status.members[2].leaving = "keep"
        let waiting = try statuses { wait(&$0, [1, 2]) }
        #expect(set.decide(group, waiting, answering: [0, 1, 2], now: now) == nil)
        #expect(set.acknowledgers(group) == [1])
        group.status.members[1].leaving = "keep"
        let change = set.decide(group, waiting, answering: [0, 1, 2], now: now)
        #expect(change?.voters == [] && change?.isInForce == false)
    }

    /// What a member acknowledges is lost with the data that are replaced.
    @Test func aMemberWhoseDataAreReplacedIsNoVoter() throws {
        var set = SynchronousSet()
        var group = try group([])
        group.status.members[1].reseeding = .init(keep: "k", reason: "r")
        #expect(set.decide(group, try statuses(), answering: [0, 1, 2], now: now)?.voters == [2])
        group = try self.group([1, 2], inForce: true)
        group.spec.resyncs = [1: 7]
        let waiting = try statuses { wait(&$0, [1, 2]) }
        #expect(set.decide(group, waiting, answering: [0, 1, 2], now: now) == nil)
        #expect(set.acknowledgers(group) == [2])
    }

    @Test func asynchronousServicesHaveNoVoters() throws {
        var set = SynchronousSet()
        #expect(
            set.decide(try group([1], inForce: true, .async), try statuses(), answering: [0, 1, 2], now: now)?.voters
                == [])
        #expect(set.decide(try group([], .async), try statuses(), answering: [0, 1, 2], now: now) == nil)
        #expect(set.decide(try group(nil, .async), try statuses(), answering: [0, 1, 2], now: now) == nil)
    }

    @Test func whatSomebodySwitchedOffIsNoPromise() throws {
        var set = SynchronousSet()
        let off = try statuses { wait(&$0, [1, 2], false) }
        let change = set.decide(try group([1, 2], inForce: true), off, answering: [0, 1, 2], now: now)
        #expect(change?.voters == [1, 2] && change?.isInForce == false)
    }

    // MARK: The record

    @Test func aChangeIsStoredOnTheRecordThatItWasDecidedOn() throws {
        let date = Date(timeIntervalSince1970: 1000)
        let group = try group([1], inForce: true)
        func change(uid: String = "u", epoch: UInt64 = 3, before: ServiceStatus.Synchronous?) -> SynchronousChange {
            SynchronousChange(uid: uid, epoch: epoch, before: before, voters: [], isInForce: false)
        }
        let record = group.status.synchronous
        #expect(
            change(before: record).applied(to: group, at: date)?.synchronous
                == .init(voters: [], isInForce: false, since: date))
        #expect(change(uid: "before", before: record).applied(to: group, at: date) == nil)
        #expect(change(epoch: 2, before: record).applied(to: group, at: date) == nil)
        #expect(change(before: nil).applied(to: group, at: date) == nil)
    }

    @Test func lossAndReturnOfThePromiseAreEvents() throws {
        func kind(_ before: Bool, _ after: Bool, _ durability: ServiceSettings.Durability = .sync) throws -> String? {
            let group = try group([1], inForce: before, durability)
            return SynchronousChange(
                uid: "u", epoch: 3, before: group.status.synchronous, voters: after ? [1] : [], isInForce: after
            ).event(group)?.kind
        }
        #expect(try kind(false, true) == "synchronous" && kind(true, false) == "synchronous_lost")
        #expect(try kind(true, true) == nil && kind(false, false) == nil)
        #expect(try kind(true, false, .async) == "asynchronous")
    }

    // MARK: Values

    private func group(
        _ voters: [Int]?, inForce: Bool = false, _ durability: ServiceSettings.Durability = .sync
    ) throws -> Service {
        try GroupSample.group(voters: voters, isInForce: inForce, durability)
    }

    private func statuses(_ change: (inout [Int: InstanceStatus]) -> Void = { _ in }) throws -> [Int: InstanceStatus] {
        try GroupSample.statuses(change)
    }

    /// `list` nil: the primary keeps no list of its voters.
    private func wait(_ statuses: inout [Int: InstanceStatus], _ list: [Int]?, _ isOn: Bool = true) {
        statuses[0]?.replication?.isSynchronous = isOn
        statuses[0]?.replication?.acknowledgers = list
    }

    private func position(_ location: UInt64) -> Position { GroupSample.position(location) }
}
