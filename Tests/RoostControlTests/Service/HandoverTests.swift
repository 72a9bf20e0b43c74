import Foundation
import RoostModel
import Testing

@testable import RoostControl

@Suite struct HandoverTests {
    private let now = ContinuousClock.now
    private let date = Date(timeIntervalSince1970: 1_000)

    // MARK: When the primary changes

    @Test func aGroupThatServesIsLeftAlone() throws {
        #expect(Handover.cause(try group(), try statuses(), isExpected: false) == nil)
    }

    @Test func theEndOfThePrimaryIsACauseUnlessItIsAboutToStart() throws {
        let statuses = try statuses { $0[0]?.serving = .stopped }
        #expect(Handover.cause(try group(), statuses, isExpected: false) == .ended)
        #expect(Handover.cause(try group(), statuses, isExpected: true) == nil)
    }

    @Test(arguments: [InstanceStatus.Serving.unknown, .closed, .open])
    func aPrimaryOfWhichNoEndIsKnownIsNoCause(_ serving: InstanceStatus.Serving) throws {
        #expect(Handover.cause(try group(), try statuses { $0[0]?.serving = serving }, isExpected: false) == nil)
        #expect(Handover.cause(try group(), [:], isExpected: false) == nil, "nothing was heard yet")
    }

    /// The agent of a primary waits for the next epoch, whether another member has data yet or not.
    @Test func theEndOfAPrimaryWithoutReplicasIsACause() throws {
        var group = try group()
        group.status.members[1].seeded = false
        func cause(hasEnded: Bool) throws -> Handover.Cause? {
            let statuses = try statuses {
                $0[0]?.serving = .stopped
                $0[0]?.hasEnded = hasEnded
            }
            return Handover.cause(group, statuses, isExpected: false)
        }
        #expect(try cause(hasEnded: true) == .ended)
        #expect(try cause(hasEnded: false) == nil, "it is about to be started for the first time")
        group.status.members.removeLast()
        #expect(try cause(hasEnded: true) == nil, "it is alone")
    }

    /// The pauses between replacements are for primaries that hang or do not start: an end is a failure of its own.
    @Test func anEndIsACauseHoweverSoonItFollowsAnother() throws {
        let ended = try statuses {
            $0[0]?.serving = .stopped
            $0[0]?.hasEnded = true
        }
        let gone = try statuses {
            $0[0]?.serving = .stopped
            $0[0]?.isDataGone = true
        }
        for statuses in [ended, gone] {
            #expect(
                Handover.cause(try group(), statuses, isExpected: true, mayReplace: false, mayKill: false) == .ended)
        }
    }

    @Test func fencesBeyondTheEpochTellOfAnInterruptedChange() throws {
        #expect(Handover.cause(try group(), try statuses { $0[1]?.fence = 4 }, isExpected: false) == .interrupted)
    }

    @Test func aRequestIsACauseOnceThereAreData() throws {
        var group = try group(.promote(to: 1))
        #expect(Handover.cause(group, try statuses(), isExpected: false) == .requested(to: 1))
        group.status.members[0].seeded = false
        #expect(Handover.cause(group, try statuses(), isExpected: false) == nil)
        group = try self.group(.promote(to: 1))
        group.spec.deletion = .init(keep: nil)
        #expect(Handover.cause(group, try statuses(), isExpected: false) == nil)
    }

    /// Nothing is failed over while a service is paused; a change that is interrupted would leave nobody to take writes.
    @Test func inAPausedServiceOnlyAnInterruptedChangeIsFinished() throws {
        func cause(_ statuses: [Int: InstanceStatus]) throws -> Handover.Cause? {
            Handover.cause(try group(), statuses, isExpected: false, isPaused: true)
        }
        #expect(try cause(try statuses { $0[0]?.serving = .stopped }) == nil)
        #expect(
            try cause(
                try statuses {
                    $0[0]?.serving = .stopped
                    $0[0]?.isDataGone = true
                }) == nil)
        #expect(try cause(try statuses { $0[1]?.fence = 4 }) == .interrupted)
    }

    /// A change that waits for something makes way for a user's decision.
    @Test func aForcedChangeOverrulesAnother() throws {
        let goal = Service.Goal.failover(to: 1, acceptsLoss: true)
        let cause = Handover.Cause.forced(to: 1, acceptsLoss: true)
        #expect(Handover.cause(try group(goal), try statuses(), isExpected: false) == cause)
        let forced = try group(goal)
        #expect(handover(.ended).isOverruled(forced, try statuses()))
        #expect(!handover(cause).isOverruled(forced, try statuses()))
        #expect(!handover(.ended).isOverruled(try group(), try statuses()))
    }

    // MARK: A primary that hangs

    /// The primary gives no answer, and its only voter does not hear from it.
    private func hanging(_ change: (inout [Int: InstanceStatus]) -> Void = { _ in }) throws -> [Int: InstanceStatus] {
        try statuses {
            $0[0]?.isSilent = true
            $0[0]?.serving = .unknown
            $0[1]?.hearsPrimary = false
            change(&$0)
        }
    }

    private func awaited(_ goal: Service.Goal = .run) throws -> Service {
        var service = try group(goal)
        service.status.synchronous = .init(voters: [1], isInForce: true, since: .distantPast)
        return service
    }

    @Test func aPrimaryThatNobodyHearsIsReplaced() throws {
        #expect(Handover.cause(try awaited(), try hanging(), isExpected: false) == .hung)
        // A fence that an earlier daemon left does not hide it.
        let interrupted = try hanging { $0[1]?.fence = 4 }
        #expect(Handover.cause(try awaited(), interrupted, isExpected: false) == .hung)
        #expect(handover(.interrupted).isOverruled(try awaited(), interrupted))
        #expect(!handover(.hung).isOverruled(try awaited(), interrupted))
        // What would begin the same handover again overrules nothing.
        #expect(!handover(.interrupted).isOverruled(try awaited(), interrupted, mayKill: false))
        #expect(!handover(.interrupted).isOverruled(try awaited(), interrupted, isPaused: true))
    }

    @Test func aVoterWithoutAServerIsNoWitness() throws {
        var service = try awaited()
        service.status.synchronous = .init(voters: [1, 2], isInForce: true, since: .distantPast)
        let stopped = try hanging {
            $0[2] = $0[1]
            $0[2]?.serving = .stopped
        }
        #expect(Handover.cause(service, stopped, isExpected: false) == .hung)
        let alone = try hanging {
            $0[1]?.serving = .stopped
            $0[2] = $0[1]
        }
        #expect(Handover.cause(service, alone, isExpected: false) == nil)
        let mute = try hanging {
            $0[2] = $0[1]
            $0[2]?.hearsPrimary = nil
        }
        #expect(Handover.cause(service, mute, isExpected: false) == nil)
    }

    struct Spared: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var goal = Service.Goal.run
        var voters: [Int]? = [1]
        var change: @Sendable (inout [Int: InstanceStatus]) -> Void = { _ in }
    }

    @Test(arguments: [
        Spared(testDescription: "one answer is missing") { $0[0]?.isSilent = false },
        Spared(testDescription: "its replica hears from it") { $0[1]?.hearsPrimary = true },
        Spared(testDescription: "its replica does not tell") { $0[1]?.hearsPrimary = nil },
        Spared(testDescription: "its replica is not known") { $0[1] = nil },
        Spared(testDescription: "it answers again") { $0[0]?.serving = .open },
        Spared(testDescription: "it is closed") { $0[0]?.serving = .closed },
        Spared(testDescription: "what it told is of an earlier epoch") { $0[0]?.epoch = 2 },
        Spared(testDescription: "it alone has the data of removed files") { $0[0]?.lostFiles = "gone" },
        Spared(testDescription: "its disk is full") { $0[0]?.diskFault = "the disk has 1.2M of 700M left" },
        Spared(testDescription: "commits wait for nobody", voters: []),
        Spared(testDescription: "commits do not wait", voters: nil),
        Spared(testDescription: "it is being moved", goal: .move),
    ])
    func aPrimaryIsNotTakenForHanging(_ row: Spared) throws {
        var service = try awaited(row.goal)
        service.status.synchronous = row.voters.map { .init(voters: $0, isInForce: true, since: .distantPast) }
        #expect(Handover.cause(service, try hanging(row.change), isExpected: false) == nil)
    }

    @Test func aPrimaryIsNotTakenForHangingDuringAPauseOrAgainAtOnce() throws {
        let service = try awaited()
        #expect(Handover.cause(service, try hanging(), isExpected: false, isPaused: true) == nil)
        #expect(Handover.cause(service, try hanging(), isExpected: false, mayKill: false) == nil)
    }

    @Test func nobodyLeadsBeforeTheHangingServerIsDead() throws {
        let (handover, service) = (handover(.hung), try awaited())
        #expect(handover.decide(service, try hanging { $0[0]?.fence = 4 }, now: now) == .wait)
        let late = now + Handover.killing
        guard case .giveUp = handover.decide(service, try hanging { $0[0]?.fence = 4 }, now: late) else {
            Issue.record("the wait has an end")
            return
        }
        let dead = try hanging { statuses in
            statuses[0]?.serving = .stopped
            for index in 0...1 { statuses[index]?.fence = 4 }
            statuses[1]?.replication?.link = .connecting(reason: "no connection")
            statuses[1]?.replication?.received = .postgresql(timeline: 1, location: 10)
        }
        guard case .lead(1, let reason?) = handover.decide(service, dead, now: now) else {
            Issue.record("the voter leads")
            return
        }
        #expect(reason.contains("gave no answer and was killed"))
    }

    // MARK: Who leads

    @Test func aMemberLeadsOnceAllAreFencedAndItHasEverything() throws {
        let handover = handover(.requested(to: 1))
        let group = try group(.promote(to: 1))
        #expect(handover.decide(group, try statuses(), now: now) == .wait)
        #expect(handover.decide(group, try fenced { $0[0]?.serving = .open }, now: now) == .wait)
        #expect(handover.decide(group, try fenced { $0[0]?.serving = .unknown }, now: now) == .wait)
        #expect(handover.decide(group, try fenced { $0[1]?.replication?.received = position(9) }, now: now) == .wait)
        #expect(handover.decide(group, try fenced { $0[1]?.replication = nil }, now: now) == .wait)
        var before = group
        before.status.outgoing = [2]
        #expect(handover.decide(before, try fenced(), now: now) == .wait)
        #expect(handover.decide(group, try fenced(), now: now) == .lead(1))
    }

    @Test func aPlannedChangeIsUndoneAtItsDeadline() throws {
        let handover = handover(.requested(to: 1))
        let group = try group(.promote(to: 1))
        let late = now + .seconds(5)
        #expect(
            handover.decide(group, try fenced { $0[1]?.replication?.received = position(9) }, now: late)
                == .giveUp("data.1 has not received all writes"))
        #expect(
            handover.decide(group, try fenced { $0[0]?.serving = .open }, now: late)
                == .giveUp("data.0 did not confirm in time that they accept no more writes"))
    }

    @Test func aPrimaryThatEndedGoesOnInPlace() throws {
        let handover = handover(.ended)
        let ended = try fenced { $0[0]?.serving = .stopped }
        let inPlace = Handover.Decision.lead(0, "its server ended, and is started again in place")
        #expect(handover.decide(try group(), ended, now: now) == inPlace)
        var others = ended
        others[1] = nil
        #expect(handover.decide(try group(), others, now: now) == inPlace, "a replica that hangs delays nobody")
        others[0]?.serving = .unknown
        #expect(handover.decide(try group(), others, now: now + .seconds(5)) == .wait, "processes of it may write")
    }

    /// The members share one disk: a replica on a full disk could not write either. Without the primary's data there is
    /// nothing to wait for.
    @Test func aFullDiskIsNoReasonForAFailover() throws {
        let service = try awaited()
        func ended(_ change: (inout InstanceStatus) -> Void = { _ in }) throws -> [Int: InstanceStatus] {
            try fenced { statuses in
                statuses[1]?.replication?.link = .connecting(reason: "refused")
                statuses[1]?.replication?.received = .postgresql(timeline: 1, location: 10)
                guard var primary = statuses[0] else { return }
                primary.serving = .stopped
                change(&primary)
                statuses[0] = primary
            }
        }
        func leads(_ statuses: [Int: InstanceStatus]) -> Int? {
            guard case .lead(let index, _) = handover(.ended).decide(service, statuses, now: now) else { return nil }
            return index
        }
        #expect(leads(try ended()) == 1)
        #expect(leads(try ended { $0.diskFault = "full" }) == 0)
        let failing = try ended { ($0.diskFault, $0.failures) = ("full", Handover.attempts) }
        #expect(leads(failing) == 0)
        let lost = try ended { ($0.diskFault, $0.isDataGone) = ("full", true) }
        #expect(leads(lost) == 1)
        // It is about to be started: it does not come up before there is space.
        func cause(_ change: (inout InstanceStatus) -> Void) throws -> Handover.Cause? {
            let statuses = try statuses {
                guard var primary = $0[0] else { return }
                (primary.serving, primary.failures) = (.stopped, Handover.attempts)
                change(&primary)
                $0[0] = primary
            }
            return Handover.cause(service, statuses, isExpected: true)
        }
        #expect(try cause { $0.diskFault = nil } == .ended)
        #expect(try cause { $0.diskFault = "full" } == nil)
        #expect(try cause { ($0.diskFault, $0.isDataGone) = ("full", true) } == .ended)
    }

    // MARK: What is stored

    @Test func aLeadershipIsStoredOnce() throws {
        let group = try group(.promote(to: 1))
        let leadership = Leadership(
            uid: "u", primary: 1, fenced: [0, 1], epoch: 4, request: group.generation, failure: nil)
        let status = try #require(leadership.applied(to: group, at: date))
        #expect(status.primary == 1 && status.epoch == 4 && status.finishedRequest == group.generation)
        var after = group
        after.status = status
        #expect(after.goal == .run && leadership.applied(to: after, at: date) == nil)
    }

    @Test func aLeadershipOfAnEarlierEpochAnotherServiceOrAnEmptyMemberIsNotStored() throws {
        var group = try group()
        func leadership(uid: String = "u", primary: Int = 1, epoch: UInt64 = 4) -> Leadership {
            Leadership(uid: uid, primary: primary, fenced: [], epoch: epoch, request: nil, failure: nil)
        }
        #expect(leadership().applied(to: group, at: date) != nil)
        #expect(leadership(uid: "before").applied(to: group, at: date) == nil)
        #expect(leadership(epoch: 3).applied(to: group, at: date) == nil)
        #expect(leadership(primary: 2).applied(to: group, at: date) == nil)
        group.status.members[1].seeded = false
        #expect(leadership().applied(to: group, at: date) == nil)
    }

    /// No member is opened before the members that may still write confirm the fence.
    @Test func membersThatMayStillWriteAreKeptInMind() throws {
        var group = try group()
        group.status.outgoing = [2]
        func outgoing(_ fenced: [Int], primary: Int = 1) -> [Int]? {
            Leadership(uid: "u", primary: primary, fenced: fenced, epoch: 4, request: nil, failure: nil)
                .applied(to: group, at: date)?.outgoing
        }
        #expect(outgoing([]) == [0, 2] && outgoing([0]) == [2] && outgoing([0, 2]) == nil)
        #expect(outgoing([], primary: 0) == [2])
    }

    /// A voter that becomes the primary is no copy of it any more.
    @Test func thePrimaryIsNoVoterOfItsOwn() throws {
        var group = try group(.promote(to: 1))
        func record(_ voters: [Int], isPlanned: Bool = false) -> ServiceStatus.Synchronous? {
            group.status.synchronous = .init(voters: voters, isInForce: true, since: .distantPast)
            return Leadership(
                uid: "u", primary: 1, fenced: [0, 1], epoch: 4, request: group.generation, failure: nil,
                isPlanned: isPlanned
            ).applied(to: group, at: date)?.synchronous
        }
        // The other voter may lack what the new primary acknowledged.
        #expect(record([1, 2]) == .init(voters: [2], isInForce: false, since: date))
        #expect(record([1]) == .init(voters: [], isInForce: false, since: date))
        // In a planned change the old primary has all that the new one has.
        #expect(record([1], isPlanned: true) == .init(voters: [0], isInForce: true, since: .distantPast))
        #expect(record([1, 2], isPlanned: true)?.voters == [0, 2])
        // One that was replaced by force may have more.
        group = try self.group(.failover(to: 1, acceptsLoss: false))
        #expect(record([1, 2]) == .init(voters: [2], isInForce: false, since: date))
    }

    @Test func aChangeThatWasGivenUpIsToldWithItsReason() throws {
        let group = try group(.promote(to: 1))
        let status = Leadership(
            uid: "u", primary: 0, fenced: [0], epoch: 4, request: group.generation, failure: "too slow"
        )
        .applied(to: group, at: date)
        #expect(status?.abandoned == .init(reason: "too slow", generation: group.generation))
        #expect(status?.primary == 0 && status?.epoch == 4)
    }

    // MARK: Values

    private func handover(_ cause: Handover.Cause) -> Handover {
        Handover(cause: cause, epoch: 4, began: now)
    }

    /// Two members with data, of epoch 3; the first leads.
    private func group(_ goal: Service.Goal = .run) throws -> Service {
        var service = try Samples.service("data", goal: goal)
        service.status.epoch = 3
        service.status.members = try (0...1).map { index in
            ServiceStatus.Member(
                index: index, host: "local", port: try #require(PortNumber(22000 + index)),
                internalPort: try #require(PortNumber(31000 + index)), serverID: UInt32(index + 1), seeded: true)
        }
        return service
    }

    private func statuses(_ change: (inout [Int: InstanceStatus]) -> Void = { _ in }) throws -> [Int: InstanceStatus] {
        let id = try group().id
        var statuses: [Int: InstanceStatus] = [:]
        for index in 0...1 {
            var status = InstanceStatus(id: InstanceID(id, index), uid: "u", life: 1)
            (status.epoch, status.fence, status.serving) = (3, 3, index == 0 ? .open : .closed)
            status.replication = ReplicationReport(
                role: index == 0 ? .primary : .replica, link: index == 0 ? .none : .up, received: position(10),
                applied: position(10))
            statuses[index] = status
        }
        change(&statuses)
        return statuses
    }

    /// Both confirm the handover's fence, unless changed.
    private func fenced(_ change: (inout [Int: InstanceStatus]) -> Void = { _ in }) throws -> [Int: InstanceStatus] {
        try statuses { statuses in
            for index in 0...1 {
                statuses[index]?.fence = 4
                statuses[index]?.serving = .closed
            }
            change(&statuses)
        }
    }

    private func position(_ offset: Int64) -> Position { .redis(history: "a", offset: offset) }
}
