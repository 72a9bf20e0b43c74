import Testing

@testable import RoostDumps

@Suite
struct StatementScannerTests {
    /// Cuts a text, read in pieces of so many bytes, and lists one part a line: `3 S SELECT 1` for a statement on
    /// line 3.
    private func cut(_ text: String, _ dialect: StatementScanner.Dialect, piece: Int, off: Bool = false) -> [String] {
        var scanner = StatementScanner(dialect)
        if off { scanner.escapes = true }
        let bytes = Array(text.utf8)
        var (kept, read, out): ([UInt8], Int, [String]) = ([], 0, [])
        while true {
            let isLast = read == bytes.count
            while let found = kept.withUnsafeBufferPointer({ scanner.next($0, isLast: isLast) }) {
                add(found, kept, &out)
                // Rows begin when the server's answer to COPY asks for them.
                if case .statement = found.piece, out.last?.contains(" S COPY ") ?? false { scanner.beginRows() }
                kept.removeFirst(found.length)
            }
            if isLast { break }
            kept += bytes[read..<min(read + piece, bytes.count)]
            read = min(read + piece, bytes.count)
        }
        if let end = scanner.unfinished { out.append("\(end.line) within \(end.what)") }
        return out
    }

    private func add(_ found: StatementScanner.Found, _ bytes: [UInt8], _ out: inout [String]) {
        func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
        switch found.piece {
        case .comment(let range): out.append("\(found.line) # \(text(range))")
        case .statement(let range, let isTerminated):
            out.append("\(found.line) \(isTerminated ? "S" : "s") \(text(range))")
        case .command(let range): out.append("\(found.line) C \(text(range))")
        case .rows(let range):
            guard !range.isEmpty else { return }
            if let last = out.last, last.contains(" R ") {
                out[out.count - 1] = last + text(range)
            } else {
                out.append("\(found.line) R \(text(range))")
            }
        case .endOfRows: out.append("\(found.line) .")
        }
    }

    private func expect(
        _ text: String, _ dialect: StatementScanner.Dialect, _ wanted: [String], off: Bool = false
    ) {
        for piece in [1, 7, 100, 1 << 20] {
            #expect(cut(text, dialect, piece: piece, off: off) == wanted, "in pieces of \(piece)")
        }
    }

    static let mysql: [(String, [String])] = [
        ("", []), ("SELECT 1;", ["1 S SELECT 1"]), ("SELECT 1", ["1 s SELECT 1"]), (";;", []),
        ("SELECT ';';SELECT \";\" ; SELECT `;`;", ["1 S SELECT ';'", "1 S SELECT \";\" ", "1 S SELECT `;`"]),
        ("SELECT 'it''s; \\'; \\\\'; SELECT 2;", ["1 S SELECT 'it''s; \\'; \\\\'", "1 S SELECT 2"]),
        ("-- a; b\n# c; d\n/* e; f */ SELECT 1;", ["1 # -- a; b", "2 # # c; d", "3 # /* e; f */", "3 S SELECT 1"]),
        ("SELECT 5--2; SELECT 1;", ["1 S SELECT 5--2", "1 S SELECT 1"]),
        (
            "/*!40101 SET NAMES utf8 */;\n/*M!100000 SELECT 2 */;",
            ["1 S /*!40101 SET NAMES utf8 */", "2 S /*M!100000 SELECT 2 */"]
        ),
        (
            "/*!999999\\- enable the sandbox mode */ \nCREATE TABLE g (n int);\n/*M!999999\\- more */\n",
            ["1 # /*!999999\\- enable the sandbox mode */", "2 S CREATE TABLE g (n int)", "3 # /*M!999999\\- more */"]
        ),
        (
            "DELIMITER ;;\nCREATE TRIGGER a BEGIN SELECT 1; END ;;\nDELIMITER ;\nSELECT 3;",
            ["1 # ", "2 S CREATE TRIGGER a BEGIN SELECT 1; END ", "3 # ", "4 S SELECT 3"]
        ),
        ("delimiter //\nSELECT 1; //\nSELECT 2//", ["1 # ", "2 S SELECT 1; ", "3 S SELECT 2"]),
        (
            "source a.sql\n Source b c.sql ; \\. d.sql\nSELECT 1\nsource e.sql;\nsource\nf.sql;\nsources g.sql;source h.sql",
            [
                "1 C source a.sql", "2 C Source b c.sql ", "2 C \\. d.sql", "3 S SELECT 1\nsource e.sql",
                "5 S source\nf.sql", "7 S sources g.sql", "7 C source h.sql",
            ]
        ),
        (
            "delimiter ;;\nsource a;b.sql ;;SELECT 'source c.sql';;\n\\. d.sql ;\n",
            ["1 # ", "2 C source a;b.sql ", "2 S SELECT 'source c.sql'", "3 C \\. d.sql ;"]
        ),
        ("SELECT '\\';", ["1 within a quoted string"]), ("SELECT 1 /* ; ", ["1 within a comment"]),
        ("SELECT 1 /* ; */ ; SELECT 2 -- ;\n;", ["1 S SELECT 1 /* ; */ ", "1 S SELECT 2 -- ;\n"]),
    ]

    @Test(arguments: mysql) func textOfTheMySQLFamilyIsCutAsItsClientDoes(_ text: String, _ wanted: [String]) {
        expect(text, .mysql, wanted)
    }

    static let postgresql: [(String, [String])] = [
        ("SELECT 'a\\'; SELECT 2;", ["1 S SELECT 'a\\'", "1 S SELECT 2"]),
        ("SELECT E'a\\'; b'; SELECT date'x\\';", ["1 S SELECT E'a\\'; b'", "1 S SELECT date'x\\'"]),
        (
            "SELECT $$a; b$$; SELECT $x$ ; $$ ; $y$ $x$; SELECT a$b$c, $1;",
            ["1 S SELECT $$a; b$$", "1 S SELECT $x$ ; $$ ; $y$ $x$", "1 S SELECT a$b$c, $1"]
        ),
        ("/* a; /* b; */ c; */ SELECT \"a;b\";", ["1 # /* a; /* b; */ c; */", "1 S SELECT \"a;b\""]),
        ("CREATE RULE r AS DO (SELECT 1; SELECT 2);", ["1 S CREATE RULE r AS DO (SELECT 1; SELECT 2)"]),
        (
            "CREATE OR REPLACE FUNCTION f(a int) RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END;\n;1",
            [
                "1 S CREATE OR REPLACE FUNCTION f(a int) RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; "
                    + "SELECT 2; END", "2 s 1",
            ]
        ),
        (
            "COPY t (a) FROM stdin;\na;\n'b\n\\.x\n\\.\nSELECT 1;\n",
            ["1 S COPY t (a) FROM stdin", "2 R a;\n'b\n\\.x\n", "5 .", "6 S SELECT 1"]
        ),
        ("COPY t FROM stdin;\r\n1\r\n\\.\r\n", ["1 S COPY t FROM stdin", "2 R 1\r\n", "3 ."]),
        ("COPY t FROM stdin;\n\\.", ["1 S COPY t FROM stdin", "2 ."]),
        ("COPY t FROM stdin;\n1\n", ["1 S COPY t FROM stdin", "2 R 1\n", "3 within the rows of a COPY"]),
        ("COPY t FROM stdin;\n1", ["1 S COPY t FROM stdin", "2 within the rows of a COPY"]),
        ("\\connect \"a;b\"\nSELECT 1;", ["1 C \\connect \"a;b\"", "2 S SELECT 1"]),
        ("CREATE FUNCTION f() AS $$ SELECT 1;", ["1 within a quoted body"]),
    ]

    @Test(arguments: postgresql) func textOfPostgreSQLIsCutAsItsClientDoes(_ text: String, _ wanted: [String]) {
        expect(text, .postgresql, wanted)
    }

    @Test func backslashesEscapeWhereTheServerSaysSo() {
        expect(
            "INSERT INTO o VALUES ('it\\'s; a');", .postgresql, ["1 S INSERT INTO o VALUES ('it\\'s; a')"], off: true)
    }

    /// A byte of a character may look like a backslash or a quote.
    @Test func charactersOfTwoBytesAreNotTakenApart() {
        var scanner = StatementScanner(.postgresql)
        scanner.escapes = true
        scanner.encoding = .shiftJIS
        let bytes: [UInt8] = Array("SELECT '".utf8) + [0x83, 0x5C] + Array("'; SELECT 1;".utf8)
        let first = bytes.withUnsafeBufferPointer { scanner.next($0, isLast: true) }
        #expect(first?.length == 12)
    }

    @Test func bytesThatAreNoUTF8PassAsTheyAre() throws {
        let bytes: [UInt8] = Array("ALTER TABLE t ALTER c SET DEFAULT 'Gr".utf8) + [0xF6, 0xDF] + Array("e';\n".utf8)
        var scanner = StatementScanner(.postgresql)
        let found = try #require(bytes.withUnsafeBufferPointer { scanner.next($0, isLast: true) })
        #expect(found.piece == .statement(0..<bytes.count - 2, isTerminated: true))
    }
}
