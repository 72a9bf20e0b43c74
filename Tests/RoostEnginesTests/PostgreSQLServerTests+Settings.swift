import Foundation
import RoostModel
import Testing

@testable import RoostEngines

// Settings that change while a server runs.
extension PostgreSQLServerTests {
    @Test func settingsChangeInPlaceWhereTheEngineCanAndAreNamedWhereItCannot() async throws {
        try await withServer { server in
            try await engine.open(server.plan)
            let changes: [String: String?] = ["work_mem": "9MB", "max_connections": "60", "timezone": "Europe/Paris"]
            server.plan = server.plan.with(config: changes.compactMapValues { $0 })
            let left = try await engine.applySettings(changes, plan: server.plan)
            #expect(left == ["max_connections"])
            #expect(try server.psql("SHOW work_mem; SHOW timezone").output == "9MB\nEurope/Paris\n")
            #expect(await engine.probe(server.plan.address) == .healthy)

            server.plan = server.plan.with(config: [:])
            let back = try await engine.applySettings(changes.mapValues { _ in nil }, plan: server.plan)
            #expect(back == [])
            #expect(try server.psql("SHOW timezone").output == "UTC\n")
        }
    }

    @Test func settingsOfAClosedServerLeaveItClosed() async throws {
        try await withServer { server in
            server.plan = server.plan.with(config: ["work_mem": "9MB"])
            _ = try await engine.applySettings(["work_mem": "9MB"], plan: server.plan)
            #expect(try server.sql("SHOW work_mem") == [["9MB"]])
            #expect(await engine.probe(server.plan.address) == .closed)
            #expect(try server.psql("SELECT 1").status != 0)
        }
    }

    @Test func everythingInForceCanBeAskedForAgainWithoutClosingTheServer() async throws {
        try await withServer { server in
            try await engine.open(server.plan)
            let effective = engine.launch(server.plan, build: server.build).effective
            let left = try await engine.applySettings(effective.mapValues { $0 }, plan: server.plan)
            #expect(left.isSubset(of: ["port"]))
            #expect(await engine.probe(server.plan.address) == .healthy)
        }
    }

    @Test func whatASuperuserWroteDoesNotWinOverRoost() async throws {
        try await withServer { server in
            try Data("fsync = off\nhba_file = '/tmp/x'\nlisten_addresses = '*'\nport = 1\n".utf8)
                .write(to: URL(filePath: "\(server.plan.folders.data)/postgresql.auto.conf"))
            try await server.restart()
            #expect(try server.sql("SHOW fsync") == [["on"]])
            #expect(try server.sql("SHOW listen_addresses") == [["127.0.0.1"]])
        }
    }

    @Test func awkwardValuesReachTheEngineAsTheyAre() async throws {
        let format = "it's a \\ \"%m\" #x"
        try await withServer(config: ["log_line_prefix": format, "application.name": "x"]) { server in
            let shown = try server.sql("SHOW log_line_prefix") + (try server.sql("SHOW application.name"))
            #expect(shown == [[format], ["x"]])
        }
    }

    // MARK: Extensions

    @Test func extensionsAreMadeInEachDatabaseAndLoadedWhereNeeded() async throws {
        try await withServer { server in
            server.plan = server.plan.with(databases: ["data", "more"]).with(extensions: [
                "pg_stat_statements", "hstore",
            ])
            #expect(
                engine.launch(server.plan, build: server.build).effective["shared_preload_libraries"]
                    == "pg_stat_statements")
            try await server.restart()
            try await engine.open(server.plan)
            for database in ["data", "more"] {
                try server.expect(
                    "SELECT 'a=>1'::hstore; SELECT count(*) FROM pg_stat_statements", database: database)
            }
            // Test suites that begin by dropping the schema drop the extension: it is there again after the next start.
            try server.expect("DROP SCHEMA public CASCADE")
            try await engine.applyAccounts(server.plan)
            try server.expect("SELECT 'a=>1'::hstore")
        }
    }

    @Test func anExtensionThatIsNotHereNamesItsPackage() throws {
        let build = try #require(engine.builds().first)
        try engine.check(extensions: ["hstore", "pg_stat_statements"], build: build)
        #expect(throws: EngineError.self) { try engine.check(extensions: ["no_such_thing"], build: build) }
    }

    // MARK: Asking the engine before anything changes

    static let taken: [[String: String]] = [
        ["max_connections": "200"], ["TimeZone": "Europe/Paris", "datestyle": "ISO, DMY"], ["work_mem": "16MB"],
        ["log_min_duration_statement": "250ms"], ["pg_stat_statements.max": "1000"], ["jit": "on"],
        ["max_wal_size": "2GB"],
    ]

    @Test(arguments: taken) func theEngineTakes(_ config: [String: String]) async throws {
        let build = try #require(engine.builds().first)
        try await engine.check(config: config, memory: .mebibytes(512), build: build)
        // A server also starts with every accepted configuration.
        try await withServer(config: config, memory: .mebibytes(512)) { _ in }
    }

    @Test func theEngineTellsAllThatIsWrongAtOnce() async throws {
        let build = try #require(engine.builds().first)
        let config = [
            "bogus": "1", "another_one": "2", "work_mem": "1kB", "max_connections": "many", "log_statement": "some",
            "timezone": "Nowhere/Else", "jit": "on",
        ]
        do throws(EngineError) {
            try await engine.check(config: config, memory: .mebibytes(512), build: build)
            Issue.record("it was taken")
        } catch {
            guard case .configRefused(let words) = error else {
                Issue.record(error)
                return
            }
            for part in [
                "unrecognized configuration parameter \"bogus\"",
                "unrecognized configuration parameter \"another_one\"",
                "1 kB is outside the valid range for parameter \"work_mem\"", "\"max_connections\": \"many\"",
                "\"TimeZone\": \"Nowhere/Else\"", "Available values: none, ddl, mod, all",
            ] {
                #expect(words.contains { $0.contains(part) }, "\(words)")
            }
            #expect(words.count == 6)
        }
    }
}
