import Foundation
import RoostModel
import Testing

/// Servers that answer Roost as ever, over the connection that it keeps, and no longer serve those who come.
@Suite
struct UnseenFaultTests {
    private static let rows = EngineRow.here.filter { ["11", "17", "8"].contains($0.version) == false }

    private static func row(_ type: String) throws -> EngineRow { try #require(rows.first { $0.type == type }) }

    /// What a database's owner may do, and how it is taken back.
    private static let closings = [
        ("ALTER DATABASE it CONNECTION LIMIT 0", "ALTER DATABASE it CONNECTION LIMIT -1"),
        ("ALTER DATABASE it ALLOW_CONNECTIONS false", "ALTER DATABASE it ALLOW_CONNECTIONS true"),
        ("ALTER DATABASE it RENAME TO other", "ALTER DATABASE other RENAME TO it"),
    ]

    @Test func aClosedDatabaseOfPostgreSQLIsToldUntilItIsOpen() async throws {
        try await withRoost { roost in
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
        try await withRoost { roost in
            _ = try await roost.serve(try Self.row("postgresql"))
            let pid = try await roost.pid("it")
            kill(pid, SIGSTOP)
            do { try await roost.expectDegraded("a new connection gets no answer", after: "SIGSTOP") } catch {
                kill(pid, SIGCONT)
                throw error
            }
            kill(pid, SIGCONT)
            try await roost.expectRunning(after: "SIGCONT")
        }
    }

    @Test(arguments: rows.filter { ["mariadb", "mysql"].contains($0.type) })
    func aDroppedDatabaseIsToldUntilItIsThere(_ row: EngineRow) async throws {
        try await withRoost { roost in
            _ = try await roost.serve(row)
            func run(_ statement: String) async throws {
                // Without the database that the service names.
                try await roost.roost(
                    "run", "it", "-A", "ramen", "--", row.type == "mysql" ? "mysql" : "mariadb", "-D",
                    "information_schema",
                    "-e", statement
                ).expectSuccess()
            }
            try await run("DROP DATABASE it")
            try await roost.expectDegraded("its database 'it' is gone", after: "DROP DATABASE")
            try await run("CREATE DATABASE it")
            try await roost.expectRunning(after: "CREATE DATABASE")
        }
    }

    // MARK: Files

    /// Its server goes on with the removed file, which ends with it.
    @Test(arguments: rows.filter { $0.type != "custom" })
    func aRemovedFileIsToldAndItsServerIsNotEnded(_ row: EngineRow) async throws {
        try await withRoost { roost in
            let before = try await roost.serve(row)
            _ = try await roost.ask(row, at: before.url, "put", "row", "kept")
            try await roost.roost("snapshot", "new", "it", "-A", "ramen", "--stop").expectSuccess()
            let snapshot = try #require(try await roost.snapshots().first)
            try await roost.waitReady("it")
            // Opens the table again.
            _ = try await roost.ask(row, at: before.url, "put", "more", "words")
            let pid = try await roost.pid("it")
            try roost.removeFile(of: row)
            try await roost.expectDegraded("files of its data were removed while its server runs", after: "removal")
            for words in [["restart", "it"], ["snapshot", "new", "it"]] {
                let refused = try await roost.roost(words + ["-A", "ramen"])
                #expect(refused.status != 0 && refused.errors.contains("roost export it"), "\(words): \(refused)")
            }
            #expect(try await roost.pid("it") == pid)
            let doctor = try await roost.roost("doctor")
            #expect(doctor.output.contains("ramen/it: files of its data were removed"), "\(doctor)")
            try await roost.roost("snapshot", "restore", "it", snapshot.id, "-A", "ramen", "--yes").expectSuccess()
            try await roost.expectRunning(after: "restore")
            let after = try await roost.info("it", showPassword: true)
            #expect(try await roost.ask(row, at: after.url, "get", "row") == "kept")
        }
    }
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

    /// One file, or one database's folder, that the rows are in.
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
