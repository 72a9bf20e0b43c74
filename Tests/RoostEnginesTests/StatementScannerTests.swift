import Testing

@testable import RoostEngines

@Suite
struct StatementScannerTests {
    /// Reads the text in pieces of so many bytes.
    private func scan(
        _ text: String, _ dialect: StatementScanner.Dialect, piece: Int = 1 << 20, find line: Int? = nil
    ) -> StatementScanner {
        var scanner = StatementScanner(dialect, search: line.map { StatementSearch(line: $0) })
        let bytes = Array(text.utf8)
        var kept: [UInt8] = []
        var index = 0
        while index < bytes.count {
            let next = min(index + piece, bytes.count)
            kept += bytes[index..<next]
            index = next
            var read = 0
            while read < kept.count {
                let end = scanner.read(kept, from: read, isLast: index == bytes.count)
                if end == read { break }
                read = end
            }
            kept.removeFirst(read)
        }
        scanner.search?.settle()
        return scanner
    }

    static let mysql: [(text: String, count: Int)] = [
        ("", 0), ("SELECT 1;", 1), ("SELECT 1", 0), (";;", 0), ("SELECT ';';SELECT \";\" ; SELECT `;`;", 3),
        ("SELECT 'it''s; \\'; \\\\'; SELECT 2;", 2), ("-- a; b\n# c; d\n/* e; f */ SELECT 1;", 1),
        ("SELECT 5--2; SELECT 1;", 2),
        ("/*!40101 SET NAMES utf8 */;\n/*!50003 SELECT 1 */;\n/*M!100000 SELECT 2 */;", 3),
        ("DELIMITER ;;\nCREATE TRIGGER a BEGIN SELECT 1; SELECT 2; END ;;\nDELIMITER ;\nSELECT 3;", 2),
        ("delimiter //\nSELECT 1; //\nSELECT 2//", 2), ("SELECT '\\';", 0), ("SELECT 1 /* ; */ ; SELECT 2 -- ;\n;", 2),
    ]

    @Test(arguments: mysql) func statementsOfTheMySQLFamilyAreCounted(_ text: String, _ count: Int) {
        for piece in [1, 7, 1 << 20] { #expect(scan(text, .mysql, piece: piece).statements == count) }
    }

    static let postgresql: [(text: String, count: Int)] = [
        ("SELECT 1; SELECT 2;", 2), ("SELECT 'a\\'; SELECT 2;", 2), ("SELECT E'a\\'; b'; SELECT 2;", 2),
        ("SELECT $$a; b$$; SELECT $x$ ; $$ ; $y$ $x$;", 2), ("SELECT a$b$c; SELECT $1; SELECT 2;", 3),
        ("/* a; /* b; */ c; */ SELECT 1;", 1), ("SELECT \"a;b\";", 1), ("CREATE RULE r AS DO (SELECT 1; SELECT 2);", 1),
        ("COPY t (a) FROM stdin;\na;\n'b\n\\.x\n\\.\nSELECT 1;\n", 2), ("COPY t FROM '/x';\nSELECT 1;", 2),
        ("copy t from STDIN with (format csv);\n1;\n\\.\n", 1), ("\\connect \"a;b\"\nSELECT 1;", 1),
        ("COMMENT ON TABLE t IS 'from stdin';\nSELECT 1;", 2), ("COPY t FROM stdin;\n\\.\n", 1),
    ]

    @Test(arguments: postgresql) func statementsOfPostgreSQLAreCounted(_ text: String, _ count: Int) {
        for piece in [1, 7, 1 << 20] { #expect(scan(text, .postgresql, piece: piece).statements == count) }
    }

    @Test func linesAreCountedThroughEverything() {
        let text = "SELECT '\n\n';\n/*\n*/ -- x\nCOPY t FROM stdin;\na\nb\n\\.\n\n"
        for piece in [1, 5, 1 << 20] { #expect(scan(text, .postgresql, piece: piece).line == 11) }
    }

    /// The line that a client names, and the statement that it means by it.
    @Test(arguments: [
        (1, 1, "SELECT 1; SELECT 2;"), (3, 3, "INSERT INTO t VALUES ('x;y');"), (4, 3, "INSERT INTO t VALUES ('x;y');"),
        (6, 6, "COPY t FROM stdin;"), (8, 6, "COPY t FROM stdin;"), (9, 9, "SELECT"), (99, 9, "SELECT"),
    ])
    func theStatementAtALineIsFound(_ line: Int, _ begin: Int, _ text: String) {
        let dump = "SELECT 1; SELECT 2;\n-- c\nINSERT INTO t\nVALUES ('x;y');\n\nCOPY t FROM stdin;\na\n\\.\nSELECT\n"
        for piece in [1, 6, 1 << 20] {
            let found = scan(dump, .postgresql, piece: piece, find: line).search?.found
            #expect(found?.line == begin && found?.text == text, "\(String(describing: found))")
        }
    }

    @Test func ofALongStatementTheBeginningIsShown() {
        let text = "SELECT '" + String(repeating: "é", count: 500) + "';\n"
        let found = scan(text, .mysql, find: 1).search?.found
        #expect(found?.text.count == StatementSearch.longest && found?.text.hasPrefix("SELECT 'éé") == true)
    }

    // MARK: Edits

    @Test func editsSeeOnlyLinesThatBeginAStatement() async throws {
        let edit = DumpEdit(concerns: { $0.starts(with: Array("GRANT".utf8)) }) { line throws(EngineError) in
            "-- " + line
        }
        let text = "SELECT '\nGRANT a';\nGRANT b;\nCOPY t FROM stdin;\nGRANT c\n\\.\n GRANT d;\nGRANT\n e;\nGRANT f;"
        let wanted =
            "SELECT '\nGRANT a';\n-- GRANT b;\nCOPY t FROM stdin;\nGRANT c\n\\.\n GRANT d;\n-- GRANT\n e;\n-- GRANT f;"
        for piece in [1, 10, 1000] {
            var passage = DumpText(.postgresql, edit: edit)
            var out: [UInt8] = []
            var rest = Array(text.utf8)
            while !rest.isEmpty {
                out += try await passage.take(Array(rest.prefix(piece)))
                rest.removeFirst(min(piece, rest.count))
            }
            out += try await passage.take([], isLast: true)
            #expect(String(decoding: out, as: UTF8.self) == wanted)
        }
    }

    static let foreign: [(line: String, text: String, roles: [String], database: String?)] = [
        ("ALTER TABLE public.t OWNER TO anna;\n", "ALTER TABLE public.t OWNER TO anna;\n", ["anna"], nil),
        ("ALTER TABLE t OWNER TO \"A \"\"b\"\"\";", "ALTER TABLE t OWNER TO \"A \"\"b\"\"\";", ["A \"b\""], nil),
        ("ALTER TABLE t OWNER TO postgres;", "ALTER TABLE t OWNER TO postgres;", [], nil),
        ("ALTER TABLE t OWNER TO roost_admin;", "ALTER TABLE t OWNER TO \"postgres\";", [], nil),
        ("ALTER EVENT TRIGGER e OWNER TO anna;", "-- ALTER EVENT TRIGGER e OWNER TO anna;", [], nil),
        ("ALTER TABLE t RENAME TO anna;", "ALTER TABLE t RENAME TO anna;", [], nil),
        (
            "GRANT SELECT ON TABLE t TO anna WITH GRANT OPTION;", "GRANT SELECT ON TABLE t TO anna WITH GRANT OPTION;",
            ["anna"], nil
        ),
        ("GRANT ALL ON SCHEMA public TO PUBLIC;", "GRANT ALL ON SCHEMA public TO PUBLIC;", [], nil),
        ("GRANT a TO bob GRANTED BY postgres;\n", "GRANT a TO bob;\n", ["bob"], nil),
        ("REVOKE ALL ON TABLE t FROM anna;", "REVOKE ALL ON TABLE t FROM anna;", ["anna"], nil),
        (
            "ALTER DEFAULT PRIVILEGES FOR ROLE anna IN SCHEMA s GRANT SELECT ON TABLES TO bob;",
            "ALTER DEFAULT PRIVILEGES FOR ROLE anna IN SCHEMA s GRANT SELECT ON TABLES TO bob;", ["anna", "bob"], nil
        ),
        ("CREATE ROLE anna;\n", "ALTER ROLE anna;\n", ["anna"], nil),
        ("CREATE USER postgres PASSWORD 'x';", "ALTER ROLE postgres PASSWORD 'x';", [], nil),
        ("CREATE USER MAPPING FOR anna SERVER s;", "CREATE USER MAPPING FOR anna SERVER s;", ["anna"], nil),
        ("CREATE ROLE roost_admin;", "-- CREATE ROLE roost_admin;", [], nil),
        ("ALTER ROLE roost_admin NOLOGIN;", "-- ALTER ROLE roost_admin NOLOGIN;", [], nil),
        (
            "CREATE DATABASE \"my shop\" WITH LOCALE = 'xx';\n", "-- CREATE DATABASE \"my shop\" WITH LOCALE = 'xx';\n",
            [], "my shop"
        ),
        ("DROP DATABASE shop;", "-- DROP DATABASE shop;", [], nil),
        ("SET transaction_timeout = 0;\n", "-- SET transaction_timeout = 0;\n", [], nil),
        ("SET SESSION AUTHORIZATION 'anna';", "SET SESSION AUTHORIZATION 'anna';", ["anna"], nil),
        ("CREATE POLICY p ON t TO anna USING (true);", "CREATE POLICY p ON t TO anna USING (true);", ["anna"], nil),
        ("CREATE SCHEMA s AUTHORIZATION anna;", "CREATE SCHEMA s AUTHORIZATION anna;", ["anna"], nil),
    ]

    @Test(arguments: foreign)
    func whatADumpSaysOfItsServerIsPutIntoWordsOfThisOne(
        _ line: String, _ text: String, _ roles: [String], _ database: String?
    ) {
        let words = PostgreSQLForeign(shownUser: "postgres", major: 15, roles: ["postgres", "roost_admin"]).read(line)
        #expect(words == PostgreSQLForeign.Words(line: text, roles: roles, database: database))
        #expect(PostgreSQLForeign.concerns(Array(line.utf8)[...]))
    }

    @Test func aRoleIsMadeOnce() {
        let foreign = PostgreSQLForeign(shownUser: "postgres", major: 17, roles: [])
        #expect(foreign.read("ALTER TABLE a OWNER TO anna;").roles == ["anna"])
        #expect(foreign.read("ALTER TABLE b OWNER TO anna;").roles.isEmpty)
        #expect(foreign.read("SET transaction_timeout = 0;").line == "SET transaction_timeout = 0;")
    }

    // MARK: What clients say

    @Test func theServersWordsAndTheLineAreRead() {
        let mysql = SQLLoading.complaint(
            "mysql: [Warning] x\nERROR 1146 (42S02) at line 12: Table 'a.b' doesn't exist\n")
        #expect(mysql?.line == 12 && mysql?.message == "Table 'a.b' doesn't exist (error 1146 (42S02))")
        let gone = SQLLoading.complaint("ERROR 2002 (HY000): Can't connect\n")
        #expect(gone?.line == nil && gone?.message == "Can't connect")
        let psql = PostgreSQLComplaint.ofScript(
            "psql:<stdin>:3: WARNING:  w\npsql:<stdin>:9: ERROR:  bad\nLINE 1: x\nDETAIL:  more\nCONTEXT:  COPY t, line 3\n"
        )
        #expect(psql?.line == 9 && psql?.message == "bad (more) (COPY t, line 3)")
        #expect(PostgreSQLComplaint.ofScript("psql: error: no\n")?.message == "no")
    }
}
