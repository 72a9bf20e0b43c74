import Foundation
import RoostModel
import Testing

@testable import RoostEngines

/// The guide's table of what PostgreSQL's own tools write and what becomes of it, made by loading it.
/// `ROOST_RECORD_TABLES=1 swift test --filter PostgreSQLDumpTableTests` writes it anew.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct PostgreSQLDumpTableTests {
    private static let isRecording = ProcessInfo.processInfo.environment["ROOST_RECORD_TABLES"] == "1"
    private static let guide = "\(EachRelease.checkout)/docs/guides/dumps.md"
    private static let marks = ("<!-- Made by PostgreSQLDumpTableTests. -->\n", "<!-- End of what it made. -->\n")

    private struct Tool {
        let name: String
        let arguments: [String]
        let file: String
        /// What is loaded before it.
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
            let machines = Release(engines: EachRelease.engines, seed: Seed.path)
            try await EachRelease.laidOut([tarball]) {
                try await Seed.with(TestServer.postgresql) {
                    try await compare([machines, Release(engines: EachRelease.engines, seed: Seed.path)])
                }
            }
        }
    }

    private struct Release {
        let engines: String
        let seed: String?

        func with(_ body: () async throws -> Void) async throws {
            try await EachRelease.$engines.withValue(engines) {
                try await Seed.$path.withValue(seed) { try await body() }
            }
        }
    }

    private func compare(_ releases: [Release]) async throws {
        try await CopyFolder.with { folder in
            var sources: [String] = []
            for release in releases { sources.append(try await dumps(of: release, in: folder)) }
            var columns: [(title: String, cells: [String])] = []
            var notes: [String: Set<String>] = [:]
            for release in releases {
                for profile in [ServerProfile.building, .service] {
                    let column = try await loads(sources, in: folder, into: release, profile)
                    columns.append((column.title, column.cells))
                    notes[profile == .service ? "a service" : "a template", default: []].formUnion(column.notes)
                }
            }
            try compare(Self.table(sources, columns, notes))
        }
    }

    // MARK: Making and loading

    /// The major version whose tools wrote them.
    private func dumps(of release: Release, in folder: String) async throws -> String {
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
        _ sources: [String], in folder: String, into release: Release, _ profile: ServerProfile
    ) async throws -> (title: String, cells: [String], notes: Set<String>) {
        var (title, cells, notes): (String, [String], Set<String>) = ("", [], [])
        try await release.with {
            let engine = TestServer.postgresql
            do {
                try await TestServer.with(engine, profile: profile) { server in
                    title =
                        "\(server.build.identity.version.components[0]), \(profile == .service ? "service" : "template")"
                    for source in sources {
                        for tool in Self.tools {
                            try await Self.empty(server)
                            for file in [tool.needs, tool.file].compactMap({ $0 }) {
                                let dump = try await DumpLook.dump(
                                    at: "\(folder)/\(source)/\(file)", formats: engine.dumpFormats)
                                do {
                                    let report = try await engine.load(
                                        dump, into: server.plan, LoadTerms(), build: server.build,
                                        user: TestUser.server
                                    ) { _ in }
                                    notes.formUnion(report.notes)
                                    if file == tool.file { cells.append(try Self.result(tool, server)) }
                                } catch {
                                    cells.append("refused: \(error)")
                                    break
                                }
                            }
                        }
                    }
                }
            }
        }
        return (title, cells, notes)
    }

    private static func empty(_ server: TestServer) async throws {
        try server.sql("DROP DATABASE IF EXISTS data WITH (FORCE)", database: "postgres")
        for role in try server.sql(
            "SELECT quote_ident(rolname) FROM pg_roles WHERE rolname !~ '^(pg_|roost_|postgres$)'")
        { try server.sql("DROP ROLE \(role[0] ?? "")") }
        try await server.engine.open(server.plan)
    }

    /// The same as over there, but for event triggers.
    private static func result(_ tool: Tool, _ server: TestServer) throws -> String {
        let isFilled = tool.file != "schema.sql"
        // A dump of the data alone brings the large object's owner, one of the schema alone no large object.
        let wanted = [
            isFilled ? "501" : "0", isFilled ? "1" : "0", isFilled ? "2" : "0", "1", isFilled ? "1" : "0", "0", "0",
            "waiter", "3",
        ]
        let found = try server.sql(check, database: "data").first ?? []
        guard found == wanted else { return "differs: \(found.map { $0 ?? "" }.joined(separator: " "))" }
        // What was loaded is the application user's, directly or through a role.
        let owned = try server.psql("ALTER TABLE public.dish ADD x int; DROP SCHEMA kitchen", database: "data")
        return owned.status == 0 ? "loads" : "not the application user's: \(owned.errors)"
    }

    // MARK: The table

    private static func table(
        _ sources: [String], _ columns: [(title: String, cells: [String])], _ notes: [String: Set<String>]
    ) -> String {
        let titles = ["of", "by"] + columns.map { "into \($0.title)" }
        var lines = ["| \(titles.joined(separator: " | ")) |", "|\(titles.map { _ in "---|" }.joined())"]
        for (number, source) in sources.enumerated() {
            for (index, tool) in tools.enumerated() {
                let cells = columns.map {
                    $0.cells.indices.contains(number * tools.count + index)
                        ? $0.cells[number * tools.count + index] : "no result"
                }
                lines.append("| \(source) | `\(tool.name)` | \(cells.joined(separator: " | ")) |")
            }
        }
        for title in ["a template", "a service"] {
            lines += ["", "Told of these on the way into \(title):", ""]
            lines += (notes[title] ?? []).sorted().map { "- \($0)" }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func compare(_ table: String) throws {
        let text = try String(contentsOfFile: Self.guide, encoding: .utf8)
        let start = try #require(text.range(of: Self.marks.0)).upperBound
        let end = try #require(text.range(of: Self.marks.1)).lowerBound
        if Self.isRecording {
            try text.replacingCharacters(in: start..<end, with: table).write(
                toFile: Self.guide, atomically: true, encoding: .utf8)
        }
        #expect(Self.isRecording || text[start..<end] == table, "\(table)")
    }
}
