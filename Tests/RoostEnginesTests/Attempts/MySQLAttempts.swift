import Foundation
import RoostModel
import Testing

@testable import RoostEngines

/// Attempts of the application user of a MySQL service. Roost's own account has SYSTEM_USER, so most are refused.
enum MySQLAttempts {
    static let table: [Attempt] =
        Attempt.all(.refused, ownAccount) + Attempt.all(.refused, global) + Attempt.all(.refused, rights)
        + Attempt.all(.refused, system) + Attempt.all(.refused, files) + Attempt.all(.mended, itself)
        + Attempt.all(.mended, grants)
        + climbing
        + Attempt.all(.allowed, people)

    static let ownAccount = [
        "ALTER USER roost_admin@localhost IDENTIFIED BY 'x'", "SET PASSWORD FOR roost_admin@localhost = 'x'",
        "ALTER USER roost_admin@localhost ACCOUNT LOCK", "ALTER USER roost_admin@localhost REQUIRE SSL",
        "ALTER USER roost_admin@localhost PASSWORD EXPIRE", "DROP USER roost_admin@localhost",
        "RENAME USER roost_admin@localhost TO eve@'%'",
        "REVOKE ALL PRIVILEGES, GRANT OPTION FROM roost_admin@localhost",
        "REVOKE SUPER ON *.* FROM roost_admin@localhost", "GRANT roost_admin@localhost TO root@'%'",
        "GRANT 'mysql.session'@localhost TO root@'%'", "SET ROLE 'mysql.session'@localhost",
        "CREATE USER climber IDENTIFIED BY 'x' DEFAULT ROLE 'mysql.session'@localhost",
        "CREATE DEFINER = 'mysql.session'@localhost EVENT data.e ON SCHEDULE EVERY 1 DAY DO SET GLOBAL sync_binlog = 0",
        "GRANT roost_admin@localhost TO root@'%' WITH ADMIN OPTION", "SET ROLE roost_admin@localhost",
        "SET DEFAULT ROLE roost_admin@localhost TO root@'%'", "ALTER USER root@'%' DEFAULT ROLE roost_admin@localhost",
        "GRANT PROXY ON roost_admin@localhost TO root@'%'", "ALTER USER roost_admin@localhost DISCARD OLD PASSWORD",
        "CREATE DEFINER = roost_admin@localhost PROCEDURE data.p() SELECT 1",
        "CREATE DEFINER = roost_admin@localhost FUNCTION data.f() RETURNS INT DETERMINISTIC RETURN 1",
        "CREATE DEFINER = roost_admin@localhost VIEW data.v AS SELECT 1",
        "CREATE DEFINER = 'mysql.session'@localhost PROCEDURE data.p() SELECT 1",
        "CREATE DEFINER = 'mysql.sys'@localhost VIEW data.v AS SELECT 1",
        "CREATE DEFINER = 'mysql.infoschema'@localhost VIEW data.v AS SELECT 1",
        "CREATE DEFINER = roost_admin@localhost EVENT data.e ON SCHEDULE EVERY 1 DAY DO SELECT 1",
        "ALTER USER 'mysql.session'@localhost ACCOUNT UNLOCK", "DROP USER 'mysql.sys'@localhost",
        "ALTER USER 'mysql.infoschema'@localhost IDENTIFIED BY 'x'",
    ]

    static let global = [
        "SET GLOBAL read_only = 1", "SET GLOBAL super_read_only = 0", "SET GLOBAL sync_binlog = 0",
        "SET GLOBAL innodb_flush_log_at_trx_commit = 0", "SET PERSIST sync_binlog = 0",
        "SET PERSIST_ONLY sync_binlog = 0", "SET GLOBAL max_connections = 1", "SET GLOBAL sql_mode = ''",
        "SET PERSIST init_connect = 'SELECT 1'", "SET GLOBAL require_secure_transport = 1",
        "GRANT SYSTEM_VARIABLES_ADMIN ON *.* TO eve", "GRANT PERSIST_RO_VARIABLES_ADMIN ON *.* TO root@'%'",
        "SET GLOBAL general_log = 1", "SET GLOBAL event_scheduler = 1", "SET GLOBAL local_infile = 1",
        "SET GLOBAL partial_revokes = 0", "SET GLOBAL max_connections = 1", "SET GLOBAL init_connect = 'SELECT 1'",
        "SET GLOBAL server_id = 5", "SET GLOBAL require_secure_transport = 0", "SET GLOBAL gtid_purged = ''",
        "SET GLOBAL offline_mode = 1", "SET GLOBAL log_output = 'TABLE'", "SET GLOBAL general_log_file = '/tmp/x'",
        "SET GLOBAL binlog_row_image = 'MINIMAL'", "SET GLOBAL mandatory_roles = 'x'",
        "SET SESSION sql_log_bin = 0", "SET SESSION gtid_next = 'AUTOMATIC'", "SHUTDOWN", "RESTART",
        "CHANGE REPLICATION SOURCE TO SOURCE_HOST = 'x'", "START REPLICA", "STOP REPLICA", "RESET REPLICA ALL",
        "RESET BINARY LOGS AND GTIDS", "PURGE BINARY LOGS BEFORE NOW()", "SHOW BINARY LOGS", "SHOW BINARY LOG STATUS",
        "SHOW BINLOG EVENTS", "SHOW REPLICA STATUS", "FLUSH LOGS", "FLUSH PRIVILEGES", "FLUSH STATUS",
        "ALTER INSTANCE RELOAD TLS", "ALTER INSTANCE DISABLE INNODB REDO_LOG",
        "ALTER INSTANCE ROTATE INNODB MASTER KEY",
        "INSTALL PLUGIN x SONAME 'x.so'", "INSTALL COMPONENT 'file://component_validate_password'",
        "UNINSTALL COMPONENT 'file://component_validate_password'", "CREATE FUNCTION f RETURNS INTEGER SONAME 'x.so'",
        "CREATE SERVER s FOREIGN DATA WRAPPER mysql OPTIONS (HOST 'x')", "CLONE LOCAL DATA DIRECTORY = '/tmp/x'",
        "CREATE TABLESPACE s ADD DATAFILE 's.ibd'", "CREATE UNDO TABLESPACE u ADD DATAFILE 'u.ibu'",
        "CREATE RESOURCE GROUP g TYPE = USER VCPU = 0", "BINLOG 'AAAA'", "LOCK INSTANCE FOR BACKUP",
        "CREATE SPATIAL REFERENCE SYSTEM 99999 NAME 'x' DEFINITION 'x'",
    ]

    static let rights = [
        "GRANT ALL ON *.* TO root@'%'", "GRANT SUPER ON *.* TO root@'%'", "GRANT FILE ON *.* TO root@'%'",
        "GRANT SHUTDOWN ON *.* TO root@'%'", "GRANT RELOAD ON *.* TO root@'%'", "GRANT SYSTEM_USER ON *.* TO root@'%'",
        "GRANT SYSTEM_VARIABLES_ADMIN ON *.* TO root@'%'", "GRANT CONNECTION_ADMIN ON *.* TO root@'%'",
        "GRANT BACKUP_ADMIN ON *.* TO root@'%'", "GRANT ALL ON mysql.* TO root@'%'",
        "GRANT INSERT ON mysql.user TO root@'%'",
        "GRANT INSERT ON mysql.* TO root@'%'", "GRANT ALL ON sys.* TO root@'%'", "GRANT PROXY ON ''@'' TO root@'%'",
        "REVOKE INSERT ON mysql.* FROM 'mysql.sys'@localhost",
    ]

    static let system = [
        "CREATE TABLE mysql.t (i INT)", "CREATE TABLE sys.t (i INT)", "CREATE TABLE performance_schema.t (i INT)",
        "DROP DATABASE mysql", "DROP DATABASE sys", "DROP DATABASE performance_schema",
        "DROP DATABASE information_schema",
        "DROP TABLE mysql.general_log", "INSERT INTO mysql.user (Host, User) VALUES ('%', 'eve')",
        "UPDATE mysql.user SET Super_priv = 'Y'", "DELETE FROM mysql.user",
        "UPDATE mysql.global_grants SET PRIV = 'SUPER'",
        "INSERT INTO mysql.func VALUES ('f', 0, 'x.so', 'function')", "CREATE VIEW mysql.v AS SELECT 1",
        "CREATE PROCEDURE mysql.p() SELECT 1", "CREATE FUNCTION sys.f() RETURNS INT DETERMINISTIC RETURN 1",
        "DROP PROCEDURE sys.ps_setup_reset_to_default", "UPDATE sys.sys_config SET value = '1'",
        "CREATE TRIGGER sys.t BEFORE INSERT ON sys.sys_config FOR EACH ROW SET @x = 1", "LOCK TABLES mysql.user WRITE",
        "RENAME TABLE mysql.user TO data.user", "ALTER TABLE mysql.user ENGINE = MyISAM",
        "ALTER DATABASE sys CHARACTER SET latin1",
        "TRUNCATE mysql.general_log",
    ]

    static let files = [
        "SELECT 1 INTO OUTFILE '/tmp/roost-attempt'", "SELECT 1 INTO DUMPFILE '/tmp/roost-attempt'",
        "LOAD DATA INFILE '/etc/passwd' INTO TABLE data.kept",
        "CREATE TABLE data.outside (i INT) DATA DIRECTORY = '/tmp'",
    ]

    static let itself = [
        "CREATE EVENT mysql.e ON SCHEDULE EVERY 1 DAY DO SELECT 1",
        "CREATE EVENT sys.e ON SCHEDULE EVERY 1 DAY DO SELECT 1",
        "SET PASSWORD = ''", "ALTER USER root@'%' IDENTIFIED BY ''", "ALTER USER root@'%' IDENTIFIED BY 'other'",
        "ALTER USER root@'%' ACCOUNT LOCK", "ALTER USER root@'%' REQUIRE X509", "ALTER USER root@'%' PASSWORD EXPIRE",
        "ALTER USER root@'%' FAILED_LOGIN_ATTEMPTS 1 PASSWORD_LOCK_TIME UNBOUNDED",
        "ALTER USER root@'%' WITH MAX_QUERIES_PER_HOUR 1", "DROP USER root@'%'", "RENAME USER root@'%' TO toor@'%'",
        "REVOKE ALL PRIVILEGES, GRANT OPTION FROM root@'%'", "REVOKE INSERT ON *.* FROM root@'%'",
        "REVOKE ROLE_ADMIN ON *.* FROM root@'%'", "CREATE USER ''@'%' IDENTIFIED BY 'x'",
        "CREATE USER root@'127.0.0.1' IDENTIFIED BY 'x'", "CREATE USER guest", "CREATE USER guest2 IDENTIFIED BY ''",
        "ALTER USER root@'%' IDENTIFIED BY 'other' RETAIN CURRENT PASSWORD",
    ]

    /// Rights on the server's own databases to hand on, and on the one that has no restrictions.
    static let grants = [
        "CREATE USER eve IDENTIFIED BY 'eveSecret1'; GRANT SELECT ON sys.* TO eve WITH GRANT OPTION",
        "GRANT SELECT ON mysql.* TO eve WITH GRANT OPTION", "GRANT SELECT ON mysql.user TO eve WITH GRANT OPTION",
        "GRANT SELECT ON performance_schema.* TO eve WITH GRANT OPTION",
        "GRANT INSERT ON performance_schema.* TO eve", "GRANT EXECUTE ON sys.* TO root@'%' WITH GRANT OPTION",
        "GRANT SELECT, INSERT ON performance_schema.* TO root@'%' WITH GRANT OPTION",
        "CREATE ROLE r; GRANT SELECT ON sys.* TO r WITH GRANT OPTION; GRANT r TO eve; DROP USER eve",
    ]

    private static func asEve(_ text: String) -> [Attempt.Step] {
        [Attempt.Step(user: "eve", password: "eveSecret1", text: text)]
    }

    static let climbing: [Attempt] = [
        Attempt(
            .refused,
            "CREATE USER eve IDENTIFIED BY 'eveSecret1'; GRANT INSERT, UPDATE, DELETE, CREATE, DROP ON *.* TO eve",
            then: asEve("INSERT INTO mysql.user (Host, User) VALUES ('%', 'mallory')")),
        Attempt(.refused, "GRANT SELECT ON *.* TO eve", then: asEve("CREATE TABLE sys.t (i INT)")),
        Attempt(.refused, "GRANT CREATE USER ON *.* TO eve", then: asEve("DROP USER roost_admin@localhost")),
        Attempt(.refused, "GRANT ALL ON `my%`.* TO eve", then: asEve("CREATE TABLE mysql.t (i INT)")),
        Attempt(
            .refused, "CREATE PROCEDURE data.climb() SQL SECURITY DEFINER DELETE FROM mysql.user",
            then: [Attempt.Step(text: "CALL data.climb()")]),
        Attempt(.refused, "KILL 1"),
    ]

    static let people = [
        "CREATE DATABASE orders", "CREATE TABLE orders.t (i INT PRIMARY KEY)", "INSERT INTO orders.t VALUES (1)",
        "CREATE USER anna IDENTIFIED BY 'annaSecret1'; GRANT ALL ON orders.* TO anna",
        "CREATE DEFINER = anna PROCEDURE orders.p() SELECT 1", "CREATE ROLE waiters; GRANT waiters TO anna",
        "SHOW PROCESSLIST", "SELECT COUNT(*) FROM mysql.user", "FLUSH TABLES", "DROP USER anna, eve",
        "DROP DATABASE orders",
    ]
}

extension MySQLTests.ServerTests {
    @Test func nobodyClimbs() async throws {
        try await TestServer.with(engine, memory: .mebibytes(512)) { server in
            try await engine.open(server.plan)
            var run = AttemptRun(server) { try server.refusal("mysql", $0) }
            try await run.run(MySQLAttempts.table)
        }
    }
}
