import Foundation
import RoostModel
import Testing

@testable import RoostControl

/// How new passwords of the replication accounts come into effect.
@Suite struct PasswordRolloutTests {
    private var rollout = PasswordRollout()
    private let start = ContinuousClock.now

    /// A group whose passwords `wanted` were asked for, on the way there.
    private func group(_ wanted: Int?, _ passwords: ReplicationPasswords?) throws -> Service {
        var service = try GroupSample.group(voters: [1, 2])
        service.spec.replicationPasswords = wanted
        service.status.replicationPasswords = passwords
        return service
    }

    /// Every member accepts what it should, and every replica is connected with the account that it should use.
    private func statuses(_ change: (inout [Int: InstanceStatus]) -> Void = { _ in }) throws -> [Int: InstanceStatus] {
        try GroupSample.statuses { statuses in
            for index in 0...2 {
                statuses[index]?.hasAccounts = true
                statuses[index]?.isSignedOn = index == 0 ? nil : true
            }
            change(&statuses)
        }
    }

    private mutating func decide(
        _ service: Service, answering: Set<Int> = [0, 1, 2], after time: Duration = .zero, isPaused: Bool = false,
        _ change: (inout [Int: InstanceStatus]) -> Void = { _ in }
    ) throws -> ReplicationPasswords? {
        try rollout.decide(
            service, statuses(change), answering: answering, now: start + time, isPaused: isPaused)?.after
    }

    // MARK: The steps

    @Test mutating func allAcceptThenOneAfterTheOtherSignsOnThenTheOldAreVoid() throws {
        var service = try group(1, nil)
        var steps: [ReplicationPasswords] = []
        while let next = try decide(service) {
            steps.append(next)
            service.status.replicationPasswords = next
        }
        #expect(
            steps == [
                .init(number: 0, next: 1), .init(number: 0, next: 1, moved: [0]),
                .init(number: 0, next: 1, moved: [0, 1]), .init(number: 0, next: 1, moved: [0, 1, 2]),
                .init(number: 1),
            ])
        #expect(!service.isChangingReplicationPasswords)
    }

    @Test mutating func nothingHappensUnlessItIsAskedFor() throws {
        #expect(try decide(try group(nil, nil)) == nil)
        #expect(try decide(try group(2, ReplicationPasswords(number: 2))) == nil)
        #expect(rollout.problem == nil)
    }

    @Test mutating func aPausedServiceKeepsWhatItHas() throws {
        #expect(try decide(try group(1, nil), isPaused: true) == nil)
        #expect(try decide(try group(1, .init(next: 1, moved: [0, 1, 2])), isPaused: true) == nil)
    }

    // MARK: What is waited for

    struct Wait: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let moved: [Int]
        var answering: Set<Int> = [0, 1, 2]
        let change: @Sendable (inout [Int: InstanceStatus]) -> Void
    }

    static let waits = [
        Wait(testDescription: "the primary lacks the account", moved: [0]) { $0[0]?.hasAccounts = false },
        Wait(testDescription: "the next primary may lack it", moved: [0]) { $0[2]?.hasAccounts = false },
        Wait(testDescription: "nothing is known of a member", moved: [0]) { $0[2] = nil },
        Wait(testDescription: "a status answers the step before", moved: [0], answering: [0, 1]) { _ in },
        Wait(testDescription: "a replica uses the old one", moved: [0, 1]) { $0[1]?.isSignedOn = false },
        Wait(testDescription: "a replica connects", moved: [0, 1]) {
            $0[1]?.replication?.link = .connecting(reason: "x")
        },
        Wait(testDescription: "the last replica uses the old one", moved: [0, 1, 2]) { $0[2]?.isSignedOn = false },
        Wait(testDescription: "a new primary lacks it, after all have moved", moved: [0, 1, 2]) {
            $0[0]?.hasAccounts = false
        },
        Wait(testDescription: "the next replica is behind", moved: [0]) { $0[1]?.replication?.secondsBehind = 5 },
    ]

    @Test(arguments: waits) mutating func aStepWaitsAndThatIsToldAfterAWhile(_ wait: Wait) throws {
        let service = try group(1, .init(next: 1, moved: wait.moved))
        #expect(try decide(service, answering: wait.answering, wait.change) == nil)
        #expect(rollout.problem == nil)
        #expect(try decide(service, answering: wait.answering, after: .seconds(11), wait.change) == nil)
        #expect(rollout.problem?.contains("its new replication passwords wait: data.") == true)
        #expect(try decide(service, after: .seconds(12)) != nil)
        #expect(rollout.problem == nil)
    }

    // MARK: Members that are away

    static let absences: [Wait] = [
        Wait(testDescription: "its server is stopped", moved: []) { statuses in
            statuses[2]?.serving = .stopped
            statuses[2]?.hasAccounts = nil
            statuses[2]?.isSignedOn = nil
            statuses[2]?.replication = nil
        },
        Wait(testDescription: "its server hangs", moved: []) { statuses in
            statuses[2]?.isSilent = true
            statuses[2]?.hasAccounts = nil
            statuses[2]?.isSignedOn = nil
            statuses[2]?.replication = nil
        },
    ]

    @Test(arguments: absences) mutating func aMemberThatIsAwayHoldsNothingUp(_ absence: Wait) throws {
        let service = try group(1, .init(next: 1))
        // It is told first: nobody waits for its connection.
        #expect(try decide(service, absence.change)?.moved == [0, 2])
        let moved = try group(1, .init(next: 1, moved: [0, 1, 2]))
        #expect(try decide(moved, absence.change) == .init(number: 1))
    }

    @Test mutating func aReplicaThatIsMadeOrBrokenHoldsNothingUp() throws {
        var service = try group(1, .init(next: 1, moved: [0, 1, 2]))
        let broken = { (statuses: inout [Int: InstanceStatus]) in
            statuses[2]?.isSignedOn = false
            statuses[2]?.replication?.link = .broken(reason: "duplicate key")
        }
        #expect(try decide(service, broken) == .init(number: 1))
        service.status.members[2].seeded = false
        #expect(try decide(service) { $0[2] = nil } == .init(number: 1))
        service.status.members[2].seeded = true
        service.status.members[2].leaving = "left-2"
        #expect(try decide(service) { $0[2] = nil } == .init(number: 1))
    }

    @Test mutating func aReplicaThatStaysBehindOnPurposeIsNotLate() throws {
        var service = try group(1, .init(next: 1, moved: [0, 1]))
        service.spec.settings.members = [2: MemberSettings(delaySeconds: 60)]
        service.status.synchronous?.voters = [1]
        #expect(try decide(service) { $0[2]?.replication?.secondsBehind = 60.5 }?.moved == [0, 1, 2])
        #expect(try decide(service) { $0[2]?.replication?.secondsBehind = 70 } == nil)
    }

    // MARK: Members that change

    @Test mutating func aNewPrimaryGoesOnWhereTheOldOneWas() throws {
        var service = try group(1, .init(next: 1, moved: [0, 1]))
        service.status.primary = 1
        // The old primary follows with its new password already.
        let step = try decide(service) { statuses in
            let (primary, replica) = (statuses[0]?.replication, statuses[1]?.replication)
            statuses[0]?.replication = replica
            statuses[1]?.replication = primary
            statuses[0]?.isSignedOn = true
            statuses[1]?.isSignedOn = nil
        }
        #expect(step?.moved == [0, 1, 2])
    }

    @Test mutating func membersThatJoinMeanwhileAreTakenAlongAndThoseThatLeftForgotten() throws {
        var service = try group(1, .init(next: 1, moved: [0, 1, 7]))
        #expect(try decide(service)?.moved == [0, 1, 2])
        service = try group(1, .init(next: 1, moved: [0, 1, 2]))
        service.status.members.removeLast()
        #expect(try decide(service) == .init(number: 1))
    }

    @Test mutating func theLastMemberHasNoAccountsAndIsDone() throws {
        for passwords in [nil, ReplicationPasswords(next: 1, moved: [0])] {
            var service = try group(1, passwords)
            service.status.members.removeSubrange(1...)
            #expect(try decide(service, answering: []) { $0 = [:] } == .init(number: 1))
        }
    }

    // MARK: The stored step

    @Test func aStepIsStoredOnceAndOnlyOnWhatItWasDecidedOn() throws {
        let service = try group(1, .init(next: 1))
        let step = ReplicationPasswordChange(
            uid: service.uid, before: .init(next: 1), after: .init(next: 1, moved: [0]))
        var stored = service
        stored.status = try #require(step.applied(to: service))
        #expect(stored.status.replicationPasswords == step.after)
        #expect(step.applied(to: stored) == nil)
        #expect(
            ReplicationPasswordChange(uid: "other", before: step.before, after: step.after).applied(to: service) == nil)
        #expect(step.event(service) == nil)
        let last = ReplicationPasswordChange(uid: service.uid, before: step.after, after: .init(number: 1))
        #expect(last.event(service)?.kind == "replication_passwords")
    }

    @Test func membersAcceptBothAndSignOnWithOne() {
        let passwords = ReplicationPasswords(number: 3, next: 4, moved: [2])
        #expect(passwords.accepted == [3, 4])
        #expect(passwords.number(of: 1) == 3 && passwords.number(of: 2) == 4)
        #expect(ReplicationPasswords(number: 4).accepted == [4])
    }

    // MARK: Settled

    @Test func theServiceIsSettledOnceTheOldPasswordsAreRefused() throws {
        func isSettled(
            _ wanted: Int?, _ passwords: ReplicationPasswords?, answering: Set<Int> = [0, 1, 2],
            _ change: (inout [Int: InstanceStatus]) -> Void = { _ in }
        ) throws -> Bool {
            PasswordRollout.isSettled(try group(wanted, passwords), try statuses(change), answering: answering)
        }
        #expect(try isSettled(nil, nil, answering: []) { $0 = [:] })
        #expect(try !isSettled(1, nil))
        #expect(try !isSettled(1, .init(next: 1, moved: [0, 1, 2])))
        #expect(try isSettled(1, .init(number: 1)))
        #expect(try !isSettled(1, .init(number: 1)) { $0[0]?.hasAccounts = false })
        #expect(try !isSettled(1, .init(number: 1), answering: [1, 2]))
    }
}
