import RoostModel
import Testing

@testable import RoostEngines

/// Dumps that both servers of the MySQL family are given.
enum MySQLFamilyDumps {
    private static let table = "CREATE TABLE `g` (`n` int);\n"
    private static let header = "-- MariaDB dump 10.19  Distrib 10.11.6-MariaDB\n--\n-- Server version\t5.5.62-log\n\n"

    static let loaded: [DumpCase] = [
        DumpCase(
            "definers",
            "CREATE TABLE `p` (`i` int);\nCREATE DEFINER=`prod`@`10.1.%` VIEW `v` AS SELECT * FROM `p`;\n"
                + "CREATE DEFINER=`prod`@`10.1.%` TRIGGER `t` BEFORE INSERT ON `p` FOR EACH ROW SET NEW.i = 1;\n"
                + "INSERT INTO p VALUES (7);\n",
            .loads("SELECT i FROM data.v", ["1"], note: "'prod'@'10.1.%'")),
        DumpCase(
            "definers of routines and events",
            "DELIMITER ;;\n/*!50003 CREATE*/ /*!50020 DEFINER=`old`@`%`*/ /*!50003 FUNCTION f() RETURNS int DETERMINISTIC "
                + "BEGIN RETURN 5; END */;;\nCREATE DEFINER=`root`@`localhost` PROCEDURE q() BEGIN SELECT 1; END ;;\n"
                + "DELIMITER ;\nCREATE DEFINER=`other`@`h` EVENT e ON SCHEDULE EVERY 1 DAY DISABLE DO SELECT 1;\n",
            .loads(
                "SELECT data.f(), (SELECT DEFINER FROM information_schema.ROUTINES WHERE ROUTINE_NAME = 'q'), "
                    + "(SELECT COUNT(*) FROM mysql.user WHERE User IN ('old', 'other'))", ["5", "root@%", "2"])),
        DumpCase(
            "a binary log's settings",
            "SET @MYSQLDUMP_TEMP_LOG_BIN = @@SESSION.SQL_LOG_BIN;\nSET @@SESSION.SQL_LOG_BIN= 0;\n\(table)"
                + "SET @@GLOBAL.GTID_PURGED=/*!80000 '+'*/ 'a:1';\nflush /*!50503 binary */ logs;\nFLUSH PRIVILEGES;\n",
            .loads("SELECT COUNT(*) FROM data.g", ["0"])),
        DumpCase(
            "the sandbox mark", "/*!999999\\- enable the sandbox mode */ \n\(table)/*M!999999\\- enable */\n",
            .loads("SELECT COUNT(*) FROM data.g", ["0"])),
        DumpCase(
            "the sandbox mark of a later client, behind a byte-order mark",
            "\u{FEFF}/*M!999999\\- enable the sandbox mode */ \n\(table)INSERT INTO g VALUES (1);\n",
            .loads("SELECT n FROM data.g", ["1"])),
        DumpCase(
            "the sandbox mark on a statement's line",
            "/*M!999999\\- enable the sandbox mode */ \(table)/*!999999\\-*/INSERT INTO g VALUES (2);\n",
            .loads("SELECT n FROM data.g", ["2"])),
        DumpCase(
            "sandbox marks of two dumps in one file",
            "/*M!999999\\- enable the sandbox mode */\r\n\(table)/*M!999999\\- enable the sandbox mode */\r\n"
                + "-- MariaDB dump 10.19\nINSERT INTO g VALUES ('3');\n-- Dump completed\n",
            .loads("SELECT n FROM data.g", ["3"])),
        DumpCase(
            "a text that looks like the sandbox mark",
            "CREATE TABLE g (n varchar(60));\nINSERT INTO g VALUES ('/*M!999999\\\\- enable */');\n",
            .loads("SELECT n FROM data.g", ["/*M!999999\\- enable */"])),
        DumpCase(
            "the binary log switched off without a scope",
            "SET sql_log_bin = OFF;\n\(table)SET LOCAL sql_log_bin=1;\nSET `sql_log_bin` := DEFAULT;\n",
            .loads("SELECT COUNT(*) FROM data.g", ["0"])),
        DumpCase(
            "the binary log among others in a comment that is run",
            "/*!40101 SET @OLD=@@SQL_LOG_BIN, @@session.SQL_LOG_BIN=0, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;\n"
                + "CREATE TABLE g (n int AUTO_INCREMENT PRIMARY KEY);\nINSERT INTO g VALUES (0);\n"
                + "/*!40101 SET SQL_LOG_BIN=@OLD */;\n", .loads("SELECT n FROM data.g", ["0"])),
        DumpCase(
            "the binary log switched off for the whole server",
            "SET GLOBAL sql_log_bin = 0;\nSET @@GLOBAL.sql_log_bin=0, @@SESSION.foreign_key_checks=0;\n"
                + "CREATE TABLE c (i int, FOREIGN KEY (i) REFERENCES g (n));\nCREATE TABLE g (n int PRIMARY KEY);\n",
            .loads("SELECT @@global.log_bin + 0 >= 0, COUNT(*) FROM data.c", ["1", "0"])),
        DumpCase(
            "one function", "CREATE FUNCTION f() RETURNS int DETERMINISTIC RETURN 5;\n",
            .loads("SELECT data.f()", ["5"])),
        DumpCase(
            "one account", "CREATE USER alone IDENTIFIED BY 'x';\n", .loads("SELECT 1", ["1"], note: "'alone'@'%'")),
        DumpCase(
            "one database", "CREATE DATABASE live;\n",
            .loads("SELECT COUNT(*) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = 'live'", ["1"])),
        DumpCase(
            "rows of the dump's own database, into one",
            "CREATE DATABASE shop;\nUSE shop;\nCREATE TABLE g (n int);\nCREATE TABLE h (n int);\n"
                + "INSERT INTO g VALUES (3), (4);\nINSERT INTO h (n) SELECT g.n FROM shop.g JOIN `shop`.g AS k USING (n);\n",
            into: "data", .loads("SELECT COUNT(*) FROM data.h", ["2"])),
        DumpCase(
            "a comment to another server", "\(table)/*M!990000 SET x = 1 */;\n/*!990000 SET x = 1 */;\n",
            .loads("SELECT COUNT(*) FROM data.g", ["0"])),
        DumpCase(
            "a database of its own", "CREATE DATABASE `live`;\nUSE `live`;\nCREATE TABLE `c` (`m` varchar(60));\n",
            .loads("SELECT COUNT(*) FROM live.c", ["0"])),
        DumpCase(
            "a database that it does not make", "USE `mine`;\n\(table)", .loads("SELECT COUNT(*) FROM mine.g", ["0"])),
        DumpCase(
            "the database that is there", "CREATE DATABASE `data`;\nUSE `data`;\n\(table)",
            .loads("SELECT COUNT(*) FROM data.g", ["0"])),
        DumpCase(
            "into one database", "CREATE DATABASE `shop`;\nUSE `shop`;\n\(table)", into: "data",
            .loads(
                "SELECT (SELECT COUNT(*) FROM data.g), (SELECT COUNT(*) FROM information_schema.SCHEMATA "
                    + "WHERE SCHEMA_NAME = 'shop')", ["0", "0"])),
        DumpCase(
            "objects without a definer",
            "CREATE TABLE p (i int);\nCREATE VIEW v AS SELECT * FROM p;\n"
                + "CREATE TRIGGER t BEFORE INSERT ON p FOR EACH ROW SET NEW.i = 1;\n"
                + "CREATE FUNCTION f() RETURNS int DETERMINISTIC RETURN 1;\n"
                + "CREATE DEFINER=CURRENT_USER() PROCEDURE q() SELECT 1;\n"
                + "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DISABLE DO SELECT 1;\nALTER EVENT e COMMENT 'x';\n",
            .loads(definers, ["root@%", "5"])),
        DumpCase(
            // The server does not read the text, and Roost cannot know that.
            "definers that this server passes over",
            "CREATE TABLE p (i int);\nCREATE /*!999999 DEFINER=a@b */ VIEW v AS SELECT * FROM p;\n"
                + "CREATE /*!999999 DEFINER=a@b */ TRIGGER t BEFORE INSERT ON p FOR EACH ROW SET @x = 'it''s \\\\';\n"
                + "CREATE /*!999999 DEFINER=a@b */ FUNCTION f() RETURNS int DETERMINISTIC RETURN 1;\n"
                + "SET sql_mode = 'ANSI_QUOTES';\nCREATE /*!999999 DEFINER=a@b */ PROCEDURE q() SELECT \"i\" FROM p;\n"
                + "CREATE /*!999999 DEFINER=a@b */ EVENT e ON SCHEDULE EVERY 1 DAY DISABLE DO SELECT 1;\n",
            .loads(definers, ["root@%", "5"])),
        DumpCase(
            "names with their database, into one",
            "CREATE DATABASE `shop`;\nUSE `shop`;\nCREATE TABLE shop.g (n int);\nINSERT INTO `shop`.`g` VALUES (3);\n"
                + "ALTER DATABASE shop CHARACTER SET latin1;\nCREATE VIEW shop.v AS SELECT g.n FROM shop.g;\n"
                + "CREATE TRIGGER shop.t BEFORE INSERT ON shop.g FOR EACH ROW SET NEW.n = 1;\n", into: "data",
            .loads(
                "SELECT n, (SELECT COUNT(*) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = 'shop'), "
                    + "(SELECT DEFAULT_CHARACTER_SET_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = 'data') "
                    + "FROM data.v", ["3", "0", "latin1"])),
        DumpCase(
            "names alone with their database, into one",
            "CREATE TABLE shop.g (n int);\nINSERT INTO shop.g VALUES (3);\n", into: "data",
            .loads("SELECT n FROM data.g", ["3"])),
        DumpCase(
            "rows of a third database, into one",
            "CREATE TABLE shop.g (n int);\nINSERT INTO shop.g SELECT e.i FROM elsewhere.t e JOIN shop.g x;\n"
                + "INSERT INTO shop.g SELECT i FROM elsewhere.t;\n", into: "data",
            .loads(
                "SELECT n FROM data.g", ["7"],
                note: "which are neither the dump's own nor data: elsewhere")),
        DumpCase(
            "a refused setting among others",
            "SET sql_log_bin=0, foreign_key_checks=0;\n"
                + "CREATE TABLE c (i int, FOREIGN KEY (i) REFERENCES g (n));\nCREATE TABLE g (n int PRIMARY KEY);\n",
            .loads("SELECT COUNT(*) FROM data.c", ["0"])),
        DumpCase(
            "modes of another server",
            "SET sql_mode = 'STRICT_TRANS_TABLES,SOME_MODE_OF_TOMORROW';\nSET SESSION variable_of_tomorrow = 1;\n\(table)",
            .loads("SELECT COUNT(*) FROM data.g", ["0"], note: "variable_of_tomorrow")),
        DumpCase(
            "the other server's own tables",
            header + table + "INSERT INTO g VALUES (1);\nUSE `mysql`;\n"
                + "DROP TABLE IF EXISTS `user`;\nCREATE TABLE `user` (`a` int);\nUSE `data`;\nINSERT INTO g VALUES (2);\n"
                + "-- Dump completed on 2026-01-01\n",
            .loads("SELECT COUNT(*) FROM data.g", ["2"], note: "the other server's own tables")),
        DumpCase(
            "accounts",
            "\(table)CREATE USER `guest1`@`%` IDENTIFIED BY 'x';\nGRANT ALL ON *.* TO `guest1`@`%`;\n"
                + "CREATE USER `root`@`127.0.0.1` IDENTIFIED BY 'x';\nALTER USER `root`@`%` IDENTIFIED BY 'x';\n",
            .loads("SELECT COUNT(*) FROM mysql.user WHERE User = 'root'", ["1"], note: "'guest1'@'%'")),
        DumpCase(
            "without its last line", header + table + "INSERT INTO g VALUES (1);\n",
            .loads("SELECT COUNT(*) FROM data.g", ["1"], note: "may be truncated")),
        DumpCase(
            "bytes of Latin-1",
            bytes: Array("SET NAMES latin1;\nCREATE TABLE g (c varchar(9) CHARACTER SET utf8mb4 DEFAULT 'Gr".utf8) + [
                0xF6, 0xDF,
            ]
                + Array("e');\nINSERT INTO g VALUES ();\n".utf8), .loads("SELECT c FROM data.g", ["Größe"])),
        DumpCase(
            "no backslash escapes",
            "SET sql_mode = 'NO_BACKSLASH_ESCAPES';\nCREATE TABLE g (c varchar(9));\nINSERT INTO g VALUES ('\\');\n",
            .loads("SELECT c FROM data.g", ["\\"])),
        DumpCase(
            "rows of zero bytes",
            bytes: Array("CREATE TABLE g (c blob);\nINSERT INTO g VALUES (_binary 'a".utf8)
                + [0] + Array("b');\n".utf8), .loads("SELECT LENGTH(c) FROM data.g", ["3"])),
    ]

    static let refused: [DumpCase] = [
        DumpCase("empty", "", .fails("it is empty")),
        DumpCase("blank", " \n\n", .fails("contains no tables and no rows")),
        DumpCase("comments alone", "-- a\n/* b */\n", .fails("contains no tables and no rows")),
        DumpCase(
            "settings alone", "SET NAMES utf8mb4;\nUSE `data`;\nSELECT 1;\n", .fails("contains no tables and no rows")),
        DumpCase(
            "a database that stands", "CREATE DATABASE IF NOT EXISTS `data`;\nUSE `data`;\n",
            .fails("contains no tables and no rows")),
        DumpCase("a table that is dropped", "DROP TABLE IF EXISTS g;\n", .fails("contains no tables and no rows")),
        DumpCase(
            "what is left out alone", "GRANT ALL ON *.* TO `root`@`%`;\n",
            .fails("left out: statements about accounts that Roost manages")),
        DumpCase("cut within a text", "\(table)INSERT INTO g VALUES ('a", .fails("within a quoted string")),
        DumpCase("cut before its first row", header + table, .fails("and it has no rows: it is truncated")),
        DumpCase(
            "cut within a statement", header + table + "INSERT INTO g VALUES (1)", .fails("ends within this statement")),
        DumpCase("without its COMMIT", "\(table)START TRANSACTION;\nINSERT INTO g VALUES (1);\n", .fails("COMMIT")),
        DumpCase("a second file", "\(table)source load_departments.dump ;\n", .fails("'source' includes another file")),
        DumpCase("a second file, in short", "\(table)\\. load_departments.dump\n", .fails("includes another file")),
        DumpCase("a file", "\(table)LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE g;\n", .fails("LOAD … INFILE")),
        DumpCase("a written file", "\(table)SELECT 1 INTO OUTFILE '/tmp/owned';\n", .fails("INTO OUTFILE")),
        DumpCase("a library", "INSTALL PLUGIN x SONAME 'x.so';\n", .fails("INSTALL")),
        DumpCase(
            "two databases into one", "USE `one`;\n\(table)USE `two`;\n\(table)", into: "data",
            .fails("cannot both go into data")),
        DumpCase(
            "another database by its name, into one", "CREATE TABLE one.g (n int);\nCREATE TABLE two.g (n int);\n",
            into: "data", .fails("cannot both go into data")),
        DumpCase(
            "a renamed table, into one", "USE one;\n\(table)RENAME TABLE g TO live.g;\n", into: "data",
            .fails("cannot both go into data")),
    ]

    /// The accounts that objects of `data` run as, and how many objects each.
    private static let definers =
        "SELECT d, COUNT(*) FROM (SELECT DEFINER AS d, TABLE_SCHEMA AS s FROM information_schema.VIEWS "
        + "UNION ALL SELECT DEFINER, TRIGGER_SCHEMA FROM information_schema.TRIGGERS "
        + "UNION ALL SELECT DEFINER, ROUTINE_SCHEMA FROM information_schema.ROUTINES "
        + "UNION ALL SELECT DEFINER, EVENT_SCHEMA FROM information_schema.EVENTS) t WHERE s = 'data' GROUP BY d"

    private static let ofAccounts = [
        "CREATE TABLE t (i int)", "CREATE USER app IDENTIFIED BY 'x'", "ALTER USER app IDENTIFIED BY 'x'",
        "ALTER USER 'app'@'%' ACCOUNT LOCK", "SET PASSWORD FOR app = 'x'", "RENAME USER app TO ppa", "DROP USER app",
        "REVOKE ALL PRIVILEGES, GRANT OPTION FROM app", "GRANT ALL ON *.* TO app", "SET PASSWORD = 'x'",
        "ALTER USER CURRENT_USER() IDENTIFIED BY 'x'", "ALTER USER roost_admin@localhost ACCOUNT LOCK",
        "DROP USER root", "REPLACE INTO mysql.global_priv VALUES ('%', 'app', '{}')",
        "INSERT INTO mysql.user (Host, User) VALUES ('%', 'eve')", "UPDATE mysql.user SET User = 'eve'",
        "DELETE FROM mysql.db", "DROP TABLE mysql.proc", "TRUNCATE mysql.tables_priv", "DROP DATABASE mysql",
        "DROP DATABASE sys", "ALTER DATABASE sys CHARACTER SET latin1", "CREATE TABLE sys.t (i int)",
        "CREATE USER fresh IDENTIFIED BY 'freshSecret1'", "GRANT ALL ON *.* TO fresh WITH GRANT OPTION",
        "INSERT INTO t VALUES (1)",
    ]

    /// An import into a service in use.
    static func importLeavesAccountsAlone(_ server: TestServer, _ program: String, in folder: String) async throws {
        try await server.engine.open(server.plan)
        let made = try server.client(
            [program, "-e", "CREATE USER app IDENTIFIED BY 'appSecret1'; GRANT ALL ON data.* TO app"])
        #expect(made.status == 0, "\(made.errors)")
        let expected = try #require(server.engine.accountMending?.expectation(server.plan))
        #expect(await server.engine.probe(server.plan.address, expecting: expected) == .healthy)
        let one = DumpCase(
            "accounts", ofAccounts.map { "\($0);\n" }.joined(),
            .loads("SELECT i FROM data.t", ["1"], note: "that already existed were left out: 'app'"))
        try await one.run(on: server, in: folder) { question, _ in try server.administration(question) }
        #expect(await server.engine.probe(server.plan.address, expecting: expected) == .healthy)
        let app = try server.client([program, "-Ne", "SELECT i FROM data.t"], user: "app", password: "appSecret1")
        #expect(app.output == "1\n", "\(app.errors)")
        #expect(try server.client([program, "-e", "SELECT 1"], user: "fresh", password: "freshSecret1").status != 0)
        // A second import of the dump reports nothing about the account: it exists since the first one.
        try server.administration("DROP TABLE data.t")
        try await one.run(on: server, in: folder) { question, _ in try server.administration(question) }
        #expect(await server.engine.probe(server.plan.address, expecting: expected) == .healthy)
    }

    /// Runs each case on a server that holds no data.
    static func run(_ cases: [DumpCase], on server: TestServer, in folder: String) async throws {
        for statement in [
            "CREATE DATABASE elsewhere", "CREATE TABLE elsewhere.t (i int)", "INSERT INTO elsewhere.t VALUES (7)",
        ] { try server.administration(statement) }
        for one in cases {
            for name in ["data", "live", "mine", "shop"] {
                try server.administration("DROP DATABASE IF EXISTS `\(name)`")
            }
            try server.administration("CREATE DATABASE data CHARACTER SET utf8mb4")
            try await one.run(on: server, in: folder) { question, _ in try server.administration(question) }
        }
    }
}

extension MariaDBServerTests {
    @Test func aDumpChangesNoAccountThatWasHereBefore() async throws {
        try await CopyFolder.with { folder in
            try await TestServer.with { server in
                try await MySQLFamilyDumps.importLeavesAccountsAlone(server, "mariadb", in: folder)
            }
        }
    }

    private static let ofMySQL: [DumpCase] = [
        DumpCase(
            "collations of MySQL 8",
            "CREATE TABLE `g` (`n` varchar(9) COLLATE utf8mb4_0900_ai_ci) DEFAULT CHARSET=utf8mb4;\n"
                + "/*!50003 SET collation_connection  = utf8mb4_0900_ai_ci */ ;\n"
                + "CREATE TABLE `h` (`n` varchar(9)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_as_cs;\n"
                + "CREATE TABLE `i` (`n` varchar(9) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin);\n",
            // A later MariaDB knows them itself.
            .loads("SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'data'", ["3"]))
    ]

    @Test func dumpsThatPeopleBringLoadOrAreRefusedWithWords() async throws {
        try await CopyFolder.with { folder in
            try await TestServer.with(profile: .building) { server in
                try await engine.open(server.plan)
                try await MySQLFamilyDumps.run(
                    MySQLFamilyDumps.loaded + MySQLFamilyDumps.refused + Self.ofMySQL, on: server, in: folder)
                // The definers of views cannot sign on.
                let prod = try server.administration("SHOW CREATE USER `prod`@`10.1.%`").first?.first ?? nil
                #expect(prod?.contains("ACCOUNT LOCK") == true, "\(String(describing: prod))")
            }
        }
    }
}

extension MySQLTests.ServerTests {
    @Test func aDumpChangesNoAccountThatWasHereBefore() async throws {
        try await CopyFolder.with { folder in
            try await TestServer.with(engine) { server in
                try await MySQLFamilyDumps.importLeavesAccountsAlone(server, "mysql", in: folder)
            }
        }
    }

    private static let ofMariaDB: [DumpCase] = [
        DumpCase(
            "collations and engines of MariaDB",
            "/*M!100616 SET @OLD_NOTE_VERBOSITY=@@NOTE_VERBOSITY, NOTE_VERBOSITY=0 */;\n"
                + "CREATE TABLE `g` (`n` varchar(9)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_uca1400_ai_ci;\n"
                + "CREATE TABLE `h` (`d` datetime DEFAULT current_timestamp()) ENGINE=Aria DEFAULT CHARSET=utf8mb4 "
                + "COLLATE=utf8mb4_unicode_520_nopad_ci;\n"
                + "/*!50003 SET sql_mode              = 'STRICT_TRANS_TABLES,NO_AUTO_CREATE_USER' */ ;\n",
            .loads(
                "SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'data'", ["2"],
                note: "utf8mb4_uca1400_ai_ci"))
    ]

    @Test func dumpsThatPeopleBringLoadOrAreRefusedWithWords() async throws {
        try await CopyFolder.with { folder in
            try await TestServer.with(engine, profile: .building) { server in
                try await engine.open(server.plan)
                try await MySQLFamilyDumps.run(
                    MySQLFamilyDumps.loaded + MySQLFamilyDumps.refused + Self.ofMariaDB, on: server, in: folder)
                let prod = try server.administration(
                    "SELECT account_locked, authentication_string <> '' FROM mysql.user WHERE User = 'prod'")
                #expect(prod == [["Y", "1"]])
            }
        }
    }
}
