import RoostModel
import Testing

@testable import RoostControl

/// Who takes over from member 0 where members have priorities, and what a member that stays behind does not do.
@Suite struct MemberPriorityTests {
    private static let never = MemberSettings(priority: 0)
    private static let behind = MemberSettings(delaySeconds: 3600)

    // MARK: Elections

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let members: [Int: MemberSettings]
        var voters = [1, 2]
        /// What members 1 and 2 have received.
        var received: [UInt64] = [10, 10]
        /// The elected member.
        let elected: Int?
    }

    static let cases = [
        Case(testDescription: "the higher priority", members: [2: MemberSettings(priority: 5)], elected: 2),
        Case(
            testDescription: "the higher priority, before a voter", members: [2: MemberSettings(priority: 5)],
            voters: [1], elected: 2),
        Case(
            testDescription: "not one that lacks what a voter has", members: [2: MemberSettings(priority: 5)],
            received: [10, 9], elected: 1),
        Case(
            testDescription: "the higher priority, before one with what nobody acknowledged",
            members: [1: MemberSettings(priority: 5)], voters: [1], received: [10, 11], elected: 1),
        Case(testDescription: "equal priorities", members: [1: .init(priority: 5), 2: .init(priority: 5)], elected: 1),
        Case(testDescription: "never promoted", members: [1: never], elected: 2),
        Case(testDescription: "a voter that is never promoted counts", members: [1: never], voters: [1], elected: 2),
        Case(
            testDescription: "only the member that is never promoted has a write", members: [1: never],
            received: [10, 9], elected: nil),
        Case(testDescription: "nobody may be promoted", members: [1: never, 2: never], elected: nil),
        Case(testDescription: "one stays behind", members: [2: behind], voters: [1], elected: 1),
    ]

    @Test(arguments: cases) func theHighestPriorityThatLosesNothingIsElected(_ sample: Case) throws {
        let outcome = Election(try group(sample.members, sample.voters), try fenced(sample.received)).outcome
        guard let elected = sample.elected else {
            guard case .impossible(let reason) = outcome else {
                Issue.record("\(outcome)")
                return
            }
            #expect(reason.contains("known to be on data.1") && reason.contains("'roost failover data.1'"), "\(reason)")
            return
        }
        #expect(outcome == .elected(elected, provesAll: true))
    }

    /// Nobody is elected over a member that is never promoted and has what no other has: the old primary goes on, or the
    /// service says what is missing.
    @Test func withoutAnHeirThePrimaryGoesOnOrTheReasonIsTold() throws {
        let group = try group([1: Self.never], [1, 2])
        let now = ContinuousClock.now
        let handover = Handover(cause: .ended, epoch: 4, began: now)
        guard case .lead(0, _) = handover.decide(group, try fenced([10, 9]), now: now) else {
            Issue.record("it was not restarted in place")
            return
        }
        var gone = try fenced([10, 9])
        gone[0]?.isDataGone = true
        guard case .stuck(let reason) = handover.decide(group, gone, now: now + .seconds(60)) else {
            Issue.record("somebody was promoted")
            return
        }
        #expect(reason.contains("priority: 0") && reason.contains("roost failover data.1"), "\(reason)")
        var failing = try fenced([10, 9])
        failing[0]?.failures = Handover.attempts
        guard case .lead(0, _) = handover.decide(group, failing, now: now + .seconds(60)) else {
            Issue.record("it was not restarted in place")
            return
        }
    }

    // MARK: On request

    @Test(
        arguments: [
            ([1: never], nil, false, 2), ([1: never], 1, false, 1), ([1: never, 2: never], nil, false, nil),
            ([1: never, 2: never], nil, true, nil), ([1: never, 2: never], 2, true, 2), ([2: behind], 2, true, nil),
            ([2: MemberSettings(priority: 5)], nil, false, 2),
        ] as [([Int: MemberSettings], Int?, Bool, Int?)])
    func byForceOnlyANamedMemberLeadsThatIsNeverPromoted(
        _ members: [Int: MemberSettings], _ target: Int?, _ acceptsLoss: Bool, _ leader: Int?
    ) throws {
        let now = ContinuousClock.now
        let handover = Handover(cause: .forced(to: target, acceptsLoss: acceptsLoss), epoch: 4, began: now)
        let decision = handover.decide(try group(members, [1]), try fenced([10, 10]), now: now + .seconds(5))
        switch decision {
        case .lead(let index, _): #expect(index == leader)
        case .giveUp: #expect(leader == nil, "\(decision)")
        case .wait, .stuck: Issue.record("\(decision)")
        }
    }

    /// A push may have changed the settings since the promotion was asked for.
    @Test(arguments: [never, behind])
    func aPromotionOfAMemberThatIsNeverPromotedIsGivenUp(_ member: MemberSettings) throws {
        let now = ContinuousClock.now
        let handover = Handover(cause: .requested(to: 1), epoch: 4, began: now)
        guard case .giveUp(let reason) = handover.decide(try group([1: member], [2]), try fenced([10, 10]), now: now)
        else {
            Issue.record("it was promoted")
            return
        }
        #expect(reason.contains("data.1 cannot become the primary"), "\(reason)")
    }

    @Test(
        arguments: [
            ([:], [1, 2], 1), ([2: MemberSettings(priority: 5)], [1, 2], 2),
            ([2: MemberSettings(priority: 5)], [1], 1), ([1: never], [1, 2], 2), ([1: never], [1], nil),
            ([1: behind, 2: never], [1, 2], nil),
        ] as [([Int: MemberSettings], [Int], Int?)])
    func withoutATargetTheHighestPriorityThatFollowsIsPromoted(
        _ members: [Int: MemberSettings], _ following: [Int], _ chosen: Int?
    ) throws {
        #expect(try group(members, [1]).preferredSuccessor { following.contains($0) } == chosen)
    }

    // MARK: A primary that hangs

    @Test(
        arguments: [
            ([:], true), ([1: never], true), ([1: never, 2: never], false), ([1: never, 2: behind], false),
        ] as [([Int: MemberSettings], Bool)])
    func aPrimaryThatHangsIsKilledOnlyIfAnotherMayTakeOver(_ members: [Int: MemberSettings], _ isKilled: Bool) throws {
        let statuses = try GroupSample.statuses {
            $0[0]?.isSilent = true
            $0[0]?.serving = .unknown
            for index in 1...2 { $0[index]?.hearsPrimary = false }
        }
        #expect(Handover.hangs(try group(members, [1]), statuses) == isKilled)
    }

    // MARK: Commits, readers, healing

    @Test func aMemberThatStaysBehindIsNoVoterAndOneThatIsNeverPromotedIs() throws {
        var set = SynchronousSet()
        let statuses = try GroupSample.statuses()
        let never = try group([1: Self.never], [])
        #expect(set.decide(never, statuses, answering: [0, 1, 2], now: .now)?.voters == [1, 2])
        let behind = try group([1: Self.behind], [])
        #expect(set.decide(behind, statuses, answering: [0, 1, 2], now: .now)?.voters == [2])
    }

    /// With nobody to wait for, the service is as one without replicas, and strict commits do not wait for ever.
    @Test func commitsWaitForNobodyWhereAllReplicasStayBehind() throws {
        var service = try group([1: Self.behind, 2: Self.behind], [1, 2])
        #expect(!service.wantsAcknowledgements)
        service.spec.settings.durability = .strict
        #expect(!service.waitsWithoutVoters)
        var set = SynchronousSet()
        let change = set.decide(service, try GroupSample.statuses(), answering: [0, 1, 2], now: .now)
        #expect(change?.voters.isEmpty == true && change?.isInForce == false)
        #expect(!SynchronousSet.isSettled(service, try GroupSample.statuses()), "they still acknowledge")
    }

    @Test func aVoterThatIsToStayBehindIsRemovedFirst() throws {
        let service = try group([2: Self.behind], [1, 2])
        #expect(!SynchronousSet.isSettled(service, try GroupSample.statuses()))
        var set = SynchronousSet()
        _ = set.decide(service, try GroupSample.statuses(), answering: [0, 1, 2], now: .now)
        #expect(set.acknowledgers(service) == [1])
    }

    @Test func theReadEndpointLeavesOutWhatStaysBehind() throws {
        let service = try group([1: Self.behind], [2])
        let routes = ServiceRoutes.make(service, wire: "mysql", gates: [0: .open, 1: .open, 2: .open])
        let read = try #require(routes.first { $0.purpose == .read })
        #expect(read.backend.port.number == 31002 && read.backends.count == 1)
        #expect(routes.first { $0.name == "ramen/data.1" }?.gate == .open, "it is read at its own port")
        let alone = ServiceRoutes.make(service, wire: "mysql", gates: [0: .open, 1: .open])
        #expect(alone.first { $0.purpose == .read }?.backend.port.number == 31000)
    }

    @Test func theMemberThatWouldTakeOverIsHealedFirst() throws {
        let broken = try GroupSample.statuses {
            for index in 1...2 { $0[index]?.replication?.link = .broken(reason: "x") }
        }
        for (members, first) in [([:], 1), ([1: Self.never], 2), ([1: Self.behind], 2)] {
            var healing = Healing()
            let (group, now) = (try group(members, []), ContinuousClock.now)
            _ = healing.decide(group, broken, now: now)
            #expect(healing.decide(group, broken, now: now + .seconds(5))?.index == first)
        }
    }

    // MARK: Values

    private func group(_ members: [Int: MemberSettings], _ voters: [Int]) throws -> Service {
        var service = try GroupSample.group(voters: voters, isInForce: !voters.isEmpty)
        service.spec.settings.members = members
        return service
    }

    /// The primary has ended, and its replicas have noticed.
    private func fenced(_ received: [UInt64]) throws -> [Int: InstanceStatus] {
        try GroupSample.statuses { statuses in
            for index in 0...2 { statuses[index]?.fence = 4 }
            statuses[0]?.serving = .stopped
            statuses[0]?.replication = nil
            for index in 1...2 {
                statuses[index]?.replication?.link = .connecting(reason: "refused")
                statuses[index]?.replication?.received = GroupSample.position(received[index - 1])
            }
        }
    }
}
