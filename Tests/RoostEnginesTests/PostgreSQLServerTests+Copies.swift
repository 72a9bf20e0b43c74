import Foundation
import RoostModel
import Testing

@testable import RoostEngines

extension PostgreSQLServerTests {
    /// A service with a bit of everything that a dump holds.
    static func fill(_ server: TestServer) async throws {
        try await server.engine.open(server.plan)
        try server.sql("CREATE ROLE \"Old \"\"one\"\"\" LOGIN SUPERUSER PASSWORD 'oldSecret1'")
        try server.sql("GRANT pg_execute_server_program, postgres TO \"Old \"\"one\"\"\"")
        for statement in [
            "SET ROLE postgres; CREATE TABLE public.dish (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text); "
                + "CREATE TABLE public.log (id serial PRIMARY KEY, words text)",
            "INSERT INTO public.dish (name) SELECT 'it''s; \\. \"' || n || E'\\\\ \\n\\\\.\\n$$' FROM generate_series(1, 500) n",
            "CREATE VIEW public.plain AS SELECT id FROM public.dish WHERE name NOT LIKE '%--'",
            "ALTER VIEW public.plain OWNER TO \"Old \"\"one\"\"\"",
            "GRANT SELECT ON public.dish TO \"Old \"\"one\"\"\" WITH GRANT OPTION",
            "CREATE FUNCTION public.note() RETURNS trigger LANGUAGE plpgsql SET search_path = public SECURITY DEFINER AS "
                + "$f$ BEGIN INSERT INTO log (words) VALUES (NEW.name); RETURN NEW; END $f$",
            "CREATE FUNCTION public.sum(a int, b int) RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT a; SELECT a + b; END",
            "CREATE TRIGGER noted AFTER INSERT ON public.dish FOR EACH ROW EXECUTE FUNCTION public.note()",
            "CREATE EXTENSION pgcrypto SCHEMA public", "CREATE EXTENSION postgres_fdw SCHEMA public",
            "CREATE RULE twice AS ON DELETE TO public.dish DO ALSO (DELETE FROM public.log; DELETE FROM public.log)",
            "INSERT INTO public.dish (name) VALUES ('last')",
            "CREATE SUBSCRIPTION mirror CONNECTION 'host=127.0.0.1 port=1 dbname=x' PUBLICATION p WITH (connect = false)",
        ] {
            try server.sql(statement, database: "data")
        }
    }

    /// The output of an engine's own program about the server, as Roost's own account.
    static func dump(_ server: TestServer, _ words: [String]) throws -> Data {
        let program = "\(try #require(server.build.programFolders.first))/\(words[0])"
        let outcome = try TestProgram.outcome(
            "/bin/sh", ["-c", "\"$0\" \"$@\" > '\(server.folder)/dump'", program] + words.dropFirst(),
            environment: (server.engine as? PostgreSQL)?.clientEnvironment(server.plan, server.build) ?? [:])
        try #require(outcome.status == 0, "\(outcome.errors)")
        return try Data(contentsOf: URL(filePath: "\(server.folder)/dump"))
    }

    static func counts(_ server: TestServer) throws -> [[String?]] {
        try server.sql(
            "SELECT (SELECT count(*) FROM public.dish), (SELECT count(*) FROM public.log), "
                + "(SELECT count(*) FROM public.plain), (SELECT count(DISTINCT name) FROM public.dish), public.sum(1, 2), "
                + "(SELECT count(*) FROM pg_trigger WHERE tgname = 'noted')", database: "data")
    }
    static let counted: [[String?]] = [["501", "1", "501", "501", "3", "1"]]

    @Test func aDumpBecomesATemplateAndItsCloneIsAServerOfItsOwn() async throws {
        try await CopyFolder.with { folder in
            var text = ""
            try await TestServer.with(engine) { server in
                try await Self.fill(server)
                text = String(decoding: try Self.dump(server, ["pg_dump"]), as: UTF8.self)
            }
            for dump in try CopyFolder.dumps(text, in: folder) {
                try await TestServer.with(engine, profile: .building) { server in
                    try await engine.open(server.plan)
                    let progress = ProgressLog()
                    try await server.load(dump, progress)
                    #expect(try Self.counts(server) == Self.counted, "\(dump.compression)")
                    let last = try #require(progress.last)
                    #expect(last.bytesRead == last.bytesTotal && last.bytesTotal > 1000 && progress.isMonotonic)
                    #expect((40...90).contains(last.statements), "\(last.statements)")
                    #expect(try await engine.filledDatabases(server.plan) == ["data"])
                    try server.sql("CREATE ROLE old LOGIN PASSWORD 'oldSecret1'")
                    if dump.compression == .none { try await server.becomeTemplate(at: "\(folder)/template") }
                }
            }
            try await TestServer.with(
                engine, profile: .clone(isDurable: false), on: "\(folder)/template", preparing: TestServer.detached
            ) { server in try await checkClone(server) }
        }
    }

    private func checkClone(_ server: TestServer) async throws {
        #expect(await engine.probe(server.plan.address) == .closed)
        try await engine.open(server.plan)
        #expect(await engine.probe(server.plan.address) == .healthy)
        #expect(try Self.counts(server) == Self.counted)
        // The application user may change everything that was loaded.
        let changed = try server.psql(
            "INSERT INTO dish (name) VALUES ('new'); ALTER TABLE log ADD x int; DROP VIEW plain; DROP FUNCTION public.sum(int, int); "
                + "ALTER EXTENSION pgcrypto UPDATE; SELECT count(*) FROM log")
        #expect(changed.output.hasSuffix("\n2\n"), "\(changed.errors)")
        #expect(try server.psql("SELECT 1", password: "shownSecret1").status != 0)
        for name in ["old", "Old \"one\""] {
            #expect(try server.psql("SELECT 1", user: name, password: "oldSecret1").status != 0)
            let role = try server.sql(
                "SELECT rolsuper, rolcanlogin, rolpassword IS NULL, pg_has_role(rolname, 'pg_execute_server_program', "
                    + "'MEMBER') FROM pg_authid WHERE rolname = \(PostgreSQLText.literal(name))")
            #expect(role == [["f", "f", "t", "f"]])
        }
        #expect(try server.sql("SELECT count(*) FROM pg_roles WHERE rolname = 'roost_import'") == [["0"]])
        #expect(try server.sql("SELECT count(*) FROM pg_subscription") == [["0"]])
        let settings = try server.sql(
            "SELECT string_agg(setting, ' ' ORDER BY name) FROM pg_settings WHERE name IN ('archive_mode', 'fsync', "
                + "'full_page_writes', 'max_logical_replication_workers', 'max_wal_senders', 'wal_level')")
        #expect(settings == [["off off off 0 0 replica"]])
        let workers = try server.sql(
            "SELECT count(*) FROM pg_stat_activity WHERE backend_type ~ 'replication|walsender'")
        #expect(workers == [["0"]])
        let log = try String(contentsOfFile: "\(server.folder)/error.log", encoding: .utf8)
        #expect(!log.contains("recovery") && !log.contains("WARNING"), "\(log)")
    }

    @Test func aDumpOfAWholeServerLoadsWithItsRolesAndDatabases() async throws {
        try await CopyFolder.with { folder in
            var text = ""
            try await TestServer.with(engine) { server in
                try await Self.fill(server)
                try server.sql("CREATE DATABASE \"Second one\" OWNER postgres")
                try server.sql("CREATE TABLE public.t AS SELECT 1 AS n", database: "Second one")
                text = String(decoding: try Self.dump(server, ["pg_dumpall", "--no-role-passwords"]), as: UTF8.self)
            }
            let dump = try #require(
                try CopyFolder.dumps("SET transaction_timeout = 0;\n" + text, in: folder).first)
            try await TestServer.with(engine, profile: .building) { server in
                try await engine.open(server.plan)
                try await server.load(dump)
                #expect(try Self.counts(server) == Self.counted)
                #expect(try await engine.filledDatabases(server.plan) == ["Second one", "data"])
                try await engine.finalise(server.plan)
                #expect(try server.psql("SELECT n FROM t", database: "Second one").output == "1\n")
                let shown = try server.sql("SELECT rolsuper FROM pg_roles WHERE rolname = 'postgres'")
                #expect(shown == [["f"]])
            }
        }
    }

    @Test(arguments: [Dump.Compression.none, .gzip])
    func aDumpOfTheCustomFormatLoads(_ compression: Dump.Compression) async throws {
        try await CopyFolder.with { folder in
            let path = "\(folder)/dump"
            try await TestServer.with(engine) { server in
                try await Self.fill(server)
                try Self.dump(server, ["pg_dump", "-Fc"]).write(to: URL(filePath: path))
            }
            try await TestServer.with(engine, profile: .building) { server in
                try await engine.open(server.plan)
                let progress = ProgressLog()
                var dump = Dump(path: path, format: .pgCustom, compression: .none)
                if compression == .gzip {
                    try TestProgram.run("/bin/sh", ["-c", "gzip < '\(path)' > '\(path).gz'"])
                    dump = Dump(path: "\(path).gz", format: .pgCustom, compression: .gzip)
                }
                try await server.load(dump, progress)
                #expect(try Self.counts(server) == Self.counted)
                #expect(progress.last.map { $0.bytesRead == $0.bytesTotal && $0.statements > 20 } == true)
                // Objects that exist already are in the way of a second load.
                let error = await #expect(throws: EngineError.self) { try await server.load(dump) }
                guard case .loadFailed(nil, let statement?, let message) = error else {
                    Issue.record("\(String(describing: error))")
                    return
                }
                #expect(statement.hasPrefix("CREATE") && message.contains("already exists"), "\(statement) \(message)")
                try Data("PGDMP".utf8).write(to: URL(filePath: path))
                let broken = Dump(path: path, format: .pgCustom, compression: .none)
                let words = await #expect(throws: EngineError.self) { try await server.load(broken) }
                #expect("\(String(describing: words))".contains("pg_restore"))
            }
        }
    }

    @Test func aStatementThatFailsIsShownWithItsLine() async throws {
        try await CopyFolder.with { folder in
            let filler = (1...5_000).map { "INSERT INTO t VALUES ('\($0); \\');\n" }.joined()
            let rows = "COPY t (a) FROM stdin;\n" + (1...5_000).map { "it's; \($0)\n" }.joined() + "\\.\n"
            let text =
                "CREATE TABLE t (a text);\n/* a;\n /* nested */ comment */\n\(rows)\(filler)-- here\nINSERT INTO\n"
                + "  missing VALUES (1);\n\(filler)"
            for dump in try CopyFolder.dumps(text, in: folder) {
                try await TestServer.with(engine, profile: .building) { server in
                    try await engine.open(server.plan)
                    let error = await #expect(throws: EngineError.self) { try await server.load(dump) }
                    guard case .loadFailed(let line, let statement, let message) = error else {
                        Issue.record("\(String(describing: error))")
                        return
                    }
                    #expect(line == 10_007 && statement == "INSERT INTO missing VALUES (1)", "\(statement ?? "")")
                    #expect(message == "relation \"missing\" does not exist")
                }
            }
            let text2 = "CREATE TABLE t (a int);\n\nCOPY t (a) FROM stdin;\n1\n2\nthree\n\\.\nSELECT 1;\n"
            try FileManager.default.removeItem(atPath: "\(folder)/dump.sql.gz")
            try FileManager.default.removeItem(atPath: "\(folder)/dump.sql.zst")
            let dump = try #require(try CopyFolder.dumps(text2, in: folder).first)
            try await TestServer.with(engine, profile: .building) { server in
                try await engine.open(server.plan)
                let error = await #expect(throws: EngineError.self) { try await server.load(dump) }
                guard case .loadFailed(3, "COPY t (a) FROM stdin", let message) = error else {
                    Issue.record("\(String(describing: error))")
                    return
                }
                #expect(message.contains("line 3, column a: \"three\""), "\(message)")
            }
        }
    }

    @Test func aScriptMasksAndItsErrorsAreShown() async throws {
        try await TestServer.with(engine, profile: .building) { server in
            try await engine.open(server.plan)
            func run(_ script: String) async throws {
                try await engine.run(script: script, server.plan, build: server.build, user: TestUser.server)
            }
            try await run(
                "CREATE TABLE dish (name text);\nINSERT INTO dish VALUES ('a;b');\nUPDATE dish SET name = 'masked';")
            #expect(try server.psql("SELECT name FROM dish").output == "masked\n")
            #expect(try server.psql("DROP TABLE dish; CREATE TABLE dish (name text)").status == 0)
            let error = await #expect(throws: EngineError.self) {
                try await run("SELECT 1;\n\nUPDATE dish SET nme = 1;\n")
            }
            guard case .loadFailed(3, "UPDATE dish SET nme = 1", let message) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(message.contains("nme"))
            // After the load the server's operating-system user may no longer sign on.
            let words = TestUser.unprivileged([try #require(server.build.programs["psql"]), "-c", "SELECT 1"])
            let outcome = try TestProgram.outcome(
                words[0], Array(words.dropFirst()), environment: engine.clientEnvironment(server.plan, server.build))
            #expect(geteuid() != 0 || outcome.status != 0)
        }
    }

    // MARK: Of a server that runs

    /// Writes rows one after the other while `body` runs; returns how many were acknowledged before it, and how many
    /// there can be that were begun before its end.
    static func underLoad(
        _ server: TestServer, _ body: () async throws -> Void
    ) async throws -> (before: Int, after: Int) {
        try server.sql("CREATE TABLE public.ticks (n serial PRIMARY KEY, t text)", database: "data")
        let address = server.plan.address
        let count = { try Int(server.sql("SELECT count(*) FROM public.ticks", database: "data")[0][0] ?? "0") ?? 0 }
        let writers = (0..<2).map { _ in
            Task.detached {
                let connection = try PostgreSQLConnection(address, database: "data", .administration)
                while !Task.isCancelled {
                    // The writers use other threads than those that the test itself needs.
                    _ = try await AdministrationThreads.run { () throws(PostgreSQLFault) in
                        try connection.run("INSERT INTO public.ticks (t) VALUES (repeat('x', 5000))")
                    }.get()
                }
            }
        }
        while try count() < 50 { try await Task.sleep(for: .milliseconds(5)) }
        let before = try count()
        try await body()
        let after = try count() + writers.count
        for writer in writers {
            writer.cancel()
            // Any other error is one that a writer has seen.
            if case .failure(let error) = await writer.result, !(error is CancellationError) { throw error }
        }
        return (before, after)
    }

    /// A file that is removed during the copy is not part of it.
    private static func copy(_ data: String, to path: String) throws {
        try TestProgram.run("/bin/sh", ["-c", "cp -a \"$0\" \"$1\" 2> /dev/null || true", data, path])
    }

    /// Starts a clone on a copy of `directory` and checks that it holds what it must.
    private func checkCopy(_ directory: String, _ written: (before: Int, after: Int)) async throws {
        try await TestServer.with(
            engine, profile: .clone(isDurable: false), on: directory, preparing: TestServer.detached
        ) { server in
            try await engine.open(server.plan)
            let rows = Int(try server.sql("SELECT count(*) FROM public.ticks", database: "data")[0][0] ?? "") ?? 0
            #expect((written.before...written.after).contains(rows), "\(rows) of \(written)")
            #expect(try Self.counts(server) == Self.counted)
            let subscription = try server.sql("SELECT subenabled, subslotname, subconninfo FROM pg_subscription")
            #expect(subscription == [["f", nil, "host=/nonexistent dbname=nothing"]])
            #expect(try server.sql("SELECT count(*) FROM pg_replication_slots") == [["0"]])
            #expect(try server.psql("SELECT 1").status == 0)
            try server.sql("CREATE EXTENSION amcheck SCHEMA public", database: "data")
            try server.sql("SELECT public.bt_index_check('public.ticks_pkey'::regclass, true)", database: "data")
        }
    }

    @Test func anImageOfAServerThatRunsStartsAsAClone() async throws {
        try await CopyFolder.with { folder in
            var written = (before: 0, after: 0)
            try await TestServer.with(engine) { server in
                try await Self.fill(server)
                try server.sql("ALTER SUBSCRIPTION mirror ENABLE", database: "data")
                try server.sql("SELECT pg_create_physical_replication_slot('replica', true)")
                // Settings as ALTER SYSTEM of a release that takes them would leave them.
                let path = "\(server.plan.folders.data)/postgresql.auto.conf"
                let own = try FileHandle(forWritingTo: URL(filePath: path))
                try own.seekToEnd()
                try own.write(contentsOf: Data("restore_command = 'false'\nwork_mem = '3MB'\n".utf8))
                try own.close()
                try server.sql("SELECT pg_reload_conf()")
                written = try await Self.underLoad(server) {
                    try await engine.settle(server.plan.address)
                    let data = server.plan.folders.data
                    // The server is written to, so that only the backup mode makes this a consistent snapshot.
                    let isImage = try await engine.image(server.plan.address) {
                        try Self.copy(data, to: "\(folder)/image")
                        return "\(folder)/image"
                    }
                    #expect(isImage)
                }
            }
            let names = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/image")
            #expect(names.contains("backup_label") && !names.contains("postmaster.pid"), "\(names)")
            try await checkCopy("\(folder)/image", written)
            let settings = try String(contentsOfFile: "\(folder)/image/postgresql.auto.conf", encoding: .utf8)
            #expect(settings.contains("restore_command"))
        }
    }

    /// The copy takes longer than the server keeps its log by itself: the writes meanwhile pass several checkpoints.
    @Test func theLogOfALongCopyIsKept() async throws {
        try await CopyFolder.with { folder in
            var written = (before: 0, after: 0)
            try await TestServer.with(engine, config: ["max_wal_size": "32MB", "min_wal_size": "32MB"]) { server in
                try await Self.fill(server)
                written = try await Self.underLoad(server) {
                    let address = server.plan.address
                    let isImage = try await engine.image(address) {
                        try Self.copy(address.data, to: "\(folder)/image")
                        let bulk = try PostgreSQLConnection(address, database: "data", .administration)
                        for _ in 0..<4 {
                            try bulk.run(
                                "CREATE TABLE public.bulk AS SELECT repeat('x', 900) FROM generate_series(1, 30000)")
                            try bulk.run("CHECKPOINT")
                            try bulk.run("DROP TABLE public.bulk")
                        }
                        try bulk.run("CHECKPOINT")
                        return "\(folder)/image"
                    }
                    #expect(isImage)
                }
                #expect(try server.sql("SELECT count(*) FROM pg_replication_slots") == [["0"]])
            }
            try await TestServer.with(
                engine, profile: .clone(isDurable: true), on: "\(folder)/image", preparing: TestServer.detached
            ) { server in
                try await engine.open(server.plan)
                let rows = Int(try server.sql("SELECT count(*) FROM public.ticks", database: "data")[0][0] ?? "") ?? 0
                #expect((written.before...written.after).contains(rows), "\(rows) of \(written)")
                #expect(try server.sql("SHOW fsync") == [["on"]])
            }
        }
    }

    @Test func aCopyThatFailsLeavesTheServerAsItWas() async throws {
        struct Failure: Error {}
        try await TestServer.with(engine) { server in
            try await engine.open(server.plan)
            await #expect(throws: EngineError.self) {
                _ = try await engine.image(server.plan.address) { throw Failure() }
            }
            var slots = try server.sql("SELECT count(*) FROM pg_replication_slots")
            while slots != [["0"]] {
                try await Task.sleep(for: .milliseconds(5))
                slots = try server.sql("SELECT count(*) FROM pg_replication_slots")
            }
        }
        try await TestServer.with(engine, profile: .building) { server in
            let isImage = try await engine.image(server.plan.address) {
                Issue.record("it logs too little for it")
                return ""
            }
            #expect(!isImage)
        }
    }

    /// The snapshot freezes every process of the server at once, as roostd does.
    @Test func anImageOfAFrozenServerStartsAsAClone() async throws {
        try await CopyFolder.with { folder in
            var written = (before: 0, after: 0)
            try await TestServer.with(engine) { server in
                try await Self.fill(server)
                written = try await Self.underLoad(server) {
                    try await engine.settle(server.plan.address)
                    let processes = try server.sql("SELECT pg_backend_pid()").isEmpty ? [] : try server.allProcesses()
                    for process in processes { kill(process, SIGSTOP) }
                    try await server.image(at: "\(folder)/image")
                    for process in processes { kill(process, SIGCONT) }
                }
            }
            try await checkCopy("\(folder)/image", written)
        }
    }

    @Test func aBackupHoldsWhatWasAcknowledgedBefore() async throws {
        try await CopyFolder.with { folder in
            var written = (before: 0, after: 0)
            try await TestServer.with(engine) { server in
                try await Self.fill(server)
                written = try await Self.underLoad(server) {
                    let means = try await engine.backUp(
                        server.plan, to: "\(folder)/backup", build: server.build, user: TestUser.server)
                    #expect(means == "pg_basebackup")
                }
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["backup"])
            try await checkCopy("\(folder)/backup", written)
        }
    }
}

extension TestServer {
    /// The postmaster and its children.
    func allProcesses() throws -> [Int32] {
        let text = try String(contentsOfFile: "\(plan.folders.data)/postmaster.pid", encoding: .utf8)
        let main = try #require(text.split(separator: "\n").first.flatMap { Int32($0) })
        let children = try String(contentsOfFile: "/proc/\(main)/task/\(main)/children", encoding: .utf8)
        return [main] + children.split(separator: " ").compactMap { Int32($0) }
    }
}
