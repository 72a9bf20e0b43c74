import Foundation
import RoostModel
import Testing

@testable import RoostEngines

/// The guide's table of what PostgreSQL's own tools write and what becomes of it, made by loading it.
@Suite(.serialized, .timeLimit(.minutes(15)))
struct PostgreSQLDumpTableTests {
    private struct Tool {
        let name: String
        let arguments: [String]
        let file: String
        /// The dump that is loaded first.
        var needs: String?
    }

    private static let tools = [
        Tool(name: "pg_dump", arguments: ["pg_dump"], file: "plain.sql"),
        Tool(name: "pg_dump -Fc", arguments: ["pg_dump", "-Fc"], file: "custom.dump"),
        Tool(name: "pg_dump -Ft", arguments: ["pg_dump", "-Ft"], file: "tar.dump"),
        Tool(name: "pg_dump -Fd", arguments: ["pg_dump", "-Fd"], file: "directory"),
        Tool(name: "pg_dump --schema-only", arguments: ["pg_dump", "--schema-only"], file: "schema.sql"),
        Tool(
            name: "pg_dump --data-only --disable-triggers",
            arguments: ["pg_dump", "--data-only", "--disable-triggers"],
            file: "data.sql", needs: "schema.sql"),
        Tool(name: "pg_dumpall", arguments: ["pg_dumpall"], file: "all.sql"),
        Tool(name: "pg_dumpall --clean", arguments: ["pg_dumpall", "--clean", "--if-exists"], file: "clean.sql"),
    ]

    private static let more = [
        "SET ROLE postgres; CREATE TABLE public.item (id int PRIMARY KEY, part int REFERENCES public.item, "
            + "dish int REFERENCES public.dish); INSERT INTO public.item VALUES (1, 2, 7), (2, NULL, 8)",
        "CREATE EXTENSION hstore; CREATE EXTENSION pg_stat_statements; COMMENT ON EXTENSION hstore IS 'x'",
        "CREATE POLICY own ON public.item TO \"Old \"\"one\"\"\", waiter USING (true)",
        "CREATE FUNCTION public.watch() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'",
        "CREATE EVENT TRIGGER watched ON ddl_command_end EXECUTE FUNCTION public.watch()",
        "CREATE PUBLICATION everything FOR ALL TABLES", "CREATE PUBLICATION items FOR TABLE public.item",
        "CREATE SCHEMA kitchen AUTHORIZATION waiter", "SELECT lo_from_bytea(54321, 'large')",
        "ALTER LARGE OBJECT 54321 OWNER TO waiter",
        "ALTER DEFAULT PRIVILEGES FOR ROLE waiter IN SCHEMA kitchen GRANT SELECT ON TABLES TO postgres",
    ]

    private static let check =
        "SELECT (SELECT count(*) FROM public.dish), (SELECT count(*) FROM public.log), (SELECT count(*) FROM public.item), "
        + "(SELECT count(*) FROM pg_policy), (SELECT count(*) FROM pg_largeobject_metadata), "
        + "(SELECT count(*) FROM pg_trigger WHERE tgenabled <> 'O'), (SELECT count(*) FROM pg_event_trigger), "
        + "(SELECT nspowner::regrole FROM pg_namespace WHERE nspname = 'kitchen'), public.sum(1, 2)"

    @Test(.enabled(if: EachRelease.tarball("postgresql") != nil, "no tarball of postgresql; scripts/setup --tests"))
    func theTableOfTheGuideIsWhatLoads() async throws {
        let tarball = try #require(EachRelease.tarball("postgresql"))
        // Both releases are laid out and initialised once.
        try await Seed.with(TestServer.postgresql) {
            let machines = TestRelease.current
            try await EachRelease.laidOut([tarball]) {
                try await Seed.with(TestServer.postgresql) {
                    try await compare([machines, .current])
                }
            }
        }
    }

    private func compare(_ releases: [TestRelease]) async throws {
        try await CopyFolder.with { folder in
            var sources: [String] = []
            for release in releases { sources.append(try await dumps(of: release, in: folder)) }
            var columns: [DumpColumn] = []
            var notes: (template: Set<String>, service: Set<String>) = ([], [])
            for release in releases {
                let column = try await loads(sources, in: folder, into: release, .building, number: columns.count)
                notes.template.formUnion(column.notes)
                let service = try await loads(sources, in: folder, into: release, .service, number: columns.count + 1)
                notes.service.formUnion(service.notes)
                columns += [column, service]
            }
            try DumpTable(
                maker: "PostgreSQLDumpTableTests",
                rows: sources.flatMap { source in Self.tools.map { (source, $0.name) } }, columns: columns,
                notes: [
                    ("Told of these on the way into a template", notes.template),
                    ("Told of these on the way into a service", notes.service),
                ]
            ).compare()
        }
    }

    // MARK: Making and loading

    /// Makes the dumps with the tools of the release's major version.
    private func dumps(of release: TestRelease, in folder: String) async throws -> String {
        var major = ""
        try await release.with {
            do {
                try await TestServer.with(TestServer.postgresql) { server in
                    major = "\(server.build.identity.version.components[0])"
                    try await PostgreSQLServerTests.fill(server)
                    try server.sql("CREATE ROLE waiter NOLOGIN; GRANT waiter TO postgres")
                    for statement in Self.more {
                        try server.sql("SET search_path = public; \(statement)", database: "data")
                    }
                    try TestFolder.make("\(folder)/\(major)")
                    let environment =
                        (server.engine as? PostgreSQL)?.clientEnvironment(server.plan, server.build) ?? [:]
                    for tool in Self.tools {
                        let program = "\(try #require(server.build.programFolders.first))/\(tool.arguments[0])"
                        let outcome = try TestProgram.outcome(
                            program, tool.arguments.dropFirst() + ["-f", "\(folder)/\(major)/\(tool.file)"],
                            environment: environment)
                        try #require(outcome.status == 0, "\(outcome.errors)")
                    }
                }
            }
        }
        return major
    }

    private func loads(
        _ sources: [String], in folder: String, into release: TestRelease, _ profile: ServerProfile,
        number: Int
    ) async throws -> DumpColumn {
        var column = DumpColumn(title: "", number: number)
        try await release.with {
            let engine = TestServer.postgresql
            do {
                try await TestServer.with(engine, profile: profile) { server in
                    let major = server.build.identity.version.components[0]
                    column = DumpColumn(
                        title: "\(major), \(profile == .service ? "service" : "template")", number: number)
                    for source in sources {
                        for tool in Self.tools {
                            guard column.loadsNext else {
                                column.passOver()
                                continue
                            }
                            try await Self.empty(server)
                            for file in [tool.needs, tool.file].compactMap({ $0 }) {
                                let dump = try await DumpLook.dump(
                                    at: "\(folder)/\(source)/\(file)", formats: engine.dumpFormats)
                                do {
                                    let report = try await engine.load(
                                        dump, into: server.plan, LoadTerms(), build: server.build,
                                        user: TestUser.server
                                    ) { _ in }
                                    column.notes.formUnion(report.notes)
                                    if file == tool.file { column.add(try Self.result(tool, server)) }
                                } catch {
                                    column.add("refused: \(error)")
                                    break
                                }
                            }
                        }
                    }
                }
            }
        }
        return column
    }

    private static func empty(_ server: TestServer) async throws {
        try server.sql("DROP DATABASE IF EXISTS data WITH (FORCE)", database: "postgres")
        for role in try server.sql(
            "SELECT quote_ident(rolname) FROM pg_roles WHERE rolname !~ '^(pg_|roost_|postgres$)'")
        { try server.sql("DROP ROLE \(role[0] ?? "")") }
        try await server.engine.open(server.plan)
    }

    /// The result is the same as at the source, but for event triggers.
    private static func result(_ tool: Tool, _ server: TestServer) throws -> String {
        let isFilled = tool.file != "schema.sql"
        // A dump of the data alone brings the large object's owner, one of the schema alone no large object.
        let wanted = [
            isFilled ? "501" : "0", isFilled ? "1" : "0", isFilled ? "2" : "0", "1", isFilled ? "1" : "0", "0", "0",
            "waiter", "3",
        ]
        let found = try server.sql(check, database: "data").first ?? []
        guard found == wanted else { return "differs: \(found.map { $0 ?? "" }.joined(separator: " "))" }
        // All loaded objects belong to the application user, directly or through a role.
        let owned = try server.psql("ALTER TABLE public.dish ADD x int; DROP SCHEMA kitchen", database: "data")
        return owned.status == 0 ? "loads" : "not the application user's: \(owned.errors)"
    }
}
