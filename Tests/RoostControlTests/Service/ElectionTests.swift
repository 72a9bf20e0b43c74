import RoostModel
import Testing

@testable import RoostControl

/// Who takes over from member 0, whose server has ended.
@Suite struct ElectionTests {
    @Test func theReplicaThatHasEverythingIsElected() throws {
        #expect(try election(voters: [1, 2]) == .elected(1, provesAll: true))
        #expect(try election(voters: [2]) == .elected(2, provesAll: true), "a voter first")
        #expect(
            try election(voters: [1, 2]) { $0[1]?.replication?.received = position(9) } == .elected(2, provesAll: true))
        // Another replica may have received more than the only voter.
        #expect(
            try election(voters: [1]) { $0[1]?.replication?.received = position(9) } == .elected(2, provesAll: true))
    }

    @Test func everyVoterMustHaveBeenRead() throws {
        #expect(try election(voters: [1, 2]) { $0[2] = nil } == .unread([2]))
        #expect(try election(voters: [1, 2]) { $0[1]?.replication = nil } == .unread([1]))
        #expect(try election(voters: [1, 2]) { $0[1]?.replication?.received = nil } == .unread([1]))
        #expect(
            try election(voters: [1, 2]) { $0[1]?.replication?.link = .up } == .unread([1]),
            "more may be on its way to it")
        #expect(try election(voters: [1, 2]) { $0[1]?.replication?.link = .broken(reason: "x") } == .unread([1]))
        #expect(try election(voters: [1]) { $0[2] = nil } == .elected(1, provesAll: true), "the others need not answer")
    }

    /// What a voter lost it may have acknowledged, whatever it holds now.
    @Test func whatAVoterLostHasToBeOnAMember() throws {
        func election(_ lost: UInt64, by voter: Int, voters: [Int]) throws -> Election.Outcome {
            try self.election(voters: voters) { $0[voter]?.replication?.mayHaveAcknowledged = position(lost) }
        }
        #expect(try election(11, by: 1, voters: [1]) == .unread([1]), "no member holds it")
        #expect(try election(11, by: 1, voters: [1, 2]) == .unread([1]))
        #expect(try election(11, by: 2, voters: [1]) == .elected(1, provesAll: true), "it acknowledged nothing")
        let held = try self.election(voters: [1]) {
            $0[1]?.replication?.mayHaveAcknowledged = position(11)
            $0[2]?.replication?.received = position(11)
        }
        #expect(held == .elected(2, provesAll: true))
        let group = try GroupSample.group(voters: [1])
        let statuses = try fenced { $0[1]?.replication?.mayHaveAcknowledged = position(11) }
        #expect(Election(group, statuses).provenCandidate(1) == nil)
        #expect(Election(group, statuses).mostAdvanced(nil) == 1, "whoever accepts the loss gets what is left")
    }

    @Test func withoutThePromiseNobodyIsElected() throws {
        #expect(try election(voters: nil).isImpossible && election(voters: [1], isInForce: false).isImpossible)
        let diverged = try election(voters: [1, 2]) {
            $0[1]?.replication?.received = .postgresql(timeline: 2, location: 10)
        }
        #expect(diverged.isImpossible)
    }

    /// What is to become of a voter's data says nothing about them, and what no voter has was not acknowledged.
    @Test func votersAreReadAndOthersDecideNothing() throws {
        var group = try GroupSample.group(voters: [1])
        group.spec.resyncs = [1: 7]
        #expect(Election(group, try fenced()).outcome == .elected(1, provesAll: true))
        let odd = try election(voters: [1]) {
            $0[2]?.replication?.received = .postgresql(timeline: 2, location: 99)
        }
        #expect(odd == .elected(1, provesAll: true))
    }

    @Test func aMemberWhoseDataAreBeingReplacedIsNotElected() throws {
        var group = try GroupSample.group(voters: [1])
        group.status.members[2].reseeding = .init(keep: "k", reason: "r")
        let statuses = try fenced { $0[1]?.replication?.received = position(9) }
        #expect(Election(group, statuses).outcome == .elected(1, provesAll: true))
    }

    @Test func redisProvesNothing() throws {
        let redis = try election(voters: [1]) { statuses in
            for index in 1...2 { statuses[index]?.replication?.received = .redis(history: "a", offset: 5) }
        }
        #expect(redis == .elected(1, provesAll: false))
    }

    // MARK: In a handover

    @Test func aReplicaTakesOverOrThePrimaryGoesOn() throws {
        #expect(try successor() == .lead(1))
        #expect(try successor { $0[1] = nil } == nil, "the voter may answer in a moment")
        #expect(try successor(after: .seconds(1)) { $0[1] = nil } == .lead(0), "its own data hold everything")
        let redis = try successor { statuses in
            for index in 1...2 { statuses[index]?.replication?.received = .redis(history: "a", offset: 5) }
        }
        #expect(redis == .lead(0), "it may have writes that no replica has")
    }

    @Test func aPrimaryThatCannotBeStartedIsNotWaitedFor() throws {
        let changes: [(isGone: Bool, (inout InstanceStatus) -> Void)] = [
            (true, { $0.isDataGone = true }), (false, { $0.failures = 3 }),
        ]
        for (isGone, change) in changes {
            func lost(_ more: (inout [Int: InstanceStatus]) -> Void = { _ in }) throws -> Handover.Decision? {
                try successor(after: .seconds(60)) { statuses in
                    if var primary = statuses[0] {
                        change(&primary)
                        statuses[0] = primary
                    }
                    more(&statuses)
                }
            }
            #expect(try lost() == .lead(1))
            let redis = try lost { statuses in
                for index in 1...2 { statuses[index]?.replication?.received = .redis(history: "a", offset: 5) }
            }
            #expect(redis == .lead(1))
            let unread = try lost { $0[1] = nil }
            guard isGone else {
                #expect(unread == .lead(0), "it may come up in the end")
                continue
            }
            guard case .stuck(let reason) = unread else {
                Issue.record("a voter that was not read may have what nobody else has")
                return
            }
            #expect(reason.contains("data.1"))
        }
    }

    // MARK: Replaced by force

    @Test func byForceTheReplicaThatHasEverythingLeads() throws {
        #expect(try forced(to: nil) == .lead(1))
        #expect(try forced(to: 2) == .lead(2), "no voter, and it has all that the voter has")
        #expect(try forced(to: nil) { $0[0]?.serving = .unknown } == nil, "its processes may write")
        let hung = try forced(to: nil, after: .seconds(90)) { $0[0]?.serving = .unknown }
        #expect(hung?.reason?.contains("not confirmed in time by data.0") ?? false)
        #expect(try forced(to: nil) { $0[1]?.replication?.link = .up } == nil, "more may be on its way to it")
    }

    @Test func byForceALossMustBeAccepted() throws {
        let changes: [(words: String, (inout [Int: InstanceStatus]) -> Void)] = [
            ("data.1 may have writes", { $0[1] = nil }),
            (
                "a write is acknowledged before",
                { statuses in
                    for index in 1...2 { statuses[index]?.replication?.received = .redis(history: "a", offset: 5) }
                }
            ),
        ]
        for (words, change) in changes {
            let refused = try forced(to: nil, after: .seconds(5), change)
            #expect(refused?.reason?.contains(words) ?? false, "\(words)")
            #expect(refused?.reason?.contains("--accept-data-loss") ?? false)
            let accepted = try forced(to: nil, acceptsLoss: true, after: .seconds(5), change)
            #expect(accepted == .lead(words.hasPrefix("data.1") ? 2 : 1))
        }
        let behind = try forced(to: 2) { $0[2]?.replication?.received = position(9) }
        #expect(behind?.reason?.contains("data.2 lacks what another replica has") ?? false)
        #expect(
            try forced(to: 2, acceptsLoss: true) { $0[2]?.replication?.received = position(9) } == .lead(2))
        let silent = try forced(to: nil, acceptsLoss: true, after: .seconds(5)) { ($0[1], $0[2]) = (nil, nil) }
        #expect(silent?.reason?.contains("no replica that could take over") ?? false)
    }

    /// Without the promise, the replica with the most data is the best that there is.
    @Test func theReplicaWithTheMostDataLeadsWhereALossIsAccepted() throws {
        let group = try GroupSample.group(voters: nil)
        let ahead = try fenced { $0[2]?.replication?.received = position(11) }
        func decision(_ acceptsLoss: Bool) -> Handover.Decision {
            Handover(cause: .forced(to: nil, acceptsLoss: acceptsLoss), epoch: 4, began: .now)
                .decide(group, ahead, now: .now)
        }
        #expect(decision(false).reason?.contains("commits did not wait for a replica") ?? false)
        guard case .lead(2, _) = decision(true) else {
            Issue.record("\(decision(true))")
            return
        }
    }

    // MARK: Values

    private func position(_ location: UInt64) -> Position { GroupSample.position(location) }

    /// The primary has ended, and its replicas have noticed.
    private func fenced(_ change: (inout [Int: InstanceStatus]) -> Void = { _ in }) throws -> [Int: InstanceStatus] {
        try GroupSample.statuses { statuses in
            for index in 0...2 { statuses[index]?.fence = 4 }
            statuses[0]?.serving = .stopped
            statuses[0]?.replication = nil
            for index in 1...2 { statuses[index]?.replication?.link = .connecting(reason: "refused") }
            change(&statuses)
        }
    }

    private func election(
        voters: [Int]?, isInForce: Bool = true, _ change: (inout [Int: InstanceStatus]) -> Void = { _ in }
    ) throws -> Election.Outcome {
        Election(try GroupSample.group(voters: voters, isInForce: isInForce), try fenced(change)).outcome
    }

    private func forced(
        to target: Int?, acceptsLoss: Bool = false, after time: Duration = .zero,
        _ change: (inout [Int: InstanceStatus]) -> Void = { _ in }
    ) throws -> Handover.Decision? {
        try decision(.forced(to: target, acceptsLoss: acceptsLoss), after: time, change)
    }

    private func successor(
        after time: Duration = .zero, _ change: (inout [Int: InstanceStatus]) -> Void = { _ in }
    ) throws -> Handover.Decision? {
        try decision(.ended, after: time, change)
    }

    /// The decision on who follows, without the reasons of a change; nil: it waits.
    private func decision(
        _ cause: Handover.Cause, after time: Duration, _ change: (inout [Int: InstanceStatus]) -> Void
    ) throws -> Handover.Decision? {
        let now = ContinuousClock.now
        let handover = Handover(cause: cause, epoch: 4, began: now)
        let decision = handover.decide(try GroupSample.group(voters: [1]), try fenced(change), now: now + time)
        return switch decision {
        case .lead(let index, _): .lead(index)
        case .wait: nil
        case .stuck, .giveUp: decision
        }
    }
}

extension Election.Outcome {
    fileprivate var isImpossible: Bool { if case .impossible = self { true } else { false } }
}

extension Handover.Decision {
    /// Nil unless nothing changes for it.
    fileprivate var reason: String? {
        switch self {
        case .stuck(let reason), .giveUp(let reason): reason
        case .wait, .lead: nil
        }
    }
}
