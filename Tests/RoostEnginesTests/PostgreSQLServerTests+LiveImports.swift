import Foundation
import RoostModel
import Testing

@testable import RoostEngines

// Dumps into servers in use, loaded as the application user.
extension PostgreSQLServerTests {
    private static let table = "CREATE TABLE public.r (i int PRIMARY KEY);\n"
    private static let child = "CREATE TABLE public.c (i int REFERENCES public.r);\n"

    private static let helped: [DumpCase] = [
        DumpCase(
            "data alone",
            table + child
                + "ALTER TABLE public.c DISABLE TRIGGER ALL;\nALTER TABLE public.r DISABLE TRIGGER ALL;\n"
                + "COPY public.c (i) FROM stdin;\n1\n\\.\nALTER TABLE public.c ENABLE TRIGGER ALL;\n"
                + "COPY public.r (i) FROM stdin;\n1\n\\.\nALTER TABLE public.r ENABLE TRIGGER ALL;\n",
            .loads(
                "SELECT count(*), (SELECT count(*) FROM pg_trigger WHERE tgenabled <> 'O') FROM c NATURAL JOIN r",
                ["1", "0"])),
        DumpCase(
            "replication role",
            table + child
                + "BEGIN;\nSET session_replication_role = replica;\nINSERT INTO public.c VALUES (7);\nCOMMIT;\n",
            .loads(
                "SELECT i, has_parameter_privilege('postgres', 'session_replication_role', 'SET') FROM c", ["7", "f"])),
        DumpCase(
            "extensions",
            "CREATE EXTENSION hstore WITH SCHEMA public;\nCREATE EXTENSION pg_stat_statements WITH SCHEMA public;\n"
                + "COMMENT ON EXTENSION pg_stat_statements IS 'x';\nCOMMENT ON EXTENSION plpgsql IS 'x';\n"
                + "CREATE EXTENSION postgres_fdw;\nCREATE SERVER there FOREIGN DATA WRAPPER postgres_fdw;\n"
                + "CREATE OR REPLACE PROCEDURAL LANGUAGE plpgsql;\nALTER LANGUAGE plpgsql OWNER TO postgres;\n" + table,
            .loads(
                "SELECT count(*), (SELECT srvowner::regrole::text FROM pg_foreign_server) FROM pg_extension "
                    + "WHERE extname IN ('hstore', 'pg_stat_statements', 'postgres_fdw')", ["3", "postgres"],
                note: "privileges and comments on objects")),
        DumpCase(
            "owners",
            "CREATE SCHEMA app;\n" + table + "BEGIN;\nALTER SCHEMA app OWNER TO boss;\n"
                + "ALTER TABLE public.r OWNER TO boss;\nCOMMIT;\nSELECT lo_create(4711);\n"
                + "ALTER LARGE OBJECT 4711 OWNER TO boss;\n",
            .loads(
                "SELECT tableowner, has_schema_privilege('boss', 'public', 'CREATE'), "
                    + "(SELECT nspowner::regrole::text FROM pg_namespace WHERE nspname = 'app'), "
                    + "(SELECT lomowner::regrole::text FROM pg_largeobject_metadata WHERE oid = 4711) "
                    + "FROM pg_tables WHERE tablename = 'r'", ["boss", "f", "boss", "boss"])),
        DumpCase(
            "roles",
            "CREATE ROLE chef;\nCREATE ROLE cook;\nGRANT chef TO cook WITH ADMIN OPTION GRANTED BY x;\n"
                + "GRANT pg_read_all_data TO cook;\nGRANT pg_create_subscription TO cook;\nGRANT postgres TO cook;\n"
                + "ALTER ROLE chef SET statement_timeout TO '5s';\nALTER ROLE postgres SET log_statement = 'all';\n"
                + "ALTER ROLE chef SET session_preload_libraries = 'x';\nSET SESSION AUTHORIZATION 'cook';\n"
                + "RESET SESSION AUTHORIZATION;\n" + table,
            .loads(
                "SELECT pg_has_role('cook', 'chef', 'MEMBER'), pg_has_role('cook', 'pg_read_all_data', 'MEMBER'), "
                    + "pg_has_role('cook', 'postgres', 'MEMBER'), pg_has_role('postgres', 'cook', 'MEMBER'), "
                    + "(SELECT string_agg(setconfig::text, ' ') FROM pg_db_role_setting WHERE setrole <> 0 "
                    + "AND setdatabase = 0), (SELECT tableowner FROM pg_tables WHERE tablename = 'r')",
                ["t", "t", "f", "t", "{statement_timeout=5s}", "postgres"], note: "role memberships")),
        DumpCase(
            "what only a superuser has",
            "CREATE FUNCTION public.e() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';\n"
                + "CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION public.e();\n"
                + "COMMENT ON EVENT TRIGGER e IS 'x';\nCREATE PUBLICATION p FOR ALL TABLES;\n"
                + "ALTER PUBLICATION p OWNER TO postgres;\nGRANT SELECT ON pg_catalog.pg_authid TO PUBLIC;\n"
                + "CREATE FUNCTION public.f() RETURNS int LANGUAGE sql LEAKPROOF AS 'SELECT 1';\n"
                + "UPDATE pg_catalog.pg_database SET datistemplate = false WHERE datname = 'template1';\n"
                + "COPY pg_catalog.pg_authid (rolname) FROM stdin;\n\\.\n",
            .loads(
                "SELECT (SELECT count(*) FROM pg_event_trigger), (SELECT count(*) FROM pg_publication), "
                    + "has_table_privilege('boss', 'pg_authid', 'SELECT'), f(), "
                    + "(SELECT datistemplate FROM pg_database WHERE datname = 'template1')", ["0", "0", "f", "1", "t"],
                note: "event triggers were left out")),
        DumpCase(
            "about another database",
            "ALTER DATABASE shop SET statement_timeout TO '5s';\nCREATE DATABASE shop;\n\\connect shop\n" + table
                + "COMMENT ON DATABASE shop IS 'hit';\nALTER DATABASE shop OWNER TO boss;\n"
                + "GRANT CONNECT ON DATABASE shop TO boss;\n", into: "data",
            .loads(
                "SELECT (SELECT count(*) FROM pg_db_role_setting JOIN pg_database d ON d.oid = setdatabase "
                    + "WHERE datname = 'data'), shobj_description(oid, 'pg_database'), datdba::regrole, "
                    + "has_database_privilege('boss', 'data', 'CONNECT') FROM pg_database WHERE datname = 'data'",
                ["1", "hit", "postgres", "t"], note: "the database that was named")),
    ]

    private static let withheld: [DumpCase] = [
        DumpCase(
            "an extension for superusers", "CREATE EXTENSION file_fdw;\n",
            .fails("add 'file_fdw' to 'extensions' of the service")),
        DumpCase(
            "a file within a block", table + "DO $$ BEGIN PERFORM pg_read_file('/etc/passwd'); END $$;\n",
            .fails("permission denied for function pg_read_file")),
        DumpCase(
            "a program within a block", table + "DO $$ BEGIN EXECUTE 'COPY r FROM PROGRAM ''id'''; END $$;\n",
            .fails("lacks this privilege")),
        DumpCase(
            "a file in rows", "CREATE TABLE r AS SELECT pg_ls_dir('/');\n", .fails("permission denied for function")),
        DumpCase(
            "Roost's role within a block", table + "DO $$ BEGIN SET SESSION AUTHORIZATION roost_admin; END $$;\n",
            .fails("permission denied to set session authorization")),
        DumpCase(
            "a superuser within a block", table + "DO $$ BEGIN ALTER ROLE postgres SUPERUSER; END $$;\n",
            .fails("line 2")),
        DumpCase(
            "rows of the server's own", "COPY pg_catalog.pg_authid (rolname) FROM stdin;\nx\n\\.\n",
            .fails("permission denied for table pg_authid")),
        // With backslashes that escape it is one statement; without, another one begins in its text.
        DumpCase(
            "a statement within a text",
            "SET standard_conforming_strings = off;\nCREATE ROLE anna;\n"
                + "ALTER ROLE anna SET app.x TO 'a\\'; ALTER ROLE postgres SUPERUSER; --';\n", .fails("line 3")),
    ]

    @Test func aServiceTakesADumpWithoutASuperuser() async throws {
        try await CopyFolder.with { folder in
            try await TestServer.with(engine) { server in
                try await engine.open(server.plan)
                try server.sql("CREATE DATABASE shop OWNER postgres")
                // The file of user names as an older Roost left it.
                let identities = PostgreSQLAccess.identities(caller: "root", applicationUser: "nobody_there")
                try server.writeFiles([PostgreSQLConfiguration.identFile: identities])
                try server.sql("SELECT pg_reload_conf()")
                for one in Self.helped + Self.withheld {
                    for statement in [
                        "DROP EXTENSION IF EXISTS hstore, pg_stat_statements, postgres_fdw CASCADE",
                        "DROP SCHEMA IF EXISTS app CASCADE", "DROP SCHEMA public CASCADE",
                        "CREATE SCHEMA public AUTHORIZATION pg_database_owner",
                    ] { try server.sql(statement, database: "data") }
                    try await one.run(on: server, in: folder) {
                        try server.sql("SET search_path = public; \($0)", database: $1)
                    }
                    #expect(
                        try server.sql("SELECT count(*) FROM pg_roles WHERE rolsuper OR rolname = 'roost_import'")
                            == [["1"]], "\(one.name)")
                    #expect(try server.sql(PostgreSQLRoles.taken, database: "data") == [], "\(one.name)")
                    let health = await engine.probe(server.plan.address, expecting: engine.expectation(server.plan))
                    #expect(health == .healthy, "\(one.name)")
                }
                #expect(
                    try server.sql(
                        "SELECT count(*), (SELECT count(*) FROM pg_db_role_setting s WHERE setdatabase = d.oid), "
                            + "shobj_description(oid, 'pg_database') FROM pg_database d WHERE datname = 'shop' "
                            + "GROUP BY oid") == [["1", "0", nil]])
            }
        }
    }

    /// In both cases the application user's objects stay its own.
    @Test func aLoadThatFailsOrIsCancelledLeavesWhatIsTheApplicationUsers() async throws {
        try await CopyFolder.with { folder in
            try await TestServer.with(engine) { server in
                try await engine.open(server.plan)
                let made = "CREATE TABLE t (i int);\nALTER TABLE t OWNER TO anna;\nCREATE TABLE u (i int);\n"
                try Data((made + "SELECT 1/0;\n").utf8).write(to: URL(filePath: "\(folder)/bad.sql"))
                await #expect(throws: EngineError.self) {
                    try await server.load(Dump(path: "\(folder)/bad.sql", format: .sql, layers: []))
                }
                #expect(try server.psql("INSERT INTO t VALUES (1); DROP TABLE t, u").status == 0)

                let text =
                    made + "ALTER DATABASE data OWNER TO anna;\nSET session_replication_role = replica;\n"
                    + "SELECT pg_sleep(600);\n"
                try Data(text.utf8).write(to: URL(filePath: "\(folder)/slow.sql"))
                let (plan, build, engine) = (server.plan, server.build, try server.engine.loading())
                let load = Task {
                    try await engine.load(
                        Dump(path: "\(folder)/slow.sql", format: .sql, layers: []), into: plan, LoadTerms(),
                        build: build, user: TestUser.server
                    ) { _ in }
                }
                while try server.sql("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'") != [["1"]] {
                    try await Task.sleep(for: .milliseconds(10))
                }
                let health = await engine.probe(plan.address, expecting: engine.accountMending?.expectation(plan))
                #expect(health == .healthy, "an import is no drift")
                load.cancel()
                await #expect(throws: EngineError.self) { try await load.value }
                #expect(
                    try server.sql(
                        "SELECT datdba::regrole, has_parameter_privilege('postgres', 'session_replication_role', 'SET') "
                            + "FROM pg_database WHERE datname = 'data'") == [["postgres", "f"]])
                #expect(try server.psql("INSERT INTO t VALUES (1); DROP TABLE t, u").status == 0)
            }
        }
    }

    @Test func whatAnImporterOfOldLeftBehindIsTheApplicationUsersAtTheNextOpening() async throws {
        try await TestServer.with(engine) { server in
            try await engine.open(server.plan)
            try server.sql("CREATE ROLE roost_import SUPERUSER LOGIN")
            for statement in [
                "CREATE FUNCTION public.e() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'",
                "CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION public.e()",
                "CREATE TABLE public.t (i int)",
            ] { try server.sql("SET ROLE roost_import; \(statement)", database: "data") }
            try await engine.open(server.plan)
            #expect(try server.sql("SELECT FROM pg_roles WHERE rolname = 'roost_import'") == [])
            #expect(
                try server.sql("SELECT evtenabled FROM pg_event_trigger", database: "data") == [["D"]],
                "its function is the application user's to change")
            #expect(try server.psql("DROP TABLE public.t").status == 0)
        }
    }

    /// A template's dump is loaded as a superuser, and its objects go to clones.
    @Test func aTemplateHoldsNothingThatActsAsRoost() async throws {
        try await CopyFolder.with { folder in
            try await TestServer.with(engine, profile: .building) { server in
                try await engine.open(server.plan)
                // A role that an interrupted import left.
                try server.sql("CREATE ROLE roost_import LOGIN")
                let text =
                    "CREATE TABLE t (i int);\nDO $$ BEGIN SET ROLE roost_admin; EXECUTE "
                    + "'CREATE FUNCTION public.f() RETURNS int SECURITY DEFINER LANGUAGE sql AS ''SELECT 1'''; END $$;\n"
                let one = DumpCase("a function of Roost's", text, .fails("belong to Roost's own account"))
                try await one.run(on: server, in: folder) { _, _ in [] }
                #expect(try server.sql("SELECT rolsuper FROM pg_roles WHERE rolname = 'roost_import'") == [])
            }
        }
    }
}
