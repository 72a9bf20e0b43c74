import Foundation
import RoostModel
import Testing

@testable import RoostCLI

/// Dumps that name other files are sent as one.
@Suite struct GatheringTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let type: String
        /// File contents by name; `main.sql` is the dump.
        let files: [String: String]
        /// The whole text that is sent, or the words of the refusal; nil: the dump is sent as it is.
        let wanted: String?
        var testDescription: String { name }

        init(_ name: String, _ type: String, _ files: [String: String], _ wanted: String?) {
            (self.name, self.type, self.files, self.wanted) = (name, type, files, wanted)
        }
    }

    private static let ab = ["a.sql": "A;\n", "b.sql": "B;\n"]

    static let whole: [Case] = [
        Case(
            "each form of MySQL", "mysql",
            files("SELECT 1;\nsource a.sql ;\nSOURCE b.sql\n\\. a.sql\nSELECT 2; source b.sql; SELECT 3;\n"),
            "SELECT 1;\nA;\n\n\nB;\n\nA;\n\nSELECT 2; B;\n\n SELECT 3;\n"),
        Case(
            "each form of psql", "postgresql",
            files("\\i a.sql\n\\ir b.sql\n\\include a.sql\r\n\\include_relative 'b.sql'\n"),
            "A;\n\nB;\n\nA;\n\nB;\n\n"),
        Case("no other file", "mariadb", files("SELECT 1;\n"), nil),
        Case("no engine with such lines", "redis", files("source a.sql\n"), nil),
        Case("the other engine's form, MySQL", "mysql", files("\\i a.sql\n"), nil),
        Case("the other engine's form, PostgreSQL", "postgresql", files("source a.sql ;\n"), nil),
        Case("packed", "mysql", files("\u{1F}\u{8B}\nsource a.sql\n"), nil),
        Case(
            "in strings, names and comments", "mysql",
            files(
                "SELECT '\nsource a.sql\n', `\n\\. a.sql\n`;\n/*\nsource a.sql\n*/ -- source a.sql\n# source a.sql\n"),
            nil),
        Case(
            "in strings, dollars and comments", "postgresql",
            files("SELECT '\n\\i a.sql\n', $x$\n\\i a.sql\n$x$;\n/* /* */\n\\i a.sql\n*/ -- \\i a.sql\n"), nil),
        Case("in the midst of a statement", "mysql", files("SELECT 1\nsource a.sql\n;\n"), nil),
        Case(
            "no line of psql's own", "postgresql",
            files(
                "SELECT E'a\\'\n\\if\n', 'b\\', $$\n\\i a.sql\n$$, \"\\ir\" /* \\i */ -- \\if\n;\nSELECT 1 \\g\n;\n"),
            nil),
        Case(
            "in and behind the rows of a COPY", "postgresql",
            files("COPY t (\"from\", b) FROM stdin;\n\\i a.sql\n'\n\\.\n\\i b.sql\n"),
            "COPY t (\"from\", b) FROM stdin;\n\\i a.sql\n'\n\\.\nB;\n\n"),
        Case("a COPY out", "postgresql", files("COPY t TO stdout;\n\\i a.sql\n"), "COPY t TO stdout;\nA;\n\n"),
        Case(
            "where backslashes do not escape", "mysql",
            files("SET sql_mode='NO_BACKSLASH_ESCAPES';\nSELECT '\\';\nsource a.sql\n"),
            "SET sql_mode='NO_BACKSLASH_ESCAPES';\nSELECT '\\';\nA;\n\n"),
        Case(
            "where backslashes escape", "postgresql",
            files("SET standard_conforming_strings = off;\nSELECT '\\'\n\\i a.sql\n';\n"),
            nil),
        Case(
            "another delimiter", "mysql",
            files("DELIMITER ;;\nSELECT 1;\nsource a.sql\n;;\nsource b.sql ;;\nSELECT 2;;\n"),
            "DELIMITER ;;\nSELECT 1;\nsource a.sql\n;;\nB;\n\n;;\n\nSELECT 2;;\n"),
        Case(
            "a delimiter that another file sets", "mysql",
            ["main.sql": "source d.sql\nSELECT 1;\nsource a.sql\n$$\n", "d.sql": "DELIMITER $$\nSELECT 0"],
            "DELIMITER $$\nSELECT 0\n$$\nSELECT 1;\nsource a.sql\n$$\n"),
        Case(
            "a last statement without an end", "postgresql",
            ["main.sql": "\\i a.sql\nSELECT 2;", "a.sql": "SELECT 1 -- one"],
            "SELECT 1 -- one\n;\nSELECT 2;"),
        Case("an empty file", "mysql", ["main.sql": "source a.sql;", "a.sql": ""], "\n"),
        Case(
            "marks of the order of bytes", "mysql",
            ["main.sql": "\u{FEFF}SELECT 1;\nsource a.sql\n", "a.sql": "\u{FEFF}A;"], "\u{FEFF}SELECT 1;\nA;\n"),
        Case(
            "of which folder, MySQL", "mysql",
            [
                "main.sql": "source sub/one.sql\n", "sub/one.sql": "source two.sql\n", "two.sql": "here;\n",
                "sub/two.sql": "no;\n",
            ],
            "here;\n\n\n"),
        Case(
            "of which folder, psql", "postgresql",
            [
                "main.sql": "\\i sub/one.sql\n", "sub/one.sql": "\\i two.sql\n\\ir two.sql\n", "two.sql": "here;\n",
                "sub/two.sql": "beside;\n",
            ], "here;\n\nbeside;\n\n\n"),
        Case(
            "the same file twice", "mysql", ["main.sql": "source a.sql\nsource ./a.sql\n", "a.sql": "A;"], "A;\nA;\n"),
        Case("deep", "mysql", chain(16), "last;" + String(repeating: "\n", count: 16)),
    ]

    static let refused: [Case] = [
        Case(
            "a missing file", "mysql", ["main.sql": "SELECT 1;\nsource nowhere.sql ;\n"],
            "'nowhere.sql', included on line 2 of main.sql, cannot be read: No such file or directory"),
        Case(
            "a missing file in another", "postgresql", ["main.sql": "\\i a.sql\n", "a.sql": "\n\n\\ir b.sql"],
            "'b.sql', included on line 3 of a.sql, cannot be read"),
        Case(
            "a folder", "mysql", ["main.sql": "source sub\n", "sub/a.sql": ""],
            "'sub', included on line 1 of main.sql, is not a regular file"),
        Case(
            "itself", "mysql", ["main.sql": "\nsource ./main.sql\n"],
            "'./main.sql', included on line 2 of main.sql, is that file itself"),
        Case(
            "a circle", "mysql",
            ["main.sql": "source a.sql\n", "a.sql": "source b.sql\n", "b.sql": "source a.sql\nsource main.sql\n"],
            "'a.sql', included on line 1 of b.sql, is one of the files that include that file"),
        Case(
            "too deep", "mysql", chain(17), "'17.sql', included on line 1 of 16.sql, is nested more than 16 files deep"),
        Case(
            "packed", "mysql", ["main.sql": "source a.sql\n", "a.sql": "BZh91"],
            "'a.sql', included on line 1 of main.sql, is compressed or not text: decompress it first"),
        Case(
            "cut off in a text", "mysql", ["main.sql": "source a.sql\nSELECT ';'", "a.sql": "\nSELECT 'a"],
            "'a.sql' is truncated: it ends within a quoted string that begins on line 1"),
        Case(
            "cut off in a COPY", "postgresql", ["main.sql": "\\i a.sql\n\\.\n", "a.sql": "COPY t FROM stdin;\n1\n"],
            "'a.sql' is truncated: it ends within the rows of a COPY"),
        Case(
            "cut off in a tool's statement", "mysql",
            [
                "main.sql": "source a.sql\n",
                "a.sql": "-- MariaDB dump 10.19  Distrib 10.11\nINSERT INTO t VALUES (1),(2)",
            ],
            "'a.sql' is truncated: it ends within a statement that begins on line 2"),
        Case(
            "a variable", "postgresql", ["main.sql": "\n\\i :file\n"],
            "line 2 of main.sql names a file by a psql variable"),
    ]

    static let unresolved: [Case] = [
        Case(
            "within a statement", "postgresql", files("SELECT 1;\nSELECT 2,\n\\i a.sql\n;\n"),
            "line 3 of main.sql has '\\i', within a statement, which only psql can evaluate"),
        Case(
            "behind a statement that nothing ends", "postgresql", files("SELECT 'a' \\ir a.sql\n"),
            "line 1 of main.sql has '\\ir', within a statement"),
        Case(
            "in another file", "postgresql", ["main.sql": "\\i a.sql\n", "a.sql": "\n\nSELECT\n\\include b.sql\n;"],
            "line 4 of a.sql has '\\include', within a statement"),
        Case(
            "a condition", "postgresql", files("SELECT 1;\n\\if :x\n\\i a.sql\n\\endif\n"),
            "line 2 of main.sql has '\\if', a psql condition"),
        Case(
            "a condition's end alone", "postgresql", files("\\endif\n"),
            "line 1 of main.sql has '\\endif', a psql condition"),
        Case(
            "a condition within a statement", "postgresql", files("SELECT 1\n\\if true\n, 2\n\\endif\n;\n"),
            "line 2 of main.sql has '\\if', within a statement"),
    ]

    @Test(arguments: unresolved) func whatPsqlAloneResolvesIsRefused(_ row: Case) async throws {
        try await withScene { scene in
            let problem = try #require(throws: Problem.self) { try gather(row, scene) }
            #expect(problem.message.hasPrefix(row.wanted ?? "-"), "\(problem)")
        }
    }

    private static func files(_ main: String) -> [String: String] { ab.merging(["main.sql": main]) { $1 } }

    private static func chain(_ count: Int) -> [String: String] {
        var files = ["main.sql": "source 1.sql\n", "\(count).sql": "last;"]
        for index in 1..<count { files["\(index).sql"] = "source \(index + 1).sql\n" }
        return files
    }

    private func gather(_ row: Case, _ scene: Scene) throws -> GatheredDump? {
        for (name, text) in row.files { try scene.write(text, to: name) }
        return try Gathering.gather("\(scene.folder)/main.sql", shown: "main.sql", type: row.type)
    }

    private func text(_ dump: GatheredDump) throws -> String {
        let input = GatheredInput(dump)
        defer { input.close() }
        var all = Data()
        while let piece = try input.piece() { all += piece }
        #expect(all.count == dump.size)
        return String(decoding: all, as: UTF8.self)
    }

    @Test(arguments: whole) func severalFilesBecomeOne(_ row: Case) async throws {
        try await withScene { scene in
            let dump = try gather(row, scene)
            #expect(try dump.map(text) == row.wanted)
        }
    }

    @Test(arguments: refused) func whatCannotBeGatheredIsRefused(_ row: Case) async throws {
        try await withScene { scene in
            let problem = try #require(throws: Problem.self) { try gather(row, scene) }
            #expect(problem.message.hasPrefix(row.wanted ?? "-"), "\(problem)")
        }
    }

    @Test func aFileThatIsChangedMeanwhileIsNotSent() async throws {
        try await withScene { scene in
            let row = Case("", "mysql", ["main.sql": "SELECT 1;\nsource a.sql\n", "a.sql": "A;\n"], nil)
            let input = GatheredInput(try #require(try gather(row, scene)))
            defer { input.close() }
            #expect(try input.piece() == Data("SELECT 1;\n".utf8))
            try scene.write("other;\n", to: "a.sql")
            let problem = try #require(throws: Problem.self) { try input.piece() }
            #expect(problem.message.contains("a.sql' was changed while the dump was being sent"), "\(problem)")
        }
    }

    // MARK: Commands

    private static func answers() -> ImportTests.Answers {
        let done = OperationInfo(
            id: "op1", kind: "import", application: "ramen", service: "data", state: .running, steps: [], error: nil,
            startedAt: Samples.time, endedAt: nil)
        return [
            "GET /v1/applications/ramen/services/data": { _ in try .json(Samples.service()) },
            "POST /v1/applications/ramen/services/data/import": { _ in try .json(done, status: 202) },
        ]
    }

    @Test func anImportSendsThemAsOneAndSaysSo() async throws {
        try await withDaemon(Self.answers()) { scene, daemon in
            try scene.write("SELECT 1;\nsource a.sql ;\n", to: "sub/main.sql")
            try scene.write("A;\n", to: "sub/a.sql")
            let outcome = await scene.roost("import", "data", "sub/main.sql", "-A", "ramen", "--no-wait")
            #expect(outcome.status == 0, "\(outcome)")
            #expect(outcome.errors.contains("sub/main.sql includes a file, which is sent with it: a.sql"), "\(outcome)")
            let sent = try #require(daemon.requests.last)
            #expect(sent.body == Data("SELECT 1;\nA;\n\n\n".utf8) && sent.target.contains("name=main.sql"))
        }
    }

    @Test func aMissingFileIsToldBeforeAnythingIsSent() async throws {
        try await withDaemon(Self.answers()) { scene, daemon in
            try scene.write("SELECT 1;\nsource a.sql ;\n", to: "main.sql")
            let outcome = await scene.roost("import", "data", "main.sql", "-A", "ramen")
            #expect(outcome.status == 3 && outcome.errors.contains("line 2 of main.sql"), "\(outcome)")
            let template = await scene.roost("template", "add", "t", "--dump", "main.sql", "--type", "mariadb")
            #expect(template.status == 3 && template.errors.contains("line 2 of main.sql"), "\(template)")
            #expect(!daemon.requests.contains { $0.method != "GET" })
        }
    }
}
