import Foundation
import RoostModel
import Testing

/// Servers that answer Roost as ever over its standing connection, and no longer serve new clients.
@Suite
struct UnseenFaultTests {
    private static let rows = EngineRow.here.filter { ["11", "17", "8"].contains($0.version) == false }

    private static func row(_ type: String) throws -> EngineRow { try #require(rows.first { $0.type == type }) }

    /// Statements that lock a database, as its owner may run them, and the statements that undo them.
    private static let closings = [
        ("ALTER DATABASE it CONNECTION LIMIT 0", "ALTER DATABASE it CONNECTION LIMIT -1"),
        ("ALTER DATABASE it ALLOW_CONNECTIONS false", "ALTER DATABASE it ALLOW_CONNECTIONS true"),
        ("ALTER DATABASE it RENAME TO other", "ALTER DATABASE other RENAME TO it"),
    ]

    @Test func aClosedDatabaseOfPostgreSQLIsToldUntilItIsOpen() async throws {
        try await withRoost(among: .patient) { roost in
            _ = try await roost.serve(try Self.row("postgresql"))
            func run(_ statement: String) async throws {
                try await roost.roost("run", "it", "-A", "ramen", "--", "psql", "-d", "postgres", "-c", statement)
                    .expectSuccess()
            }
            for (close, open) in Self.closings {
                try await run(close)
                try await roost.expectDegraded("database 'it'", after: close)
                try await run(open)
                try await roost.expectRunning(after: open)
            }
        }
    }

    @Test func aPostmasterThatIsStoppedIsToldUntilItRunsOn() async throws {
        try await withRoost(among: .patient) { roost in
            _ = try await roost.serve(try Self.row("postgresql"))
            let pid = try await roost.pid("it")
            kill(pid, SIGSTOP)
            do { try await roost.expectDegraded("new connections get no answer", after: "SIGSTOP") } catch {
                kill(pid, SIGCONT)
                throw error
            }
            kill(pid, SIGCONT)
            try await roost.expectRunning(after: "SIGCONT")
        }
    }

    @Test(arguments: rows.filter { ["mariadb", "mysql"].contains($0.type) })
    func aDroppedDatabaseIsToldUntilItIsThere(_ row: EngineRow) async throws {
        try await withRoost(among: .patient) { roost in
            _ = try await roost.serve(row)
            func run(_ statement: String) async throws {
                // The connection does not use the database that the service names.
                try await roost.roost(
                    "run", "it", "-A", "ramen", "--", row.type == "mysql" ? "mysql" : "mariadb", "-D",
                    "information_schema",
                    "-e", statement
                ).expectSuccess()
            }
            try await run("DROP DATABASE it")
            try await roost.expectDegraded("its database 'it' is missing", after: "DROP DATABASE")
            try await run("CREATE DATABASE it")
            try await roost.expectRunning(after: "CREATE DATABASE")
        }
    }

    // MARK: Files

    @Test(arguments: RemovedFile.all.filter { file in rows.contains { $0.type == file.engine } })
    func aRemovedLogIsToldAndItsServerIsNotEnded(_ file: RemovedFile) async throws {
        try await withRoost(among: .patient) { roost in
            _ = try await roost.serve(try Self.row(file.engine))
            let pid = try await roost.pid("it")
            let path = try file.path(in: "\(roost.home)/instances/ramen/it.0/data")
            try FileManager.default.removeItem(atPath: path)
            try await roost.expectDegraded("data files were removed while its server is running", after: path)
            let refused = try await roost.roost("restart", "it", "-A", "ramen")
            #expect(refused.status != 0 && refused.errors.contains("roost export it"), "\(refused)")
            #expect(try await roost.pid("it") == pid)
        }
    }

    /// The service goes on without loss, and may be restarted.
    @Test(arguments: rows.filter { ["mariadb", "mysql"].contains($0.type) })
    func anOlderBinaryLogThatWasRemovedIsTold(_ row: EngineRow) async throws {
        try await withRoost(among: .patient) { roost in
            _ = try await roost.serve(row)
            // A start begins a new binary log.
            try await roost.roost("restart", "it", "-A", "ramen").expectSuccess()
            try FileManager.default.removeItem(atPath: "\(roost.home)/instances/ramen/it.0/data/binlog.000001")
            try await roost.expectDegraded("binary log files were removed", after: "removal")
            try await roost.roost("restart", "it", "-A", "ramen").expectSuccess()
        }
    }

    @Test func filesOfTheOtherDatabasesOfPostgreSQLAreLookedAt() async throws {
        try await withRoost(among: .patient) { roost in
            _ = try await roost.serve(try Self.row("postgresql"))
            func run(_ statement: String, in database: String) async throws -> String {
                let run = try await roost.roost(
                    "run", "it", "-A", "ramen", "--", "psql", "-d", database, "-qAtc", statement)
                try run.expectSuccess()
                return run.output.trimmingCharacters(in: .whitespacesAndNewlines)
            }
            for name in ["one", "two"] { _ = try await run("CREATE DATABASE \(name)", in: "it") }
            _ = try await run("CREATE TABLE t (id int PRIMARY KEY)", in: "two")
            let data = "\(roost.home)/instances/ramen/it.0/data"
            let index = try await run("SELECT pg_relation_filepath('t_pkey')", in: "two")
            try FileManager.default.removeItem(atPath: "\(data)/\(index)")
            try await roost.expectDegraded("index files were removed", after: "removal of an index")
            _ = try await run("REINDEX INDEX t_pkey", in: "two")
            try await roost.expectRunning(after: "REINDEX")
            let table = try await run("SELECT pg_relation_filepath('t')", in: "two")
            try FileManager.default.removeItem(atPath: "\(data)/\(table)")
            try await roost.expectDegraded("data files were removed", after: "removal of a table")
            let refused = try await roost.roost("restart", "it", "-A", "ramen")
            #expect(refused.status != 0 && refused.errors.contains(table), "\(refused)")
        }
    }

    /// The server goes on with the removed file, whose content is lost when the server ends.
    @Test(arguments: EngineRow.ofCopies.filter { $0.type != "custom" })
    func aRemovedFileIsToldAndItsServerIsNotEnded(_ row: EngineRow) async throws {
        try await withRoost(among: .patient) { roost in
            let before = try await roost.serve(row)
            _ = try await roost.ask(row, at: before.url, "put", "row", "kept")
            try await roost.roost("snapshot", "new", "it", "-A", "ramen", "--stop").expectSuccess()
            let snapshot = try #require(try await roost.snapshots().first)
            try await roost.waitReady("it")
            // The write opens the table again.
            _ = try await roost.ask(row, at: before.url, "put", "more", "words")
            let pid = try await roost.pid("it")
            try roost.removeFile(of: row)
            try await roost.expectDegraded("data files were removed while its server is running", after: "removal")
            for words in [["restart", "it"], ["snapshot", "new", "it"]] {
                let refused = try await roost.roost(words + ["-A", "ramen"])
                #expect(refused.status != 0 && refused.errors.contains("roost export it"), "\(words): \(refused)")
            }
            #expect(try await roost.pid("it") == pid)
            let stopped = try await roost.stop(services: true)
            #expect(stopped.status != 0 && stopped.errors.contains("roost export it"), "\(stopped)")
            #expect(try await roost.pid("it") == pid)
            let doctor = try await roost.roost("doctor")
            #expect(doctor.output.contains("ramen/it: data files were removed"), "\(doctor)")
            try await roost.roost("snapshot", "restore", "it", snapshot.id, "-A", "ramen", "--yes").expectSuccess()
            try await roost.expectRunning(after: "restore")
            let after = try await roost.info("it", showPassword: true)
            #expect(try await roost.ask(row, at: after.url, "get", "row") == "kept")
        }
    }
}

/// A file that a server goes on without, and the name under which its loss is reported.
struct RemovedFile: CustomTestStringConvertible {
    let engine: String
    let what: String
    let place: String
    let isMeant: @Sendable (String) -> Bool

    var testDescription: String { "\(engine): \(what)" }

    /// The newest of the matching files, by the number in its name.
    func path(in data: String) throws -> String {
        let names = try FileManager.default.contentsOfDirectory(atPath: "\(data)/\(place)").filter(isMeant)
        let newest = try #require(names.max { $0.count == $1.count ? $0 < $1 : $0.count < $1.count })
        return "\(data)/\(place)/\(newest)"
    }

    private static func isBinaryLog(_ name: String) -> Bool { name.hasPrefix("binlog.0") }

    static let all = [
        RemovedFile(engine: "mariadb", what: "binary log", place: ".") { isBinaryLog($0) },
        RemovedFile(engine: "mysql", what: "binary log", place: ".") { isBinaryLog($0) },
        // Not MySQL's redo log: the server goes on to another file within seconds, before a second visit sees it.
        RemovedFile(engine: "mongodb", what: "journal", place: "journal") { $0.hasPrefix("WiredTigerLog.") },
    ]
}

extension Roost {
    fileprivate func expectDegraded(_ words: String, after what: String) async throws {
        try await eventually("it is degraded after \(what)") {
            let info = try await info("it")
            return info.state == .degraded && info.problems.contains { $0.contains(words) }
        }
    }

    fileprivate func expectRunning(after what: String) async throws {
        try await eventually("it is well after \(what)") {
            let info = try await info("it")
            return info.state == .running && info.problems.isEmpty
        }
    }

    /// The file, or the database's folder, that holds the rows.
    fileprivate func removeFile(of row: EngineRow) throws {
        let data = "\(home)/instances/ramen/it.0/data"
        func newest(_ folder: String, _ isMeant: (String) -> Bool) throws -> String {
            let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter(isMeant)
            return "\(folder)/\(try #require(names.max { $0.count == $1.count ? $0 < $1 : $0.count < $1.count }))"
        }
        let path =
            switch row.type {
            case "mariadb", "mysql": "\(data)/it/kept.ibd"
            case "postgresql": try newest("\(data)/base") { Int($0) != nil }
            case "mongodb": try newest(data) { $0.hasPrefix("collection-") }
            default: try newest("\(data)/appendonlydir") { $0.hasSuffix(".incr.aof") }
            }
        try FileManager.default.removeItem(atPath: path)
    }
}
