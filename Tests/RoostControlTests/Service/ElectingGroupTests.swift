import Foundation
import RoostModel
import Testing

@testable import RoostControl

/// Groups of an engine that elects its primary by itself. Member 0 is recorded as the primary of epoch 3.
@Suite struct ElectingGroupTests {
    private let now = ContinuousClock.now
    private let date = Date(timeIntervalSince1970: 1_000)

    // MARK: Adoption

    @Test func theMemberThatWasElectedIsAdopted() throws {
        let group = try GroupSample.group(voters: [1, 2])
        func elected(newestTerm: Int64 = 0, _ change: (inout [Int: InstanceStatus]) -> Void) throws -> Int? {
            Adoption.elected(group, try statuses(change), newestTerm: newestTerm)
        }
        #expect(try elected { _ in } == nil)
        #expect(try elected { lead(&$0, 1, term: 2) } == 1, "the recorded one has not noticed yet")
        #expect(
            try elected {
                lead(&$0, 1, term: 2)
                follow(&$0, 0, term: 2)
            } == 1, "the recorded one follows it")
        #expect(
            try elected {
                lead(&$0, 1, term: 2)
                $0[0]?.replication = nil
            } == 1, "the recorded one hangs")
        #expect(
            try elected {
                lead(&$0, 0, term: 3)
                lead(&$0, 1, term: 2)
            } == nil, "the recorded one was elected later")
        #expect(
            try elected(newestTerm: 3) {
                lead(&$0, 1, term: 2)
                $0[0]?.replication = nil
            } == nil, "the report is from before an election")
        #expect(
            try elected {
                lead(&$0, 1, term: 2)
                lead(&$0, 2, term: 3)
            } == 2)
        #expect(
            try elected {
                lead(&$0, 1, term: 2)
                $0[1]?.serving = .stopped
            } == nil)
    }

    @Test func othersAreNeverAdopted() throws {
        let redis = try GroupSample.statuses {
            $0[1]?.replication = ReplicationReport(role: .primary, applied: .redis(history: "a", offset: 9))
        }
        #expect(Adoption.elected(try GroupSample.group(voters: [1]), redis, newestTerm: 0) == nil)
        var group = try GroupSample.group(voters: [1, 2])
        let elected = try statuses { lead(&$0, 1, term: 2) }
        group.status.members[1].seeded = false
        #expect(Adoption.elected(group, elected, newestTerm: 0) == nil, "it is about to get its data")
    }

    /// The majority is the fence: nobody has to confirm anything, and nobody's data are replaced.
    @Test func anAdoptionIsStoredAtOnce() throws {
        let group = try GroupSample.group(voters: [1, 2])
        let leadership = adoption(of: 1)
        let status = try #require(leadership.applied(to: group, at: date))
        #expect(status.primary == 1 && status.epoch == 4 && status.outgoing == nil)
        #expect(status.members.allSatisfy { $0.reseeding == nil })
        #expect(status.synchronous?.voters == [0, 2] && status.synchronous?.isInForce == true)
        #expect(leadership.text(group) == "data.1 is the primary as of epoch 4: the members elected it")
    }

    /// A leaving member has its vote until the record drops it, so the others may elect it. Its data would be taken away
    /// under it, and the service would have no primary.
    @Test func anElectedMemberThatWasToLeaveStays() throws {
        var group = try GroupSample.group(voters: [1, 2])
        group.spec.settings.instances = 1
        for index in [1, 2] { group.status.members[index].leaving = "left-\(index)" }
        let elected = Adoption.elected(group, try statuses { lead(&$0, 1, term: 2) }, newestTerm: 2)
        #expect(elected == 1)
        group.status = try #require(adoption(of: 1).applied(to: group, at: date))
        #expect(group.status.members.map { $0.leaving != nil } == [false, false, true])
        #expect(Membership.change(group)?.leaving == [0])
    }

    /// The earlier primary has a vote before the promise is in force, too: unrecorded, it could leave with its vote.
    @Test(arguments: [true, false]) func theEarlierPrimaryIsRecordedAsAVoter(isInForce: Bool) throws {
        let group = try GroupSample.group(voters: [1, 2], isInForce: isInForce)
        let record = try #require(adoption(of: 1).applied(to: group, at: date)?.synchronous)
        #expect(record.voters == [0, 2] && record.isInForce == isInForce)
    }

    private func adoption(of index: Int) -> Leadership {
        Leadership(
            uid: "u", primary: index, fenced: [], epoch: 4, request: nil, failure: nil,
            reason: "the members elected it",
            isByMajority: true)
    }

    /// The report of an election is enough, without any handover; a repeated or old report changes nothing.
    @Test func theMachineStoresAnElectionOnce() throws {
        let group = try GroupSample.group(voters: [1, 2])
        var machine = ServiceMachine(group.id, since: 0)
        func handle(_ event: ServiceMachine.Event) -> [Leadership] {
            machine.handle(event, now: now, date: date).compactMap {
                if case .commit(.lead(let leadership)) = $0 { leadership } else { nil }
            }
        }
        func hear(
            _ revision: Int64, _ change: (inout [Int: InstanceStatus]) -> Void = { _ in }
        ) throws -> [Leadership] {
            try statuses(change).sorted { $0.key < $1.key }.flatMap { _, status in
                var status = status
                status.revision = revision
                return handle(.status(status))
            }
        }
        #expect(handle(.looked(view(group))).isEmpty)
        #expect(try hear(1).isEmpty)
        let adopted = try hear(2) { lead(&$0, 1, term: 2) }
        #expect(adopted.map(\.primary) == [1] && adopted.map(\.epoch) == [4] && adopted.map(\.isByMajority) == [true])
        #expect(adopted.first?.request == nil && adopted.first?.failure == nil)
        var after = group
        after.status = try #require(adopted.first?.applied(to: group, at: date))
        #expect(handle(.committed(view(after))).isEmpty)
        let old = try hear(3) { $0[1]?.replication = nil }
        #expect(old.isEmpty, "member 0 was elected before")
    }

    private func view(_ service: Service) -> ServiceMachine.View {
        let application = Application(
            name: service.id.application, user: ServerUser(name: "roost01", uid: 1, gid: 1),
            order: [service.id.service], createdAt: date)
        let gates = Dictionary(uniqueKeysWithValues: service.instances.map { ($0.index, Route.Gate.open) })
        return ServiceMachine.View(service: service, application: application, gates: gates, listenErrors: [])
    }

    // MARK: After the end of the primary

    @Test(
        arguments: [
            (voters: [1, 2], unread: [], elected: 2), (voters: [1, 2], unread: [1], elected: nil),
            (voters: [2], unread: [], elected: nil),
            (voters: [], unread: [], elected: nil),
        ] as [(voters: [Int], unread: [Int], elected: Int?)])
    func aMajorityElectsTheMostAdvanced(_ voters: [Int], _ unread: [Int], _ elected: Int?) throws {
        let ended = try statuses { statuses in
            statuses[0]?.serving = .stopped
            statuses[0]?.replication = nil
            for index in 1...2 { statuses[index]?.replication?.link = .connecting(reason: "no primary") }
            statuses[2]?.replication?.received = .mongodb(term: 1, time: 11)
            for index in unread { statuses[index] = nil }
        }
        let group = try GroupSample.group(voters: voters, isInForce: !voters.isEmpty)
        let outcome = Election(group, ended).outcome
        // All voters read is proof as well: with a single voter that is no majority, and the engine decides.
        let expected = voters == [2] ? 2 : elected
        if let expected {
            #expect(outcome == .elected(expected, provesAll: true))
        } else if case .elected = outcome {
            Issue.record("\(outcome)")
        }
    }

    @Test func aVoterThatIsNotReadIsNotWaitedForByAMajority() throws {
        var group = try GroupSample.group(voters: [1, 2, 3, 4])
        for index in 3...4 {
            let port = try #require(PortNumber(22_000 + index))
            group.status.members.append(
                .init(
                    index: index, host: "local", port: port, internalPort: try #require(PortNumber(31_000 + index)),
                    serverID: UInt32(index + 1), seeded: true))
        }
        var ended = try statuses {
            $0[0]?.serving = .stopped
            $0[0]?.replication = nil
            for index in 1...2 { $0[index]?.replication?.link = .connecting(reason: "no primary") }
        }
        #expect(Election(group, ended).outcome == .unread([3, 4]), "two of five")
        ended[3] = ended[2]
        #expect(Election(group, ended).outcome == .elected(1, provesAll: true), "three of five")
    }

    // MARK: Votes

    @Test(
        arguments: [
            ([1], [], []), ([1, 2], [], [1, 2]), ([1, 2, 3], [], [1, 2]), ([2], [1], [2]), ([2, 3], [1], [2]),
            ([1, 2, 3, 4, 5, 6, 7, 8], [], [1, 2, 3, 4, 5, 6]), ([7, 8], [1, 2, 3, 4, 5, 6], []),
        ] as [(Set<Int>, [Int], Set<Int>)])
    func membersGetVotesInPairs(_ ready: Set<Int>, _ voters: [Int], _ joining: Set<Int>) {
        #expect(Votes.joining(ready, voters) == joining)
    }

    @Test(
        arguments: [
            ([], [1, 2], []), ([2], [1, 2], [2]), ([1, 2], [1, 2], [1, 2]), ([3, 4], [1, 2, 3, 4], [3, 4]),
            ([4], [1, 2, 3, 4], [3, 4]),
        ] as [(Set<Int>, [Int], Set<Int>)])
    func theNumberOfVotesStaysOdd(_ leaving: Set<Int>, _ voters: [Int], _ retiring: Set<Int>) {
        #expect(Votes.leaving(leaving, voters) == retiring)
    }

    @Test func aSingleReplicaWaitsForAnother() throws {
        var set = SynchronousSet()
        let group = try GroupSample.group(voters: [], isInForce: false)
        let one = try statuses { $0[2] = nil }
        #expect(set.decide(group, one, answering: [0, 1], now: now) == nil)
        #expect(SynchronousSet.isSettled(group, one))
        let both = try statuses()
        #expect(set.decide(group, both, answering: [0, 1, 2], now: now)?.voters == [1, 2])
        #expect(!SynchronousSet.isSettled(group, both))
    }

    @Test func aVoterThatIsAwayKeepsItsVote() throws {
        var set = SynchronousSet()
        let group = try GroupSample.group(voters: [1, 2])
        let away = try statuses {
            count(&$0, [1, 2])
            for index in 1...2 { $0[index]?.serving = .stopped }
        }
        for second in 0...60 {
            #expect(set.decide(group, away, answering: [0, 1, 2], now: now + .seconds(second)) == nil)
        }
        #expect(set.acknowledgers(group) == [1, 2])
    }

    /// Members without a server would be a majority that the primary cannot reach.
    @Test(arguments: [ServiceSettings.Durability.sync, .async])
    func thePrimaryTakesTheVotesBeforeTheRecordLetsMembersGo(_ durability: ServiceSettings.Durability) throws {
        var set = SynchronousSet()
        var group = try GroupSample.group(voters: [1, 2], durability)
        for index in 1...2 { group.status.members[index].leaving = "keep" }
        func look(_ revision: Int64, _ counted: [Int]) throws -> SynchronousChange? {
            let seen = try statuses {
                count(&$0, counted)
                $0[0]?.revision = revision
            }
            return set.decide(group, seen, answering: [0, 1, 2], now: now)
        }
        #expect(try look(1, [1, 2]) == nil)
        #expect(set.acknowledgers(group).isEmpty, "the primary is told to take them")
        #expect(try look(2, [1, 2]) == nil && look(3, [1]) == nil && look(4, []) == nil)
        #expect(try look(5, [])?.voters == [])
    }

    /// A restart of roostd in the middle: a record without voters would have the leaving members destroyed with their
    /// votes, and the primary would be left without a majority for good.
    @Test func aNewMachineDropsNoVoterBeforeAMemberWasHeard() throws {
        var group = try GroupSample.group(voters: [1, 2])
        for index in 1...2 { group.status.members[index].leaving = "keep" }
        let unlisted = try statuses {
            $0[0] = nil
            for index in 1...2 { $0[index]?.replication = ReplicationReport(role: .replica) }
        }
        for known in [[:], unlisted, try statuses { count(&$0, [1, 2]) }] {
            var set = SynchronousSet()
            #expect(set.decide(group, known, answering: Set(known.keys), now: now) == nil)
        }
        var other = SynchronousSet()
        let mariadb = try GroupSample.statuses()
        #expect(other.decide(group, mariadb, answering: [0, 1, 2], now: now)?.voters == [])
    }

    // MARK: Values

    /// The primary of term 1; the others follow it and have all of its data.
    private func statuses(_ change: (inout [Int: InstanceStatus]) -> Void = { _ in }) throws -> [Int: InstanceStatus] {
        try GroupSample.statuses { statuses in
            for index in 0...2 {
                statuses[index]?.replication?.received = .mongodb(term: 1, time: 10)
                statuses[index]?.replication?.applied = .mongodb(term: 1, time: 10)
                statuses[index]?.replication?.isSynchronous = index == 0 ? false : nil
            }
            statuses[0]?.replication?.acknowledgers = []
            change(&statuses)
        }
    }

    private func lead(_ statuses: inout [Int: InstanceStatus], _ index: Int, term: Int64) {
        let position = Position.mongodb(term: term, time: 20)
        statuses[index]?.replication = ReplicationReport(role: .primary, received: position, applied: position)
    }

    private func follow(_ statuses: inout [Int: InstanceStatus], _ index: Int, term: Int64) {
        let position = Position.mongodb(term: term, time: 20)
        statuses[index]?.replication = ReplicationReport(
            role: .replica, link: .up, source: PortNumber(31_001), received: position, applied: position)
    }

    /// The members whose vote the primary counts.
    private func count(_ statuses: inout [Int: InstanceStatus], _ voters: [Int]) {
        statuses[0]?.replication?.acknowledgers = voters
        statuses[0]?.replication?.isSynchronous = !voters.isEmpty
    }
}
