import Foundation
import RoostModel
import Testing

@testable import RoostEngines

extension MySQLTests.ReplicationTests {
    // MARK: Closing

    @Test func closingEndsSessionsAndNoCommitGetsThrough() async throws {
        try await scenes.closingEndsSessionsAndNoCommitGetsThrough()
    }

    @Test func theAgeOfTheOldestTransactionIsTold() async throws {
        try await scenes.theAgeOfTheOldestTransactionIsTold()
    }

    /// A statement that makes the server read-only waits for commits, such a commit waits for its replica, and KILL
    /// does not end its wait.
    @Test func closingDoesNotWaitForAnAcknowledgement() async throws {
        try await scenes.closingDoesNotWaitForAnAcknowledgement()
    }

    /// While a server is being closed whose commits wait, writers sign on again and again.
    @Test func noClientIsToldOfACommitThatOnlyTheClosingReleased() async throws {
        try await members.withPrimary { primary in
            try await members.withReplica(of: primary) { replica in
                try await engine.play(.acknowledges, replica.plan)
                try await engine.play(.waits(for: [1]), primary.plan)
                try await replica.suspend()
                let user = primary.user
                async let waiting = user.run("INSERT INTO note (words) VALUES ('waits')")
                try await scenes.waitForCommit(primary)
                let writers = (0..<4).map { number in
                    Task {
                        var told = 0
                        for _ in 0..<40 {
                            let outcome = try await user.run("INSERT INTO note (words) VALUES ('\(number)')")
                            if outcome.status == 0 { told += 1 }
                        }
                        return told
                    }
                }
                try await engine.close(primary.plan)
                #expect(try await waiting.status != 0)
                for writer in writers { #expect(try await writer.value == 0) }
                replica.signal(SIGCONT)
                let wanted = try #require(try await members.report(primary).applied)
                try await MySQLMembers.eventually("the replica has the rows") {
                    try await members.report(replica).applied?.standing(against: wanted).holdsAll == true
                }
                #expect(try members.content(replica) == members.content(primary))
            }
        }
    }

    // MARK: Switchover

    @Test func thePrimaryMovesThereAndBack() async throws { try await scenes.thePrimaryMovesThereAndBack() }

    /// Locks of readers would stop the applier, and with it the promotion.
    @Test func aPromotionAppliesWhatWasReceivedInSpiteOfReaders() async throws {
        try await scenes.aPromotionAppliesWhatWasReceivedInSpiteOfReaders()
    }

    /// The server itself would follow, and never tell that its primary lacks something.
    @Test func aFormerPrimaryWithTransactionsOfItsOwnIsNamed() async throws {
        try await members.withPrimary { primary in
            try await members.withReplica(of: primary) { replica in
                try await engine.close(primary.plan)
                try await engine.promote(replica.plan)
                try await engine.open(replica.plan)
                try members.write(primary, isLogged: true, "INSERT INTO data.note (words) VALUES ('errant')")
                try replica.note("on the new primary")
                await #expect(throws: EngineError.self) {
                    try await engine.follow(replica.plan.internalPort, primary.plan)
                }
                let report = try await members.report(primary)
                #expect(report.link == .broken(reason: "it holds changes that its primary lacks"))
                #expect(report.role == .replica && report.source == replica.plan.internalPort)
                #expect(report.received == nil, "its position would win an election")
            }
        }
    }

    /// A replica may apply a transaction before the primary does, whose commit waits.
    @Test func aCommitThatWaitsOnThePrimaryIsNoForeignTransaction() async throws {
        try await members.withPrimary { primary in
            try await members.withReplica(of: primary) { replica in
                try await engine.play(.waits(for: [1]), primary.plan)
                let user = primary.user
                async let writer = user.run("INSERT INTO note (words) VALUES ('early')")
                try await scenes.waitForCommit(primary)
                try await MySQLMembers.eventually("the replica has it") {
                    try replica.administration("SELECT COUNT(*) FROM data.note") == [["1"]]
                }
                try await replica.restart()
                try await members.follow(primary, replica)
                try await engine.play(.none, primary.plan)
                #expect(try await writer.status == 0)
                try await members.catchUp(primary, replica)
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
