import RoostDumps
import RoostModel
import Testing

@testable import RoostEngines

/// Single statements of dumps are rewritten before they are sent, and judged after the server refused them.
@Suite
struct DumpStatementTests {
    func with<Value>(_ text: String, escapes: Bool = false, _ body: (Statement) -> Value) -> Value {
        let bytes = Array(text.utf8) + [0]
        return bytes.withUnsafeBufferPointer {
            body(Statement(text: $0.baseAddress.unsafelyUnwrapped, count: bytes.count - 1, escapes: escapes))
        }
    }

    static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    // MARK: PostgreSQL

    static let postgresql: [(String, PostgreSQLForeign.Move)] = [
        ("INSERT INTO t VALUES ('DROP ROLE a')", .pass), ("ALTER TABLE public.t OWNER TO anna", .pass),
        ("alter table t owner to webapp", .pass), ("GRANT SELECT ON t TO auditor, boss", .pass),
        ("CREATE POLICY p ON public.n TO alpha, beta, gamma USING (true)", .pass), ("CREATE SCHEMA public", .pass),
        (
            "ALTER TABLE t OWNER TO roost_admin",
            .replace(bytes("ALTER TABLE t OWNER TO \"postgres\""), note: PostgreSQLForeign.ownerNote)
        ),
        ("CREATE ROLE postgres", .stands), ("CREATE ROLE anna", .role(bytes("anna"))),
        ("CREATE USER \"Old \"\"one\"\"\" PASSWORD 'x'", .role(bytes("Old \"one\""))),
        ("ALTER ROLE postgres WITH SUPERUSER LOGIN", .stands),
        ("ALTER ROLE anna WITH SUPERUSER LOGIN PASSWORD 'x'", .role(bytes("anna"))),
        ("ALTER ROLE job IN DATABASE crm SET statement_timeout TO '5s'", .pass),
        ("ALTER ROLE roost_admin SET search_path TO x", .skip(note: nil)),
        ("DROP ROLE IF EXISTS postgres", .skip(note: PostgreSQLForeign.rolesLeftNote)),
        ("DROP ROLE IF EXISTS roost_admin", .skip(note: nil)),
        ("CREATE USER MAPPING FOR anna SERVER s", .pass), ("DROP USER MAPPING FOR anna SERVER s", .pass),
        ("CREATE DATABASE \"my shop\" WITH TEMPLATE = template0 LOCALE = 'xx'", .database(bytes("my shop"))),
        ("DROP DATABASE shop", .skip(note: PostgreSQLForeign.databasesNote)),
        ("ALTER DATABASE template1 OWNER TO anna", .skip(note: PostgreSQLForeign.templatesNote)),
        ("CREATE TABLESPACE fast LOCATION '/x'", .skip(note: PostgreSQLForeign.tablespaceNote)),
        ("GRANT ALL ON TABLESPACE fast TO anna", .skip(note: PostgreSQLForeign.tablespaceNote)),
        ("CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p", .skip(note: PostgreSQLForeign.subscriptionNote)),
        ("RESET SESSION AUTHORIZATION", .resetsRole), ("SET SESSION AUTHORIZATION DEFAULT", .resetsRole),
        ("SET SESSION AUTHORIZATION 'anna'", .pass), ("SET ROLE none", .resetsRole), ("DISCARD ALL", .resetsRole),
        ("SET SESSION AUTHORIZATION roost_admin", .skip(note: PostgreSQLForeign.ownerNote)),
        ("SET client_encoding = 'LATIN1'", .pass),
        ("COPY t (a, \"from\") FROM stdin", .pass), ("COPY (SELECT 1) TO stdout", .pass),
        (
            "CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION f()",
            .skip(note: PostgreSQLForeign.eventTriggersNote)
        ), ("ALTER EVENT TRIGGER e OWNER TO anna", .skip(note: nil)),
        ("COMMENT ON EVENT TRIGGER e IS 'x'", .skip(note: nil)),
        ("GRANT pg_execute_server_program TO anna", .skip(note: PostgreSQLRights.membershipNote)),
        ("GRANT pg_read_server_files, chef TO anna", .skip(note: PostgreSQLRights.membershipNote)),
        ("GRANT roost_admin TO anna", .skip(note: PostgreSQLRights.membershipNote)),
        (
            "GRANT a TO b WITH ADMIN OPTION, INHERIT FALSE GRANTED BY postgres",
            .replace(bytes("GRANT a TO b WITH ADMIN OPTION "), note: PostgreSQLForeign.optionsNote)
        ),
        (
            "GRANT a TO b WITH INHERIT TRUE GRANTED BY c",
            .replace(bytes("GRANT a TO b  "), note: PostgreSQLForeign.optionsNote)
        ),
        ("GRANT a TO b WITH ADMIN OPTION GRANTED BY c", .replace(bytes("GRANT a TO b WITH ADMIN OPTION "), note: nil)),
        (
            "GRANT SELECT, MAINTAIN ON TABLE t TO a",
            .replace(bytes("GRANT SELECT ON TABLE t TO a"), note: PostgreSQLForeign.maintainNote)
        ),
        (
            "GRANT MAINTAIN, SELECT ON TABLE t TO a",
            .replace(bytes("GRANT  SELECT ON TABLE t TO a"), note: PostgreSQLForeign.maintainNote)
        ),
    ]

    @Test(arguments: postgresql)
    func aStatementOfAnotherPostgreSQLIsPutIntoWordsOfThisOne(_ text: String, _ wanted: PostgreSQLForeign.Move) {
        let move = with(text) { PostgreSQLForeign(applicationUser: "postgres", major: 15).move($0) }
        #expect(move == wanted)
    }

    static let intoOne: [(String, PostgreSQLForeign.Move)] = [
        (
            "ALTER DATABASE shop SET work_mem TO '8MB'",
            .replace(bytes("ALTER DATABASE \"data\" SET work_mem TO '8MB'"), note: nil)
        ),
        ("ALTER DATABASE shop OWNER TO anna", .skip(note: PostgreSQLForeign.otherDatabaseNote)),
        ("ALTER DATABASE shop RENAME TO x", .skip(note: PostgreSQLForeign.otherDatabaseNote)),
        ("COMMENT ON DATABASE \"my shop\" IS 'x'", .replace(bytes("COMMENT ON DATABASE \"data\" IS 'x'"), note: nil)),
        ("COMMENT ON DATABASE postgres IS 'x'", .skip(note: PostgreSQLForeign.otherDatabaseNote)),
        ("COMMENT ON TABLE database IS 'x'", .pass),
        (
            "GRANT CONNECT ON DATABASE shop, other TO anna",
            .replace(bytes("GRANT CONNECT ON DATABASE \"data\" TO anna"), note: nil)
        ),
        (
            "REVOKE ALL ON DATABASE shop FROM PUBLIC",
            .replace(bytes("REVOKE ALL ON DATABASE \"data\" FROM PUBLIC"), note: nil)
        ),
        (
            "ALTER ROLE job IN DATABASE shop SET statement_timeout TO '5s'",
            .replace(bytes("ALTER ROLE job IN DATABASE \"data\" SET statement_timeout TO '5s'"), note: nil)
        ),
    ]

    @Test(arguments: intoOne)
    func whatIsSaidOfADatabaseHitsTheOneThatWasNamed(_ text: String, _ wanted: PostgreSQLForeign.Move) {
        #expect(
            with(text) { PostgreSQLForeign(applicationUser: "postgres", major: 17, only: "data").move($0) } == wanted)
    }

    @Test(
        arguments: [
            ("ALTER DATABASE shop SET work_mem TO '8MB'", ["shop"]),
            ("COMMENT ON DATABASE \"my shop\" IS 'x'", ["my shop"]),
            ("GRANT CONNECT ON DATABASE shop, other TO anna", ["shop", "other"]),
            ("REVOKE ALL ON DATABASE shop FROM PUBLIC", ["shop"]),
            ("ALTER ROLE job IN DATABASE shop SET work_mem TO '8MB'", ["shop"]),
            ("COMMENT ON TABLE database IS 'x'", []),
            ("GRANT SELECT ON TABLE database TO anna", []), ("GRANT a TO b", []), ("ALTER ROLE job SET x TO 1", []),
            ("CREATE DATABASE shop", []), ("INSERT INTO t VALUES (1)", []),
        ] as [(String, [String])])
    func whichDatabaseAStatementIsAbout(_ text: String, _ wanted: [String]) {
        #expect(
            with(text) { PostgreSQLForeign.databases(namedBy: $0) }.map { String(decoding: $0, as: UTF8.self) }
                == wanted)
    }

    static let rights: [(String, String, PostgreSQLRepair)] = [
        ("ALTER TABLE t OWNER TO anna", "must be member of role \"anna\"", .rights(.join(bytes("anna")))),
        ("ALTER TABLE t OWNER TO anna", "must be able to SET ROLE \"anna\"", .rights(.join(bytes("anna")))),
        ("ALTER TABLE t OWNER TO anna", "must be owner of table t", .none),
        (
            "ALTER TABLE app.t OWNER TO \"An\"\"na\"", "permission denied for schema a\"pp",
            .rights(.lend(on: bytes("SCHEMA \"a\"\"pp\""), to: bytes("\"An\"\"na\"")))
        ),
        (
            "ALTER SCHEMA app OWNER TO anna", "permission denied for database shop",
            .rights(.lend(on: bytes("DATABASE \"shop\""), to: bytes("\"anna\"")))
        ),
        ("CREATE TABLE app.t (i int)", "permission denied for schema app", .none),
        (
            "ALTER TABLE ONLY public.t DISABLE TRIGGER ALL", "permission denied: \"RI\" is a system trigger",
            .rights(
                .triggers(
                    of: bytes("ONLY public.t"), isOff: true,
                    statement: bytes("ALTER TABLE ONLY public.t DISABLE TRIGGER USER")))
        ),
        (
            "SET session_replication_role = replica",
            "permission denied to set parameter \"session_replication_role\"", .rights(.replicationRole)
        ),
        (
            "SELECT pg_catalog.set_config('session_replication_role', 'replica', false)",
            "permission denied to set parameter \"session_replication_role\"", .rights(.replicationRole)
        ),
        (
            "ALTER DATABASE d SET session_replication_role = replica",
            "permission denied to set parameter \"session_replication_role\"",
            .skip(note: PostgreSQLRights.settingNote)
        ),
        (
            "SET SESSION AUTHORIZATION 'anna'", "permission denied to set session authorization",
            .replace(bytes("SET ROLE 'anna'"), note: nil)
        ),
        (
            "CREATE EXTENSION IF NOT EXISTS postgis WITH SCHEMA geo",
            "permission denied to create extension \"postgis\"",
            .rights(.makesExtension(name: bytes("postgis"), schema: bytes("geo")))
        ),
        ("COMMENT ON EXTENSION plpgsql IS 'x'", "must be owner", .skip(note: PostgreSQLRights.serversNote)),
        ("GRANT SELECT ON pg_authid TO a", "permission denied", .skip(note: PostgreSQLRights.serversNote)),
        (
            "CREATE FUNCTION f() RETURNS int LEAKPROOF AS 'SELECT 1'", "only superuser can define a leakproof function",
            .replace(bytes("CREATE FUNCTION f() RETURNS int  AS 'SELECT 1'"), note: PostgreSQLRights.leakproofNote)
        ),
        ("COPY ext.t FROM stdin", "permission denied for table t", .rights(.emptyRows)),
        ("COPY ext.t TO stdout", "permission denied for table t", .none),
        ("CREATE FUNCTION f() RETURNS int LANGUAGE c", "permission denied for language c", .none),
        ("DO $$ BEGIN PERFORM pg_read_file('x'); END $$", "permission denied for function pg_read_file", .none),
        ("INSERT INTO t SELECT 1", "permission denied for table t", .none),
    ]

    @Test(arguments: rights)
    func whatTheApplicationUserMayNotIsDoneForItOrLeftOut(_ text: String, _ message: String, _ wanted: PostgreSQLRepair)
    {
        let refusal = PostgreSQLRepair.Refusal(state: "42501", message: Array(message.utf8), detail: "")
        #expect(with(text) { PostgreSQLRepair.of(refusal, $0) } == wanted)
    }

    /// The statement is built anew: a text that means something else in Roost's own session must not reach it.
    @Test(arguments: [
        ("ALTER ROLE a SET statement_timeout TO '5s'", "ALTER ROLE \"a\" SET \"statement_timeout\" TO '5s'"),
        (
            "ALTER ROLE \"A b\" IN DATABASE shop SET search_path = 'x''y', \"Z\", public",
            "ALTER ROLE \"A b\" IN DATABASE \"shop\" SET \"search_path\" TO 'x''y', 'Z', 'public'"
        ),
        ("alter user a set app.mode to -1.5", "ALTER ROLE \"a\" SET \"app\".\"mode\" TO '-1.5'"),
        ("ALTER ROLE a SET work_mem TO DEFAULT", "ALTER ROLE \"a\" RESET \"work_mem\""),
        ("ALTER ROLE a RESET work_mem", "ALTER ROLE \"a\" RESET \"work_mem\""), ("ALTER ROLE a RESET ALL", nil),
        ("ALTER ROLE ALL SET work_mem TO '1MB'", nil), ("ALTER ROLE a SET x.y TO 'b\\'", nil),
        ("ALTER ROLE a SET x.y TO $$b$$", nil), ("ALTER ROLE a SET x.y TO E'b'", nil),
        ("ALTER ROLE a SET x.y TO f(1)", nil), ("ALTER ROLE a SET TIME ZONE 'UTC'", nil),
        ("ALTER ROLE a SET x.y FROM CURRENT", nil),
    ])
    func aRolesSettingIsPutTogetherAnew(_ text: String, _ wanted: String?) {
        let setting = with(text) { statement in
            let reading = PostgreSQLForeign.Reading(statement)
            return PostgreSQLRoleSetting(reading, reading.all())
        }
        let words = { (bytes: [UInt8]) in String(decoding: bytes, as: UTF8.self) }
        let made = setting.map {
            $0.statement(words($0.role), $0.database.map(words), $0.parameter.map(words), $0.values?.map(words))
        }
        #expect(made == wanted)
    }

    @Test(arguments: [
        ("GRANT a, \"B\" TO c", "GRANT \"a\", \"B\" TO \"c\""),
        ("GRANT a TO b WITH ADMIN OPTION", "GRANT \"a\" TO \"b\" WITH ADMIN OPTION"),
        ("GRANT a TO b WITH ADMIN TRUE, INHERIT FALSE", "GRANT \"a\" TO \"b\" WITH ADMIN TRUE, INHERIT FALSE"),
        ("REVOKE ADMIN OPTION FOR a FROM b CASCADE", "REVOKE ADMIN OPTION FOR \"a\" FROM \"b\""),
        ("REVOKE a FROM b", "REVOKE \"a\" FROM \"b\""), ("GRANT a TO b WITH x", nil), ("GRANT TO b", nil),
    ])
    func aMembershipIsPutTogetherAnew(_ text: String, _ wanted: String?) {
        let membership = with(text) { statement in
            let reading = PostgreSQLForeign.Reading(statement)
            return PostgreSQLMembership(reading, reading.all())
        }
        let words = { (bytes: [UInt8]) in String(decoding: bytes, as: UTF8.self) }
        #expect(membership.map { $0.statement($0.roles.map(words), $0.members.map(words)) } == wanted)
    }

    @Test(arguments: [
        "COPY t FROM '/etc/passwd'", "COPY t FROM PROGRAM 'id'", "copy (select 1) to program 'id'", "COPY t TO E'/x'",
        "ALTER SYSTEM SET archive_command = 'id'", "LOAD '/tmp/x.so'", "SELECT lo_import('/etc/passwd')",
        "CREATE FUNCTION f() RETURNS int AS '/tmp/x.so', 'f' LANGUAGE C",
        "SELECT pg_catalog.pg_read_file('/etc/passwd')",
    ])
    func aStatementThatReachesFilesOrProgramsIsRefused(_ text: String) {
        let move = with(text) { PostgreSQLForeign(applicationUser: "postgres", major: 15).move($0) }
        guard case .refuse = move else {
            Issue.record("\(move)")
            return
        }
    }

    @Test func aLaterVersionTakesItsOwnGrants() {
        for text in ["GRANT a TO b WITH INHERIT FALSE", "GRANT SELECT, MAINTAIN ON TABLE t TO a"] {
            #expect(with(text) { PostgreSQLForeign(applicationUser: "postgres", major: 17).move($0) } == .pass)
        }
    }

    static let repairs: [(String, String, String, PostgreSQLRepair)] = [
        ("ALTER TABLE t OWNER TO webapp", "42704", "role \"webapp\" does not exist", .role(bytes("webapp"))),
        ("SET SESSION AUTHORIZATION 'a b'", "22023", "role \"a b\" does not exist", .role(bytes("a b"))),
        ("CREATE TABLE app.t (i int)", "3F000", "schema \"app\" does not exist", .schema(bytes("app"))),
        ("INSERT INTO app.t VALUES (1)", "3F000", "schema \"app\" does not exist", .none),
        ("CREATE SCHEMA public", "42P06", "schema \"public\" already exists", .skip(note: nil)),
        ("CREATE SCHEMA app", "42P06", "schema \"app\" already exists", .none),
        (
            "SET default_tablespace = fast", "22023", "invalid value for parameter \"default_tablespace\": \"fast\"",
            .replace(bytes("SET default_tablespace = ''"), note: PostgreSQLForeign.tablespaceNote)
        ),
        (
            "CREATE TABLE h (i int) TABLESPACE fast", "42704", "tablespace \"fast\" does not exist",
            .replace(bytes("CREATE TABLE h (i int) "), note: PostgreSQLForeign.tablespaceNote)
        ),
        (
            "ALTER TABLE h ADD PRIMARY KEY (i) USING INDEX TABLESPACE \"fast\"", "42704",
            "tablespace \"fast\" does not exist",
            .replace(bytes("ALTER TABLE h ADD PRIMARY KEY (i) "), note: PostgreSQLForeign.tablespaceNote)
        ),
        (
            "ALTER TABLE h SET TABLESPACE fast", "42704", "tablespace \"fast\" does not exist",
            .skip(note: PostgreSQLForeign.tablespaceNote)
        ),
        (
            "ALTER PUBLICATION p OWNER TO anna", "42704", "publication \"p\" does not exist", .skip(note: nil)
        ),
        (
            "GRANT postgres TO anna", "0LP01", "role \"postgres\" is a member of role \"anna\"",
            .skip(note: PostgreSQLRights.membershipNote)
        ),
        ("SELECT 1/0", "22012", "division by zero", .none),
    ]

    @Test(arguments: repairs)
    func whatThePostgreSQLServerMissesIsMade(
        _ text: String, _ state: String, _ message: String, _ wanted: PostgreSQLRepair
    ) {
        let refusal = PostgreSQLRepair.Refusal(state: state, message: Array(message.utf8), detail: "")
        #expect(with(text) { PostgreSQLRepair.of(refusal, $0) } == wanted)
    }

    @Test func aSettingOfALaterVersionIsLeftOut() {
        let refusal = PostgreSQLRepair.Refusal(
            state: "42704", message: Array("unrecognized configuration parameter \"transaction_timeout\"".utf8),
            detail: "")
        guard case .skip(let note?) = with("SET transaction_timeout = 0", { PostgreSQLRepair.of(refusal, $0) }) else {
            Issue.record("not left out")
            return
        }
        #expect(note.contains("transaction_timeout"))
    }

    static let commands: [(String, PostgreSQLCommand)] = [
        ("\\connect crm", .connect("crm")), ("\\c crm;", .connect("crm")),
        ("\\c \"crm;\"", .connect("crm;")), ("\\c \"my \"\"shop\"\"\"", .connect("my \"shop\"")),
        ("\\connect -reuse-previous=on \"dbname='my shop'\"", .connect("my shop")),
        ("\\connect - anna", .refused("'\\connect - anna' does not name a database")), ("\\restrict Ab3", .nothing),
        ("\\unrestrict Ab3\r", .nothing), ("\\encoding LATIN1", .encoding("LATIN1")),
        (
            "\\! id",
            .refused("'\\!' is a psql command, which Roost does not run; remove the line")
        ),
    ]

    @Test(arguments: commands) func commandsOfPsqlAreReadAndNoneIsRun(_ line: String, _ wanted: PostgreSQLCommand) {
        #expect(PostgreSQLCommand.read(Array(line.utf8)) == wanted)
    }

    // MARK: Trailers

    @Test(arguments: [
        (["-- MySQL dump 10.13  Distrib 8.0.36"], "-- Dump completed"),
        (["-- MariaDB dump 10.19", "-- Dump completed on 2026-01-01"], nil),
        (["-- PostgreSQL database dump", "-- PostgreSQL database dump complete"], nil),
        (
            [
                "-- PostgreSQL database cluster dump", "-- PostgreSQL database dump",
                "-- PostgreSQL database dump complete",
            ], "-- PostgreSQL database cluster dump complete"
        ), (["-- made by hand"], nil),
    ])
    func theLastLineOfATool(_ comments: [String], _ missing: String?) {
        var trailers = DumpTrailers()
        for comment in comments { Array(comment.utf8).withUnsafeBufferPointer { trailers.note($0) } }
        #expect(trailers.missing == missing)
    }

    @Test func notesAreSaidOnceAndListsAreShort() {
        var notes = LoadNotes()
        notes.add("one")
        notes.add("one")
        for name in 0..<12 { notes.add("r\(name)", to: "roles:") }
        #expect(notes.sentences == ["one", "roles: r0, r1, r2, r3, r4, r5, r6, r7 and 4 more"])
    }

    @Test func whatWasLeftOutIsCountedAndShownWithoutItsTexts() {
        var notes = LoadNotes()
        for text in [
            "GRANT a\n  TO b -- x", "ALTER ROLE \"c d\" PASSWORD 'secret'", "GRANT e TO f", "GRANT g TO h",
        ] { notes.leaveOut(with(text) { $0.outline(.postgresql) }, "these were left out") }
        notes.leaveOut(with("SELECT \(String(repeating: "a, ", count: 99))b") { $0.outline(.mysql) }, "one more")
        #expect(
            notes.sentences == [
                "these were left out (4 statements: GRANT a TO b; ALTER ROLE \"c d\" PASSWORD '…'; GRANT e TO f; …)",
                "one more (1 statement: SELECT \(String(repeating: "a, ", count: 21))…)",
            ])
    }

    static let outcomes: [(String, Int, String, StatementOutcome)] = [
        ("CREATE TABLE", 0, "CREATE TABLE t (i int)", .table(rows: 0)),
        ("CREATE FOREIGN TABLE", 0, "CREATE FOREIGN TABLE t", .table(rows: 0)),
        ("SELECT 5", 5, "CREATE TABLE t AS SELECT 1", .table(rows: 5)),
        ("SELECT 5", 5, "SELECT * INTO t FROM u", .table(rows: 5)), ("INSERT 0 7", 7, "INSERT", .filled(rows: 7)),
        ("CREATE EXTENSION", 0, "CREATE EXTENSION hstore", .made), ("CREATE ROLE", 0, "CREATE ROLE a", .made),
        ("CREATE EXTENSION", 0, "CREATE EXTENSION IF NOT EXISTS plpgsql WITH SCHEMA pg_catalog", .neutral),
        ("CREATE TYPE", 0, "CREATE TYPE t AS ENUM ()", .made), ("CREATE SCHEMA", 0, "CREATE SCHEMA app", .made),
        ("CREATE FUNCTION", 0, "CREATE FUNCTION f()", .made), ("ALTER TYPE", 0, "ALTER TYPE t OWNER TO a", .made),
        ("COMMENT", 0, "COMMENT ON SCHEMA public IS 'x'", .neutral), ("COMMENT", 0, "COMMENT ON TABLE t IS 'x'", .made),
        ("GRANT", 0, "GRANT ALL ON SCHEMA public TO PUBLIC", .neutral), ("GRANT", 0, "GRANT SELECT ON t TO a", .made),
        ("GRANT", 0, "GRANT CREATE ON SCHEMA public TO anna", .made), ("DROP TABLE", 0, "DROP TABLE t", .made),
        ("DROP TABLE", 0, "DROP TABLE IF EXISTS t", .neutral), ("DELETE 3", 3, "DELETE FROM t", .made),
        ("UPDATE 0", 0, "UPDATE t SET i = 1", .neutral), ("DO", 0, "DO $$ BEGIN END $$", .ran(changes: true)),
        ("SELECT 1", 1, "SELECT pg_catalog.set_config('search_path', '', false)", .neutral),
        ("SELECT 1", 1, "SELECT pg_catalog.setval('s', 5, true)", .made), ("SELECT 1", 1, "SELECT 1", .neutral),
        ("SELECT 1", 1, "SELECT public.fill()", .ran(changes: false)), ("SET", 0, "SET a = 1", .neutral),
        ("BEGIN", 0, "BEGIN", .neutral), ("LOCK TABLE", 0, "LOCK TABLE t", .neutral), ("", 0, "", .neutral),
        ("TRUNCATE TABLE", 0, "TRUNCATE t", .made), ("REFRESH MATERIALIZED VIEW", 0, "REFRESH", .made),
    ]

    @Test(arguments: outcomes)
    func whatAStatementDidIsKnownByItsTag(_ tag: String, _ rows: Int, _ text: String, _ wanted: StatementOutcome) {
        #expect(with(text) { PostgreSQLOutcome.of(tag: tag, rows: rows, $0.text) } == wanted)
    }

    @Test func whatALoadBroughtIsTold() {
        #expect(LoadContent(tables: 1, rows: 2).words == "1 table, 2 rows")
        #expect(LoadContent().isEmpty && !LoadContent(rows: 1).isEmpty && !LoadContent(hasRunCode: true).isEmpty)
    }
}
