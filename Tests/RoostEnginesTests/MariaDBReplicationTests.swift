import Foundation
import RoostModel
import Testing

@testable import RoostEngines

/// Replication between real servers. The tests run one at a time: each starts two servers.
@Suite(.serialized, EachRelease(engine: "mariadb", usually: .machines), Seed(), .timeLimit(.minutes(10)))
struct MariaDBReplicationTests {
    let scenes = ReplicationScenes(members: MySQLMembers(engine: TestServer.mariadb))
    var members: MySQLMembers { scenes.members }
    var engine: any Replication { scenes.engine }

    // MARK: Seeding and following

    @Test(arguments: ["frozen", "mariadb-backup"])
    func aReplicaSeededUnderLoadEqualsThePrimary(_ method: String) async throws {
        try await scenes.aReplicaSeededUnderLoadEqualsThePrimary(method)
    }

    @Test func usersReadOnAReplicaAndNeitherTheyNorRoostWrite() async throws {
        try await scenes.usersReadOnAReplicaAndNeitherTheyNorRoostWrite()
    }

    @Test func aReplicaHearsAnIdlePrimaryAndNoFrozenOne() async throws {
        try await scenes.aReplicaHearsAnIdlePrimaryAndNoFrozenOne()
    }

    @Test func reportsTellRolesAndPositions() async throws { try await scenes.reportsTellRolesAndPositions() }

    @Test func aReplicaStaysBehindUntilItIsToldOtherwise() async throws {
        try await scenes.aReplicaStaysBehindUntilItIsToldOtherwise()
    }

    @Test func aBrokenReplicaIsNamedInWords() async throws { try await scenes.aBrokenReplicaIsNamedInWords() }

    /// The first session that opens such a table after a start of the server would write to the binary log.
    @Test func tablesInMemoryMakeNoTransactionsOfAReplicasOwn() async throws {
        try await scenes.tablesInMemoryMakeNoTransactionsOfAReplicasOwn()
    }

    @Test func anExposedServicesReplicaVerifiesItsPrimary() async throws {
        try await scenes.anExposedServicesReplicaVerifiesItsPrimary()
    }

    // MARK: Comparing

    @Test func aChangeBehindAReplicasBackIsFound() async throws {
        try await scenes.aChangeBehindAReplicasBackIsFound()
    }

    @Test func oldRowsAreCompared() async throws { try await scenes.oldRowsAreCompared() }

    @Test func aBusyTableIsEqualAtSomePosition() async throws { try await scenes.aBusyTableIsEqualAtSomePosition() }

    /// The last stage of a copy waits for such commits, and what would release them would wait for the copy.
    @Test func aCopyDoesNotKeepCommitsFromBeingReleased() async throws {
        let backups = try #require(engine as? any OnlineBackups)
        try await members.withPrimary { primary in
            try await members.withReplica(of: primary) { replica in
                try await engine.play(.waits(for: [1]), primary.plan)
                let user = primary.user
                async let writer = user.run("INSERT INTO note (words) VALUES ('early')")
                try await scenes.waitForCommit(primary)
                try await MySQLMembers.eventually("the replica has it") {
                    try replica.administration("SELECT COUNT(*) FROM data.note") == [["1"]]
                }
                try await engine.play(.acknowledges, replica.plan)
                try await MySQLMembers.eventually("the replica is counted") {
                    try await members.report(primary).waitingCommits == 1
                }
                await #expect(throws: EngineError.self) {
                    _ = try await backups.backUp(
                        primary.plan, to: "\(primary.folder)/copy", build: primary.build,
                        user: TestUser.server)
                }
                try await engine.play(.waits(for: [1]), primary.plan)
                #expect(try await writer.status == 0)
                try await members.catchUp(primary, replica)
                #expect(try members.content(replica) == members.content(primary))
            }
        }
    }

    // MARK: Restarts

    @Test func aRestartedMemberBootsWithEverySwitchOff() async throws {
        try await members.withPrimary { primary in
            try await members.withReplica(of: primary) { replica in
                try await engine.play(.acknowledges, replica.plan)
                try await engine.play(.waits(for: [1]), primary.plan)
                try primary.note("synchronous")
                try await replica.restart()
                let booted = try await members.report(replica)
                #expect(booted.role == .replica && booted.source == nil && booted.link == .none)
                #expect(booted.received == (try members.position(primary)) && booted.isSynchronous == false)
                try await members.follow(primary, replica)
                #expect(try await members.report(replica).isSynchronous == false)
                try await primary.restart()
                #expect(try await members.report(primary).isSynchronous == false)
                #expect(await engine.probe(primary.plan.address) == .closed)
                try await engine.open(primary.plan)
                try primary.note("alone")
                try await members.catchUp(primary, replica)
                #expect(try members.content(replica) == members.content(primary))
            }
        }
    }

    /// A start of the connection removes changes that were received and not applied: the primary has to be there.
    @Test func aRestartedReplicaKeepsWhatItReceivedUntilItsPrimarySendsItAgain() async throws {
        try await withUnappliedChange { primary, replica in
            await #expect(throws: EngineError.self) {
                try await engine.follow(primary.plan.internalPort, replica.plan)
            }
            let logs = try TestProgram.run(
                "/bin/sh", ["-c", "cat \"$0\"/relay.0* | grep -c received", replica.plan.folders.data])
            #expect(logs.output != "0\n")
            try primary.start()
            try await primary.waitUntilItAnswers()
            try await members.follow(primary, replica)
            #expect(try members.content(replica) == members.content(primary))
        }
    }

    /// Its primary is gone for good, and the only copy of a change is in the relay log.
    @Test func aRestartedReplicaIsPromotedWithWhatItHadReceived() async throws {
        try await withUnappliedChange { _, replica in
            let received = try await members.report(replica).received
            try await engine.promote(replica.plan)
            try await engine.open(replica.plan)
            #expect(try await members.report(replica).applied == received)
            #expect(try await replica.session("SELECT words FROM note").output == "received\n")
            try replica.note("goes on")
        }
    }

    /// The server goes on without them only after users have accepted the loss.
    @Test func damagedRelayLogsAreTakenForALossAndKept() async throws {
        try await withUnappliedChange { _, replica in
            let data = replica.plan.folders.data
            // The last byte of a length makes an event longer than its file.
            let name = try #require(
                try FileManager.default.contentsOfDirectory(atPath: data).first {
                    try $0.hasPrefix("relay.0")
                        && Data(contentsOf: URL(filePath: "\(data)/\($0)")).contains(Data("received".utf8))
                })
            let file = try FileHandle(forUpdating: URL(filePath: "\(data)/\(name)"))
            try file.seek(toOffset: 4 + 12)
            try file.write(contentsOf: Data([0x7f]))
            try file.close()
            let report = try await members.report(replica)
            let held = try #require(report.received)
            #expect(report.mayHaveAcknowledged.map { held.standing(against: $0).holdsAll } == false)
            try await engine.promote(replica.plan)
            #expect(try await members.report(replica).role == .primary)
            let kept = "\(data)/\(MariaDBRelayRecovery.unread)\(name)"
            #expect(try Data(contentsOf: URL(filePath: kept)).contains(Data("received".utf8)))
        }
    }

    /// A replica that has received a change, was killed before it applied it, and runs again without its primary.
    private func withUnappliedChange(
        _ body: (_ primary: TestServer, _ replica: TestServer) async throws -> Void
    ) async throws {
        try await members.withPrimary { primary in
            try await members.withReplica(of: primary) { replica in
                let user = replica.user
                async let reader = user.run("LOCK TABLES note READ;\nSELECT SLEEP(60);")
                try await MySQLMembers.eventually("the table is locked") { try replica.isBusy("SLEEP(60)") }
                try primary.note("received")
                try await MySQLMembers.eventually("it is received") {
                    let report = try await members.report(replica)
                    return report.received != report.applied
                }
                let received = try await members.report(replica).received
                primary.stop()
                replica.kill()
                _ = try await reader
                try replica.start()
                try await replica.waitUntilItAnswers()
                let report = try await members.report(replica)
                #expect(report.received == received && report.applied != received)
                try await body(primary, replica)
            }
        }
    }

    /// The start of its connection removes what it received: a primary that dies before it has sent that again leaves a
    /// replica whose position does not tell what it had acknowledged.
    @Test func aReplicaThatConnectsAgainTellsWhatItMayHaveAcknowledged() async throws {
        try await withUnappliedChange { primary, replica in
            let received = try await members.report(replica).received
            try primary.start()
            try await primary.waitUntilItAnswers()
            // The primary tells its position, and sends nothing.
            let account = "roost_replica_1@127.0.0.1"
            try members.write(primary, "REVOKE REPLICATION SLAVE ON *.* FROM \(account)")
            try await engine.follow(primary.plan.internalPort, replica.plan)
            let report = try await members.report(replica)
            #expect(report.mayHaveAcknowledged == received && report.received != received)
            #expect(try await members.report(replica).mayHaveAcknowledged == received)
            try members.write(primary, "GRANT REPLICATION SLAVE ON *.* TO \(account)")
            try await members.follow(primary, replica)
            try await members.catchUp(primary, replica)
            #expect(try await members.report(replica).mayHaveAcknowledged == nil)
        }
    }

    @Test func olderReleasesAreRefused() async throws {
        let version = try #require(EngineVersion("10.11.8"))
        let build = EngineBuild(
            identity: EngineIdentity(name: "mariadb", version: version), programs: [:], folders: [:], origin: "test",
            programFolders: [])
        await #expect(throws: EngineError.notOffered(try #require(MariaDBGroup.refusal(version)))) {
            try await engine.prepareReplica(directory: "/nonexistent", build: build, user: TestUser.server)
        }
        #expect(MariaDBGroup.refusal(try #require(EngineVersion("10.11.9"))) == nil)
        #expect(MariaDBGroup.refusal(try #require(EngineVersion("11.8.2"))) == nil)
    }
}
