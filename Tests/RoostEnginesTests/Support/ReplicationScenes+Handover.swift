import Foundation
import RoostModel
import Testing

@testable import RoostEngines

extension ReplicationScenes {
    func closingEndsSessionsAndNoCommitGetsThrough() async throws {
        try await members.withPrimary { primary in
            try await members.withReplica(of: primary) { replica in
                let accounts = try #require(engine as? any AccountMending)
                let expected = try #require(accounts.expectation(primary.plan))
                #expect(await engine.probe(primary.plan.address, expecting: expected) == .healthy)
                let user = primary.user
                async let open = user.run(
                    "BEGIN;\nINSERT INTO note (words) VALUES ('open');\nSELECT SLEEP(60);\nCOMMIT;")
                async let locked = user.run("CREATE TABLE held (n INT);\nLOCK TABLES held WRITE;\nSELECT SLEEP(61);")
                try await MySQLMembers.eventually("both sessions are at work") {
                    try primary.isBusy("SLEEP(60)") && primary.isBusy("SLEEP(61)")
                }
                try await engine.close(primary.plan)
                let position = try primary.position()
                #expect(try await open.status != 0)
                #expect(try await locked.status != 0)
                #expect(
                    try await primary.session("INSERT INTO note (words) VALUES ('late')").errors.contains("read-only"))
                #expect(try primary.administration("SELECT COUNT(*) FROM data.note") == [["0"]])
                #expect(try primary.position() == position)
                // Not the drift of a server that somebody else closed, also through the connection that saw it open.
                #expect(await engine.probe(primary.plan.address, expecting: expected) == .closed)
                // Replicas still receive from it.
                try await MySQLMembers.eventually("the replica has everything") {
                    try replica.position() == position
                }
                #expect(try await members.report(primary).receivers == [78])
                try await engine.open(primary.plan)
                #expect(await engine.probe(primary.plan.address, expecting: expected) == .healthy)
                try primary.administration("SET GLOBAL read_only = 1")
                guard case .drifted = await engine.probe(primary.plan.address, expecting: expected) else {
                    Issue.record("somebody else closed it, and it is no drift")
                    return
                }
            }
        }
    }

    /// Sessions without a transaction do not count, nor does the asking one. The age is never less than it is.
    func theAgeOfTheOldestTransactionIsTold() async throws {
        try await members.withPrimary { primary in
            try primary.administration("SET GLOBAL time_zone = '-07:00'")
            let user = primary.user
            async let idle = user.run("SELECT SLEEP(2);")
            try await MySQLMembers.eventually("an idle session") { try primary.isBusy("SLEEP(2)") }
            #expect(try await engine.oldestTransaction(primary.plan.address) == nil)
            async let open = user.run("BEGIN;\nINSERT INTO note (words) VALUES ('open');\nSELECT SLEEP(5);\nCOMMIT;")
            try await MySQLMembers.eventually("a transaction is open") { try primary.isBusy("SLEEP(5)") }
            let seen = ContinuousClock.now
            try await MySQLMembers.eventually("it is told") {
                // InnoDB renews its list only if nobody has read it for 100 ms.
                try await Task.sleep(for: .milliseconds(150))
                let asked = ContinuousClock.now
                guard let age = try await engine.oldestTransaction(primary.plan.address) else { return false }
                #expect(age >= asked - seen - .seconds(1) && age < .seconds(60), "\(age)")
                return true
            }
            #expect(try await open.status == 0)
            #expect(try await idle.status == 0)
            try await MySQLMembers.eventually("it has ended") {
                try await Task.sleep(for: .milliseconds(150))
                return try await engine.oldestTransaction(primary.plan.address) == nil
            }
        }
    }

    /// A statement that makes the server read-only waits for commits, and such a commit waits for its replica.
    func closingDoesNotWaitForAnAcknowledgement() async throws {
        try await members.withPrimary { primary in
            try await members.withReplica(of: primary) { replica in
                try await engine.play(.acknowledges, replica.plan)
                try await engine.play(.waits(for: [1]), primary.plan)
                try await replica.suspend()
                let user = primary.user
                async let writer = user.run("INSERT INTO note (words) VALUES ('waits')")
                try await waitForCommit(primary)
                try await engine.close(primary.plan)
                #expect(try await writer.status != 0, "the client was told that its row is safe")
                replica.signal(SIGCONT)
                // The row is in the primary's log, so its replica gets it.
                let wanted = try #require(try await members.report(primary).applied)
                try await MySQLMembers.eventually("the replica has the row") {
                    try await members.report(replica).applied?.standing(against: wanted).holdsAll == true
                }
                #expect(try members.content(replica) == members.content(primary))
            }
        }
    }

    func thePrimaryMovesThereAndBack() async throws {
        try await members.withPrimary { primary in
            try await members.withReplica(of: primary) { replica in
                try primary.note("on the first")
                try await members.handOver(from: primary, to: replica)
                let accounts = try #require(engine as? any AccountMending)
                let expected = accounts.expectation(replica.plan)
                #expect(await engine.probe(replica.plan.address, expecting: expected) == .healthy)
                try replica.note("on the second")
                try await members.catchUp(replica, primary)
                #expect(try members.content(primary) == members.content(replica))
                #expect(try await members.report(primary).source == replica.plan.internalPort)
                if !members.isMySQL { #expect(try replica.position().hasPrefix("9-78-")) }
                // Asked again, as after a crash of Roost.
                try await engine.promote(replica.plan)
                try await engine.follow(replica.plan.internalPort, primary.plan)

                try await members.handOver(from: replica, to: primary)
                try primary.note("on the first again")
                try await members.catchUp(primary, replica)
                #expect(try members.content(replica) == members.content(primary))
                #expect(
                    try primary.administration("SELECT GROUP_CONCAT(words ORDER BY id SEPARATOR ';') FROM data.note")
                        == [["on the first;on the second;on the first again"]])
                try await replica.restart()
                try await members.follow(primary, replica)
            }
        }
    }

    /// Locks of readers would stop the applier, and with it the promotion.
    func aPromotionAppliesWhatWasReceivedInSpiteOfReaders() async throws {
        try await members.withPrimary { primary in
            try await members.withReplica(of: primary) { replica in
                let user = replica.user
                async let reader = user.run("LOCK TABLES note READ;\nSELECT SLEEP(60);")
                try await MySQLMembers.eventually("the table is locked") { try replica.isBusy("SLEEP(60)") }
                for number in 1...20 { try primary.note("\(number)") }
                try await engine.close(primary.plan)
                let wanted = try #require(try await members.report(primary).applied)
                try await MySQLMembers.eventually("everything is received") {
                    try await members.report(replica).received?.standing(against: wanted) == .equal
                }
                #expect(try await members.report(replica).applied?.standing(against: wanted) == .behind)
                try await engine.promote(replica.plan)
                #expect(try await reader.status != 0)
                #expect(try members.content(replica) == members.content(primary))
                #expect(try replica.administration("SELECT @@global.read_only") == [["1"]])
                #expect(try await members.report(replica).role == .primary)
            }
        }
    }

    func eventsRunOnThePrimaryAlone() async throws {
        let scheduler = "SELECT @@global.event_scheduler"
        try await members.withPrimary(config: ["event_scheduler": "ON"]) { primary in
            try await members.withReplica(of: primary) { replica in
                #expect(try primary.administration(scheduler) == [["ON"]])
                #expect(try replica.administration(scheduler) == [["OFF"]])
                try await members.handOver(from: primary, to: replica)
                #expect(try primary.administration(scheduler) == [["OFF"]])
                #expect(try replica.administration(scheduler) == [["ON"]])
            }
        }
    }

    func aCommitWaitsForItsReplicaAndForNothingOnceThatIsSwitchedOff() async throws {
        try await members.withPrimary { primary in
            try await members.withReplica(of: primary) { replica in
                try await engine.play(.acknowledges, replica.plan)
                try await MySQLMembers.eventually("the replica acknowledges") {
                    SynchronousPart.acknowledges.isPlayed(by: try await members.report(replica))
                }
                try await engine.play(.waits(for: [1]), primary.plan)
                #expect(SynchronousPart.waits(for: [1]).isPlayed(by: try await members.report(primary)))
                let accounts = try #require(engine as? any AccountMending)
                let expected = try #require(accounts.expectation(primary.plan))
                #expect(await engine.probe(primary.plan.address, expecting: expected) == .healthy)

                try await replica.suspend()
                let user = primary.user
                async let first = user.run("INSERT INTO note (words) VALUES ('first')")
                try await waitForCommit(primary)
                #expect(
                    try primary.administration("SELECT COUNT(*) FROM data.note") == [["0"]], "it is visible already")
                replica.signal(SIGCONT)
                #expect(try await first.status == 0)

                try await replica.suspend()
                async let second = user.run("INSERT INTO note (words) VALUES ('second')")
                try await waitForCommit(primary)
                try await engine.play(.none, primary.plan)
                #expect(try await second.status == 0)
                #expect(SynchronousPart.none.isPlayed(by: try await members.report(primary)))
                replica.signal(SIGCONT)
                try await engine.play(.none, replica.plan)
                try await MySQLMembers.eventually("the replica acknowledges nothing") {
                    SynchronousPart.none.isPlayed(by: try await members.report(replica))
                }
                try await members.catchUp(primary, replica)
            }
        }
    }

    /// Such a commit is on the replica's disk, which never acknowledges it.
    func commitsThatWaitedBeforeAReplicaAcknowledgedAreReleased() async throws {
        try await members.withPrimary { primary in
            try await members.withReplica(of: primary) { replica in
                try await engine.play(.waits(for: [1]), primary.plan)
                let user = primary.user
                async let writer = user.run("INSERT INTO note (words) VALUES ('early')")
                try await waitForCommit(primary)
                try await MySQLMembers.eventually("the replica has it") {
                    try replica.administration("SELECT COUNT(*) FROM data.note") == [["1"]]
                }
                try await engine.play(.acknowledges, replica.plan)
                try await MySQLMembers.eventually("the replica is counted") {
                    let clients = "SHOW GLOBAL STATUS LIKE 'Rpl_semi_sync_\(members.words.primary)_clients'"
                    return try primary.administration(clients).first?.last == "1"
                }
                #expect(try primary.isBusy("semi-sync ACK"))
                try await engine.play(.waits(for: [1]), primary.plan)
                #expect(try await writer.status == 0)
                try await members.catchUp(primary, replica)
                #expect(try members.content(replica) == members.content(primary))
            }
        }
    }

    /// A switch that somebody turned off is seen, and the caller plays the part again.
    func aSwitchedOffWaitIsReported() async throws {
        try await members.withPrimary { primary in
            try await engine.play(.waits(for: [1]), primary.plan)
            for change in ["wait_point = AFTER_COMMIT", "timeout = 10000", "enabled = 0"] {
                #expect(try await members.report(primary).isSynchronous == true)
                try primary.administration("SET GLOBAL rpl_semi_sync_\(members.words.primary)_\(change)")
                #expect(try await members.report(primary).isSynchronous == false, "\(change)")
                try await engine.play(.waits(for: [1]), primary.plan)
            }
            await #expect(throws: EngineError.self) { try await engine.play(.acknowledges, primary.plan) }
            #expect(try await members.report(primary).isSynchronous == false)
        }
    }

    func waitForCommit(_ server: TestServer) async throws {
        try await MySQLMembers.eventually("a commit waits") { try server.isBusy("semi-sync ACK") }
    }
}
