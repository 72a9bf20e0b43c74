import RoostModel
import Testing

@testable import RoostEngines

// MySQL and MariaDB.
extension DumpStatementTests {
    static let mysql: [(String, MySQLForeign.Move)] = [
        ("INSERT INTO t VALUES ('SET GLOBAL x')", .pass), ("CREATE TABLE `p` (`i` int)", .pass),
        ("SET @@SESSION.SQL_LOG_BIN= 0", .skip(note: nil)),
        ("SET @@GLOBAL.GTID_PURGED=/*!80000 '+'*/ 'a:1'", .skip(note: nil)),
        ("SET @MYSQLDUMP_TEMP_LOG_BIN = @@SESSION.SQL_LOG_BIN", .pass), ("/*!40101 SET NAMES utf8mb4 */", .pass),
        ("/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */", .pass),
        ("SET GLOBAL read_only = 1", .skip(note: MySQLForeign.globalNote + "read_only")),
        (
            "SET a = 1, @@GLOBAL.b = 2",
            .replace(bytes("SET a = 1, @roost_left_out=0"), note: MySQLForeign.globalNote + "b")
        ),
        (
            "SET sql_log_bin=0, foreign_key_checks=0",
            .replace(bytes("SET @roost_left_out=0, foreign_key_checks=0"), note: nil)
        ),
        (
            "/*!40101 SET @OLD=@@SQL_LOG_BIN, SESSION `sql_log_bin` := (SELECT 0), UNIQUE_CHECKS=0 */",
            .replace(
                bytes("/*!40101 SET @OLD=@@SQL_LOG_BIN, @roost_left_out=0, UNIQUE_CHECKS=0 */"), note: nil)
        ),
        (
            "SET a = 1, /*!50000 @@session.sql_log_bin = 0 */",
            .replace(bytes("SET a = 1, /*!50000 @roost_left_out=0 */"), note: nil)
        ),
        ("SET GLOBAL a = 1, b = 2", .skip(note: MySQLForeign.globalNote + "a")),
        (
            "SET GLOBAL a = 1, SESSION b = 2, c = 3",
            .replace(bytes("SET @roost_left_out=0, SESSION b = 2, c = 3"), note: MySQLForeign.globalNote + "a")
        ),
        (
            "SET @@global.a = 1, b = 2",
            .replace(bytes("SET @roost_left_out=0, b = 2"), note: MySQLForeign.globalNote + "a")
        ),
        ("SET gtid_next = 'AUTOMATIC'", .skip(note: nil)),
        ("SET PASSWORD = PASSWORD('x')", .skip(note: MySQLForeign.currentNote)),
        ("SET DEFAULT ROLE r", .skip(note: MySQLForeign.currentNote)),
        ("ALTER USER CURRENT_USER() IDENTIFIED BY 'x'", .skip(note: MySQLForeign.currentNote)),
        ("ALTER USER USER() IDENTIFIED BY 'x'", .skip(note: MySQLForeign.currentNote)),
        ("USE `live`", .database(bytes("live"), isUse: true)),
        (
            "CREATE DATABASE /*!32312 IF NOT EXISTS*/ `live` /*!40100 DEFAULT CHARACTER SET utf8mb4 */",
            .database(bytes("live"), isUse: false)
        ),
        ("/*!40000 DROP DATABASE IF EXISTS `live`*/", .skip(note: MySQLForeign.dropNote)),
        ("CHANGE MASTER TO MASTER_LOG_FILE='x'", .skip(note: MySQLForeign.replicationNote)),
        ("START TRANSACTION", .pass), ("STOP SLAVE", .skip(note: MySQLForeign.replicationNote)),
        ("flush /*!50503 binary */ logs", .skip(note: nil)), ("FLUSH PRIVILEGES", .pass),
        ("CREATE USER `root`@`%` IDENTIFIED BY 'x'", .skip(note: MySQLForeign.accountNote)),
        ("GRANT ALL ON *.* TO 'bob'@'%'", .pass),
        ("ALTER USER 'roost_admin'@'localhost' ACCOUNT LOCK", .skip(note: MySQLForeign.accountNote)),
        (
            "CREATE DEFINER=`prod`@`10.1.%` VIEW `v` AS SELECT * FROM `p`",
            .define(nil, definers: [.init(user: "prod", host: "10.1.%")])
        ),
        (
            "/*!50003 CREATE*/ /*!50017 DEFINER=`prod`@`10.1.%`*/ /*!50003 TRIGGER t BEFORE INSERT ON p FOR EACH ROW SET NEW.i = 1 */",
            .define(nil, definers: [.init(user: "prod", host: "10.1.%")])
        ),
        (
            "CREATE DEFINER=`root`@`localhost` FUNCTION f() RETURNS int RETURN 1",
            .define(bytes("CREATE DEFINER='root'@'%' FUNCTION f() RETURNS int RETURN 1"), definers: [])
        ),
        (
            "CREATE DEFINER=`app`@`web.example.com` VIEW v AS SELECT 1",
            .define(bytes("CREATE DEFINER='app'@'%' VIEW v AS SELECT 1"), definers: [.init(user: "app", host: "%")])
        ),
        ("CREATE DEFINER = root@'%' VIEW v AS SELECT 1", .pass),
        (
            "CREATE VIEW v AS SELECT `definer` FROM t",
            .define(bytes("CREATE DEFINER='root'@'%' VIEW v AS SELECT `definer` FROM t"), definers: [])
        ),
    ]

    /// The account that an object runs as where the dump names no definer, or the account that loads the dump.
    static let definers: [(String, String)] = [
        ("CREATE VIEW v AS SELECT 1", "CREATE DEFINER='root'@'%' VIEW v AS SELECT 1"),
        (
            "CREATE OR REPLACE ALGORITHM=MERGE SQL SECURITY DEFINER VIEW v AS SELECT 1",
            "CREATE OR REPLACE ALGORITHM=MERGE DEFINER='root'@'%' SQL SECURITY DEFINER VIEW v AS SELECT 1"
        ),
        (
            "/*!50001 CREATE ALGORITHM=UNDEFINED */ /*!50013 SQL SECURITY DEFINER */ /*!50001 VIEW `v` AS SELECT 1 */",
            "/*!50001 CREATE ALGORITHM=UNDEFINED */ /*!50013 DEFINER='root'@'%' SQL SECURITY DEFINER */ /*!50001 VIEW `v` AS SELECT 1 */"
        ),
        (
            "CREATE TRIGGER t BEFORE INSERT ON p FOR EACH ROW SET @definer = 1",
            "CREATE DEFINER='root'@'%' TRIGGER t BEFORE INSERT ON p FOR EACH ROW SET @definer = 1"
        ),
        (
            "CREATE AGGREGATE FUNCTION f() RETURNS INT RETURN 1",
            "CREATE DEFINER='root'@'%' AGGREGATE FUNCTION f() RETURNS INT RETURN 1"
        ),
        ("CREATE PROCEDURE p() SELECT 1", "CREATE DEFINER='root'@'%' PROCEDURE p() SELECT 1"),
        (
            "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO SELECT 1",
            "CREATE DEFINER='root'@'%' EVENT e ON SCHEDULE EVERY 1 DAY DO SELECT 1"
        ),
        ("CREATE OR REPLACE PACKAGE BODY p AS END", "CREATE OR REPLACE DEFINER='root'@'%' PACKAGE BODY p AS END"),
        ("ALTER EVENT e COMMENT 'x'", "ALTER DEFINER='root'@'%' EVENT e COMMENT 'x'"),
        ("CREATE DEFINER=CURRENT_USER VIEW v AS SELECT 1", "CREATE DEFINER='root'@'%' VIEW v AS SELECT 1"),
        ("CREATE DEFINER = current_user() VIEW v AS SELECT 1", "CREATE DEFINER = 'root'@'%' VIEW v AS SELECT 1"),
        ("CREATE DEFINER=roost_admin PROCEDURE p() SELECT 1", "CREATE DEFINER='root'@'%' PROCEDURE p() SELECT 1"),
        ("ALTER DEFINER=roost_admin@localhost VIEW v AS SELECT 1", "ALTER DEFINER='root'@'%' VIEW v AS SELECT 1"),
        (
            "CREATE DEFINER=roost_admin@web.example.com VIEW v AS SELECT 1",
            "CREATE DEFINER='root'@'%' VIEW v AS SELECT 1"
        ),
        // An account that was here before: one of another host would be matched before it.
        ("CREATE DEFINER=app@127.0.0.1 VIEW v AS SELECT 1", "CREATE DEFINER='app'@'%' VIEW v AS SELECT 1"),
    ]

    @Test(arguments: definers) func nothingRunsAsTheAccountThatLoads(_ text: String, _ wanted: String) {
        let move = with(text, escapes: true) {
            MySQLForeign(applicationUser: "root", standing: ["app": ["%"]]).move($0)
        }
        #expect(move == .define(Self.bytes(wanted), definers: []))
    }

    @Test(arguments: [
        "CREATE USER app IDENTIFIED BY 'x'", "CREATE OR REPLACE USER `app`@`%` IDENTIFIED BY 'x'",
        "CREATE USER bob, app@10.0.0.1", "ALTER USER IF EXISTS 'app'@'%' IDENTIFIED BY 'x'", "DROP USER bob, app",
        "DROP USER IF EXISTS 'app'@localhost", "RENAME USER bob TO app", "RENAME USER app TO bob",
        "SET PASSWORD FOR app = 'x'", "SET PASSWORD FOR 'app'@'%' = PASSWORD('x')",
        "GRANT ALL ON *.* TO app", "GRANT SELECT ON shop.t TO bob, app WITH GRANT OPTION",
        "REVOKE ALL PRIVILEGES, GRANT OPTION FROM app", "GRANT waiter TO app", "GRANT app TO bob",
        "SET DEFAULT ROLE waiter TO app", "SET DEFAULT ROLE waiter FOR app", "DROP ROLE app",
    ])
    func anAccountThatWasHereBeforeIsNotTheDumpsToChange(_ text: String) {
        let move = with(text, escapes: true) {
            MySQLForeign(applicationUser: "root", standing: ["app": ["%"]]).move($0)
        }
        #expect(move == .skip(note: MySQLForeign.standingNote + "'app'"))
    }

    @Test(arguments: ["GRANT ALL ON app.* TO bob@'%'", "CREATE USER bob", "GRANT SELECT (app) ON app.app TO bob"])
    func whatIsOnlyCalledLikeAnAccountIsTaken(_ text: String) {
        #expect(
            with(text, escapes: true) { MySQLForeign(applicationUser: "root", standing: ["app": ["%"]]).move($0) }
                == .pass)
    }

    @Test(arguments: [
        "PREPARE s FROM @x", "EXECUTE IMMEDIATE 'DROP USER a'", "BEGIN NOT ATOMIC DROP USER a; END",
        "IF 1 THEN DROP USER a; END IF", "CREATE OR REPLACE DATABASE shop", "SET STATEMENT a = 1 FOR DROP USER a",
    ])
    func whatRunsOtherStatementsIsRefusedInAService(_ text: String) {
        let move = with(text, escapes: true) { MySQLForeign(applicationUser: "root", isLive: true).move($0) }
        guard case .refuse = move else {
            Issue.record("\(move)")
            return
        }
    }

    /// The databases that a statement writes to, and the statement with `data` in the place of `old`.
    static let places: [(String, [String], String?)] = [
        ("CREATE TABLE old.t (i int)", ["old"], "CREATE TABLE `data`.t (i int)"),
        ("CREATE TABLE IF NOT EXISTS `old` . `t` (i int)", ["old"], "CREATE TABLE IF NOT EXISTS `data` . `t` (i int)"),
        ("INSERT INTO old.t VALUES ('old.t', 1.5)", ["old"], "INSERT INTO `data`.t VALUES ('old.t', 1.5)"),
        (
            "/*!40000 INSERT IGNORE INTO \"old\".\"t\" VALUES (1)*/", ["old"],
            "/*!40000 INSERT IGNORE INTO `data`.\"t\" VALUES (1)*/"
        ),
        ("REPLACE LOW_PRIORITY mysql.user VALUES (1)", ["mysql"], nil),
        ("INSERT INTO t VALUES (1)", [], nil),
        (
            "INSERT INTO old.t SELECT * FROM old.u JOIN old.v ON u.a = v.a, old.w WHERE x.a > 1", ["old"],
            "INSERT INTO `data`.t SELECT * FROM `data`.u JOIN `data`.v ON u.a = v.a, `data`.w WHERE x.a > 1"
        ),
        (
            "INSERT INTO t (a, b) SELECT x.a, old.u.b FROM (SELECT a FROM `old`.s WHERE a IN (1, 2)) x, old.u", [],
            "INSERT INTO t (a, b) SELECT x.a, `data`.u.b FROM (SELECT a FROM `data`.s WHERE a IN (1, 2)) x, `data`.u"
        ),
        (
            "REPLACE INTO t (a, b, c, d, e, f) (SELECT * FROM old.u)", [],
            "REPLACE INTO t (a, b, c, d, e, f) (SELECT * FROM `data`.u)"
        ),
        (
            "INSERT INTO t WITH w AS (SELECT 1 FROM old.u) SELECT * FROM w", [],
            "INSERT INTO t WITH w AS (SELECT 1 FROM `data`.u) SELECT * FROM w"
        ),
        (
            "INSERT INTO old.t SET a = (SELECT MAX(u.a) FROM old.u)", ["old"],
            "INSERT INTO `data`.t SET a = (SELECT MAX(u.a) FROM `data`.u)"
        ),
        // Names that tables were given for the statement.
        (
            "INSERT INTO t SELECT new.a, old.b FROM u old JOIN u new ON old.a = new.a", [], nil
        ),
        (
            "CREATE TABLE t AS SELECT a, old.b FROM u old, old.w", [],
            "CREATE TABLE t AS SELECT a, old.b FROM u old, `data`.w"
        ),
        ("UPDATE old.t SET a = b.c", ["old"], "UPDATE `data`.t SET a = b.c"),
        ("UPDATE t JOIN u ON t.a = u.b SET t.a = 1", [], nil), ("DELETE FROM mysql.db", ["mysql"], nil),
        ("TRUNCATE old.t", ["old"], "TRUNCATE `data`.t"),
        ("DROP TABLE IF EXISTS old.t, other.u", ["old", "other"], "DROP TABLE IF EXISTS `data`.t, other.u"),
        ("RENAME TABLE old.t TO other.t", ["old", "other"], "RENAME TABLE `data`.t TO other.t"),
        ("ALTER TABLE t ADD a int, RENAME TO other.t", ["other"], nil),
        ("ALTER DATABASE `old` CHARACTER SET utf8mb4", ["old"], "ALTER DATABASE `data` CHARACTER SET utf8mb4"),
        ("ALTER DATABASE CHARACTER SET utf8mb4", [], nil),
        (
            "CREATE DEFINER=CURRENT_USER() VIEW old.v AS SELECT old.t.a, t.b, old.f(1) FROM old.t JOIN other.u",
            ["old"],
            "CREATE DEFINER=CURRENT_USER() VIEW `data`.v AS SELECT `data`.t.a, t.b, `data`.f(1) FROM `data`.t JOIN other.u"
        ),
        (
            "CREATE TRIGGER old.g BEFORE INSERT ON old.t FOR EACH ROW INSERT INTO old.u VALUES (NEW.a)", ["old"],
            "CREATE TRIGGER `data`.g BEFORE INSERT ON `data`.t FOR EACH ROW INSERT INTO `data`.u VALUES (NEW.a)"
        ),
        (
            "CREATE TABLE t (a int REFERENCES old.u (b))", [], "CREATE TABLE t (a int REFERENCES `data`.u (b))"
        ),
        ("CREATE DEFINER=a@web.example.com PROCEDURE other.p() SELECT 1", ["other"], nil),
        ("CREATE INDEX i ON old.t (a)", ["old"], "CREATE INDEX i ON `data`.t (a)"),
        ("LOCK TABLES old.t WRITE", ["old"], "LOCK TABLES `data`.t WRITE"),
        ("CALL other.p(old.f(1))", ["other"], "CALL other.p(`data`.f(1))"),
        ("GRANT SELECT ON old.* TO bob@web.example.com", ["old"], "GRANT SELECT ON `data`.* TO bob@web.example.com"),
        ("GRANT ALL ON *.* TO bob", [], nil), ("SELECT * FROM old.t", [], "SELECT * FROM `data`.t"),
    ]

    @Test(arguments: places)
    func whatAStatementWritesToIsKnown(_ text: String, _ written: [String], _ moved: String?) {
        with(text, escapes: true) {
            let places = MySQLPlaces($0)
            #expect(places.written == written)
            #expect(places.moved(from: "old", to: "data").map { String(decoding: $0, as: UTF8.self) } == moved)
        }
    }

    @Test(arguments: mysql)
    func aStatementOfAnotherMySQLIsPutIntoWordsOfThisOne(_ text: String, _ wanted: MySQLForeign.Move) {
        #expect(with(text, escapes: true) { MySQLForeign(applicationUser: "root").move($0) } == wanted)
    }

    @Test(arguments: [
        "LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE t", "SELECT * INTO OUTFILE '/x' FROM t",
        "SELECT LOAD_FILE('/etc/passwd')", "INSTALL PLUGIN x SONAME 'x.so'",
        "CREATE FUNCTION f RETURNS STRING SONAME 'x.so'", "source load_departments.dump", "system touch /x", "\\! id",
        "SHUTDOWN",
    ])
    func aStatementThatReachesTheMachineIsRefused(_ text: String) {
        let move = with(text, escapes: true) { MySQLForeign(applicationUser: "root").move($0) }
        guard case .refuse = move else {
            Issue.record("\(move)")
            return
        }
    }

    @Test(arguments: [
        ("CREATE FUNCTION f RETURNS STRING SONAME 'x.so'", "CREATE FUNCTION … SONAME makes"),
        ("CREATE PROCEDURE p() INSTALL SONAME 'x'", "INSTALL SONAME within a routine or event makes"),
        ("CREATE PROCEDURE p() BEGIN INSTALL PLUGIN x SONAME 'x'; END", "INSTALL PLUGIN … SONAME within a routine"),
        ("CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO UNINSTALL SONAME 'x'", "UNINSTALL SONAME within a routine"),
        ("CREATE PROCEDURE p() INSTALL COMPONENT 'file://x'", "INSTALL COMPONENT within a routine"),
        ("INSTALL SONAME 'x'", "INSTALL is an administrative statement"),
    ])
    func aLibraryIsRefusedInTheStatementsOwnWords(_ text: String, _ words: String) {
        let move = with(text, escapes: true) { MySQLForeign(applicationUser: "root").move($0) }
        guard case .refuse(let told) = move else {
            Issue.record("\(move)")
            return
        }
        #expect(told.hasPrefix(words))
    }

    static let outcomesOfMySQL: [(String, Int, StatementOutcome)] = [
        ("INSERT INTO t VALUES (1)", 1, .filled(rows: 1)),
        ("/*!40000 REPLACE INTO t VALUES (1)*/", 2, .filled(rows: 2)),
        ("CREATE TABLE t (i int)", 0, .table(rows: 0)), ("CREATE TABLE t SELECT 1", 1, .table(rows: 1)),
        ("CREATE OR REPLACE TABLE t (i int)", 0, .table(rows: 0)),
        ("CREATE TEMPORARY TABLE t (i int)", 0, .table(rows: 0)),
        ("CREATE VIEW v AS TABLE t", 0, .made), ("CREATE FUNCTION f() RETURNS int RETURN 1", 0, .made),
        ("/*!50003 CREATE*/ /*!50020 DEFINER=`a`@`%`*/ /*!50003 FUNCTION f() RETURNS int RETURN 1 */", 0, .made),
        ("CREATE DATABASE shop", 1, .made), ("CREATE USER a", 0, .made), ("CREATE ROLE a", 0, .made),
        ("GRANT SELECT ON shop.* TO a", 0, .made), ("DROP TABLE t", 0, .made), ("DROP TABLE IF EXISTS t", 0, .neutral),
        ("UPDATE t SET i = 1", 0, .neutral), ("DELETE FROM t", 3, .made), ("TRUNCATE t", 0, .made),
        ("CALL fill()", 0, .ran(changes: true)), ("EXECUTE s", 0, .ran(changes: true)),
        ("BEGIN NOT ATOMIC INSERT INTO t VALUES (1); END", 0, .ran(changes: true)), ("BEGIN", 0, .neutral),
        ("SELECT fill()", 0, .ran(changes: false)), ("SELECT 1", 0, .neutral), ("SET NAMES utf8mb4", 0, .neutral),
        ("LOCK TABLES t WRITE", 0, .neutral), ("USE shop", 0, .neutral), ("FLUSH PRIVILEGES", 0, .neutral),
    ]

    @Test(arguments: outcomesOfMySQL)
    func whatAStatementOfMySQLDidIsKnownByItsWords(_ text: String, _ rows: Int, _ wanted: StatementOutcome) {
        #expect(with(text, escapes: true) { MySQLOutcome.of($0, rows: rows) } == wanted)
    }

    static let families: [(String, Int, String, String)] = [
        (
            "CREATE TABLE g (n varchar(9) COLLATE utf8mb4_0900_ai_ci DEFAULT 'utf8mb4_0900_ai_ci x')", 1273,
            "Unknown collation: 'utf8mb4_0900_ai_ci'",
            "CREATE TABLE g (n varchar(9) COLLATE utf8mb4_uca1400_nopad_ai_ci DEFAULT 'utf8mb4_0900_ai_ci x')"
        ),
        (
            "SET sql_mode = 'STRICT_TRANS_TABLES,NO_AUTO_CREATE_USER,NO_ZERO_DATE'", 1231,
            "Variable 'sql_mode' can't be set to the value of 'NO_AUTO_CREATE_USER'",
            "SET sql_mode = 'STRICT_TRANS_TABLES,NO_ZERO_DATE'"
        ),
        (
            "CREATE TABLE t (i int) ENGINE=Aria", 1286, "Unknown storage engine 'Aria'",
            "CREATE TABLE t (i int) ENGINE=InnoDB"
        ),
    ]

    @Test(arguments: families)
    func whatOneServerOfTheFamilyMissesIsMapped(_ text: String, _ code: Int, _ message: String, _ wanted: String) {
        let repair = with(text, escapes: true) {
            MySQLRepair.of(
                ClientFault(code: code, message: message), $0, collations: { ["utf8mb4_uca1400_nopad_ai_ci"] }, own: [])
        }
        guard case .replace(let bytes, _) = repair else {
            Issue.record("\(repair)")
            return
        }
        #expect(String(decoding: bytes, as: UTF8.self) == wanted)
    }

    static let mariadb: Set = [
        "utf8mb4_unicode_520_ci", "utf8mb4_uca1400_ai_ci", "utf8mb4_uca1400_danish_nopad_ai_ci", "utf8mb4_bin",
        "utf8mb4_nopad_bin", "utf8mb4_uca1400_nopad_as_cs",
    ]

    @Test(arguments: [
        ("utf8mb4_0900_ai_ci", "utf8mb4_uca1400_ai_ci"), ("utf8mb4_0900_bin", "utf8mb4_nopad_bin"),
        ("utf8mb4_da_0900_ai_ci", "utf8mb4_uca1400_danish_nopad_ai_ci"),
        ("utf8mb4_0900_as_cs", "utf8mb4_uca1400_nopad_as_cs"),
        ("utf8mb4_zz_0900_as_ci", "utf8mb4_unicode_520_ci"), ("latin1_strange_ci", nil),
    ])
    func theNearestCollationIsTaken(_ name: String, _ wanted: String?) {
        #expect(Collations.nearest(to: name, among: Self.mariadb) == wanted)
    }

    @Test(arguments: [
        ("utf8mb4_uca1400_ai_ci", "utf8mb4_0900_ai_ci"), ("utf8mb4_uca1400_danish_as_cs", "utf8mb4_da_0900_as_cs"),
        ("utf8mb4_general_nopad_ci", "utf8mb4_general_ci"), ("utf8mb3_uca1400_ai_ci", "utf8mb3_unicode_520_ci"),
    ])
    func theNearestOfMySQLIsTaken(_ name: String, _ wanted: String) {
        let known: Set = [
            "utf8mb4_0900_ai_ci", "utf8mb4_da_0900_as_cs", "utf8mb4_general_ci", "utf8mb3_unicode_520_ci",
            "utf8mb4_unicode_520_ci",
        ]
        #expect(Collations.nearest(to: name, among: known) == wanted)
    }

    @Test func aDumpSaysWhereItComesFrom() {
        var origin = DumpOrigin()
        Array("-- Server version\t10.11.14-MariaDB-0+deb12u2".utf8).withUnsafeBufferPointer { origin.note($0) }
        #expect(origin.isLike(true, EngineVersion("10.11.19")) && !origin.isLike(true, EngineVersion("11.8.9")))
        #expect(!origin.isLike(false, EngineVersion("10.11.19")))
    }
}
