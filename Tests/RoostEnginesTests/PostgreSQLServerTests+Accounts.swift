import Foundation
import RoostModel
import Testing

@testable import RoostEngines

// Rights of the accounts on a PostgreSQL server.
extension PostgreSQLServerTests {
    /// Statements that would give the application user more than its databases: the server's files, programs, or the
    /// server.
    static let escapes = [
        "GRANT pg_execute_server_program TO postgres", "GRANT pg_write_server_files TO postgres",
        "GRANT pg_read_server_files TO postgres", "ALTER ROLE postgres SUPERUSER", "ALTER ROLE postgres REPLICATION",
        "ALTER ROLE roost_admin PASSWORD 'x'", "DROP ROLE roost_admin", "GRANT roost_admin TO postgres",
        "SET ROLE roost_admin", "SET SESSION AUTHORIZATION roost_admin", "CREATE ROLE chief SUPERUSER",
        "ALTER SYSTEM SET roost.gate = 'x'", "SELECT pg_reload_conf()", "SELECT pg_read_file('/etc/passwd')",
        "COPY (SELECT 1) TO PROGRAM 'cat'", "COPY (SELECT 1) TO '/tmp/roost-escape'",
        "CREATE DATABASE shadow OWNER roost_admin", "ALTER DATABASE roost_admin SET role = 'postgres'",
        "CREATE FUNCTION f() RETURNS int LANGUAGE c AS '/lib/x86_64-linux-gnu/libc.so.6', 'abs'",
        "SELECT pg_create_physical_replication_slot('x')", "SELECT lo_export(1, '/tmp/roost-escape')",
        "UPDATE pg_authid SET rolsuper = true", "SELECT rolpassword FROM pg_authid",
    ]

    @Test func theShownUserOwnsItsDatabasesAndNotTheServer() async throws {
        try await withServer { server in
            try await engine.open(server.plan)
            for statement in Self.escapes {
                #expect(try server.psql(statement).status != 0, "\(statement)")
            }
            #expect(try server.psql("SELECT 1", database: "roost_admin").status != 0)
            #expect(try server.psql("SELECT 1", database: "template1").status != 0)
            for statement in [
                "CREATE DATABASE shop", "CREATE SCHEMA kitchen", "CREATE EXTENSION hstore", "CREATE TABLE t (n int)",
                "SELECT count(*) FROM pg_stat_activity", "ALTER DATABASE data SET timezone = 'Europe/Paris'",
                "DROP SCHEMA public CASCADE",
            ] {
                let outcome = try server.psql(statement)
                #expect(outcome.status == 0, "\(statement): \(outcome.errors)")
            }
            // CREATEROLE would include every role before release 16.
            let major = server.build.identity.version.components[0]
            #expect((try server.psql("CREATE ROLE helper").status == 0) == (major >= 16))
        }
    }

    @Test func roostsAccountWorksWhateverPeopleSet() async throws {
        try await withServer { server in
            try await engine.open(server.plan)
            for setting in [
                "role = 'pg_monitor'", "search_path = kitchen", "default_transaction_read_only = on",
                "statement_timeout = 1", "standard_conforming_strings = off",
            ] {
                let outcome = try server.psql("ALTER DATABASE data SET \(setting)", database: "postgres")
                #expect(outcome.status == 0, "\(outcome)")
            }
            try server.sql("ALTER ROLE postgres SUPERUSER NOLOGIN CONNECTION LIMIT 0 VALID UNTIL '2000-01-01'")
            try server.sql("GRANT pg_execute_server_program TO postgres")
            try server.sql("ALTER ROLE roost_admin SET statement_timeout = 1")
            try await server.restart()
            server.plan = server.plan.with(databases: ["data", "more"])
            try await engine.open(server.plan)
            try await engine.addUser("cook", password: "cookSecret1", plan: server.plan)
            try await engine.removeUser("cook", plan: server.plan)
            #expect(try server.psql("SELECT 1", database: "more").status == 0)
            let rights = try server.sql(
                "SELECT rolsuper, pg_has_role('postgres', 'pg_execute_server_program', 'member') FROM pg_roles "
                    + "WHERE rolname = 'postgres'")
            #expect(rights == [["f", "f"]])
        }
    }

    @Test func aRotatedPasswordReplacesTheOldOneAndLeavesSessionsAlone() async throws {
        try await withServer { server in
            try await engine.open(server.plan)
            #expect(try server.psql("SELECT 1").status == 0)
            server.plan = server.plan.rotated(to: "newSecret2", previous: nil)
            try await engine.applyAccounts(server.plan)
            #expect(try server.psql("SELECT 1").status == 0)
            #expect(try server.psql("SELECT 1", password: "shownSecret1").status != 0)
            #expect(try server.psql("SELECT 1", user: "roost_admin", password: "administrationSecret1").status != 0)
            let log = try String(contentsOfFile: "\(server.folder)/error.log", encoding: .utf8)
            #expect(!log.contains("Secret") && !log.contains("SCRAM-"))
        }
    }

    @Test func passwordsDoNotReachALogOfAllStatements() async throws {
        try await withServer(config: ["log_statement": "all", "log_min_duration_statement": "0"]) { server in
            try await engine.open(server.plan)
            try await engine.addUser("cook", password: "cookSecret1", plan: server.plan)
            #expect(try server.psql("SELECT 'told'").status == 0)
            let log = try String(contentsOfFile: "\(server.folder)/error.log", encoding: .utf8)
            #expect(log.contains("told"), "the log is on")
            #expect(!log.contains("Secret") && !log.contains("SCRAM-"))
        }
    }

    @Test func usersHaveTheServicesDatabasesAndNothingElse() async throws {
        try await withServer { server in
            server.plan = server.plan.with(databases: ["data", "more"])
            try await engine.open(server.plan)
            try server.expect("CREATE TABLE dish (n int); CREATE SCHEMA kitchen; CREATE TABLE kitchen.pot (n int)")
            try await engine.addUser("o-hara", password: "oharaSecret1", plan: server.plan)
            await #expect(throws: EngineError.userExists("o-hara")) {
                try await engine.addUser("o-hara", password: "p", plan: server.plan)
            }
            for name in ["postgres", "roost_admin", "pg_monitor", "public"] {
                await #expect(throws: EngineError.userReserved(name)) {
                    try await engine.addUser(name, password: "p", plan: server.plan)
                }
            }
            try server.expect("CREATE TABLE later (n int)")
            try server.expect(
                "INSERT INTO dish VALUES (1); INSERT INTO kitchen.pot VALUES (1); INSERT INTO later VALUES (1); "
                    + "CREATE TABLE mine (n int)", user: "o-hara", password: "oharaSecret1")
            try server.expect("SELECT 1", user: "o-hara", password: "oharaSecret1", database: "more")
            // Databases that users make are open to every account, as PostgreSQL has it, and theirs to close.
            for database in ["postgres", "roost_admin"] {
                let outcome = try server.psql("SELECT 1", user: "o-hara", password: "oharaSecret1", database: database)
                #expect(outcome.status != 0, "\(database)")
            }
            // The application user may change what the other user has made.
            try server.expect("ALTER TABLE mine ADD m int")
            #expect(
                try await engine.users(server.plan) == [
                    EngineUser(name: "o-hara", isShown: false), EngineUser(name: "postgres", isShown: true),
                ])
        }
    }

    @Test func aRemovedUserLosesItsSessionAndLeavesItsTablesBehind() async throws {
        try await withServer { server in
            try await engine.open(server.plan)
            try await engine.addUser("cook", password: "cookSecret1", plan: server.plan)
            try server.expect("CREATE TABLE mine AS SELECT 42 AS n", user: "cook", password: "cookSecret1")
            // The session ends only when another process ends it.
            let words = "\(server.folder)/session.err"
            // Python starts the session, because it passes no descriptors on: a shell's child would keep open what
            // the runner waits for.
            let launcher = """
                import os, subprocess, sys
                user = dict(os.environ, PGUSER="cook", PGPASSWORD="cookSecret1")
                command = ["psql", "-Xc", "SELECT pg_sleep(600)"]
                subprocess.Popen(command, env=user, stdout=open(sys.argv[1], "w"), stderr=subprocess.STDOUT)
                """
            try server.client(["python3", "-c", launcher, words])
            let sessions = "SELECT 1 FROM pg_stat_activity WHERE usename = 'cook' AND state = 'active'"
            while try server.sql(sessions).isEmpty { try await Task.sleep(for: .milliseconds(5)) }
            try await engine.removeUser("cook", plan: server.plan)
            while !(try String(contentsOfFile: words, encoding: .utf8).contains("terminating connection")) {
                try await Task.sleep(for: .milliseconds(5))
            }
            #expect(try server.psql("SELECT 1", user: "cook", password: "cookSecret1").status != 0)
            #expect(try server.psql("SELECT n FROM mine").output == "42\n")
            await #expect(throws: EngineError.userUnknown("cook")) {
                try await engine.removeUser("cook", plan: server.plan)
            }
        }
    }

    @Test func aReaderOfChangesHasThatRightAlone() async throws {
        try await withServer { server in
            server.plan = server.plan.with(changeReaders: ["reader"])
            try await engine.open(server.plan)
            await #expect(throws: EngineError.self, "the log does not hold enough") {
                try await engine.addUser("reader", password: "readerSecret1", plan: server.plan)
            }
            server.plan = server.plan.with(config: ["wal_level": "logical"])
            let left = try await engine.applySettings(["wal_level": "logical"], plan: server.plan)
            #expect(left == ["wal_level"])
            try await server.restart()
            try await engine.open(server.plan)
            try await engine.addUser("reader", password: "readerSecret1", plan: server.plan)
            let slot = "SELECT pg_create_logical_replication_slot('mine', 'pgoutput')"
            try server.expect(slot, user: "reader", password: "readerSecret1")
            #expect(try server.psql(slot.replacing("mine", with: "other")).status != 0)
            #expect(try server.psql("SET ROLE reader").status != 0, "nobody borrows the right")
            // A right that was taken is given again, and one that nobody asked for is taken.
            let expected = try #require(engine.expectation(server.plan))
            #expect(await engine.probe(server.plan.address, expecting: expected) == .healthy)
            try server.sql("ALTER ROLE reader NOREPLICATION; CREATE ROLE thief LOGIN REPLICATION")
            guard case .drifted(let drift) = await engine.probe(server.plan.address, expecting: expected) else {
                Issue.record("it is not noticed")
                return
            }
            try await engine.mendAccounts(drift, server.plan)
            #expect(await engine.probe(server.plan.address, expecting: expected) == .healthy)
            let roles = "SELECT rolname FROM pg_roles WHERE rolreplication ORDER BY 1"
            #expect(try server.sql(roles) == [["reader"], ["roost_admin"]])
            // The last reader's slots go with it, and the server starts with the lower level again.
            try await engine.removeUser("reader", plan: server.plan)
            #expect(try server.sql("SELECT slot_name FROM pg_replication_slots").isEmpty)
            server.plan = server.plan.with(config: [:]).with(changeReaders: [])
            try await server.restart()
            #expect(try server.sql("SHOW wal_level") == [["replica"]])
        }
    }

    @Test func slotsThatNobodyCanReadDoNotKeepAServerFromStarting() async throws {
        try await withServer(config: ["wal_level": "logical"]) { server in
            try await engine.open(server.plan)
            try server.sql("SELECT pg_create_logical_replication_slot('mine', 'pgoutput')", database: "data")
            try server.sql("SELECT pg_create_physical_replication_slot('roost_1', true)")
            server.stop()
            try engine.forgetUnusablePositions(server.plan)
            let slots = "\(server.plan.folders.data)/pg_replslot"
            #expect(try FileManager.default.contentsOfDirectory(atPath: slots).sorted() == ["mine", "roost_1"])
            server.plan = server.plan.with(config: [:])
            try engine.forgetUnusablePositions(server.plan)
            try await server.restart()
            #expect(try server.sql("SELECT slot_name FROM pg_replication_slots") == [["roost_1"]])
        }
    }

    @Test func aServiceOnTheNetworkTakesEncryptedConnectionsAlone() async throws {
        try await withServer(certificate: try TestCertificate.make()) { server in
            try await engine.open(server.plan)
            #expect(try server.psql("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()").output == "t\n")
            let plain = try server.client(["sh", "-c", "PGSSLMODE=disable psql -XAt -c 'SELECT 1'"])
            #expect(plain.errors.contains("no encryption"), "\(plain)")
            // The running server takes a certificate of another authority and other files.
            let before = server.plan
            server.plan = before.with(certificate: try TestCertificate.make())
            #expect(try server.psql("SELECT 1").status != 0)
            try server.writeFiles()
            try await engine.applyAccounts(server.plan)
            #expect(try server.psql("SELECT 1").status == 0)
        }
    }
}

extension TestServer {
    /// Statements that must succeed.
    func expect(
        _ statements: String, user: String? = nil, password: String? = nil, database: String? = nil
    ) throws {
        let outcome = try psql(statements, user: user, password: password, database: database)
        #expect(outcome.status == 0, "\(statements): \(outcome.errors)")
    }
}
