import Foundation
import RoostModel
import Testing

@testable import RoostEngines

// Settings that change while a server runs.
extension MariaDBServerTests {
    @Test func settingsChangeInPlaceWhereTheEngineCanAndAreNamedWhereItCannot() async throws {
        try await TestServer.with { server in
            try await engine.open(server.plan)
            let usual = MariaDBSizing(memory: .mebibytes(256)).options
            let larger = MariaDBSizing(memory: .mebibytes(1024)).options.filter { !usual.contains($0) }
            var changes: [String: String?] = larger.reduce(into: [:]) { $0.updateValue($1.value, forKey: $1.name) }
            changes["wait_timeout"] = "100"
            changes["sql_mode"] = "ANSI_QUOTES,NO_BACKSLASH_ESCAPES"
            changes["max_allowed_packet"] = "32M"
            changes["long_query_time"] = "0.5"
            changes["slow_query_log"] = "ON"
            changes["default_time_zone"] = "+02:00"
            changes["transaction_isolation"] = "READ-COMMITTED"
            changes["back_log"] = "200"
            changes["ssl_cert"] = "/x"
            let left = try await engine.applySettings(changes, plan: server.plan)
            #expect(left == ["back_log", "ssl_cert"])
            let pool = try server.administration(
                "SELECT @@global.innodb_buffer_pool_size, @@global.time_zone, @@global.tx_isolation")
            #expect(
                pool == [["\(MariaDBSizing(memory: .mebibytes(1024)).bufferPool.bytes)", "+02:00", "READ-COMMITTED"]])
            // Roost's own statements mean the same, whatever users set for all sessions.
            try await engine.addUser("o'hara\\", password: "p", plan: server.plan)
            #expect(try await engine.users(server.plan).first?.name == "o'hara\\")
            try await engine.applyAccounts(server.plan)

            let defaults: [String: String?] = ["wait_timeout": String?.none, "back_log": nil, "sql_mode": nil]
            let back = try await engine.applySettings(defaults, plan: server.plan)
            #expect(back == ["back_log"])
            #expect(try server.administration("SELECT @@global.wait_timeout") == [["28800"]])
            await #expect(throws: EngineError.self) {
                _ = try await engine.applySettings(["sql_mode": "NONSENSE"], plan: server.plan)
            }
        }
    }

    @Test func everythingInForceCanBeAskedForAgainWithoutClosingTheServer() async throws {
        try await TestServer.with { server in
            try await engine.open(server.plan)
            let effective = engine.launch(server.plan, build: server.build).effective
            _ = try await engine.applySettings(effective.mapValues { $0 }, plan: server.plan)
            #expect(await engine.probe(server.plan.address) == .healthy)
        }
    }

    @Test func awkwardValuesReachTheEngineAsTheyAre() async throws {
        let syntax = "+ -><()~*:\"\"&|"
        let config = ["ft-boolean-syntax": syntax, "sql_mode": "ANSI_QUOTES,NO_BACKSLASH_ESCAPES", "wait_timeout": "5"]
        try await TestServer.with(config: config) { server in
            try await engine.open(server.plan)
            try await engine.applyAccounts(server.plan)
            #expect(try server.administration("SELECT @@global.ft_boolean_syntax") == [[syntax]])
            #expect(try server.client(["mariadb", "-e", "SELECT 1"]).status == 0)
        }
    }

    @Test func logsAreTrimmedToASizeAndTheNewestStays() async throws {
        try await TestServer.with { server in
            try await engine.open(server.plan)
            for _ in 0..<3 { try server.administration("FLUSH BINARY LOGS") }
            let names = try server.administration("SHOW BINARY LOGS").map { $0[0] }
            #expect(names.count == 4)
            try await engine.trimLogs(server.plan.address, keeping: .gibibytes(1))
            #expect(try server.administration("SHOW BINARY LOGS").count == 4)
            try await engine.trimLogs(server.plan.address, keeping: ByteCount(bytes: 1))
            #expect(try server.administration("SHOW BINARY LOGS").map { $0[0] } == names.suffix(1))
        }
    }

    @Test func aCopyHasNoLogOfChangesToTrim() async throws {
        try await TestServer.with(profile: .clone(isDurable: false)) { server in
            try await engine.open(server.plan)
            try await engine.trimLogs(server.plan.address, keeping: ByteCount(bytes: 1))
        }
    }

    // MARK: Asking the engine before anything changes

    static let taken: [[String: String]] = [
        ["max_connections": "200"], ["max-connections": "200", "wait_timeout": "60"],
        ["innodb_buffer_pool_size": "128M"], ["sql_mode": ""], ["sql_mode": "ANSI_QUOTES,TRADITIONAL"],
        ["slow_query_log": "1", "long_query_time": "0.25"], ["transaction-isolation": "READ-COMMITTED"],
        ["character_set_server": "latin1", "collation_server": "latin1_german1_ci"], ["event_scheduler": "ON"],
        ["default_time_zone": "+05:30"], ["lower_case_table_names": "0"], ["ft_boolean_syntax": "+ -><()~*:\"\"&|"],
    ]

    @Test(arguments: taken) func theEngineTakes(_ config: [String: String]) async throws {
        let build = try #require(TestServer.mariadb.builds().first)
        try await engine.check(config: config, memory: .mebibytes(512), build: build)
    }

    static let refused: [(name: String, value: String, words: String)] = [
        ("bogus", "1", "unknown variable 'bogus=1'"),
        // An abbreviation would pass by the names that are reserved.
        ("max_connec", "5", "unknown variable 'max_connec=5'"),
        ("max_connections", "abc", "Error while setting value 'abc' to 'max_connections'"),
        ("max_connections", "0", "max_connections: 0 locks everyone out, including Roost"),
        ("max_connections", "10; SHUTDOWN", "Error while setting value '10; SHUTDOWN' to 'max_connections'"),
        ("sort_buffer_size", "100", "option 'sort_buffer_size': unsigned value 100 adjusted to 1024"),
        ("innodb_lock_wait_timeout", "-1", "Error while setting value '-1' to 'innodb-lock-wait-timeout'"),
        ("sql_mode", "FOO", "Error while setting value 'FOO' to 'sql_mode'"),
        ("character_set_server", "klingon", "Character set 'klingon' is not a compiled character set"),
        ("collation_server", "utf8mb4_bogus", "Unknown collation: 'utf8mb4_bogus'"),
        ("slow_query_log", "maybe", "option 'slow_query_log': boolean value 'maybe' wasn't recognized"),
    ]

    @Test(arguments: refused) func theEngineRefuses(_ name: String, _ value: String, words: String) async throws {
        let build = try #require(TestServer.mariadb.builds().first)
        do throws(EngineError) {
            try await engine.check(config: [name: value], memory: .mebibytes(512), build: build)
            Issue.record("\(name)=\(value) was taken")
        } catch {
            guard case .configRefused(let lines) = error else {
                Issue.record(error)
                return
            }
            #expect(lines.contains { $0.hasPrefix(words) }, "\(lines)")
        }
    }
}
