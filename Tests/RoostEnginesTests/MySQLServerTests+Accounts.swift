import Foundation
import RoostModel
import Testing

@testable import RoostEngines

// Rights of the accounts on a MySQL server.
extension MySQLTests.ServerTests {
    static let allowed = [
        "CREATE DATABASE shop", "CREATE TABLE shop.t (i INT PRIMARY KEY)", "INSERT INTO shop.t VALUES (1)",
        "CREATE VIEW shop.v AS SELECT * FROM shop.t",
        "CREATE TRIGGER shop.g BEFORE INSERT ON shop.t FOR EACH ROW SET @x = 1",
        "CREATE FUNCTION shop.f() RETURNS INT NO SQL RETURN 1", "CREATE PROCEDURE shop.p() SELECT 1",
        "CREATE EVENT shop.e ON SCHEDULE EVERY 1 DAY DO SELECT 1", "CREATE USER anna IDENTIFIED BY 'x'",
        "GRANT ALL ON shop.* TO anna", "GRANT SELECT ON `sho\\_`.* TO anna", "CREATE ROLE waiters",
        "GRANT SELECT ON shop.* TO waiters", "GRANT waiters TO anna",
        "CREATE DEFINER = nobody@'%' PROCEDURE shop.q() SELECT 1", "SHOW PROCESSLIST",
        "SELECT COUNT(*) FROM mysql.user",
        "SHOW ENGINE INNODB STATUS", "FLUSH TABLES", "DROP USER anna", "DROP ROLE waiters", "DROP DATABASE shop",
    ]

    static let forbidden = [
        "SET GLOBAL read_only = 0", "SET GLOBAL super_read_only = 1", "SET GLOBAL max_connections = 5",
        "SET GLOBAL sync_binlog = 0", "SET GLOBAL event_scheduler = 1", "SET GLOBAL local_infile = 1",
        "SET PERSIST max_connections = 5", "SET PERSIST_ONLY gtid_mode = OFF", "SET GLOBAL partial_revokes = 0",
        "SET SESSION sql_log_bin = 0", "SET SESSION gtid_next = 'automatic:x'",
        "SET SESSION binlog_format = 'STATEMENT'",
        "SHUTDOWN", "RESTART", "SELECT 1 INTO OUTFILE '/tmp/x'", "CHANGE REPLICATION SOURCE TO SOURCE_HOST = 'x'",
        "START REPLICA", "STOP REPLICA", "RESET BINARY LOGS AND GTIDS", "RESET REPLICA",
        "PURGE BINARY LOGS BEFORE NOW()", "SHOW BINLOG EVENTS", "SHOW BINARY LOG STATUS", "SHOW REPLICA STATUS",
        "FLUSH LOGS", "FLUSH PRIVILEGES", "ALTER INSTANCE RELOAD TLS", "ALTER INSTANCE DISABLE INNODB REDO_LOG",
        "INSERT INTO mysql.user (Host, User) VALUES ('%', 'eve')", "DELETE FROM mysql.user",
        "UPDATE mysql.db SET User = 'eve'", "CREATE TABLE mysql.t (i INT)", "DROP TABLE mysql.general_log",
        "LOCK TABLES mysql.db WRITE", "CREATE FUNCTION f RETURNS INTEGER SONAME 'x.so'",
        "INSTALL PLUGIN x SONAME 'x.so'", "INSTALL COMPONENT 'file://component_validate_password'",
        "GRANT FILE ON *.* TO root", "GRANT SUPER ON *.* TO root", "GRANT SYSTEM_USER ON *.* TO root",
        "GRANT CONNECTION_ADMIN ON *.* TO root", "GRANT UPDATE ON mysql.* TO root",
        "SET PASSWORD FOR roost_admin@localhost = 'x'", "ALTER USER roost_admin@localhost IDENTIFIED BY 'x'",
        "DROP USER roost_admin@localhost", "RENAME USER roost_admin@localhost TO x",
        "GRANT roost_admin@localhost TO root",
        "CREATE DEFINER = roost_admin@localhost PROCEDURE data.p() SELECT 1", "GRANT PROXY ON ''@'' TO root",
        "CLONE LOCAL DATA DIRECTORY = '/tmp/x'", "CREATE TABLESPACE t ADD DATAFILE 't.ibd'",
    ]

    @Test func aReaderOfChangesHasThatRightAlone() async throws {
        try await TestServer.with(engine) { server in
            server.plan = server.plan.with(changeReaders: ["absent", "reader"])
            try await engine.open(server.plan)
            try await engine.addUser("eve", password: "eveSecret1", plan: server.plan)
            try await engine.addUser("reader", password: "readerSecret1", plan: server.plan)
            try await engine.applyAccounts(server.plan)
            let expected = try #require(engine.expectation(server.plan))
            #expect(await engine.probe(server.plan.address, expecting: expected) == .healthy)
            let look = ["mysql", "-e", "SHOW BINARY LOG STATUS; SHOW BINARY LOGS; SHOW REPLICA STATUS"]
            #expect(try server.client(look, user: "reader", password: "readerSecret1").errors == "")
            #expect(try server.client(look, user: "eve", password: "eveSecret1").status != 0)
            #expect(
                try server.client(["mysql", "-e", "FLUSH LOGS"], user: "reader", password: "readerSecret1").status != 0)
            // A right that was taken is given again, and one that nobody asked for is taken.
            try server.administration("REVOKE REPLICATION SLAVE ON *.* FROM reader@'%'")
            try server.administration("GRANT REPLICATION SLAVE ON *.* TO eve@'%'")
            guard case .drifted(let drift) = await engine.probe(server.plan.address, expecting: expected) else {
                Issue.record("it is not noticed")
                return
            }
            #expect(drift.contains { $0.kind == .reader } && drift.contains { $0.kind == .rights }, "\(drift)")
            try await engine.mendAccounts(drift, server.plan)
            #expect(await engine.probe(server.plan.address, expecting: expected) == .healthy)
            // A start restores it, although one of the two does not exist.
            try server.administration("REVOKE REPLICATION SLAVE ON *.* FROM reader@'%'")
            try await server.restart()
            #expect(
                try server.administration("SELECT User FROM mysql.user WHERE Repl_slave_priv = 'Y' AND Host = '%'")
                    == [["reader"]])
        }
    }

    @Test func theShownAccountMayDoWhatPeopleNeedAndNothingThatSafetyRestsOn() async throws {
        try await TestServer.with(engine) { server in
            try await engine.open(server.plan)
            // The application user is granted more than it should have, by any route.
            try server.administration("GRANT FILE, SUPER, RELOAD, SYSTEM_USER, BINLOG_ADMIN ON *.* TO root@'%'")
            try server.administration("GRANT ALL ON mysql.* TO root@'%' WITH GRANT OPTION")
            try await engine.applyAccounts(server.plan)
            let done = try server.client(["mysql", "--force"], input: Self.allowed.map { $0 + ";\n" }.joined())
            #expect(done.errors == "")
            let refused = try server.client(["mysql", "--force"], input: Self.forbidden.map { $0 + ";\n" }.joined())
            let codes = refused.errors.matches(of: #/ERROR (\d+) \(\w+\) at line (\d+):/#).reduce(into: [:]) {
                $0[String($1.2)] = String($1.1)
            }
            for (line, statement) in zip(1..., Self.forbidden) {
                // Access is denied, by whatever rule, and not for another reason.
                let code = codes["\(line)"] ?? "none"
                let denials = ["1044", "1045", "1142", "1227", "1410", "1698", "3630", "6038"]
                #expect(denials.contains(code), "\(statement) gave error \(code)")
            }
            // An account that the application user makes has no more rights than the application user.
            let wider = try server.client(
                ["mysql", "-e", "CREATE USER eve IDENTIFIED BY 'x'; GRANT UPDATE, SELECT, CREATE USER ON *.* TO eve"])
            #expect(wider.errors == "")
            let eve = try server.client(
                ["mysql", "-e", "UPDATE mysql.user SET User = 'x'"], user: "eve", password: "x")
            #expect(eve.errors.contains("1142"), "\(eve.errors)")
        }
    }

    @Test func aDumpOfAllIsTakenAndItsImportNeedsNoMoreThanTheShownAccountHas() async throws {
        try await TestServer.with(engine) { server in
            try await engine.open(server.plan)
            let make =
                "CREATE TABLE data.t (i INT PRIMARY KEY); INSERT INTO data.t VALUES (1); "
                + "CREATE PROCEDURE data.p() SELECT 1"
            #expect(try server.client(["mysql", "-e", make]).errors == "")
            let all = try server.client(["mysqldump", "--all-databases", "--routines", "--events"])
            #expect(all.status == 0 && all.errors == "", "\(all.errors)")
            let dump = try server.client(["mysqldump", "--routines", "--databases", "data"])
            #expect(!dump.output.contains("GTID_PURGED") && dump.output.contains("CREATE DEFINER"))
            #expect(try server.client(["mysql", "-e", "DROP DATABASE data", "mysql"]).errors == "")
            try await engine.open(server.plan)
            let imported = try server.client(["mysql"], input: dump.output)
            #expect(imported.errors == "")
            #expect(try server.client(["mysql", "-Ne", "SELECT i FROM data.t"]).output == "1\n")
        }
    }

    @Test func aLostAccountComesBackAndForeignOnesGo() async throws {
        try await TestServer.with(engine) { server in
            try await engine.open(server.plan)
            #expect(await engine.probe(server.plan.address) == .healthy)
            // Accounts as an import of all databases from elsewhere leaves them.
            let foreign = [
                "CREATE USER root@'127.0.0.1' IDENTIFIED BY 'x'", "CREATE USER ''@'localhost'",
                "CREATE USER guest@'%' IDENTIFIED BY 'x'",
                "DELETE FROM mysql.user WHERE (User = 'root' AND Host = '%') OR User = 'roost_admin'",
                "FLUSH PRIVILEGES",
            ]
            let connection = try ServerConnection(server.plan.address, .administration)
            for statement in foreign { try connection.run(statement) }
            #expect(try server.administrationIsRefused())
            // The open connection still answers, and is enough to repair the accounts without a restart.
            #expect(await engine.probe(server.plan.address) == .healthy)
            try await engine.applyAccounts(server.plan)
            #expect(try server.client(["mysql", "-e", "SELECT CURRENT_USER()"]).output.contains("root@%"))

            try connection.run("SET GLOBAL read_only = 0")
            try connection.run("DELETE FROM mysql.user WHERE User IN ('root', 'roost_admin')")
            try await server.restart()
            #expect(await engine.probe(server.plan.address) == .closed)
            #expect(try server.client(["mysql", "-e", "SELECT CURRENT_USER()"]).output.contains("root@%"))
            let accounts = try server.administration(
                "SELECT CONCAT(User, '@', Host) FROM mysql.user WHERE User NOT LIKE 'mysql.%' ORDER BY 1")
            #expect(accounts == [["guest@%"], ["roost_admin@localhost"], ["root@%"]])
        }
    }

    @Test func whatPeopleSetForSessionsLeavesRoostsAlone() async throws {
        let config = [
            "autocommit": "0", "max_join_size": "1", "group_concat_max_len": "4",
            "cte_max_recursion_depth": "0", "lock_wait_timeout": "1", "innodb_lock_wait_timeout": "1",
            "wait_timeout": "1", "net_read_timeout": "1", "completion_type": "RELEASE",
        ]
        try await TestServer.with(engine, config: config) { server in
            try await engine.open(server.plan)
            let expected = try #require(engine.expectation(server.plan))
            #expect(await engine.probe(server.plan.address, expecting: expected) == .healthy)
            let climb =
                "CREATE ROLE r, r2; GRANT r TO r2; CREATE USER guest; CREATE EVENT sys.e ON SCHEDULE EVERY 1 DAY DO SELECT 1"
            #expect(try server.client(["mysql", "-e", climb]).status == 0)
            guard case .drifted(let drift) = await engine.probe(server.plan.address, expecting: expected) else {
                Issue.record("it is not noticed")
                return
            }
            try await engine.mendAccounts(drift, server.plan)
            #expect(await engine.probe(server.plan.address, expecting: expected) == .healthy)
        }
    }

    @Test func whatIsPersistedBreaksNoPromise() async throws {
        try await TestServer.with(engine) { server in
            try await engine.open(server.plan)
            try server.administration("SET PERSIST max_connections = 5")
            try server.administration("SET PERSIST_ONLY super_read_only = OFF")
            try await server.restart()
            #expect(await engine.probe(server.plan.address) == .closed)
            #expect(try server.administration("SELECT @@global.max_connections") != [["5"]])
        }
    }

    /// A session that may write the grant tables leaves rows of accounts that do not exist, and an account that is
    /// not in force yet.
    @Test func rowsThatNoStatementReachesAreMended() async throws {
        try await TestServer.with(engine) { server in
            try await engine.open(server.plan)
            let expected = try #require(engine.expectation(server.plan))
            let rows = [
                "INSERT INTO mysql.db (Host, Db, User, Insert_priv, Grant_priv) VALUES ('%', 'mysql', 'gone', 'Y', 'Y')",
                "INSERT INTO mysql.tables_priv (Host, Db, User, Table_name, Grantor, Table_priv, Column_priv) "
                    + "VALUES ('%', 'mysql', 'gone', 'user', '', 'Insert', 'Update')",
                "INSERT INTO mysql.global_grants VALUES ('gone', '%', 'SYSTEM_USER', 'Y')",
                "INSERT INTO mysql.role_edges VALUES ('localhost', 'roost_admin', '%', 'gone', 'Y')",
                "INSERT INTO mysql.user (Host, User, Super_priv, Insert_priv, ssl_cipher, x509_issuer, x509_subject) "
                    + "VALUES ('%', 'new', 'Y', 'Y', '', '', '')",
            ]
            for row in rows {
                try server.administration(row)
                guard case .drifted(let drift) = await engine.probe(server.plan.address, expecting: expected) else {
                    Issue.record("\(row) is not noticed")
                    continue
                }
                try await engine.mendAccounts(drift, server.plan)
                #expect(await engine.probe(server.plan.address, expecting: expected) == .healthy, "\(row)")
            }
        }
    }

    @Test func rotationAcceptsBothPasswordsUntilTheGraceEnds() async throws {
        try await TestServer.with(engine) { server in
            try await engine.open(server.plan)
            func opens(_ password: String) throws -> Bool {
                try server.client(["mysql", "-e", "SELECT 1"], password: password).status == 0
            }
            server.plan = server.plan.rotated(to: "newSecret1", previous: "shownSecret1")
            for _ in 0..<2 {
                try await engine.applyAccounts(server.plan)
                #expect(try opens("newSecret1") && opens("shownSecret1"))
            }
            #expect(try !opens("another") && !opens(""))
            try await server.restart()
            #expect(try opens("newSecret1") && opens("shownSecret1"))
            server.plan = server.plan.rotated(to: "newSecret1", previous: nil)
            try await engine.open(server.plan)
            try await engine.applyAccounts(server.plan)
            #expect(try opens("newSecret1") && !opens("shownSecret1"))
        }
    }

    @Test func usersAreAddedListedAndRemovedWithTheirSessions() async throws {
        try await TestServer.with(engine) { server in
            try await engine.open(server.plan)
            try server.administration("CREATE DATABASE dataX")
            server.plan = server.plan.with(databases: ["data", "data_"])
            try await engine.open(server.plan)
            let name = "o'hara\\"
            try await engine.addUser(name, password: "p", plan: server.plan)
            await #expect(throws: EngineError.userExists(name)) {
                try await engine.addUser(name, password: "p", plan: server.plan)
            }
            func runs(_ statement: String) throws -> TestProgram.Outcome {
                try server.client(["mysql", "-e", statement], user: name, password: "p")
            }
            #expect(try runs("CREATE TABLE data.t (i INT)").status == 0)
            #expect(try runs("CREATE TABLE data_.t (i INT)").status == 0)
            #expect(try runs("CREATE TABLE dataX.t (i INT)").errors.contains("1142"), "a _ in a name is no pattern")
            try server.administration("CREATE ROLE waiters")
            let listed = try await engine.users(server.plan)
            #expect(listed == [EngineUser(name: name, isShown: false), EngineUser(name: "root", isShown: true)])
            for reserved in ["root", "roost_admin", "mysql.sys", ""] {
                await #expect(throws: EngineError.userReserved(reserved)) {
                    try await engine.removeUser(reserved, plan: server.plan)
                }
            }
            try server.administration("CREATE USER 'o\\'hara\\\\'@'10.0.0.1'")
            try await engine.removeUser(name, plan: server.plan)
            #expect(try await engine.users(server.plan) == [EngineUser(name: "root", isShown: true)])
            await #expect(throws: EngineError.userUnknown(name)) {
                try await engine.removeUser(name, plan: server.plan)
            }
        }
    }

    // MARK: TLS

    @Test func withACertificateEveryAccountMustUseTLS() async throws {
        let certificate = try TestCertificate.make()
        try await TestServer.with(engine, certificate: certificate) { server in
            try await engine.open(server.plan)
            for program in ["mysql", "mariadb"] {
                let version = try server.client([program, "-Ne", "SHOW STATUS LIKE 'Ssl_version'"])
                #expect(version.output.contains("TLSv1.3"), "\(program): \(version.errors)")
            }
            #expect(try server.client(["mysql", "--ssl-mode=DISABLED", "-e", "SELECT 1"]).status != 0)
            try await engine.addUser("anna", password: "p", plan: server.plan)
            #expect(try server.client(["mysql", "-e", "SELECT 1"], user: "anna", password: "p").status == 0)
            let other = try server.client(
                ["mysql", "--ssl-mode=DISABLED", "--get-server-public-key", "-e", "SELECT 1"], user: "anna",
                password: "p")
            #expect(other.status != 0)
            // A renewed certificate is served without a restart, and the old authority no longer vouches for it.
            let before = server.plan
            server.plan = before.with(certificate: try TestCertificate.make())
            #expect(try server.client(["mysql", "-e", "SELECT 1"]).status != 0)
            try server.writeFiles()
            try await engine.applyAccounts(server.plan)
            #expect(try server.client(["mysql", "-e", "SELECT 1"]).status == 0)
            // Programs that find their options by MYSQL_HOME are encrypted as well.
            #expect(try server.client(["sh", "-c", "mysql -e 'SELECT 1'"]).status == 0)
        }
    }
}
