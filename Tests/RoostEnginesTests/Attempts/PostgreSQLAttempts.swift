import Foundation
import RoostModel
import Testing

@testable import RoostEngines

/// Attempts of the application user of a PostgreSQL service. The user is no superuser, so nearly all are refused.
enum PostgreSQLAttempts {
    static let table: [Attempt] =
        Attempt.all(.refused, roles) + Attempt.all(.refused, server) + Attempt.all(.refused, files)
        + Attempt.all(.refused, code) + Attempt.all(.refused, system) + Attempt.all(.mended, itself)
        + Attempt.all(.allowed, people)

    static let roles = [
        "ALTER ROLE roost_admin PASSWORD 'x'", "ALTER ROLE roost_admin NOLOGIN", "ALTER ROLE roost_admin NOSUPERUSER",
        "ALTER ROLE roost_admin RENAME TO eve", "ALTER ROLE roost_admin SET search_path = data",
        "DROP ROLE roost_admin",
        "ALTER ROLE roost_admin CONNECTION LIMIT 0", "ALTER ROLE roost_admin VALID UNTIL '2000-01-01'",
        "GRANT roost_admin TO CURRENT_USER", "SET ROLE roost_admin", "SET SESSION AUTHORIZATION roost_admin",
        "ALTER ROLE CURRENT_USER SUPERUSER", "ALTER ROLE CURRENT_USER REPLICATION", "ALTER ROLE CURRENT_USER BYPASSRLS",
        "CREATE ROLE eve SUPERUSER", "CREATE ROLE eve REPLICATION LOGIN", "CREATE ROLE eve BYPASSRLS",
        "GRANT pg_execute_server_program TO CURRENT_USER", "GRANT pg_read_server_files TO CURRENT_USER",
        "GRANT pg_write_server_files TO CURRENT_USER", "GRANT pg_read_all_data TO CURRENT_USER",
        "GRANT pg_checkpoint TO CURRENT_USER", "GRANT pg_signal_backend TO CURRENT_USER",
        "GRANT pg_database_owner TO CURRENT_USER",
        "REASSIGN OWNED BY roost_admin TO CURRENT_USER", "DROP OWNED BY roost_admin",
        "ALTER DEFAULT PRIVILEGES FOR ROLE roost_admin GRANT ALL ON TABLES TO PUBLIC",
        "ALTER ROLE ALL SET synchronous_commit = off", "ALTER ROLE postgres SUPERUSER",
        "ALTER USER MAPPING FOR roost_admin SERVER s OPTIONS (SET password 'x')",
        "COMMENT ON ROLE roost_admin IS 'x'", "GRANT ALL ON PARAMETER fsync TO CURRENT_USER",
        "GRANT SET ON PARAMETER session_preload_libraries TO CURRENT_USER", "SECURITY LABEL ON ROLE roost_admin IS 'x'",
    ]

    static let server = [
        "ALTER SYSTEM SET fsync = off", "ALTER SYSTEM SET synchronous_commit = off", "ALTER SYSTEM RESET ALL",
        "ALTER SYSTEM SET archive_command = 'id > /tmp/x'", "SET fsync = off", "SET full_page_writes = off",
        "SET session_preload_libraries = 'x'", "SET shared_preload_libraries = 'x'", "SET log_statement = 'all'",
        "SET session_replication_role = replica", "SET log_directory = '/tmp'", "SET data_directory = '/tmp'",
        "SET jit_provider = 'x'", "SET dynamic_library_path = '/tmp'", "SET zero_damaged_pages = on",
        "SET ignore_system_indexes = on", "SET temp_tablespaces = 'x'", "SET wal_level = minimal",
        "ALTER DATABASE data SET session_preload_libraries = 'x'", "ALTER ROLE CURRENT_USER SET log_statement = 'all'",
        "SELECT pg_reload_conf()", "SELECT pg_rotate_logfile()", "SELECT pg_promote()", "SELECT pg_switch_wal()",
        "SELECT pg_create_restore_point('x')", "SELECT pg_create_physical_replication_slot('x')",
        "SELECT pg_create_logical_replication_slot('x', 'test_decoding')", "SELECT pg_drop_replication_slot('x')",
        "SELECT pg_replication_origin_create('x')", "CHECKPOINT", "SELECT pg_wal_replay_pause()",
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'roost_admin'; DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_stat_activity WHERE usename = 'roost_admin') THEN RETURN; END IF; RAISE 'it still runs'; END $$",
        "SELECT pg_log_backend_memory_contexts(pid) FROM pg_stat_activity WHERE usename = 'roost_admin'; SELECT 1 / 0",
        "CREATE TABLESPACE t LOCATION '/tmp'",
        "CREATE SUBSCRIPTION s CONNECTION 'host=x' PUBLICATION p WITH (connect = false)",
        "CREATE PUBLICATION p FOR ALL TABLES", "CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION f()",
        "SELECT pg_stat_reset_shared('bgwriter')",
    ]

    static let files = [
        "COPY (SELECT 1) TO PROGRAM 'id'", "COPY (SELECT 1) TO '/tmp/roost-attempt'",
        "CREATE TABLE kept (t text); COPY kept FROM PROGRAM 'id'",
        "COPY pg_class FROM '/etc/passwd'", "SELECT pg_read_file('/etc/passwd')",
        "SELECT pg_read_file('postgresql.conf')",
        "SELECT pg_read_binary_file('/etc/passwd')", "SELECT pg_ls_dir('/')", "SELECT pg_stat_file('/etc/passwd')",
        "SELECT lo_import('/etc/passwd')", "SELECT lo_export(1, '/tmp/roost-attempt')", "SELECT pg_ls_dir('pg_wal')",
        "SELECT pg_hba_file_rules()", "SELECT pg_show_all_file_settings()", "LOAD '/tmp/x.so'", "LOAD 'dblink'",
    ]

    static let code = [
        "CREATE FUNCTION f() RETURNS int LANGUAGE c AS '/tmp/x.so', 'f'",
        "CREATE FUNCTION f() RETURNS int LANGUAGE internal AS 'pg_reload_conf'",
        "CREATE LANGUAGE plpython3u", "CREATE LANGUAGE x HANDLER plpgsql_call_handler", "CREATE EXTENSION dblink",
        "CREATE EXTENSION file_fdw", "CREATE EXTENSION postgres_fdw", "CREATE EXTENSION adminpack",
        "CREATE EXTENSION pageinspect",
        "CREATE FOREIGN DATA WRAPPER w", "CREATE SERVER s FOREIGN DATA WRAPPER w",
        "CREATE ACCESS METHOD m TYPE TABLE HANDLER heap_tableam_handler",
        "CREATE CAST (text AS int) WITHOUT FUNCTION", "CREATE OPERATOR CLASS c FOR TYPE int USING btree AS STORAGE int",
        "CREATE TYPE base (INPUT = int4in, OUTPUT = int4out)",
        "CREATE FUNCTION climb() RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN ALTER ROLE CURRENT_USER SUPERUSER; END $$; SELECT climb()",
        "DO $$ BEGIN SET ROLE roost_admin; END $$", "ALTER FUNCTION pg_catalog.pg_reload_conf() OWNER TO CURRENT_USER",
    ]

    static let system = [
        "DROP DATABASE template0", "DROP DATABASE template1", "DROP DATABASE roost_admin",
        "ALTER DATABASE template1 RENAME TO x",
        "ALTER DATABASE template1 OWNER TO CURRENT_USER", "ALTER DATABASE roost_admin OWNER TO CURRENT_USER",
        "ALTER DATABASE template0 ALLOW_CONNECTIONS true", "ALTER DATABASE template1 IS_TEMPLATE false",
        "\\c roost_admin",
        "CREATE DATABASE x TEMPLATE roost_admin", "UPDATE pg_authid SET rolsuper = true",
        "SELECT rolpassword FROM pg_authid",
        "INSERT INTO pg_auth_members VALUES (10, 10, 10, true)", "UPDATE pg_database SET datallowconn = true",
        "DELETE FROM pg_class", "CREATE TABLE pg_catalog.t (i int)",
        "CREATE FUNCTION pg_catalog.f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "DROP TABLE pg_catalog.pg_class", "ALTER TABLE pg_authid ADD COLUMN x int", "SELECT * FROM pg_statistic",
        "TRUNCATE pg_database", "GRANT ALL ON pg_authid TO PUBLIC", "CREATE SCHEMA pg_evil",
        "SET allow_system_table_mods = on",
    ]

    static let itself = [
        "ALTER ROLE CURRENT_USER PASSWORD 'other'", "ALTER ROLE CURRENT_USER PASSWORD NULL",
        "ALTER ROLE CURRENT_USER PASSWORD ''",
        "\\c data\nDROP DATABASE postgres", "\\c data\nALTER DATABASE postgres ALLOW_CONNECTIONS false",
        "\\c data\nALTER DATABASE postgres RENAME TO gone",
    ]

    static let people = [
        "CREATE DATABASE orders", "CREATE SCHEMA shop; CREATE TABLE shop.t (i int); INSERT INTO shop.t VALUES (1)",
        "CREATE EXTENSION hstore",
        "CREATE FUNCTION shop.f() RETURNS int LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN RETURN 1; END $$; SELECT shop.f()",
        "SELECT count(*) FROM pg_stat_activity", "ALTER DATABASE orders SET work_mem = '8MB'",
        "SET synchronous_commit = off; INSERT INTO shop.t VALUES (2)",
        "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE usename = CURRENT_USER AND pid <> pg_backend_pid()",
        "DROP DATABASE orders",
    ]
}

@Suite(
    .serialized, EachRelease(engine: "postgresql", usually: .newest), Seed(TestServer.postgresql),
    .timeLimit(.minutes(10)))
struct PostgreSQLAttemptTests {
    @Test func nobodyClimbs() async throws {
        try await TestServer.with(TestServer.postgresql) { server in
            try await server.engine.open(server.plan)
            var run = AttemptRun(server) { step in
                let outcome = try server.client(
                    ["psql", "-v", "ON_ERROR_STOP=1"], user: step.user, password: step.password,
                    input: step.text + ";\n")
                return outcome.status == 0 ? nil : String(outcome.errors.prefix(300))
            }
            try await run.run(PostgreSQLAttempts.table)
            #expect(try server.sql("SELECT rolname FROM pg_authid WHERE rolsuper") == [["roost_admin"]])
        }
    }
}
