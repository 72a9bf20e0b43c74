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
            .loads("SELECT COUNT(*) FROM data.g", ["1"], note: "may have been cut off")),
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
        DumpCase("empty", "", .fails("it is empty")), DumpCase("blank", " \n\n", .fails("holds nothing to load")),
        DumpCase("comments alone", "-- a\n/* b */\n", .fails("holds nothing to load")),
        DumpCase("settings alone", "SET NAMES utf8mb4;\nUSE `data`;\nSELECT 1;\n", .fails("holds nothing to load")),
        DumpCase("cut within a text", "\(table)INSERT INTO g VALUES ('a", .fails("within a quoted text")),
        DumpCase("cut before its first row", header + table, .fails("and no row: it was cut off")),
        DumpCase(
            "cut within a statement", header + table + "INSERT INTO g VALUES (1)", .fails("ends within this statement")),
        DumpCase("without its COMMIT", "\(table)START TRANSACTION;\nINSERT INTO g VALUES (1);\n", .fails("COMMIT")),
        DumpCase("a second file", "\(table)source load_departments.dump ;\n", .fails("'source' is a command")),
        DumpCase("a file", "\(table)LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE g;\n", .fails("LOAD … INFILE")),
        DumpCase("a written file", "\(table)SELECT 1 INTO OUTFILE '/tmp/owned';\n", .fails("INTO OUTFILE")),
        DumpCase("a library", "INSTALL PLUGIN x SONAME 'x.so';\n", .fails("INSTALL")),
        DumpCase(
            "two databases into one", "USE `one`;\n\(table)USE `two`;\n\(table)", into: "data",
            .fails("cannot both go into data")),
    ]

    /// Each into a server that holds nothing.
    static func run(_ cases: [DumpCase], on server: TestServer, in folder: String) async throws {
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
                // Those in whose name views run cannot sign on.
                let prod = try server.administration("SHOW CREATE USER `prod`@`10.1.%`").first?.first ?? nil
                #expect(prod?.contains("ACCOUNT LOCK") == true, "\(String(describing: prod))")
            }
        }
    }
}

extension MySQLTests.ServerTests {
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
