import Foundation
import RoostModel
import Testing

/// `roost import` and `roost export`, and clones where services are named.
@Suite
struct ImportTests {
    static let both = """
        services:
          data: {type: mariadb, memory: 256M}
          pg: {type: postgresql, memory: 256M}
        """

    /// Two servers serve all steps: each statement of a rule runs on a real server once.
    @Test func aDumpGoesIntoAServiceAndOutAgain() async throws {
        try await withRoost(mounts: .own) { roost in
            try await roost.push(Self.both)
            try await aMariaDBDumpIsImported(roost)
            try await aDumpOfSeveralFilesIsImported(roost)
            try await aDumpOfSeveralFilesBecomesATemplate(roost)
            try await whatWasLoadedIsTold(roost)
            try await whatIsNoDumpIsRefusedAtOnce(roost)
            try await aRefusedSettingNamesTheService(roost)
            try await aFailureNamesItsLineAndTheWayBack(roost)
            try await aPostgreSQLExportIsImportedElsewhere(roost)
            try await aSecondImportIsRefusedAndTheFirstCanBeEnded(roost)
            try await aFileOnStandardInputEndsAtTheFirstError(roost)
            try await aCommandReachesTheCopyAlone(roost)
            try await aCloneIsNamedWhereAServiceIs(roost)
        }
    }

    private func write(_ text: String, _ name: String, _ roost: Roost) throws -> String {
        let path = "\(roost.folder)/\(name)"
        try Data(text.utf8).write(to: URL(filePath: path))
        return path
    }

    private func sql(_ query: String, _ roost: Roost, of service: String = "data") async throws -> [String] {
        let words = service == "data" ? ["mariadb", "-N", "-e", query] : ["psql", "-Atc", query]
        return try await roost.roost(["run", service, "-A", "ramen", "--"] + words).expectSuccess().lines
    }

    private func aMariaDBDumpIsImported(_ roost: Roost) async throws {
        let dump = try write("CREATE TABLE `dish` (`n` int);\nINSERT INTO `dish` VALUES (1),(2);\n", "dish.sql", roost)
        let done = try await roost.roost("import", "data", dump, "-A", "ramen").expectSuccess()
        #expect(done.errors.contains("snapshot restore data"), "\(done)")
        #expect(try await sql("select count(*) from dish", roost) == ["2"])
        // The rows go out to standard output, and come back from standard input.
        let export = try await roost.roost("export", "data", "-A", "ramen").expectSuccess()
        #expect(export.output.contains("INSERT INTO `dish`"), "\(export)")
        try await roost.roost(["run", "data", "-A", "ramen", "--", "mariadb", "-e", "drop table dish"]).expectSuccess()
        try await roost.roost("import", "data", "-", "--no-snapshot", "-A", "ramen", input: export.output)
            .expectSuccess()
        #expect(try await sql("select count(*) from dish", roost) == ["2"])
        // An import may create a database, but never goes into the server's own.
        try await roost.roost("import", "data", dump, "--into", "other", "--no-snapshot", "-A", "ramen").expectSuccess()
        #expect(try await sql("select count(*) from other.dish", roost) == ["2"])
        let own = try await roost.problem("import", "data", dump, "--into", "mysql", "-A", "ramen")
        #expect(own.error.code == "name_invalid", "\(own)")
        let all = try await roost.json(ItemList<OperationInfo>.self, "operation", "ls", "--all", "-A", "ramen")
        #expect(all.items.count { $0.kind == "import" && $0.state == .done } == 3)
    }

    /// A dump of several files, as MySQL's test database is.
    private func several(_ roost: Roost) throws -> (mariadb: String, postgresql: String) {
        let folder = "\(roost.folder)/several"
        try FileManager.default.createDirectory(atPath: "\(folder)/rows", withIntermediateDirectories: true)
        _ = try write(
            "INSERT INTO part VALUES (1, 'source x.sql ;'),\n(2, '\n\\. y\n');\n", "several/rows/one.dump", roost)
        _ = try write("INSERT INTO part VALUES (3, 'c')", "several/rows/two.dump", roost)
        _ = try write("\\ir two.dump\nCOPY part FROM stdin;\n4\t\\\\i x\n\\.\n", "several/rows/copy.sql", roost)
        let table = "CREATE TABLE part (n int, t varchar(20));\n"
        return (
            try write(
                "\(table)source rows/one.dump ;\n\\. rows/two.dump\nINSERT INTO part VALUES (4, 'd');\n",
                "several/mariadb.sql", roost),
            try write("\(table)\\i rows/copy.sql\nINSERT INTO part VALUES (5, 'e');\n", "several/pg.sql", roost)
        )
    }

    private func aDumpOfSeveralFilesIsImported(_ roost: Roost) async throws {
        let dumps = try several(roost)
        for (service, dump, rows) in [
            ("data", dumps.mariadb, ["1", "2", "3", "4"]), ("pg", dumps.postgresql, ["3", "4", "5"]),
        ] {
            try await roost.roost("import", service, dump, "--no-snapshot", "-A", "ramen").expectSuccess()
            #expect(try await sql("select n from part order by n", roost, of: service) == rows)
            _ = try await sql("drop table part", roost, of: service)
        }
        // The folder of a piped dump's other files is unknown.
        let text = try String(contentsOfFile: dumps.mariadb, encoding: .utf8)
        let piped = try await roost.roost("import", "data", "-", "--no-snapshot", "-A", "ramen", input: text)
        #expect(piped.status == 1 && piped.errors.contains("'source' includes another file"), "\(piped)")
        _ = try await sql("drop table part", roost)
    }

    private func aDumpOfSeveralFilesBecomesATemplate(_ roost: Roost) async throws {
        let dump = try several(roost).mariadb
        try await roost.roost("template", "add", "several", "--dump", dump, "--type", "mariadb").expectSuccess()
        // The dump was sent, so another build does not need the files.
        try FileManager.default.removeItem(atPath: "\(roost.folder)/several")
        try await roost.roost("template", "refresh", "several").expectSuccess()
        let clone = try await roost.clone("several")
        let rows = try await roost.roost(
            "run", clone.name, "--", "mariadb", "-N", "-e", "select n from part order by n")
        #expect(rows.lines == ["1", "2", "3", "4"], "\(rows)")
        try await roost.roost("clone", "rm", clone.name, "--yes").expectSuccess()
        try await roost.roost("template", "rm", "several", "--yes").expectSuccess()
    }

    private func whatWasLoadedIsTold(_ roost: Roost) async throws {
        let rows = try write("CREATE TABLE told (n int);\nINSERT INTO told VALUES (1),(2);\n", "told.sql", roost)
        let full = try await roost.roost("import", "data", rows, "--no-snapshot", "-A", "ramen").expectSuccess()
        #expect(full.errors.contains("(2 statements: 1 table, 2 rows)"), "\(full)")
        #expect(full.errors.contains("Loaded the dump into ramen/data") && !full.errors.contains("contains no tables"))
        try await roost.roost(["run", "data", "-A", "ramen", "--", "mariadb", "-e", "drop table told"]).expectSuccess()
        for (service, text) in [
            ("data", "CREATE FUNCTION five() RETURNS int DETERMINISTIC RETURN 5;\n"),
            ("pg", "CREATE EXTENSION hstore;\n"), ("pg", "CREATE TYPE mood AS ENUM ('sad');\n"),
        ] {
            let dump = try write(text, "object.sql", roost)
            let done = try await roost.roost("import", service, dump, "--no-snapshot", "-A", "ramen").expectSuccess()
            #expect(done.errors.contains("note: the dump contains no tables and no rows"), "\(done)")
        }
        let left = try write(
            "CREATE TABLE mine (n int);\nALTER TABLE mine OWNER TO roost_admin;\n"
                + "GRANT pg_read_server_files TO waiter;\n", "left.sql", roost)
        let told = try await roost.roost("import", "pg", left, "--no-snapshot", "-A", "ramen").expectSuccess()
        #expect(told.errors.contains("(1 statement: ALTER TABLE mine OWNER TO roost_admin)"), "\(told)")
        #expect(told.errors.contains("(1 statement: GRANT pg_read_server_files TO waiter)"), "\(told)")
        _ = try await sql("drop table mine; drop type mood", roost, of: "pg")
    }

    /// An import of an endless file would not end.
    private func whatIsNoDumpIsRefusedAtOnce(_ roost: Roost) async throws {
        for words in [
            ["import", "data", "/dev/zero", "--no-snapshot", "-A", "ramen"],
            ["template", "add", "zero", "--type", "mariadb", "--dump", "/dev/zero"],
        ] {
            let refused = try await roost.roost(words)
            #expect(refused.status != 0 && refused.errors.contains("only zero bytes"), "\(refused)")
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(roost.home)/imports") == [])
    }

    private func aRefusedSettingNamesTheService(_ roost: Roost) async throws {
        let refused = try await roost.tryPush(
            Self.both.replacing("{type: postgresql,", with: "{type: postgresql, config: {logging_collector: 'on'},"))
        #expect(refused.status == 2 && refused.errors.contains("'roost logs pg'"), "\(refused)")
    }

    private func aFailureNamesItsLineAndTheWayBack(_ roost: Roost) async throws {
        let dump = try write(
            "CREATE TABLE a (n int);\nCREATE TABLE a (n int);\nCREATE TABLE b (n int);\n", "bad.sql", roost)
        let failed = try await roost.roost("import", "data", dump, "-A", "ramen")
        #expect(failed.status == 1 && failed.errors.contains("line 2"), "\(failed)")
        #expect(try await sql("show tables like 'b'", roost) == [])
        let back = try #require(failed.errors.firstMatch(of: /snapshot restore data (\S+)/)?.1)
        try await roost.roost("snapshot", "restore", "data", String(back), "-A", "ramen", "--yes").expectSuccess()
        #expect(try await sql("show tables", roost) == ["dish"])
        #expect(
            try await roost.problem("import", "data", "/nowhere.sql", "-A", "ramen").error.code == "source_not_found")
    }

    private func aPostgreSQLExportIsImportedElsewhere(_ roost: Roost) async throws {
        _ = try await sql("create table dish (n int); insert into dish values (1), (2)", roost, of: "pg")
        for format in ["sql", "custom"] {
            let file = "\(roost.folder)/pg.\(format)"
            try await Command.run(
                "/bin/sh",
                ["-c", "exec \"$@\" > \(file)", "sh"]
                    + roost.inside(
                        [Programs.roost, "export", "pg", "-A", "ramen", "--format", format], directory: roost.folder),
                environment: ["ROOST_HOME": roost.home, "HOME": roost.folder]
            ).expectSuccess()
            _ = try await sql("drop table dish", roost, of: "pg")
            try await roost.roost("import", "pg", file, "-A", "ramen").expectSuccess()
            #expect(try await sql("select count(*) from dish", roost, of: "pg") == ["2"], "\(format)")
            // Imported tables belong to the application's own user.
            let owned = "select tableowner = current_user from pg_tables where tablename = 'dish'"
            #expect(try await sql(owned, roost, of: "pg") == ["t"], "\(format)")
        }
        try await roost.roost(["run", "pg", "-A", "ramen", "--", "pg_dumpall"]).expectSuccess()
    }

    /// An import that is ended leaves its tables to the application's user, and nothing of its own.
    private func aSecondImportIsRefusedAndTheFirstCanBeEnded(_ roost: Roost) async throws {
        let slow = try write("CREATE TABLE slow (n int);\nSELECT pg_sleep(600);\n", "slow.sql", roost)
        async let first = roost.roost("import", "pg", slow, "--no-snapshot", "-A", "ramen")
        let sleeping = "select count(*) from pg_stat_activity where wait_event = 'PgSleep'"
        while try await sql(sleeping, roost, of: "pg") != ["1"] { try await Task.sleep(for: .milliseconds(50)) }
        let second = try await roost.problem("import", "pg", slow, "-A", "ramen")
        #expect(second.error.code == "conflict" && second.error.message.contains("is already running"), "\(second)")
        let running = try await roost.json(ItemList<OperationInfo>.self, "operation", "ls", "-A", "ramen").items
        let operation = try #require(running.first { $0.kind == "import" && $0.state == .running })
        try await roost.roost("operation", "cancel", operation.id).expectSuccess()
        let ended = try await first
        #expect(ended.status == 1 && ended.errors.contains("it was cancelled"), "\(ended)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(roost.home)/imports") == [])
        _ = try await sql("drop table slow", roost, of: "pg")
    }

    private func aFileOnStandardInputEndsAtTheFirstError(_ roost: Roost) async throws {
        let failed = try await roost.roost(
            ["run", "pg", "-A", "ramen"], input: "select 1/0;\ncreate table after_all (n int);\n")
        #expect(failed.status == 3, "\(failed)")
        #expect(try await sql("select count(*) from pg_tables where tablename = 'after_all'", roost, of: "pg") == ["0"])
    }

    /// Regression: with the live service's address exported, `with` connected to the live service.
    private func aCommandReachesTheCopyAlone(_ roost: Roost) async throws {
        let live = try await roost.info("pg", showPassword: true)
        let exported = [
            "PGHOST": "127.0.0.1", "PGPORT": "\(live.endpoint.port)", "PGUSER": live.user,
            "PGPASSWORD": live.password ?? "", "PGDATABASE": "postgres", "DATABASE_URL": live.url ?? "",
        ]
        let outcome = try await roost.roost(
            [
                "with", "ramen/pg", "--", "sh", "-c",
                "psql -Atc 'select inet_server_port(), current_database()'; echo $DATABASE_URL; echo $PGPORT",
            ], environment: exported)
        #expect(outcome.status == 0 && outcome.lines.first?.hasSuffix("|pg") == true, "\(outcome)")
        #expect(!outcome.output.contains(":\(live.endpoint.port)/"), "\(outcome)")
        // Files that hold a password are gone once the next command has begun.
        try await roost.roost("ls").expectSuccess()
        let runs = "\(roost.folder)/.local/state/roost"
        let left = (try? FileManager.default.contentsOfDirectory(atPath: runs)) ?? []
        #expect(left.isEmpty, "\(left)")
    }

    private func aCloneIsNamedWhereAServiceIs(_ roost: Roost) async throws {
        try await roost.roost("clone", "ramen/data", "mine").expectSuccess()
        let again = try await roost.roost("clone", "ramen/data", "mine", "--ttl", "48h").expectSuccess()
        #expect(again.errors.contains("already exists") && again.errors.contains("extended"), "\(again)")
        let count = try await roost.roost(["run", "mine", "--", "mariadb", "-N", "-e", "select count(*) from dish"])
        #expect(count.output == "2\n", "\(count)")
        #expect(try await roost.roost("url", "mine").expectSuccess().output.hasPrefix("mysql://"))
        #expect(try await roost.roost("env", "mine").expectSuccess().output.contains("DATA_MYSQL_URL"))
        #expect(
            try await roost.roost("logs", "mine", "-n", "500").expectSuccess().output.contains("ready for connections"))
        let snapshot = try await roost.roost("snapshot", "new", "mine").expectSuccess().lines.first ?? ""
        #expect(try await roost.roost("snapshot", "ls").expectSuccess().output.contains("clone:mine"))
        try await roost.roost(["run", "mine", "--", "mariadb", "-e", "drop table dish"]).expectSuccess()
        try await roost.roost("snapshot", "restore", "mine", snapshot, "--yes").expectSuccess()
        try await roost.roost("restart", "mine").expectSuccess()
        let back = try await roost.roost([
            "run", "clone:mine", "--", "mariadb", "-N", "-e", "select count(*) from dish",
        ])
        #expect(back.output == "2\n", "\(back)")
        try await roost.roost("clone", "rm", "mine", "--yes").expectSuccess()
        #expect(try await !roost.roost("snapshot", "ls").output.contains(snapshot), "it goes with the clone")
    }
}
