import Foundation
import RoostAPI
import RoostModel
import Testing

/// Templates: from dumps and services, masked, refreshed, pooled, watched.
@Suite(
    .enabled(if: Programs.isRoot, "a pool is mounted, which needs root"),
    .enabled(
        if: FileManager.default.isExecutableFile(atPath: Programs.python),
        "the Python clients are not installed; scripts/setup --tests does it"))
struct TemplateTests {
    static let sql = EngineRow.ofCopies.filter { ["mariadb", "mysql", "postgresql"].contains($0.type) }
    /// ROOST_DUMP_ROWS sets a larger number of rows.
    private static let rows = ProcessInfo.processInfo.environment["ROOST_DUMP_ROWS"].flatMap { Int($0) } ?? 20_000

    /// Orders of customers as an exporter would write them, with a view, and the rows of customers last.
    private func dump(_ rows: Int, failing: Bool = false) -> String {
        var lines = [
            "CREATE TABLE customers (id int primary key, email varchar(100), city varchar(40));",
            "CREATE TABLE orders (id int primary key, customer int, total int);",
            "CREATE INDEX by_customer ON orders (customer);",
        ]
        for start in stride(from: 0, to: rows, by: 500) {
            let numbers = start..<min(start + 500, rows)
            lines.append(
                "INSERT INTO orders VALUES " + numbers.map { "(\($0), \($0 % 100), \($0))" }.joined(separator: ", ")
                    + ";")
        }
        if failing { lines.append("INSERT INTO nothing_of_the_kind VALUES (1);") }
        let customers = (0..<100).map { "(\($0), 'customer\($0)@example.com', 'O''Fallon; \($0)')" }
        lines.append("INSERT INTO customers VALUES " + customers.joined(separator: ", ") + ";")
        lines.append("CREATE VIEW big AS SELECT * FROM orders WHERE total > 10;")
        return lines.joined(separator: "\n") + "\n"
    }

    private func write(_ text: String, _ name: String, _ roost: Roost) async throws -> String {
        let path = "\(roost.folder)/\(name)"
        try Data(text.utf8).write(to: URL(filePath: path))
        // Only Roost has to read the file.
        chmod(path, 0o600)
        return path
    }

    private func facts(_ row: EngineRow, _ url: String?) async throws -> String {
        let script = """
            import os, sys
            sys.path.insert(0, sys.argv[1])
            from ledger import connect
            database = connect(sys.argv[2], os.environ['URL'])
            for question in ('select count(*), sum(total) from orders', 'select count(*) from big',
                             'select count(*), count(distinct email) from customers'):
                print(*[str(value) for value in database.rows(question)[0]])
            """
        let outcome = try await Command.run(
            Programs.python, ["-c", script, "\(Programs.checkout)/Tests/clients", row.type],
            environment: ["URL": url ?? ""])
        guard outcome.status == 0 else { throw Unexpected("\(outcome)") }
        return outcome.output
    }

    @Test(arguments: sql)
    func aDumpBecomesATemplateAndItsClonesHoldEveryRow(_ row: EngineRow) async throws {
        try await withRoost(mounts: .own) { roost in
            try await roost.makePool("3G")
            try await roost.add(row)
            let plain = try await write(dump(Self.rows), "shop.sql", roost)
            try await Command.run("/bin/sh", ["-c", "gzip -k \(plain) && zstd -q -k \(plain)"]).expectSuccess()
            let mask = try await write("UPDATE customers SET email = 'masked';\n", "mask.sql", roost)
            let versions = row.version.map { ["--version", $0] } ?? []
            for (name, path) in [("plain", plain), ("zipped", "\(plain).gz"), ("packed", "\(plain).zst")] {
                let masking = name == "zipped" ? ["--mask", mask] : []
                let words = ["template", "add", name, "--dump", path, "--type", row.type] + versions + masking
                let added = try await roost.roost(words, patience: .seconds(600))
                try #require(added.status == 0, "\(added)")
                let clone = try await roost.clone(name)
                let total = Self.rows * (Self.rows - 1) / 2
                let emails = name == "zipped" ? 1 : 100
                #expect(
                    try await facts(row, clone.url)
                        == "\(Self.rows) \(total)\n\(Self.rows - 11)\n100 \(emails)\n", "\(name)")
                #expect(clone.sourceKind == "template" && clone.database == name)
            }
            #expect(try await roost.template("zipped").masked)
            try await aFailedBuildKeepsTheVersionThatStands(row, roost)
        }
    }

    private func aFailedBuildKeepsTheVersionThatStands(_ row: EngineRow, _ roost: Roost) async throws {
        let before = try await roost.template("plain")
        let text = dump(Self.rows, failing: true)
        let line = text.split(separator: "\n").firstIndex { $0.contains("nothing_of_the_kind") }.map { $0 + 1 } ?? 0
        _ = try await write(text, "shop.sql", roost)
        let failed = try await roost.roost("template", "refresh", "plain")
        #expect(failed.status == 1 && failed.errors.contains("nothing_of_the_kind"), "\(failed)")
        #expect(failed.errors.contains("line \(line)"), "\(failed)")
        let now = try await roost.template("plain")
        #expect(now.state == .ready && now.version == before.version && now.failure != nil, "\(now)")
        _ = try await roost.clone("plain")
        for (nothing, words) in [("", "is empty"), ("-- a\nSELECT 1;\n", "contains no tables and no rows")] {
            _ = try await write(nothing, "shop.sql", roost)
            let empty = try await roost.roost("template", "refresh", "plain")
            #expect(empty.status == 1 && empty.errors.contains(words), "\(empty)")
            #expect(try await roost.template("plain").version == before.version)
        }

        _ = try await write(dump(100), "shop.sql", roost)
        try await roost.roost("template", "refresh", "plain").expectSuccess()
        let fresh = try await roost.template("plain")
        #expect(fresh.version != before.version && fresh.failure == nil)
        let clone = try await roost.clone("plain", "small")
        #expect(try await facts(row, clone.url).hasPrefix("100 "))
        // The refreshes follow each other directly: the next may begin as soon as an end is told.
        for _ in 0..<4 { try await roost.roost("template", "refresh", "plain").expectSuccess() }
    }

    /// A dump that names its database itself fills that database, and the template's own stays empty.
    @Test func aMaskRunsInTheDatabaseThatClonesBeginIn() async throws {
        let table = "CREATE TABLE c (m varchar(60));\nINSERT INTO c VALUES ('Ada');\n"
        let dumps = [
            ("mariadb", "CREATE DATABASE `live`;\nUSE `live`;\n\(table)", ["mariadb", "-N", "-e"]),
            ("postgresql", "CREATE DATABASE live;\n\\connect live\n\(table)", ["psql", "-Atc"]),
        ]
        try await withRoost(mounts: .own) { roost in
            try await roost.makePool()
            let mask = try await write("UPDATE c SET m = 1;\n", "mask.sql", roost)
            for (type, text, client) in dumps {
                let dump = try await write(text, "\(type).sql", roost)
                try await roost.roost(
                    "template", "add", "of-\(type)", "--dump", dump, "--type", type, "--mask", mask
                ).expectSuccess()
                let clone = try await roost.clone("of-\(type)")
                #expect(clone.database == "live", "\(clone)")
                let found = try await roost.roost(["run", clone.name, "--"] + client + ["SELECT m FROM c"])
                #expect(found.output == "1\n", "\(found)")
            }
        }
    }

    @Test func anRDBBecomesATemplate() async throws {
        let row = CloneTests.redis
        try await withRoost(mounts: .own) { roost in
            try await roost.makePool()
            let rdb = "\(roost.folder)/keys.rdb"
            // An RDB file from a foreign server.
            try await Command.run(
                "/bin/sh",
                [
                    "-c",
                    "cd \(roost.folder) && printf 'SET day first\nSAVE\nSHUTDOWN NOSAVE\n' > commands && "
                        + "(redis-server --port 0 --unixsocket \(roost.folder)/rdb.sock --save '' --dbfilename keys.rdb "
                        + "--dir \(roost.folder) --daemonize no > /dev/null & "
                        + "until redis-cli -s rdb.sock ping > /dev/null 2>&1; do sleep 0.05; done; "
                        + "redis-cli -s rdb.sock < commands > /dev/null; wait)",
                ]
            ).expectSuccess()
            try await roost.roost("template", "add", "keys", "--dump", rdb, "--type", "redis").expectSuccess()
            let clone = try await roost.clone("keys")
            #expect(try await roost.ask(row, at: clone.url, "get", "day") == "first")
            let refused = try await roost.problem("template", "add", "other", "--dump", rdb, "--type", "mariadb")
            #expect(refused.status != 0)
        }
    }

    @Test(arguments: EngineRow.ofCopies)
    func aServiceBecomesATemplate(_ row: EngineRow) async throws {
        try await withRoost(mounts: .own) { roost in
            try await roost.makePool("3G")
            let service = try await roost.serve(row)
            _ = try await roost.ask(row, service, "put", "day", "first")
            let added = try await roost.roost(
                ["template", "add", "kept", "--from", "ramen/it"], patience: .seconds(300))
            try #require(added.status == 0, "\(added)")
            _ = try await roost.ask(row, service, "put", "day", "second")
            let clone = try await roost.clone("kept")
            #expect(try await roost.ask(row, at: clone.url, "get", "day") == "first")
            #expect(try await roost.snapshots().isEmpty, "the snapshot on the way is gone")
            _ = try await roost.ask(row, at: clone.url, "put", "day", "changed")
            try await roost.roost("template", "refresh", "kept").expectSuccess()
            try await roost.roost("clone", "reset", clone.name, "--yes").expectSuccess()
            #expect(try await roost.ask(row, at: clone.url, "get", "day") == "second", "of the template as it is now")
        }
    }

    // MARK: Pools

    @Test func aPoolFillsUpHandsOutAndFollowsItsTemplate() async throws {
        let row = CloneTests.redis
        try await withRoost(mounts: .own) { roost in
            try await roost.makePool()
            let service = try await roost.serve(row)
            _ = try await roost.ask(row, service, "put", "day", "first")
            try await roost.roost("template", "add", "kept", "--from", "ramen/it", "--pool", "2").expectSuccess()
            try await eventually("the pool is full") { try await roost.template("kept").poolReady == 2 }
            #expect(try await roost.clones().isEmpty, "those that wait are nobody's")
            let waiting = Set(try await roost.storage().items.filter { $0.kind == "pooled" }.map(\.name))
            #expect(waiting == ["kept"])

            let answer = try await roost.api(
                "POST", CloneEndpoints.list.template, body: Data(#"{"source":"kept"}"#.utf8))
            #expect(answer.status == 201, "\(answer.text)")
            let made = try JSON.decode(CloneAnswer.self, from: answer.body)
            #expect(made.operation == nil && made.clone.state == .running, "\(made)")
            #expect(try await roost.ask(row, at: made.clone.url, "get", "day") == "first")
            try await eventually("it is filled up behind") { try await roost.template("kept").poolReady == 2 }

            _ = try await roost.ask(row, service, "put", "day", "second")
            try await roost.roost("template", "refresh", "kept").expectSuccess()
            try await eventually("the pool is of the new version") { try await roost.template("kept").poolReady == 2 }
            let fresh = try await roost.clone("kept")
            #expect(try await roost.ask(row, at: fresh.url, "get", "day") == "second")

            // Changed settings need no new version, but new clones.
            try await roost.roost(
                "template", "add", "kept", "--from", "ramen/it", "--pool", "2", "--memory", "200M"
            ).expectSuccess()
            let larger = try await roost.clone("kept")
            #expect(larger.memoryBytes == ByteCount.mebibytes(200), "\(larger)")
            try await roost.roost("clone", "rm", larger.name, "--yes").expectSuccess()
            try await eventually("those that wait are such, too") { try await roost.template("kept").poolReady == 2 }

            // A clone that was handed out stays.
            try await roost.roost("template", "rm", "kept", "--yes").expectSuccess()
            try await eventually("those that waited are gone") {
                try await roost.storage().items.allSatisfy { $0.kind != "pooled" && $0.kind != "template" }
            }
            #expect(try await roost.clones().count == 2)
            #expect(try await roost.ask(row, at: made.clone.url, "get", "day") == "first")

            // A new template of the same name is not the one that the clones were made of.
            try await roost.roost("template", "add", "kept", "--from", "ramen/it").expectSuccess()
            let reset = try await roost.problem("clone", "reset", made.clone.name, "--yes")
            #expect(reset.error.code == "conflict" && reset.error.message.contains("no longer exists"), "\(reset)")
            #expect(try await roost.ask(row, at: made.clone.url, "get", "day") == "first")
        }
    }

    // MARK: Watched dumps

    @Test func aDumpInTheWatchedFolderBecomesATemplateAndFollowsItsFile() async throws {
        let row = CloneTests.mariadb
        try await withRoost(mounts: .own) { roost in
            try await roost.makePool()
            let folder = "\(roost.home)/dumps/mariadb"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try Data(dump(100).utf8).write(to: URL(filePath: "\(folder)/shop.sql"))
            try await eventually("it is built") {
                let all = try await roost.json(ItemList<TemplateInfo>.self, "template", "ls").items
                return all.first?.state == .ready
            }
            let first = try await roost.template("shop")
            try Data(dump(200).utf8).write(to: URL(filePath: "\(folder)/shop.sql"))
            try await eventually("it is built anew") { try await roost.template("shop").version != first.version }
            let clone = try await roost.clone("shop")
            #expect(try await facts(row, clone.url).hasPrefix("200 "))
        }
    }

    // MARK: KeyedQueue

    /// Two templates are built at once; a third that waits can be removed without waiting for them.
    @Test func aBuildThatWaitsForItsTurnCanBeRemoved() async throws {
        try await withRoost { roost in
            let path = try await write("SELECT SLEEP(600);", "slow.sql", roost)
            for name in ["a", "b", "c"] {
                try await roost.roost("template", "add", name, "--dump", path, "--type", "mariadb", "--no-wait")
                    .expectSuccess()
            }
            try await roost.roost("template", "rm", "c", "--yes").expectSuccess()
            let left = try await roost.templates()
            #expect(left.map(\.name) == ["a", "b"] && left.allSatisfy { $0.state == .building }, "\(left)")
            // A build under way ends together with its import.
            for name in ["a", "b"] { try await roost.roost("template", "rm", name, "--yes").expectSuccess() }
            #expect(try await roost.templates().isEmpty)
        }
    }

    // MARK: Wrong input

    @Test func refusesWhatItCannotBuild() async throws {
        try await withRoost { roost in
            let path = try await write("SELECT 1;", "a.sql", roost)
            let empty = try await write("", "b.sql", roost)
            let wrong: [([String], String)] = [
                (["--dump", path], "type"), (["--dump", "/nonexistent.sql", "--type", "mariadb"], "no dump at"),
                (["--dump", path, "--type", "oracle"], "unknown type 'oracle'"),
                (["--dump", empty, "--type", "mariadb"], "empty"), ([], "from a dump or a service"),
                (["--dump", path, "--type", "mariadb", "--from", "x/y"], "one of them"),
                (["--dump", path, "--type", "redis"], "which this type does not accept"),
                (["--dump", path, "--type", "mariadb", "--refresh", "daily"], "invalid schedule"),
                (["--dump", path, "--type", "mariadb", "--pool", "1000"], "pool"),
                (["--dump", path, "--type", "mariadb", "--version", "99"], "99"),
                (["--from", "nothing/here"], "no template or service"),
            ]
            for (words, reason) in wrong {
                let outcome = try await roost.roost(["template", "add", "shop"] + words)
                #expect(outcome.status != 0 && outcome.errors.contains(reason), "\(outcome)")
            }
            #expect(try await roost.json(ItemList<TemplateInfo>.self, "template", "ls").items.isEmpty)
            #expect(try await roost.problem("template", "refresh", "shop").error.code == "template_not_found")
        }
    }
}
