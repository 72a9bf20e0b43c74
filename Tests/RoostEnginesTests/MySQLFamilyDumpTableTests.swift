import Foundation
import RoostModel
import Testing

@testable import RoostEngines

/// The guide's table of what the tools of MariaDB and MySQL write and what becomes of it, made by loading it.
@Suite(.serialized, .timeLimit(.minutes(15)))
struct MySQLFamilyDumpTableTests {
    private struct Tool {
        /// Options that follow the name of the dump program; "mydumper" and "--tab" write folders.
        let options: String
        let file: String
        /// The number of rows in the dumped database, and of those in the other one; nil: that database is not in the
        /// dump.
        var shop: Int? = 500
        var till: Int?
        /// The engines whose builds write the dump.
        var of: [String] = ["mariadb", "mysql"]
        var hasRoutines = false

        func name(_ engine: String) -> String {
            if options == "mydumper" { return options }
            return "\(engine == "mysql" ? "mysqldump" : "mariadb-dump") \(options)"
        }
    }

    /// A dump that is loaded into a template's own account tables comes last.
    private static let tools = [
        Tool(options: "shop", file: "plain.sql"), Tool(options: "--no-data shop", file: "schema.sql", shop: 0),
        Tool(
            options: "--single-transaction --routines --triggers --events --databases shop till", file: "whole.sql",
            till: 2, hasRoutines: true),
        Tool(options: "--databases computed", file: "computed.sql", shop: nil),
        Tool(options: "--databases only_mariadb", file: "own.sql", shop: nil, of: ["mariadb"]),
        Tool(options: "--databases only_mysql", file: "own.sql", shop: nil, of: ["mysql"]),
        Tool(options: "--tab=FOLDER shop", file: "tab"), Tool(options: "mydumper", file: "mydumper", of: ["mariadb"]),
        Tool(options: "--all-databases", file: "all.sql", till: 2),
    ]

    private static let content = [
        "CREATE DATABASE computed", "CREATE TABLE computed.t (n int, twice int AS (n * 2) STORED)",
        "INSERT INTO computed.t (n) VALUES (1)", "CREATE DATABASE shop", "CREATE DATABASE till",
        "CREATE USER guest1@`%` IDENTIFIED BY 'guestSecret1'",
        "GRANT SELECT ON shop.* TO guest1@`%`", "USE shop",
        "CREATE TABLE dish (id int PRIMARY KEY AUTO_INCREMENT, name varchar(40) UNIQUE, picture blob, more json, "
            + "price decimal(6,2) DEFAULT 1.5, at timestamp NULL)",
        "CREATE TABLE an_order (id int PRIMARY KEY, dish int, FOREIGN KEY (dish) REFERENCES dish (id))",
        "CREATE TABLE old (word varchar(20)) ENGINE=MyISAM DEFAULT CHARSET=latin1",
        "CREATE TABLE parts (n int) PARTITION BY RANGE (n) (PARTITION a VALUES LESS THAN (10), PARTITION b VALUES LESS THAN MAXVALUE)",
        "INSERT INTO old VALUES ('Gr\u{F6}\u{DF}e')", "INSERT INTO parts VALUES (1), (100)",
        "CREATE USER prod@`10.1.%` IDENTIFIED BY 'prodSecret1'", "GRANT ALL ON shop.* TO prod@`10.1.%`",
        "CREATE FUNCTION five() RETURNS int DETERMINISTIC RETURN 5", "CREATE PROCEDURE ask() SELECT 'it''s; \\\\'",
        "CREATE EVENT daily ON SCHEDULE EVERY 1 DAY DISABLE DO DELETE FROM an_order", "USE till",
        "CREATE TABLE coin (n int)", "INSERT INTO coin VALUES (1), (2)",
    ]

    /// Objects whose definer is another account, which the application user may not act as.
    private static let ofOthers = [
        "USE shop", "CREATE DEFINER=prod@`10.1.%` VIEW dear AS SELECT id, name FROM dish WHERE price > 1",
        "CREATE DEFINER=prod@`10.1.%` TRIGGER named BEFORE INSERT ON an_order FOR EACH ROW SET NEW.id = NEW.id + 1",
        // 130,000 lines that say nothing of the format.
        "DELETE FROM mysql.time_zone_transition",
    ]

    /// Features that the other engine of the family does not have.
    private static let own = [
        "mariadb": [
            "CREATE DATABASE only_mariadb", "CREATE SEQUENCE only_mariadb.s",
            "CREATE TABLE only_mariadb.t (n int) WITH SYSTEM VERSIONING", "INSERT INTO only_mariadb.t VALUES (1)",
        ],
        "mysql": [
            "CREATE DATABASE only_mysql", "CREATE TABLE only_mysql.t (n int, INDEX ((n + 1)))",
            "INSERT INTO only_mysql.t VALUES (1)",
        ],
    ]

    private struct Release {
        let engine: any Engine
        let seed: String
        let title: String

        var name: String { engine.family.name }
    }

    @Test(
        .enabled(
            if: ["mariadb", "mysql"].allSatisfy { EachRelease.tarball($0) != nil },
            "no tarball of mariadb or mysql; scripts/setup --tests"))
    func theTableOfTheGuideIsWhatLoads() async throws {
        let tarballs = try ["mariadb", "mysql"].map { try #require(EachRelease.tarball($0)) }
        let machines = TestServer.mariadb
        try await EachRelease.laidOut(tarballs) {
            let engines: [any Engine] = [machines, TestServer.mariadb, MySQL(addedBuilds: EachRelease.engines)]
            try await seeded(engines, []) { releases in try await compare(releases) }
        }
    }

    private func seeded(
        _ engines: [any Engine], _ done: [Release], _ body: ([Release]) async throws -> Void
    ) async throws {
        guard let engine = engines.first else { return try await body(done) }
        let version = try #require(engine.builds().first).identity.version
        let series = version.components.prefix(2).map(String.init).joined(separator: ".")
        let title = "\(engine.family.name == "mysql" ? "MySQL" : "MariaDB") \(series)"
        try await Seed.with(engine) {
            let release = Release(engine: engine, seed: try #require(Seed.path), title: title)
            try await seeded(Array(engines.dropFirst()), done + [release], body)
        }
    }

    private func compare(_ releases: [Release]) async throws {
        try await CopyFolder.with { folder in
            for release in releases { try await dump(release, in: folder) }
            let dumps = releases.flatMap { release in
                Self.tools.filter { $0.of.contains(release.name) }.map { (release: release, tool: $0) }
            }
            var columns: [DumpColumn] = []
            for release in releases {
                for profile in [ServerProfile.building, .service] {
                    columns.append(
                        try await loads(dumps, in: folder, into: release, profile, number: columns.count))
                }
            }
            let told = zip(releases, [0, 2, 4]).map { release, number in
                (
                    "Told of these on the way into \(release.title)",
                    columns[number].notes.union(columns[number + 1].notes)
                )
            }
            try DumpTable(
                maker: "MySQLFamilyDumpTableTests",
                rows: dumps.map { ($0.release.title, $0.tool.name($0.release.name)) }, columns: columns, notes: told
            ).compare()
        }
    }

    // MARK: Making

    private func dump(_ release: Release, in parent: String) async throws {
        let folder = "\(parent)/\(release.title)"
        try TestFolder.make(folder)
        try await TestServer.with(release.engine, on: release.seed) { server in
            try await release.engine.open(server.plan)
            let rows = (1...500).map { "('dish \($0)', x'00FF\($0 % 10)0', '{\"n\": \($0)}')" }.joined(separator: ", ")
            let filling =
                Self.content + ["INSERT INTO shop.dish (name, picture, more) VALUES \(rows)"]
                + (Self.own[release.name] ?? [])
            let client = release.name == "mysql" ? "mysql" : "mariadb"
            let filled = try server.client([client], input: filling.map { "\($0);\n" }.joined())
            try #require(filled.status == 0, "\(filled.errors)")
            let administration = try ServerConnection(server.plan.address, .administration)
            for statement in Self.ofOthers { try administration.run(statement) }
            for tool in Self.tools where tool.of.contains(release.name) {
                let path = "\(folder)/\(tool.file)"
                switch tool.file {
                case "tab": try Self.folder(path, ["dish.sql", "dish.txt"])
                case "mydumper": try Self.mydumper(server, path)
                default:
                    let program = client == "mysql" ? "mysqldump" : "mariadb-dump"
                    let words = tool.options.split(separator: " ").map(String.init)
                    let written = try server.client([program, "--result-file=\(path)"] + words)
                    try #require(written.status == 0, "\(tool.name(release.name)): \(written.errors)")
                    // A refusal by the other engine would be the only result of a dump of everything.
                    if tool.shop == nil, let own = words.last { try server.administration("DROP DATABASE \(own)") }
                }
            }
        }
    }

    private static func folder(_ path: String, _ names: [String]) throws {
        try TestFolder.make(path)
        for name in names { try Data("-- \(name)\n".utf8).write(to: URL(filePath: "\(path)/\(name)")) }
    }

    /// A folder of mydumper's shape, where the tool is not installed.
    private static func mydumper(_ server: TestServer, _ path: String) throws {
        guard FileManager.default.isExecutableFile(atPath: "/usr/bin/mydumper") else {
            return try folder(path, ["metadata", "shop-schema-create.sql", "shop.dish-schema.sql", "shop.dish.sql"])
        }
        let written = try TestProgram.outcome(
            "/usr/bin/mydumper",
            [
                "-h", "127.0.0.1", "-P", "\(server.plan.internalPort)", "-u", server.plan.applicationUser, "-p",
                server.plan.applicationPassword, "-B", "shop", "-o", path, "--no-locks",
            ])
        try #require(written.status == 0, "\(written.errors)")
    }

    // MARK: Loading

    private func loads(
        _ dumps: [(release: Release, tool: Tool)], in parent: String, into release: Release, _ profile: ServerProfile,
        number: Int
    ) async throws -> DumpColumn {
        var column = DumpColumn(
            title: "\(release.title), \(profile == .service ? "service" : "template")", number: number)
        try await TestServer.with(release.engine, profile: profile, on: release.seed) { server in
            try await release.engine.open(server.plan)
            for (source, tool) in dumps {
                guard column.loadsNext else {
                    column.passOver()
                    continue
                }
                try Self.empty(server)
                let path = "\(parent)/\(source.title)/\(tool.file)"
                do {
                    let dump = try await DumpLook.dump(at: path, formats: release.engine.dumpTaking?.dumpFormats ?? [])
                    let report = try await server.load(dump)
                    column.notes.formUnion(report.notes)
                    column.add(try Self.result(tool, server))
                } catch {
                    column.add("refused: \("\(error)".replacing("\(parent)/\(source.title)/", with: ""))")
                }
            }
        }
        return column
    }

    private static func empty(_ server: TestServer) throws {
        let databases = ["data", "shop", "till", "computed", "only_mariadb", "only_mysql"]
        for name in databases { try server.administration("DROP DATABASE IF EXISTS \(name)") }
        for name in ["guest1@`%`", "prod@`10.1.%`"] { try server.administration("DROP USER IF EXISTS \(name)") }
        try server.administration("CREATE DATABASE data CHARACTER SET utf8mb4")
    }

    private static func result(_ tool: Tool, _ server: TestServer) throws -> String {
        guard let rows = tool.shop else {
            let found = try server.administration(
                "SELECT COUNT(*) FROM \(tool.options.split(separator: " ").last ?? "").t")
            return found == [["1"]] ? "loads" : "differs: \(found)"
        }
        let database = tool.options.contains("databases") ? "shop" : "data"
        // The question is asked as a user would: through the view and the trigger of a definer that is not here.
        let question =
            "SELECT (SELECT COUNT(*) FROM dear), (SELECT COUNT(*) FROM old WHERE HEX(CONVERT(word USING utf8mb4)) = "
            + "'4772C3B6C39F65'), (SELECT COUNT(*) FROM parts), (SELECT COALESCE(SUM(price), 0) FROM dish), "
            + "(SELECT COUNT(*) FROM dish WHERE HEX(picture) LIKE '00FF_0')"
        let wanted = rows == 0 ? "0\t0\t0\t0.00\t0\n" : "\(rows)\t1\t2\t\(rows * 3 / 2).00\t\(rows)\n"
        let use = server.engine.family.name == "mysql" ? "mysql" : "mariadb"
        let found = try server.client([use, "-N", database], input: question + ";\n")
        guard found.output == wanted else { return "differs: \(found.output)\(found.errors)" }
        let written = try server.client(
            [use, "-N", database, "-e", "INSERT INTO an_order VALUES (1, NULL); SELECT id FROM an_order"])
        guard written.output == "2\n" else { return "its trigger fails: \(written.output)\(written.errors)" }
        if let till = tool.till {
            let coins = try server.administration("SELECT COUNT(*) FROM till.coin")
            guard coins == [["\(till)"]] else { return "differs in till: \(coins)" }
        }
        guard tool.hasRoutines else { return "loads" }
        let routines = try server.client([use, "-N", database, "-e", "SELECT five(); CALL ask()"])
        return routines.output == "5\nit's; \\\\\n"
            ? "loads" : "its routines fail: \(routines.output)\(routines.errors)"
    }
}
