import Foundation
import Glibc
import RoostModel
import Testing

@testable import RoostEngines

// Rights of the accounts on a MariaDB server.
extension MariaDBServerTests {
    static let allowed = [
        "CREATE DATABASE shop", "CREATE TABLE shop.t (i INT PRIMARY KEY)", "INSERT INTO shop.t VALUES (1)",
        "CREATE VIEW shop.v AS SELECT * FROM shop.t",
        "CREATE TRIGGER shop.g BEFORE INSERT ON shop.t FOR EACH ROW SET @x = 1",
        "CREATE FUNCTION shop.f() RETURNS INT NO SQL RETURN 1", "CREATE PROCEDURE shop.p() SELECT 1",
        "CREATE EVENT shop.e ON SCHEDULE EVERY 1 DAY DO SELECT 1", "CREATE USER anna IDENTIFIED BY 'x'",
        "GRANT ALL ON shop.* TO anna", "GRANT SELECT ON shop.* TO berta IDENTIFIED BY 'y'", "CREATE ROLE waiters",
        "SHOW PROCESSLIST", "SELECT COUNT(*) FROM mysql.user", "SHOW ENGINE INNODB STATUS", "DROP USER anna, berta",
        "DROP DATABASE shop",
    ]

    static let forbidden = [
        "SET GLOBAL read_only = 0", "SET GLOBAL read_only = 1", "SET GLOBAL max_connections = 5",
        "SET GLOBAL sync_binlog = 0", "SET GLOBAL event_scheduler = 1", "SET GLOBAL local_infile = 1",
        "SET SESSION sql_log_bin = 0", "SET SESSION gtid_domain_id = 3", "SET SESSION server_id = 4",
        "SET SESSION binlog_format = 'STATEMENT'", "SHUTDOWN", "SELECT LOAD_FILE('/etc/passwd') INTO OUTFILE '/tmp/x'",
        "CHANGE MASTER TO MASTER_HOST = 'x'", "START SLAVE", "STOP SLAVE", "RESET MASTER", "RESET SLAVE",
        "PURGE BINARY LOGS BEFORE NOW()", "SHOW BINLOG EVENTS", "SHOW MASTER STATUS", "SHOW ALL SLAVES STATUS",
        "FLUSH TABLES", "FLUSH LOGS", "FLUSH PRIVILEGES", "FLUSH TABLES WITH READ LOCK",
        "INSERT INTO mysql.global_priv VALUES ('%', 'eve', '{}')", "DELETE FROM mysql.global_priv",
        "UPDATE mysql.db SET User = 'eve'", "CREATE TABLE mysql.t (i INT)", "DROP TABLE mysql.general_log",
        "LOCK TABLES mysql.db WRITE", "CREATE FUNCTION f RETURNS INTEGER SONAME 'x.so'",
        "INSTALL SONAME 'ha_blackhole'",
        "UNINSTALL SONAME 'ha_blackhole'", "GRANT ALL ON *.* TO root", "GRANT ALL ON mysql.* TO root",
        "GRANT FILE ON *.* TO root", "GRANT SUPER ON *.* TO root",
        "SET PASSWORD FOR roost_admin@localhost = PASSWORD('x')",
        "CREATE DEFINER = roost_admin@localhost PROCEDURE data.p() SELECT 1",
        "CREATE SERVER s FOREIGN DATA WRAPPER mysql OPTIONS (HOST 'x')", "GRANT PROXY ON ''@'' TO root",
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
            let look = ["mariadb", "-e", "SHOW MASTER STATUS; SHOW BINARY LOGS; SHOW ALL SLAVES STATUS"]
            #expect(try server.client(look, user: "reader", password: "readerSecret1").errors == "")
            #expect(try server.client(look, user: "eve", password: "eveSecret1").status != 0)
            #expect(
                try server.client(["mariadb", "-e", "FLUSH LOGS"], user: "reader", password: "readerSecret1").status
                    != 0)
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
                try server.administration(
                    "SELECT User FROM mysql.global_priv WHERE Host = '%' AND JSON_VALUE(Priv, '$.access') & (1 << 19)")
                    == [["reader"]])
        }
    }

    @Test func theShownAccountMayDoWhatPeopleNeedAndNothingThatSafetyRestsOn() async throws {
        try await TestServer.with { server in
            try await engine.open(server.plan)
            // The application user is granted more than it should have, by any route.
            try server.administration("GRANT FILE, SUPER, RELOAD, READ_ONLY ADMIN ON *.* TO root@'%' WITH GRANT OPTION")
            try server.administration("GRANT ALL ON mysql.* TO root@'%' WITH GRANT OPTION")
            try await engine.applyAccounts(server.plan)
            let done = try server.client(["mariadb", "--force"], input: Self.allowed.map { $0 + ";\n" }.joined())
            #expect(done.errors == "")
            let refused = try server.client(["mariadb", "--force"], input: Self.forbidden.map { $0 + ";\n" }.joined())
            let codes = refused.errors.matches(of: #/ERROR (\d+) \(\w+\) at line (\d+):/#).reduce(into: [:]) {
                $0[String($1.2)] = String($1.1)
            }
            for (line, statement) in zip(1..., Self.forbidden) {
                // Access is denied, by whatever rule, and not for another reason.
                let code = codes["\(line)"] ?? "none"
                #expect(["1044", "1045", "1142", "1227", "1698"].contains(code), "\(statement) gave error \(code)")
            }
            // A full dump as users make it: without locks on the server's own tables.
            let dump = try server.client(["mariadb-dump", "--all-databases", "--routines", "--events"])
            #expect(dump.status == 0, "\(dump.errors)")
        }
    }

    @Test func anImportOfAllDatabasesLocksNobodyOut() async throws {
        try await TestServer.with { server in
            try await engine.open(server.plan)
            // Accounts left by a foreign dump: none of Roost's, an application user that would be matched first, an
            // anonymous account.
            try server.administration("CREATE DATABASE kept")
            let dump = try server.client(["mariadb-dump", "--all-databases", "--add-drop-database"]).output
            try server.administration("DROP DATABASE kept")
            let foreign =
                dump + "DELETE FROM mysql.global_priv WHERE User IN ('roost_admin', 'root');\n"
                + "REPLACE INTO mysql.global_priv VALUES ('127.0.0.1', 'root', '{}'), ('localhost', '', '{}'), "
                + "('%', 'guest', '{\"access\":0}');\n"
                + "DELETE FROM mysql.db; FLUSH PRIVILEGES;\n"
            #expect(await engine.probe(server.plan.address) == .healthy)
            let file = "\(server.folder)/all.sql"
            try Data(foreign.utf8).write(to: URL(filePath: file))
            let imported = try TestProgram.outcome(
                "/usr/bin/mariadb",
                ["--no-defaults", "-S", server.plan.folders.socket, "-uroost_admin", "-padministrationSecret1"],
                input: foreign)
            #expect(imported.errors == "")
            #expect(try server.administrationIsRefused())
            // The open connection still answers, and is enough to repair the accounts without a restart.
            #expect(await engine.probe(server.plan.address) == .healthy)
            try await engine.applyAccounts(server.plan)
            #expect(try server.client(["mariadb", "-e", "SELECT CURRENT_USER()"]).output.contains("root@%"))

            try server.administration("DELETE FROM mysql.global_priv WHERE User IN ('roost_admin', 'root')")
            try await server.restart()
            #expect(await engine.probe(server.plan.address) == .closed)
            #expect(try server.client(["mariadb", "-e", "SELECT CURRENT_USER()"]).output.contains("root@%"))
            let accounts = try server.administration("SELECT CONCAT(User, '@', Host) FROM mysql.global_priv ORDER BY 1")
            #expect(accounts == [["guest@%"], ["mariadb.sys@localhost"], ["roost_admin@localhost"], ["root@%"]])
            #expect(try server.administration("SHOW DATABASES LIKE 'kept'") == [["kept"]])
        }
    }

    @Test func whatRoostItselfDoesIsNoDrift() async throws {
        try await CopyFolder.with { folder in
            try await TestServer.with { server in
                try await engine.open(server.plan)
                let expected = try #require(engine.expectation(server.plan))
                #expect(await engine.probe(server.plan.address, expecting: expected) == .healthy)
                // The time at which a password was set is in seconds.
                try server.administration("DO SLEEP(1.1)")
                try await DumpCase("a table", "CREATE TABLE t (i INT);\n", .loads("SELECT COUNT(*) FROM data.t", ["0"]))
                    .run(on: server, in: folder) { question, _ in try server.administration(question) }
                #expect(await engine.probe(server.plan.address, expecting: expected) == .healthy)
                try await engine.applyAccounts(server.plan)
                #expect(await engine.probe(server.plan.address, expecting: expected) == .healthy)
            }
        }
    }

    @Test func aRepairThatFailsHalfWayEndsSessionsOnce() async throws {
        try await TestServer.with { server in
            try await engine.open(server.plan)
            let expected = try #require(engine.expectation(server.plan))
            #expect(await engine.probe(server.plan.address, expecting: expected) == .healthy)
            let keeper = try ServerConnection(server.plan.address, .administration)
            try keeper.run("DO SLEEP(1.1)")
            #expect(try server.client(["mariadb", "-e", "ALTER USER roost_admin@localhost ACCOUNT LOCK"]).status == 0)
            guard case .drifted(let drift) = await engine.probe(server.plan.address, expecting: expected) else {
                Issue.record("it is not noticed")
                return
            }
            try keeper.run("RENAME TABLE mysql.columns_priv TO mysql.columns_kept")
            await #expect(throws: EngineError.self) { try await engine.mendAccounts(drift, server.plan) }
            // The next probe blames nothing on sessions that signed on as Roost's own account.
            #expect(await engine.probe(server.plan.address, expecting: expected) == .healthy)
        }
    }

    /// Objects that a session made as Roost's own account do not run as that account after a repair.
    @Test func whatRunsAsRoostIsGivenAwayByARepair() async throws {
        try await TestServer.with { server in
            try await engine.open(server.plan)
            #expect(await engine.probe(server.plan.address) == .healthy)
            for statement in [
                "CREATE TABLE data.c (a INT)",
                "CREATE DEFINER=roost_admin@localhost VIEW data.v AS SELECT User FROM mysql.global_priv",
                "CREATE DEFINER=roost_admin@localhost TRIGGER data.t BEFORE INSERT ON data.c FOR EACH ROW "
                    + "SET GLOBAL max_connections = 11",
                "CREATE DEFINER=roost_admin@localhost PROCEDURE data.p() SELECT 1",
            ] { try server.administration(statement) }
            try await engine.mendAccounts([AccountDrift(.ownAccount, "it was changed")], server.plan)
            let definers = try server.administration(
                "SELECT DEFINER FROM information_schema.VIEWS WHERE TABLE_SCHEMA = 'data' UNION ALL "
                    + "SELECT DEFINER FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = 'data' UNION ALL "
                    + "SELECT DEFINER FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = 'data'")
            #expect(definers == [["root@%"], ["root@%"], ["root@%"]])
            #expect(try server.client(["mariadb", "-e", "INSERT INTO data.c VALUES (1)"]).status != 0)
            #expect(await engine.probe(server.plan.address) == .healthy)
        }
    }

    @Test func whoIsJustSigningOnIsLeftAlone() async throws {
        try await TestServer.with { server in
            try await engine.open(server.plan)
            #expect(await engine.probe(server.plan.address) == .healthy)
            let client = try TestSocket(port: server.plan.internalPort)
            let waiting = "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE USER = 'unauthenticated user'"
            while try server.administration(waiting) != [["1"]] { try await Task.sleep(for: .milliseconds(5)) }
            #expect(try server.client(["mariadb", "-e", "ALTER USER roost_admin@localhost REQUIRE SSL"]).status == 0)
            try await engine.mendAccounts([AccountDrift(.ownAccount, "it was changed")], server.plan)
            #expect(try server.administration(waiting) == [["1"]])
            client.close()
            // The account's name alone does not exempt a session.
            #expect(
                MariaDBMending(plan: server.plan).sessions(of: ["unauthenticated user"], all: false)
                    .contains("COMMAND = 'Connect'"))
        }
    }

    @Test func rotationAcceptsBothPasswordsUntilTheGraceEnds() async throws {
        try await TestServer.with { server in
            try await engine.open(server.plan)
            func opens(_ password: String) throws -> Bool {
                try server.client(["mariadb", "-e", "SELECT 1"], password: password).status == 0
            }
            server.plan = server.plan.rotated(to: "newSecret1", previous: "shownSecret1")
            try await engine.applyAccounts(server.plan)
            #expect(try opens("newSecret1") && opens("shownSecret1"))
            #expect(try !opens("another") && !opens(""))
            try await server.restart()
            #expect(try opens("newSecret1") && opens("shownSecret1"))
            server.plan = server.plan.rotated(to: "newSecret1", previous: nil)
            try await engine.applyAccounts(server.plan)
            #expect(try opens("newSecret1") && !opens("shownSecret1"))
        }
    }

    @Test func usersAreAddedListedAndRemoved() async throws {
        try await TestServer.with { server in
            try await engine.open(server.plan)
            try server.administration("CREATE DATABASE dataX")
            server.plan = server.plan.with(databases: ["data", "data_"])
            try await engine.open(server.plan)
            let name = "o'hara\\"
            try await engine.addUser(name, password: "p", plan: server.plan)
            await #expect(throws: EngineError.userExists(name)) {
                try await engine.addUser(name, password: "p", plan: server.plan)
            }
            #expect(
                try server.client(["mariadb", "-e", "CREATE TABLE data.t (i INT)"], user: name, password: "p").status
                    == 0)
            #expect(
                try server.client(["mariadb", "-e", "CREATE TABLE data_.t (i INT)"], user: name, password: "p").status
                    == 0)
            let beyond = try server.client(
                ["mariadb", "-e", "CREATE TABLE dataX.t (i INT)"], user: name, password: "p")
            #expect(beyond.errors.contains("1142"), "a _ in a database's name is no pattern")
            let listed = try await engine.users(server.plan)
            #expect(listed == [EngineUser(name: name, isShown: false), EngineUser(name: "root", isShown: true)])
            for reserved in ["root", "roost_admin", "mariadb.sys", ""] {
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
        try await TestServer.with(certificate: certificate) { server in
            try await engine.open(server.plan)
            let cipher = try server.client(["mariadb", "-Ne", "SHOW STATUS LIKE 'Ssl_version'"])
            #expect(cipher.output.contains("TLSv1.3"), "\(cipher.errors)")
            let plain = try server.client(["mariadb", "--skip-ssl", "-e", "SELECT 1"])
            #expect(plain.status != 0)
            try await engine.addUser("anna", password: "p", plan: server.plan)
            #expect(try server.client(["mariadb", "-e", "SELECT 1"], user: "anna", password: "p").status == 0)
            let other = try server.client(["mariadb", "--skip-ssl", "-e", "SELECT 1"], user: "anna", password: "p")
            #expect(other.status != 0)
            // A renewed certificate is served without a restart, and the old authority no longer vouches for it.
            let before = server.plan
            server.plan = before.with(certificate: try TestCertificate.make())
            #expect(try server.client(["mariadb", "-e", "SELECT 1"]).status != 0)
            try server.writeFiles()
            try await engine.applyAccounts(server.plan)
            #expect(try server.client(["mariadb", "-e", "SELECT 1"]).status == 0)
            // Programs that find their options by MYSQL_HOME are encrypted as well.
            #expect(try server.client(["sh", "-c", "mariadb -e 'SELECT 1'"]).status == 0)
        }
    }
}

/// A connection that says nothing.
private struct TestSocket {
    private let descriptor: Int32

    init(port: PortNumber) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
        address.sin_port = port.rawValue.bigEndian
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(result == 0)
    }

    func close() { Glibc.close(descriptor) }
}
