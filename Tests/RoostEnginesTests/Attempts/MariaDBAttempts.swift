import Foundation
import RoostModel
import Testing

@testable import RoostEngines

/// Attempts of the application user of a MariaDB service.
enum MariaDBAttempts {
    private static let eve = "eveSecret1"

    /// Steps of an account that the application user made for itself.
    private static func asEve(_ text: String) -> [Attempt.Step] {
        [Attempt.Step(user: "eve", password: eve, text: text)]
    }

    static let table: [Attempt] =
        Attempt.all(.refused, global) + Attempt.all(.refused, rights) + Attempt.all(.refused, system)
        + Attempt.all(.refused, files) + ownAccount + itself + patterns + roles + others + Attempt.all(.allowed, people)

    /// Switches, replication, logs, other accounts' sessions, the server's end.
    static let global = [
        "SET GLOBAL read_only = 1", "SET GLOBAL sync_binlog = 0", "SET GLOBAL innodb_flush_log_at_trx_commit = 0",
        "SET GLOBAL general_log = 1", "SET GLOBAL event_scheduler = 1", "SET GLOBAL local_infile = 1",
        "SET GLOBAL max_connections = 1", "SET GLOBAL init_connect = 'SELECT 1'", "SET GLOBAL server_id = 5",
        "SET GLOBAL gtid_domain_id = 5", "SET GLOBAL secure_file_priv = '/'", "SET GLOBAL log_output = 'TABLE'",
        "SET GLOBAL general_log_file = '/tmp/x'", "SET GLOBAL slow_query_log_file = 'x.php'",
        "SET GLOBAL binlog_format = 'STATEMENT'", "SET GLOBAL gtid_slave_pos = ''", "SET GLOBAL gtid_strict_mode = 0",
        "SET GLOBAL rpl_semi_sync_master_enabled = 1", "SET GLOBAL innodb_file_per_table = 0",
        "SET GLOBAL require_secure_transport = 0", "SET SESSION sql_log_bin = 0", "SET SESSION gtid_domain_id = 3",
        "SET SESSION server_id = 4", "SET SESSION binlog_format = 'STATEMENT'", "SET SESSION gtid_seq_no = 1",
        "SHUTDOWN", "SHUTDOWN WAIT FOR ALL SLAVES", "CHANGE MASTER TO MASTER_HOST = 'x'", "START SLAVE",
        "STOP SLAVE", "RESET SLAVE", "RESET SLAVE ALL", "RESET MASTER", "PURGE BINARY LOGS BEFORE NOW()",
        "SHOW BINARY LOGS", "SHOW BINLOG EVENTS", "SHOW MASTER STATUS", "SHOW ALL SLAVES STATUS",
        "BINLOG 'AAAA'", "FLUSH LOGS", "FLUSH BINARY LOGS", "FLUSH TABLES", "FLUSH TABLES WITH READ LOCK",
        "FLUSH PRIVILEGES", "FLUSH HOSTS", "KILL USER roost_admin",
        "INSTALL SONAME 'ha_blackhole'", "INSTALL PLUGIN x SONAME 'auth_socket'", "UNINSTALL SONAME 'ha_blackhole'",
        "CREATE FUNCTION f RETURNS INTEGER SONAME 'x.so'",
        "CREATE SERVER s FOREIGN DATA WRAPPER mysql OPTIONS (HOST 'x', SOCKET '/tmp/y')",
    ]

    static let rights = [
        // SET PASSWORD for others asks for UPDATE on `mysql`, which ALTER USER does not.
        "SET PASSWORD FOR roost_admin@localhost = PASSWORD('x')", "SET PASSWORD FOR roost_admin@localhost = ''",
        // The wall's rows stand for these names.
        "CREATE USER ''@'%'", "CREATE USER root@'127.0.0.1' IDENTIFIED BY 'x'",
        "REVOKE ALL PRIVILEGES, GRANT OPTION FROM ''@'%'",
        "GRANT ALL ON *.* TO root", "GRANT SUPER ON *.* TO root", "GRANT FILE ON *.* TO root",
        "GRANT CONNECTION ADMIN ON *.* TO root",
        "GRANT CREATE USER ON *.* TO anna IDENTIFIED BY 'x'", "GRANT SHUTDOWN ON *.* TO root",
        "GRANT ALL ON mysql.* TO root", "GRANT SELECT ON mysql.* TO root WITH GRANT OPTION",
        "GRANT INSERT ON mysql.global_priv TO root", "GRANT UPDATE (Priv) ON mysql.global_priv TO root",
        "GRANT ALL ON sys.* TO root", "GRANT ALL ON performance_schema.* TO root", "GRANT PROXY ON ''@'' TO root",
        "GRANT PROXY ON roost_admin@localhost TO root", "GRANT roost_admin TO root", "SET ROLE roost_admin",
        "CREATE ROLE r1 WITH ADMIN roost_admin@localhost; GRANT SUPER ON *.* TO r1",
        "CREATE DEFINER = roost_admin@localhost PROCEDURE data.p() SELECT 1",
        "CREATE DEFINER = roost_admin@localhost FUNCTION data.f() RETURNS INT RETURN 1",
        "CREATE DEFINER = roost_admin@localhost VIEW data.v AS SELECT 1",
        "CREATE DEFINER = roost_admin@localhost EVENT data.e ON SCHEDULE EVERY 1 DAY DO SELECT 1",
        "CREATE DEFINER = 'mariadb.sys'@localhost PROCEDURE data.p2() SELECT 1",
    ]

    static let system = [
        "CREATE TABLE mysql.t (i INT)", "CREATE TABLE sys.t (i INT)", "CREATE TABLE performance_schema.t (i INT)",
        "DROP DATABASE mysql", "DROP DATABASE sys", "DROP DATABASE performance_schema",
        "ALTER DATABASE mysql CHARACTER SET latin1", "ALTER DATABASE sys CHARACTER SET latin1",
        "DROP TABLE mysql.general_log", "TRUNCATE mysql.general_log", "DROP TABLE mysql.proc",
        "INSERT INTO mysql.global_priv VALUES ('%', 'eve', '{\"access\":549755813887}')",
        "UPDATE mysql.global_priv SET Priv = '{}'", "DELETE FROM mysql.global_priv", "DELETE FROM mysql.db",
        "UPDATE mysql.db SET User = 'eve'", "REPLACE INTO mysql.proxies_priv (Host, User) VALUES ('%', 'root')",
        "INSERT INTO mysql.proc (db, name) VALUES ('data', 'p')",
        "INSERT INTO mysql.func VALUES ('f', 0, 'x.so', 'function')",
        "INSERT INTO mysql.plugin VALUES ('x', 'x.so')", "INSERT INTO mysql.event (db, name) VALUES ('data', 'e')",
        "CREATE TRIGGER mysql.t BEFORE INSERT ON mysql.db FOR EACH ROW SET @x = 1",
        "CREATE VIEW mysql.v AS SELECT 1", "CREATE PROCEDURE mysql.p() SELECT 1",
        "CREATE FUNCTION sys.f() RETURNS INT RETURN 1",
        "DROP PROCEDURE sys.ps_setup_reset_to_default", "UPDATE sys.sys_config SET value = '1'",
        "LOCK TABLES mysql.db WRITE", "RENAME TABLE mysql.db TO data.db",
        "ALTER TABLE mysql.global_priv ENGINE = InnoDB", "GRANT EVENT ON mysql.* TO root",
        "GRANT EVENT ON sys.* TO root",
        "CREATE EVENT sys.e ON SCHEDULE EVERY 1 DAY DO SELECT 1",
        "CREATE EVENT performance_schema.e ON SCHEDULE EVERY 1 DAY DO SELECT 1",
        "CREATE TRIGGER sys.t BEFORE INSERT ON sys.sys_config FOR EACH ROW SET @x = 1",
        "OPTIMIZE TABLE mysql.db",
    ]

    static let files = [
        "SELECT 1 INTO OUTFILE '/tmp/roost-attempt'", "SELECT 1 INTO DUMPFILE '/tmp/roost-attempt'",
        "LOAD DATA INFILE '/etc/passwd' INTO TABLE data.kept",
        "CREATE TABLE data.out_of_place (i INT) ENGINE = CONNECT TABLE_TYPE = DOS FILE_NAME = '/etc/passwd'",
    ]

    private static let takeOver =
        "DROP USER IF EXISTS eve@'%'; RENAME USER roost_admin@localhost TO eve@'%'; ALTER USER eve@'%' IDENTIFIED BY '\(eve)'"

    /// Roost's own account.
    static let ownAccount: [Attempt] =
        Attempt.all(
            .mended,
            [
                "ALTER USER roost_admin@localhost IDENTIFIED BY 'x'",
                "ALTER USER roost_admin@localhost ACCOUNT LOCK",
                "ALTER USER roost_admin@localhost REQUIRE SSL", "ALTER USER roost_admin@localhost PASSWORD EXPIRE",
                "ALTER USER roost_admin@localhost WITH MAX_USER_CONNECTIONS 1",
                "ALTER USER roost_admin@localhost IDENTIFIED VIA unix_socket", "DROP USER roost_admin@localhost",
                "REVOKE ALL PRIVILEGES, GRANT OPTION FROM roost_admin@localhost",
                "CREATE OR REPLACE USER roost_admin@localhost IDENTIFIED BY 'x'",
                "CREATE USER roost_admin@'127.0.0.1' IDENTIFIED BY 'x'",
                "RENAME USER roost_admin@localhost TO root@localhost",
            ])
        + [
            Attempt(.mended, takeOver),
            Attempt(
                .mended, takeOver,
                then: asEve("SET GLOBAL innodb_flush_log_at_trx_commit = 0; SET GLOBAL sync_binlog = 0")),
            Attempt(
                .mended, takeOver,
                then: asEve(
                    "SET GLOBAL general_log = 1; CREATE USER mallory IDENTIFIED BY 'x'; GRANT ALL ON *.* TO mallory WITH GRANT OPTION"
                )),
            Attempt(.mended, takeOver, then: asEve("GRANT SUPER, FILE ON *.* TO root@'%'")),
            Attempt(
                .mended, takeOver,
                then: asEve(
                    "CREATE TABLE mysql.t (i INT); DROP TABLE mysql.t; CREATE ROLE kings; GRANT ALL ON *.* TO kings; GRANT kings TO root@'%'"
                )),
            Attempt(
                .mended, takeOver,
                then: asEve("CREATE DEFINER = roost_admin@localhost PROCEDURE data.p3() SELECT CURRENT_USER()")),
            // The account is put back as it was, but for the time at which its password was set.
            Attempt(
                .mended,
                "ALTER USER roost_admin@localhost IDENTIFIED BY 'x'; DO SLEEP(1.1); ALTER USER roost_admin@localhost IDENTIFIED BY PASSWORD "
                    + "'\(NativePassword.hash("administrationSecret1"))'"),
        ]

    /// The application user itself, and the accounts beside it.
    static let itself: [Attempt] = Attempt.all(
        .mended,
        [
            "DROP USER 'mariadb.sys'@localhost", "ALTER USER 'mariadb.sys'@localhost IDENTIFIED BY 'x' ACCOUNT UNLOCK",
            "REVOKE ALL PRIVILEGES, GRANT OPTION FROM 'mariadb.sys'@localhost",
            "CREATE EVENT mysql.e ON SCHEDULE EVERY 1 DAY DO SELECT 1",
            "SET PASSWORD = ''", "ALTER USER root@'%' IDENTIFIED BY ''", "SET PASSWORD = PASSWORD('other')",
            "ALTER USER root@'%' ACCOUNT LOCK", "DROP USER root@'%'", "RENAME USER root@'%' TO toor@'%'",
            "CREATE USER ''@localhost IDENTIFIED BY 'x'",
            "REVOKE ALL PRIVILEGES, GRANT OPTION FROM root@'%'", "REVOKE INSERT ON `%`.* FROM root@'%'",
            "ALTER USER root@'%' IDENTIFIED VIA unix_socket", "ALTER USER root@'%' WITH MAX_QUERIES_PER_HOUR 1",
            "ALTER USER root@'%' PASSWORD EXPIRE", "CREATE USER guest",
            "CREATE USER guest2@'127.0.0.1' IDENTIFIED BY ''",
        ])

    /// Grants by pattern, and the wall that keeps them out.
    static let patterns: [Attempt] =
        Attempt.all(
            .mended,
            [
                "DROP USER ''@'127.0.0.1'", "RENAME USER ''@'127.0.0.1' TO zoe@'127.0.0.1'",
                "DROP USER root@'127.0.0.1'",
            ])
        + [
            Attempt(
                .mended,
                "DROP USER IF EXISTS eve; CREATE USER eve IDENTIFIED BY '\(eve)'; GRANT ALL ON `mys\\ql`.* TO eve",
                then: asEve("INSERT INTO mysql.global_priv VALUES ('%', 'mallory', '{\"access\":549755813887}')")),
            Attempt(
                .mended, "GRANT ALL ON `mys\\ql`.* TO eve",
                then: asEve(
                    "UPDATE mysql.global_priv SET Priv = JSON_SET(Priv, '$.access', 549755813887) WHERE User = 'eve'")),
            Attempt(
                .mended, "GRANT ALL ON `s\\ys`.* TO eve", then: asEve("CREATE TABLE sys.t (i INT)")),
            Attempt(
                .mended,
                "DROP USER eve; CREATE USER eve@'127.%' IDENTIFIED BY '\(eve)'; GRANT ALL ON `%`.* TO eve@'127.%'"),
            Attempt(
                .refused, "GRANT ALL ON `%`.* TO eve@'127.%'",
                then: asEve("INSERT INTO mysql.global_priv VALUES ('%', 'mallory', '{}')")),
            Attempt(.refused, "GRANT ALL ON `my%`.* TO eve@'127.%'", then: asEve("CREATE TABLE mysql.t (i INT)")),
            Attempt(
                .refused,
                "CREATE DATABASE IF NOT EXISTS shop; CREATE PROCEDURE shop.climb() SQL SECURITY DEFINER DELETE FROM mysql.db",
                then: [Attempt.Step(text: "CALL shop.climb()")]),
        ]

    /// Grants by pattern to roles, which no row without a user precedes.
    static let roles: [Attempt] = [
        Attempt(
            .mended, "CREATE ROLE r1; GRANT ALL ON `%`.* TO r1; GRANT r1 TO eve@'127.%'",
            then: asEve(
                "SET ROLE r1; INSERT INTO mysql.global_priv VALUES ('%', 'mallory', '{\"access\":549755813887}')")),
        Attempt(
            .mended, "CREATE ROLE r2; GRANT r1 TO r2; GRANT r2 TO eve@'127.%'; GRANT ALL ON `my%`.* TO r1",
            then: asEve("SET ROLE r2; GRANT UPDATE (Priv) ON mysql.global_priv TO eve@'127.%'")),
        Attempt(.mended, "GRANT ALL ON `s\\ys`.* TO r1", then: asEve("SET ROLE r1; CREATE VIEW sys.climb AS SELECT 1")),
        Attempt(
            .mended, "GRANT INSERT, SELECT ON `%`.* TO r1; GRANT r1 TO root@'%'",
            then: [
                Attempt.Step(text: "SET ROLE r1; REPLACE INTO mysql.proxies_priv (Host, User) VALUES ('%', 'root')")
            ]),
        Attempt(.mended, "GRANT ALL ON `%`.* TO PUBLIC"),
        Attempt(
            .refused, "GRANT SELECT ON `%`.* TO r1",
            then: asEve("SET ROLE r1; INSERT INTO mysql.global_priv VALUES ('%', 'mallory', '{}')")),
    ]

    static let others: [Attempt] = [
        // The grant is in force at once, and gives no right that could harm the server.
        Attempt(.allowed, "CREATE USER anna IDENTIFIED BY 'annaSecret1'; GRANT ALL ON shop.* TO anna"),
        Attempt(.allowed, "GRANT ALL ON `%`.* TO anna"), Attempt(.refused, "SET PASSWORD FOR anna = PASSWORD('other')"),
        Attempt(.refused, "KILL HARD CONNECTION 1"),
    ]

    static let people = [
        "CREATE DATABASE orders", "CREATE TABLE orders.t (i INT PRIMARY KEY)", "INSERT INTO orders.t VALUES (1)",
        "CREATE PROCEDURE orders.p() SELECT 1", "CREATE EVENT orders.e ON SCHEDULE EVERY 1 DAY DO SELECT 1",
        "SHOW PROCESSLIST", "SELECT COUNT(*) FROM mysql.user", "SHOW GRANTS FOR roost_admin@localhost",
        "CREATE ROLE waiters; GRANT SELECT ON orders.* TO waiters; GRANT waiters TO anna", "DROP USER anna",
        "DROP DATABASE orders",
    ]
}

@Suite(.serialized, EachRelease(engine: "mariadb", usually: .newest), Seed(), .timeLimit(.minutes(10)))
struct MariaDBAttemptTests {
    @Test func nobodyClimbs() async throws {
        try await TestServer.with { server in
            try await server.engine.open(server.plan)
            var run = AttemptRun(server) { try server.refusal("mariadb", $0) }
            try await run.run(MariaDBAttempts.table)
            let accounts = try server.administration(
                "SELECT User FROM mysql.global_priv WHERE JSON_VALUE(Priv, '$.access') & 0x7FFFFFFFFF = 0x7FFFFFFFFF")
            #expect(accounts == [["roost_admin"]])
        }
    }
}
