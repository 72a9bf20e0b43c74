import Foundation
import RoostModel
import Testing

@testable import RoostEngines

extension MariaDBReplicationTests {
    // MARK: Closing

    @Test func closingEndsSessionsAndNoCommitGetsThrough() async throws {
        try await scenes.closingEndsSessionsAndNoCommitGetsThrough()
    }

    @Test func theAgeOfTheOldestTransactionIsTold() async throws {
        try await scenes.theAgeOfTheOldestTransactionIsTold()
    }

    /// A statement that makes the server read-only waits for commits, and such a commit waits for its replica.
    @Test func closingDoesNotWaitForAnAcknowledgement() async throws {
        try await scenes.closingDoesNotWaitForAnAcknowledgement()
    }

    // MARK: Switchover

    @Test func thePrimaryMovesThereAndBack() async throws { try await scenes.thePrimaryMovesThereAndBack() }

    /// Locks of readers would stop the applier, and with it the promotion.
    @Test func aPromotionAppliesWhatWasReceivedInSpiteOfReaders() async throws {
        try await scenes.aPromotionAppliesWhatWasReceivedInSpiteOfReaders()
    }

    @Test func aFormerPrimaryWithTransactionsOfItsOwnIsNamed() async throws {
        try await members.withPrimary { primary in
            try await members.withReplica(of: primary) { replica in
                try await engine.close(primary.plan)
                try await engine.promote(replica.plan)
                try await engine.open(replica.plan)
                // Roost's own account can write where nobody else can.
                for number in 1...3 { try primary.note("errant \(number)") }
                try replica.note("on the new primary")
                try await engine.follow(replica.plan.internalPort, primary.plan)
                try await MySQLMembers.eventually("it is named") {
                    try await members.report(primary).link
                        == .broken(reason: "it holds changes that its primary lacks")
                }
                #expect(try await members.report(primary).received == nil, "its position would win an election")
            }
        }
    }

    @Test func eventsRunOnThePrimaryAlone() async throws { try await scenes.eventsRunOnThePrimaryAlone() }

    // MARK: Synchronous replication

    @Test func aCommitWaitsForItsReplicaAndForNothingOnceThatIsSwitchedOff() async throws {
        try await scenes.aCommitWaitsForItsReplicaAndForNothingOnceThatIsSwitchedOff()
    }

    /// Such a commit is on the replica's disk, which never acknowledges it.
    @Test func commitsThatWaitedBeforeAReplicaAcknowledgedAreReleased() async throws {
        try await scenes.commitsThatWaitedBeforeAReplicaAcknowledgedAreReleased()
    }

    /// A switch that somebody turned off is seen, and the caller plays the part again.
    @Test func aSwitchedOffWaitIsReported() async throws { try await scenes.aSwitchedOffWaitIsReported() }
}
