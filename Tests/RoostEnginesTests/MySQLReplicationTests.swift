import Foundation
import RoostModel
import Testing

@testable import RoostEngines

extension MySQLTests {
    /// Replication between real servers. The tests run one at a time: each starts two servers.
    @Suite(.serialized, MySQLSeed()) struct ReplicationTests {
        let scenes = ReplicationScenes(members: MySQLMembers(engine: MySQLTests.engine))
        var members: MySQLMembers { scenes.members }
        var engine: any Replication { scenes.engine }
    }
}

extension MySQLTests.ReplicationTests {
    // MARK: Seeding and following

    @Test(arguments: ["frozen", "clone plugin"])
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

    @Test func aChangeBehindAReplicasBackIsFound() async throws {
        try await scenes.aChangeBehindAReplicasBackIsFound()
    }

    @Test func aBusyTableIsEqualAtSomePosition() async throws { try await scenes.aBusyTableIsEqualAtSomePosition() }

    @Test func aReplicaStaysBehindUntilItIsToldOtherwise() async throws {
        try await scenes.aReplicaStaysBehindUntilItIsToldOtherwise()
    }

    @Test func aBrokenReplicaIsNamedInWords() async throws { try await scenes.aBrokenReplicaIsNamedInWords() }

    /// The first session that opens such a table after a start of the server would write to the binary log, whatever
    /// that session's settings are.
    @Test func tablesInMemoryMakeNoTransactionsOfAReplicasOwn() async throws {
        try await scenes.tablesInMemoryMakeNoTransactionsOfAReplicasOwn()
    }

    /// A replica that is told to follow again keeps the rows that it has in memory.
    @Test func rowsInMemoryAreKeptByAReplicaThatWasNotRestarted() async throws {
        try await members.withPrimary { primary in
            try primary.administration("CREATE TABLE data.kept (n INT) ENGINE = MEMORY")
            try await members.withReplica(of: primary) { replica in
                try primary.administration("INSERT INTO data.kept VALUES (1)")
                try await members.catchUp(primary, replica)
                try replica.administration("STOP REPLICA")
                try await members.follow(primary, replica)
                #expect(try await replica.session("SELECT n FROM kept").output == "1\n")
                // The tables of a restarted primary are empty, and so are its replicas'.
                try await primary.restart()
                try await engine.open(primary.plan)
                try await members.catchUp(primary, replica)
                #expect(try await replica.session("SELECT COUNT(*) FROM kept").output == "0\n")
                #expect(try members.content(replica) == members.content(primary))
            }
        }
    }

    @Test func anExposedServicesReplicaVerifiesItsPrimary() async throws {
        try await scenes.anExposedServicesReplicaVerifiesItsPrimary()
    }

    @Test func everyMemberHasAnIdentityOfItsOwn() async throws {
        try await members.withPrimary { primary in
            try await members.withReplica(of: primary) { replica in
                let identity = "SELECT @@global.server_uuid, @@global.server_id"
                let (first, second) = (try primary.administration(identity)[0], try replica.administration(identity)[0])
                #expect(first[0] != second[0] && first[1] != second[1])
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
                #expect(booted.isSynchronous == false)
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

    /// What a replica acknowledged is not lost with its process, even if the primary is lost too.
    @Test func aKilledReplicaStillHasWhatItReceivedAndCanSucceedItsPrimary() async throws {
        try await members.withPrimary { primary in
            try await members.withReplica(of: primary) { replica in
                try await engine.play(.acknowledges, replica.plan)
                try await engine.play(.waits(for: [1]), primary.plan)
                let user = replica.user
                async let reader = user.run("LOCK TABLES note READ;\nSELECT SLEEP(60);")
                try await MySQLMembers.eventually("the table is locked") { try replica.isBusy("SLEEP(60)") }
                for number in 1...5 { try primary.note("acknowledged \(number)") }
                let wanted = try #require(try await members.report(primary).applied)
                let before = try await members.report(replica)
                #expect(before.applied?.standing(against: wanted) == .behind)
                primary.kill()
                replica.kill()
                _ = try await reader
                try replica.start()
                try await replica.waitUntilItAnswers()
                let booted = try await members.report(replica)
                #expect(booted.received?.standing(against: wanted) == .equal && booted.link == .none, "\(booted)")
                await #expect(throws: EngineError.self) {
                    try await engine.follow(primary.plan.internalPort, replica.plan)
                }
                #expect(try await members.report(replica).received?.standing(against: wanted) == .equal)
                try await engine.promote(replica.plan)
                try await engine.open(replica.plan)
                #expect(try replica.administration("SELECT COUNT(*) FROM data.note") == [["5"]])
            }
        }
    }

    @Test func aReplicaWithoutItsRelayLogDoesNotSayWhatItReceived() async throws {
        try await members.withPrimary { primary in
            try await members.withReplica(of: primary) { replica in
                try primary.note("first")
                try await members.catchUp(primary, replica)
                replica.stop()
                let data = replica.plan.folders.data
                for name in try replica.files where name.hasPrefix("relay.") {
                    try FileManager.default.removeItem(atPath: "\(data)/\(name)")
                }
                try replica.start()
                try await replica.waitUntilItAnswers()
                #expect(try await members.report(replica).received == nil)
                await #expect(throws: EngineError.self) { try await engine.promote(replica.plan) }
                try await members.follow(primary, replica)
                #expect(try members.content(replica) == members.content(primary))
            }
        }
    }

    @Test func aBuildWithoutThePluginsIsRefused() async throws {
        let build = EngineBuild(
            identity: try #require(EngineIdentity("mysql@9.7.4")), programs: [:], folders: [:], origin: "test",
            programFolders: [])
        await #expect(throws: EngineError.notOffered(try #require(MySQLGroup.refusal(build)))) {
            try await engine.prepareReplica(directory: "/nonexistent", build: build, user: TestUser.server)
        }
        #expect(MySQLGroup.refusal(try #require(engine.builds().first)) == nil)
    }

    // MARK: Accounts

    @Test func aMembersAccountReplicatesAndDoesNothingElse() async throws {
        try await scenes.aMembersAccountReplicatesAndDoesNothingElse()
    }

    @Test(arguments: ReplicationScenes.changesOfAccounts + ["GRANT BACKUP_ADMIN ON *.* TO {own}"])
    func aChangedAccountOfAMemberIsNoticedAndRestored(_ change: String) async throws {
        try await scenes.aChangedAccountOfAMemberIsNoticedAndRestored(change)
    }

    @Test func theAccountOfAMemberThatLeftIsRemovedAndItsSessionEnds() async throws {
        try await scenes.theAccountOfAMemberThatLeftIsRemovedAndItsSessionEnds()
    }

    @Test func membersGetNewPasswordsWhileUsersWrite() async throws {
        try await scenes.membersGetNewPasswordsWhileUsersWrite()
    }

    /// The server has the password in memory alone. A replica that is refused is told to follow again.
    @Test func aReplicaTakesANewPassword() async throws {
        try await members.withPrimary { primary in
            try await members.withReplica(of: primary) { replica in
                #expect(try replica.administration("SELECT User_password FROM mysql.slave_master_info") == [[""]])
                let renewed = (0..<2).map { GroupPlan.Follower(index: $0, password: "newSecret\($0)") }
                let port = primary.plan.internalPort
                let plan = MySQLMembers.plan(replica.plan, 1, of: renewed, source: port)
                try await engine.applyAccounts(plan)
                try await engine.applyAccounts(MySQLMembers.plan(primary.plan, 0, of: renewed))
                try primary.note("while it is connected")
                try await members.catchUp(primary, replica)
                let connection = "SELECT ID FROM information_schema.PROCESSLIST WHERE USER = 'roost_replica_1'"
                let id = try #require(try primary.administration(connection).first?.first.flatMap(\.self))
                try primary.administration("KILL \(id)")
                try await MySQLMembers.eventually("the replica is refused") {
                    try await members.report(replica).source == nil
                }
                try await engine.follow(port, plan)
                try primary.note("after")
                try await members.catchUp(primary, replica)
                #expect(try members.content(replica) == members.content(primary))
                let text = try String(contentsOfFile: "\(replica.folder)/error.log", encoding: .utf8)
                #expect(!text.contains("newSecret1") && !text.contains("followerSecret1"))
            }
        }
    }
}
