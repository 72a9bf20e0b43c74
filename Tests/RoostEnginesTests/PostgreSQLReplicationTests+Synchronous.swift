import Foundation
import RoostModel
import Testing

@testable import RoostEngines

// Commits that wait for replicas, and the accounts of replicas.
extension PostgreSQLReplicationTests {
    // MARK: Waiting

    @Test(arguments: ["thawed", "released"])
    func aCommitWaitsForAFrozenReplica(_ end: String) async throws {
        try await Members.withPair { primary, replica in
            try await engine.play(.waits(for: [1, 2]), primary.plan)
            let report = try await Members.report(primary)
            #expect(report.isSynchronous == true && report.acknowledgers == [1, 2])
            #expect(SynchronousPart.waits(for: [2, 1]).isPlayed(by: report))
            #expect(SynchronousPart.acknowledges.isPlayed(by: try await Members.report(replica)))
            try await engine.play(.acknowledges, replica.plan)
            try await primary.commits("while the replica works").value

            let commit = try await replica.frozen {
                let commit = try primary.commits("while the replica is frozen")
                try await primary.waitForCommitThatWaits()
                if end == "released" {
                    try await engine.play(.none, primary.plan)
                    try await commit.value
                }
                return commit
            }
            try await commit.value
            #expect(try await Members.report(primary).isSynchronous == (end == "thawed"))
            try await Members.eventually("the replica receives again") { try await Members.report(replica).link == .up }
            try await Members.catchUp(primary, replica)
            #expect(try Members.content(replica)?.hasPrefix("2 ") == true)
        }
    }

    /// The replica that is left must acknowledge: the acknowledgement of the other one does not count any more.
    @Test func theAcknowledgementOfARemovedReplicaDoesNotCount() async throws {
        try await Members.withPair { primary, replica in
            try await engine.play(.waits(for: [1, 2]), primary.plan)
            try await engine.play(.waits(for: [2]), primary.plan)
            #expect(try await Members.report(primary).acknowledgers == [2])
            let commit = try primary.commits("that the first replica has")
            try await primary.waitForCommitThatWaits()
            try await Members.eventually("the first replica has it") {
                try Members.content(replica)?.hasPrefix("1 ") ?? false
            }
            try await primary.waitForCommitThatWaits()
            try await engine.play(.waits(for: [1]), primary.plan)
            // An idle sender releases waiting commits with the next acknowledgement.
            try await commit.value
        }
    }

    /// The server takes the setting over in its checkpointer, which does not look during a checkpoint.
    @Test func waitingIsInForceOnlyOnceTheCheckpointerHasSeenIt() async throws {
        try await TestServer.with(engine, reshaped: { $0.member(0) }) { primary in
            try await engine.open(primary.plan)
            try primary.sql("CREATE TABLE public.note (n serial PRIMARY KEY, words text)", database: "data")
            let checkpointer = try primary.process("checkpointer")
            kill(checkpointer, SIGSTOP)
            let (engine, plan) = (engine, primary.plan)
            let play = Task { try await engine.play(.waits(for: [1]), plan) }
            do {
                defer { kill(checkpointer, SIGCONT) }
                let setting = "SHOW synchronous_standby_names"
                try await Members.eventually("the setting is loaded") {
                    try primary.sql(setting) == [[PostgreSQLReplication.nobody]]
                }
                // Commits are acknowledged, and the report does not say that a member has them.
                try await primary.commits("too early").value
                #expect(try primary.sql(setting) == [[PostgreSQLReplication.nobody]])
                #expect(try await Members.report(primary).acknowledgers == [])
            }
            try await play.value
            #expect(try await Members.report(primary).acknowledgers == [1])
            let commit = try primary.commits("waits")
            try await primary.waitForCommitThatWaits()
            // Roost's own statements do not wait.
            try await engine.applyAccounts(plan)
            try await engine.play(.none, plan)
            try await commit.value
        }
    }

    // MARK: Accounts

    @Test func aReplicasAccountReceivesChangesAndDoesNothingElse() async throws {
        try await Members.withPair { primary, replica in
            let (name, password) = ("roost_replica_1", "followerSecret1")
            for server in [primary, replica] {
                let outcome = try server.psql("SELECT 1", user: name, password: password)
                #expect(outcome.errors.contains("pg_hba.conf rejects connection"), "\(outcome)")
                let logical = try server.psql(
                    "IDENTIFY_SYSTEM", user: name, password: password, database: "dbname=data replication=database")
                #expect(logical.errors.contains("pg_hba.conf rejects connection"), "\(logical)")
            }
            let physical = "replication=true"
            let outcome = try primary.psql("IDENTIFY_SYSTEM", user: name, password: password, database: physical)
            #expect(outcome.status == 0, "\(outcome.errors)")
            for (user, secret) in [(name, "wrong"), ("postgres", primary.plan.applicationPassword)] {
                let refused = try primary.psql("IDENTIFY_SYSTEM", user: user, password: secret, database: physical)
                #expect(refused.status != 0, "\(user)")
            }
            #expect(try await engine.users(primary.plan) == [EngineUser(name: "postgres", isShown: true)])
            await #expect(throws: EngineError.userReserved("roost_replica_7")) {
                try await engine.addUser("roost_replica_7", password: "p", plan: primary.plan)
            }
            for file in try FileManager.default.contentsOfDirectory(atPath: "\(replica.folder)/conf")
            where file != PostgreSQLConfiguration.passwordFile {
                let text = try String(contentsOfFile: "\(replica.folder)/conf/\(file)", encoding: .utf8)
                #expect(!text.contains("followerSecret"), "\(file)")
            }
            for server in [primary, replica] {
                let log = try String(contentsOfFile: "\(server.folder)/error.log", encoding: .utf8)
                #expect(!log.contains("followerSecret"))
            }
        }
    }

    @Test(arguments: [
        "ALTER ROLE roost_replica_1 NOLOGIN", "ALTER ROLE roost_replica_1 SUPERUSER",
        "ALTER ROLE roost_replica_1 PASSWORD 'x'", "DROP ROLE roost_replica_1",
        "GRANT roost_replica_1 TO postgres WITH ADMIN OPTION",
    ])
    func aChangedAccountOfAReplicaIsNoticedAndRestored(_ change: String) async throws {
        try await TestServer.with(engine, reshaped: { $0.member(0) }) { server in
            try await engine.open(server.plan)
            let expected = engine.expectation(server.plan)
            #expect(await engine.probe(server.plan.address, expecting: expected) == .healthy)
            try server.sql(change)
            guard case .drifted(let drift) = await engine.probe(server.plan.address, expecting: expected) else {
                Issue.record("\(change) was not noticed")
                return
            }
            try await engine.mendAccounts(drift, server.plan)
            #expect(await engine.probe(server.plan.address, expecting: expected) == .healthy)
        }
    }

    @Test func theAccountAndTheSlotOfAMemberThatLeftAreRemoved() async throws {
        try await Members.withPair { primary, _ in
            let standing =
                "SELECT rolname::text FROM pg_roles WHERE rolname ~ '^roost_replica' UNION ALL "
                + "SELECT slot_name FROM pg_replication_slots ORDER BY 1"
            #expect(
                try primary.sql(standing) == [
                    ["roost_1"], ["roost_2"], ["roost_replica_0"], ["roost_replica_1"], ["roost_replica_2"],
                ])
            // The member still follows: its connection ends.
            try await engine.applyAccounts(primary.plan.member(0, of: 1))
            #expect(try primary.sql(standing) == [["roost_replica_0"]])
            #expect(try primary.sql("SELECT count(*) FROM pg_stat_replication") == [["0"]])
            primary.plan = TestServer.alone(primary.plan)
            try primary.writeFiles()
            try await engine.applyAccounts(primary.plan)
            #expect(try primary.sql(standing) == [])
            #expect(try primary.psql("INSERT INTO note (words) VALUES ('alone')").status == 0)
        }
    }

    /// Commits wait for the replica all the time.
    @Test func membersGetNewPasswordsWhileCommitsWait() async throws {
        try await Members.withPair { primary, replica in
            let port = primary.plan.internalPort
            try await engine.play(.waits(for: [1]), primary.plan)
            func renew(_ renewal: ServerPlan.Renewal) async throws {
                primary.plan = primary.plan.member(0, renewed: renewal)
                replica.plan = replica.plan.member(1, source: port, renewed: renewal)
                for server in [primary, replica] {
                    try server.writePrivateFiles()
                    try await engine.applyAccounts(server.plan)
                }
                let expected = engine.expectation(primary.plan)
                #expect(await engine.probe(primary.plan.address, expecting: expected) == .healthy)
                try primary.addNote("\(renewal)")
            }
            let user = "SELECT usename::text FROM pg_stat_replication"
            try await renew(.both)
            #expect(try await Members.report(replica).account == "roost_replica_1")
            #expect(try primary.sql(user) == [["roost_replica_1"]])

            replica.plan = replica.plan.member(1, source: port, renewed: .moved)
            try await engine.follow(port, replica.plan)
            #expect(try await Members.report(replica).account == "roost_replica_1_1")
            // The sender of the old connection may have a moment left.
            try await Members.eventually("one connection is left") { try primary.sql(user) == [["roost_replica_1_1"]] }
            try primary.addNote("moved")

            let sender = try primary.sql("SELECT pid FROM pg_stat_replication")
            try await renew(.done)
            #expect(try primary.sql("SELECT pid FROM pg_stat_replication") == sender, "the connection was broken")
            let roles = "SELECT rolname::text FROM pg_roles WHERE rolname ~ '^roost_replica' ORDER BY 1"
            #expect(try primary.sql(roles) == (0..<3).map { ["roost_replica_\($0)_1"] })
            try await Members.catchUp(primary, replica)
            #expect(try Members.content(replica) == Members.content(primary))
            for server in [primary, replica] {
                let log = try String(contentsOfFile: "\(server.folder)/error.log", encoding: .utf8)
                #expect(!log.contains("nextSecret") && !log.contains("followerSecret"))
            }
            try await engine.play(.none, primary.plan)
        }
    }

    /// From version 16 on users may make roles, also of names that a group's accounts will have.
    @Test func aUsersRoleOfAnAccountsNameGivesNoAccessToTheAccount() async throws {
        try await TestServer.with(engine) { server in
            try await engine.open(server.plan)
            try server.sql("CREATE ROLE roost_replica_1 LOGIN PASSWORD 'mine'")
            try server.sql("GRANT roost_replica_1 TO postgres WITH ADMIN OPTION")
            server.plan = server.plan.member(0)
            try await engine.applyAccounts(server.plan)
            #expect(try server.psql("ALTER ROLE roost_replica_1 PASSWORD 'mine'").status != 0)
            #expect(try server.psql("SET ROLE roost_replica_1").status != 0)
            let physical = "replication=true"
            for (password, status) in [("mine", false), ("followerSecret1", true)] {
                let outcome = try server.psql(
                    "IDENTIFY_SYSTEM", user: "roost_replica_1", password: password, database: physical)
                #expect((outcome.status == 0) == status, "\(password): \(outcome.errors)")
            }
        }
    }
}

extension TestServer {
    /// The plan of a service that has one instance again.
    static func alone(_ plan: ServerPlan) -> ServerPlan { plan.with(databases: plan.databases) }

    /// A row of a session whose commits wait for replicas, as users' do.
    func commits(_ words: String) throws -> Task<Void, any Error> {
        let connection = try PostgreSQLConnection(plan.address, database: "data", .administration)
        return Task {
            try await AdministrationThreads.run { () throws(PostgreSQLFault) in
                _ = try connection.run("INSERT INTO public.note (words) VALUES ('\(words)')")
            }.get()
        }
    }

    func waitForCommitThatWaits() async throws {
        try await PostgreSQLMembers.eventually("a commit waits") {
            try sql("SELECT 1 FROM pg_stat_activity WHERE wait_event = 'SyncRep'") == [["1"]]
        }
    }
}
