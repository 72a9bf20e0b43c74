import Foundation
import RoostModel
import Testing

@testable import RoostEngines

extension PostgreSQLServerTests {
    private static let latin1: [UInt8] =
        Array(
            "SET client_encoding = 'LATIN1';\nCREATE TABLE public.t (c text);\nALTER TABLE public.t ALTER COLUMN c SET DEFAULT 'Gr"
                .utf8)
        + [0xF6, 0xDF] + Array("e';\nCREATE ROLE \"m".utf8) + [0xFC]
        + Array("ller\";\nALTER TABLE public.t OWNER TO \"m".utf8)
        + [0xFC] + Array("ller\";\nINSERT INTO public.t DEFAULT VALUES;\n".utf8)

    private static let table = "CREATE TABLE public.r (i integer);\n"
    private static let header = "--\n-- PostgreSQL database dump\n--\n\n\\restrict abc\n"
    private static let trailer = "--\n-- PostgreSQL database dump complete\n--\n\n\\unrestrict abc\n"

    private static let roles: [DumpCase] = [
        DumpCase(
            "schema public", "CREATE SCHEMA public;\nCREATE TABLE public.a (i integer);\n",
            .loads("SELECT count(*) FROM public.a", ["0"])),
        DumpCase(
            "pg_dumpall --clean",
            "DROP ROLE IF EXISTS postgres;\nCREATE ROLE postgres;\nALTER ROLE postgres WITH SUPERUSER LOGIN;\n\(table)",
            .loads("SELECT rolsuper, rolcanlogin FROM pg_roles WHERE rolname = 'postgres'", ["f", "t"])),
        DumpCase(
            "policy for three roles",
            "CREATE TABLE public.n (i integer);\nCREATE POLICY p ON public.n TO alpha, beta, gamma USING (true);\n",
            .loads(
                "SELECT count(*), bool_or(rolcanlogin) FROM pg_roles WHERE rolname IN ('alpha', 'beta', 'gamma')",
                ["3", "f"], note: "alpha, beta, gamma")),
        DumpCase(
            "grant to two", "CREATE TABLE t (i int);\nGRANT SELECT ON t TO auditor, boss;\n",
            .loads("SELECT count(*) FROM pg_roles WHERE rolname IN ('auditor', 'boss')", ["2"])),
        DumpCase(
            "owner in small letters", "create table t (i int);\nalter table t owner to webapp;\n",
            .loads("SELECT tableowner FROM pg_tables WHERE tablename = 't'", ["webapp"])),
        DumpCase(
            "default privileges",
            "CREATE TABLE t (i int); ALTER DEFAULT PRIVILEGES FOR ROLE chef IN SCHEMA public GRANT "
                + "SELECT ON TABLES TO waiter, \"Head Waiter\";\n",
            .loads("SELECT count(*) FROM pg_roles WHERE rolname IN ('chef', 'waiter', 'Head Waiter')", ["3"])),
        DumpCase(
            "within a transaction",
            "BEGIN;\nCREATE TABLE t (i int);\nALTER TABLE t OWNER TO cook;\nINSERT INTO t VALUES (1);\nCOMMIT;\n",
            .loads("SELECT tableowner, (SELECT count(*) FROM t) FROM pg_tables WHERE tablename = 't'", ["cook", "1"])),
        DumpCase(
            "session authorization",
            "SET SESSION AUTHORIZATION 'porter';\nRESET SESSION AUTHORIZATION;\nCREATE TABLE t (i int);\n",
            .loads("SELECT tableowner FROM pg_tables WHERE tablename = 't'", ["postgres"])),
        DumpCase(
            "grants of a later version",
            "CREATE TABLE t (i int);\nCREATE ROLE a1;\nCREATE ROLE b1;\n"
                + "GRANT a1 TO b1 WITH INHERIT TRUE GRANTED BY nobody1;\nSET transaction_timeout = 0;\n",
            .loads("SELECT pg_has_role('b1', 'a1', 'MEMBER')", ["t"])),
        DumpCase(
            "one table of a schema", "CREATE TABLE app.t (i int);\n",
            .loads(
                "SELECT count(*) FROM app.t", ["0"],
                note: "schemas that the dump uses but does not create were created: app")),
        DumpCase(
            "role for a database",
            "CREATE DATABASE crm;\n\\connect crm\nALTER ROLE job IN DATABASE crm SET statement_timeout TO '5s';\n"
                + "CREATE TABLE t AS SELECT 7 AS i;\n", in: "crm",
            .loads(
                "SELECT i, (SELECT setconfig FROM pg_db_role_setting LIMIT 1) FROM t", ["7", "{statement_timeout=5s}"])),
        DumpCase(
            "tablespaces",
            "CREATE TABLESPACE fast LOCATION '/x';\nSET default_tablespace = fast_ssd;\nCREATE TABLE public.hot (i integer);\n"
                + "CREATE TABLE warm (i int PRIMARY KEY USING INDEX TABLESPACE slow) TABLESPACE slow;\n",
            .loads("SELECT count(*) FROM hot, warm", ["0"], note: "tablespaces of the other server")),
    ]

    private static let globals: [DumpCase] = [
        DumpCase(
            "roles alone",
            "DROP ROLE IF EXISTS postgres;\nCREATE ROLE postgres;\nALTER ROLE postgres WITH SUPERUSER LOGIN;\n",
            .loads("SELECT rolsuper FROM pg_roles WHERE rolname = 'postgres'", ["f"])),
        DumpCase(
            "a role's setting alone",
            "CREATE DATABASE crm;\n\\connect crm\nALTER ROLE job IN DATABASE crm SET statement_timeout TO '5s';\n",
            .loads("SELECT count(*) FROM pg_roles WHERE rolname = 'job'", ["1"])),
    ]

    private static let bytes: [DumpCase] = [
        DumpCase(
            "Latin-1", bytes: latin1,
            .loads("SELECT c, pg_get_userbyid(relowner) FROM t, pg_class WHERE relname = 't'", ["Größe", "müller"])),
        DumpCase(
            "backslashes escape",
            "SET standard_conforming_strings = off;\nSET escape_string_warning = off;\nCREATE TABLE public.old (s text);\n"
                + "INSERT INTO public.old VALUES ('it\\'s; x');\nALTER TABLE public.old OWNER TO legacy_owner;\n",
            .loads(
                "SELECT s, pg_get_userbyid(relowner) FROM old, pg_class WHERE relname = 'old'",
                ["it's; x", "legacy_owner"])),
        DumpCase(
            "rows that look like statements",
            "CREATE TABLE t (s text);\nCOPY t (s) FROM stdin;\nALTER TABLE t OWNER TO nobody;\n\\\\.\n\\N\n\\.\n",
            .loads("SELECT count(*), count(s) FROM t", ["3", "2"])),
        DumpCase(
            "a byte-order mark", "\u{FEFF}\(table)INSERT INTO r VALUES (1);\n", .loads("SELECT count(*) FROM r", ["1"])),
        DumpCase(
            "into one database", "CREATE DATABASE shop;\n\\connect shop\n\(table)INSERT INTO r VALUES (1);\n",
            into: "data", .loads("SELECT count(*) FROM r", ["1"])),
        DumpCase(
            "what is said of another database, into one",
            "CREATE DATABASE shop;\n\\connect shop\n\(table)COMMENT ON DATABASE shop IS 'own';\n"
                + "COMMENT ON DATABASE third IS 'third';\nGRANT CONNECT ON DATABASE third, fourth TO alone;\n"
                + "ALTER ROLE alone IN DATABASE third SET work_mem TO '7MB';\n",
            into: "data",
            .loads(
                "SELECT shobj_description(oid, 'pg_database'), (SELECT count(*) FROM pg_db_role_setting "
                    + "WHERE setconfig = '{work_mem=7MB}') FROM pg_database WHERE datname = 'data'", ["own", "0"],
                note: "other databases were left out: the whole dump goes into one database (3 statements")),
        DumpCase(
            "what is said of another database before one is filled, into one",
            "COMMENT ON DATABASE third IS 'third';\nCREATE DATABASE shop;\n\\connect shop\n\(table)", into: "data",
            .loads(
                "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = 'data'", ["third"],
                note: "at the beginning of the dump, were applied to data: third")),
        DumpCase(
            "a second database that is made, into one",
            "CREATE DATABASE shop;\nCREATE DATABASE third;\n\\connect shop\n\(table)", into: "data",
            .loads(
                "SELECT count(*) FROM pg_database WHERE datname IN ('shop', 'third')", ["0"],
                note: "(1 statement: CREATE DATABASE third)")),
    ]

    private static let refused: [DumpCase] = [
        DumpCase("empty", "", .fails("it is empty")),
        DumpCase("blank", " \n\n", .fails("contains no tables and no rows")),
        DumpCase("comments alone", "-- a\n/* b */\n", .fails("contains no tables and no rows")),
        DumpCase(
            "settings alone", "SET client_encoding = 'UTF8';\nSELECT 1;\n", .fails("contains no tables and no rows")),
        DumpCase(
            "cut-off COPY", "\(table)COPY public.r (i) FROM stdin;\n1\n",
            .fails("line 2: the dump ends within the rows of a COPY")),
        DumpCase("cut within a row", "\(table)COPY public.r (i) FROM stdin;\n1\n2", .fails("truncated")),
        DumpCase("cut within a text", "\(table)INSERT INTO r SELECT length('a", .fails("within a quoted string")),
        DumpCase("cut before its first row", header + table, .fails("and it has no rows: it is truncated")),
        DumpCase(
            "cut within a statement", header + table + "INSERT INTO r VALUES (1)", .fails("ends within this statement")),
        DumpCase("without its COMMIT", "BEGIN;\n\(table)INSERT INTO r VALUES (1);\n", .fails("COMMIT")),
        DumpCase("a program", "\(table)COPY r FROM PROGRAM 'id';\n", .fails("COPY … PROGRAM")),
        DumpCase("a file", "\(table)COPY r FROM '/etc/passwd';\n", .fails("a file of the server")),
        DumpCase("a second file", "\(table)\\ir load_departments.sql\n", .fails("'\\ir' includes another file")),
        DumpCase("a command", "\(table)\\! touch /tmp/owned\n", .fails("is a psql command")),
        DumpCase(
            "what every database has",
            "CREATE EXTENSION IF NOT EXISTS plpgsql WITH SCHEMA pg_catalog;\nCOMMENT ON EXTENSION plpgsql IS 'x';\n"
                + "CREATE SCHEMA public;\nREVOKE ALL ON SCHEMA public FROM PUBLIC;\nDROP TABLE IF EXISTS r;\n",
            .fails("contains no tables and no rows")),
        DumpCase("Roost's own database", "\\connect roost_admin\n\(table)", .fails("contains no tables and no rows")),
        DumpCase(
            "two databases into one", "\\connect one\n\(table)\\connect two\n\(table)", into: "data",
            .fails("cannot both go into data")),
    ]

    /// Dumps that make other objects than tables and rows.
    private static let others: [DumpCase] = [
        DumpCase(
            "one extension", "CREATE EXTENSION IF NOT EXISTS hstore WITH SCHEMA public;\n",
            .loads("SELECT count(*) FROM pg_extension WHERE extname = 'hstore'", ["1"])),
        DumpCase(
            "one function", "CREATE FUNCTION public.five() RETURNS int LANGUAGE sql AS 'SELECT 5';\n",
            .loads("SELECT five()", ["5"])),
        DumpCase("one type", "CREATE TYPE public.mood AS ENUM ('sad');\n", .loads("SELECT 'sad'::mood", ["sad"])),
        DumpCase(
            "one schema", "CREATE SCHEMA app;\n",
            .loads("SELECT count(*) FROM pg_namespace WHERE nspname = 'app'", ["1"])),
        DumpCase(
            "one role", "CREATE ROLE alone;\n", .loads("SELECT count(*) FROM pg_roles WHERE rolname = 'alone'", ["1"])),
        DumpCase(
            "one right", "GRANT CREATE ON SCHEMA public TO alone;\n",
            .loads("SELECT has_schema_privilege('alone', 'public', 'CREATE')", ["t"])),
        DumpCase(
            "owners and memberships of Roost's own",
            "\(table)ALTER TABLE public.r OWNER TO roost_admin;\nGRANT pg_read_server_files TO alone;\n",
            .loads(
                "SELECT tableowner FROM pg_tables WHERE tablename = 'r'", ["postgres"],
                note: "left out (1 statement: GRANT pg_read_server_files TO alone)")),
        DumpCase(
            "owners of Roost's own", "\(table)ALTER TABLE public.r OWNER TO roost_admin;\n",
            .loads(
                "SELECT tableowner FROM pg_tables WHERE tablename = 'r'", ["postgres"],
                note: "(1 statement: ALTER TABLE public.r OWNER TO roost_admin)")),
    ]

    private static let warned = DumpCase(
        "without its last line", header + table + "INSERT INTO r VALUES (1);\n",
        .loads("SELECT count(*) FROM r", ["1"], note: "may be truncated"))
    private static let whole = DumpCase(
        "by pg_dump", header + table + trailer, .loads("SELECT count(*) FROM r", ["0"]))

    /// Dumps have the same result in a template, loaded as a superuser, and in a service, loaded as the application
    /// user.
    @Test(arguments: [ServerProfile.building, .service])
    func dumpsThatPeopleBringLoadOrAreRefusedWithWords(_ profile: ServerProfile) async throws {
        try await CopyFolder.with { folder in
            try await TestServer.with(engine, profile: profile) { server in
                try await engine.open(server.plan)
                for one in Self.roles + Self.globals + Self.bytes + Self.others + Self.refused
                    + [Self.warned, Self.whole]
                {
                    try server.sql(
                        "DROP SCHEMA IF EXISTS app CASCADE; DROP SCHEMA public CASCADE; "
                            + "CREATE SCHEMA public AUTHORIZATION pg_database_owner",
                        database: "data")
                    try await one.run(on: server, in: folder) {
                        try server.sql("SET search_path = public; \($0)", database: $1)
                    }
                    #expect(try server.sql("SELECT count(*) FROM pg_roles WHERE rolname = 'roost_import'") == [["0"]])
                }
                #expect(!FileManager.default.fileExists(atPath: "/tmp/owned"))
            }
        }
    }

    /// All formats that `pg_dump` writes, packed and not, with large objects, partitions, enums and domains.
    @Test func everyFormatOfPgDumpLoads() async throws {
        try await CopyFolder.with { folder in
            let program = "\(try #require(engine.builds().first?.programFolders.first))/pg_dump"
            try await TestServer.with(engine) { server in
                try await Self.fill(server)
                for statement in [
                    "CREATE TYPE public.mood AS ENUM ('sad', 'glad'); CREATE DOMAIN public.year AS int CHECK (VALUE > 1900)",
                    "CREATE TABLE public.pay (d date, m public.mood[], y public.year) PARTITION BY RANGE (d)",
                    "CREATE TABLE public.pay1 PARTITION OF public.pay FOR VALUES FROM ('2020-01-01') TO ('2030-01-01')",
                    "INSERT INTO public.pay SELECT '2025-01-01', '{sad,glad}', 2000 FROM generate_series(1, 30)",
                    "SELECT lo_from_bytea(54321, 'large')",
                ] { try server.sql(statement, database: "data") }
                let environment = (server.engine as? PostgreSQL)?.clientEnvironment(server.plan, server.build) ?? [:]
                for (letter, name) in [("c", "custom"), ("t", "tar"), ("d", "directory"), ("p", "plain")] {
                    let outcome = try TestProgram.outcome(
                        program, ["-F\(letter)", "-f", "\(folder)/\(name)"], environment: environment)
                    try #require(outcome.status == 0, "\(outcome.errors)")
                }
            }
            try TestProgram.run(
                "/bin/sh",
                [
                    "-c",
                    "cd '\(folder)' && gzip -k custom && xz -k tar && tar -czf directory.tar.gz directory && "
                        + "(cat custom.gz; printf garbage) > trailing && "
                        + "(gzip -c plain; printf garbage) > trailing.sql.gz && "
                        + "(gzip -c plain; head -c 999 /dev/zero) > padded.sql.gz && "
                        + "head -c 3000 custom > cut && zstd -q custom.gz -o twice",
                ])
            try await TestServer.with(engine, profile: .building) { server in
                try await engine.open(server.plan)
                for name in [
                    "custom", "tar", "directory", "custom.gz", "tar.xz", "directory.tar.gz", "trailing",
                    "trailing.sql.gz", "padded.sql.gz", "twice",
                ] {
                    try server.sql("DROP DATABASE IF EXISTS data", database: "postgres")
                    try await engine.open(server.plan)
                    let dump = try await DumpLook.dump(at: "\(folder)/\(name)", formats: engine.dumpFormats)
                    let report = try await server.load(dump)
                    #expect(try Self.counts(server) == Self.counted, "\(name)")
                    let more = try server.sql(
                        "SELECT (SELECT count(*) FROM public.pay1 WHERE m[2] = 'glad'), convert_from(lo_get(54321), 'UTF8')",
                        database: "data")
                    #expect(more == [["30", "large"]], "\(name)")
                    let isTold = report.notes.contains { $0.contains("garbage") }
                    #expect(isTold == name.hasPrefix("trailing"), "\(name): \(report.notes)")
                    #expect(!FileManager.default.fileExists(atPath: "\(server.folder)/unpacked"))
                }
                try server.sql("DROP DATABASE data", database: "postgres")
                try await engine.open(server.plan)
                let cut = Dump(path: "\(folder)/cut", format: .pgCustom, layers: [])
                let error = await #expect(throws: EngineError.self) { try await server.load(cut) }
                #expect("\(String(describing: error))".contains("pg_restore"), "\(String(describing: error))")
            }
        }
    }

    /// A service has roles and settings of its own, which no dump changes.
    @Test func aDumpLoadsIntoAServiceThatRuns() async throws {
        try await CopyFolder.with { folder in
            try await TestServer.with(engine) { server in
                try await engine.open(server.plan)
                try server.sql("CREATE ROLE guest LOGIN")
                let path = "\(folder)/dump.sql"
                let text =
                    "CREATE ROLE guest;\nALTER ROLE guest WITH SUPERUSER NOLOGIN;\nALTER ROLE postgres WITH NOLOGIN;\n"
                    + "DROP ROLE IF EXISTS guest;\nCREATE TABLE t (i int);\nALTER TABLE t OWNER TO anna;\n"
                    + "CREATE TABLE u (i int REFERENCES v);\n"
                try Data(text.replacing("CREATE TABLE u (i int REFERENCES v);\n", with: "").utf8).write(
                    to: URL(filePath: path))
                try await server.load(Dump(path: path, format: .sql, layers: []))
                #expect(
                    try server.sql(
                        "SELECT rolsuper, rolcanlogin FROM pg_roles WHERE rolname IN ('guest', 'anna') ORDER BY 2")
                        == [["f", "f"], ["f", "t"]])
                #expect(try server.psql("INSERT INTO t VALUES (1); DROP TABLE t").status == 0)
                // A statement that fails leaves nothing of the load's own objects behind.
                try Data(text.utf8).write(to: URL(filePath: path))
                let error = await #expect(throws: EngineError.self) {
                    try await server.load(Dump(path: path, format: .sql, layers: []))
                }
                #expect("\(String(describing: error))".contains("line 7: relation"), "\(String(describing: error))")
                #expect(try server.sql("SELECT count(*) FROM pg_roles WHERE rolname = 'roost_import'") == [["0"]])
                #expect(try server.psql("SELECT 1").status == 0)
            }
        }
    }

    @Test func aLoadThatIsCancelledEndsSoon() async throws {
        try await CopyFolder.with { folder in
            let path = "\(folder)/slow.sql"
            try Data("CREATE TABLE t (i int);\nSELECT pg_sleep(600);\n".utf8).write(to: URL(filePath: path))
            try await TestServer.with(engine, profile: .building) { server in
                try await engine.open(server.plan)
                let (plan, build, engine) = (server.plan, server.build, try server.engine.loading())
                let load = Task {
                    try await engine.load(
                        Dump(path: path, format: .sql, layers: []), into: plan, LoadTerms(), build: build,
                        user: TestUser.server
                    ) { _ in }
                }
                while try server.sql("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'") != [["1"]] {
                    try await Task.sleep(for: .milliseconds(10))
                }
                load.cancel()
                await #expect(throws: EngineError.self) { try await load.value }
                #expect(try server.sql("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'") == [["0"]])
            }
        }
    }
}
