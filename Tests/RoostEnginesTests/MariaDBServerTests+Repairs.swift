import RoostModel
import Testing

@testable import RoostEngines

// Repairs after a session that had Roost's own account for a moment.
extension MariaDBServerTests {
    private func drift(_ server: TestServer, _ expected: AccountExpectation) async throws -> [AccountDrift] {
        let health = await engine.probe(server.plan.address, expecting: expected)
        guard case .drifted(let drift) = health else {
            Issue.record("it is not noticed: \(health)")
            return []
        }
        return drift
    }

    /// Names and values as the server shows them.
    private static let settings = [
        ("wait_timeout", "7"), ("sql_mode", "'ANSI_QUOTES'"), ("max_allowed_packet", "1024"), ("max_connections", "10"),
        ("init_connect", "'SELECT 1'"), ("require_secure_transport", "1"), ("default_storage_engine", "MEMORY"),
        ("enforce_storage_engine", "MEMORY"), ("max_statement_time", "0.5"), ("log_output", "'TABLE'"),
        ("slow_query_log", "1"), ("optimizer_switch", "'index_merge=off'"), ("general_log_file", "'x.log'"),
        ("tx_read_only", "1"), ("read_only", "1"),
    ]

    @Test func whatSomebodySetForAllIsSetBackAndTold() async throws {
        try await TestServer.with(config: ["sort_buffer_size": "1M", "sql_mode": "TRADITIONAL"]) { server in
            try await engine.open(server.plan)
            let expected = try #require(engine.expectation(server.plan))
            #expect(await engine.probe(server.plan.address, expecting: expected) == .healthy)
            let names = Self.settings.map { "@@global.\($0.0)" }.joined(separator: ", ")
            let before = try server.administration("SELECT \(names)")
            for (name, value) in Self.settings { try server.administration("SET GLOBAL \(name) = \(value)") }
            try server.administration("SET GLOBAL sort_buffer_size = 2097152")

            let drift = try await drift(server, expected)
            for (name, _) in Self.settings {
                #expect(drift.contains { $0.kind == .setting && $0.text.hasPrefix("\(name) is ") }, "\(name): \(drift)")
            }
            #expect(drift.contains(AccountDrift(.setting, "sort_buffer_size is 2097152, not 1M")))
            try await engine.mendAccounts(drift, server.plan)
            #expect(await engine.probe(server.plan.address, expecting: expected) == .healthy)
            #expect(try server.administration("SELECT \(names)") == before)
            #expect(try server.administration("SELECT @@global.sort_buffer_size") == [["1048576"]])
        }
    }

    /// Settings that Roost made itself, in whatever form, are not reported as drift, also not by a later roostd.
    @Test func whatRoostSetInPlaceIsNoDrift() async throws {
        try await TestServer.with { server in
            try await engine.open(server.plan)
            var config = [
                "max_allowed_packet": "32M", "sql_mode": "TRADITIONAL", "slow-query-log": "1", "log_output": "file",
                "concurrent_insert": "2", "long_query_time": "0.25", "tmp_table_size": "5000001", "log_warnings": "1",
                "default_time_zone": "+02:00", "optimizer_switch": "index_merge=off,mrr=on",
            ]
            config["transaction-isolation"] = "read-committed"
            server.plan = server.plan.with(config: config)
            let changes = config.map { (SettingText.normalised($0.key), String?.some($0.value)) }
            let left = try await engine.applySettings(Dictionary(uniqueKeysWithValues: changes), plan: server.plan)
            #expect(left == [])
            for engine in [engine, MariaDB(addedBuilds: EachRelease.engines)] {
                let expected = try #require(engine.expectation(server.plan))
                #expect(await engine.probe(server.plan.address, expecting: expected) == .healthy)
            }
            // The settings return to Roost's own values, else to the defaults.
            server.plan = server.plan.with(config: [:])
            let usual = engine.launch(server.plan, build: server.build).effective
            let back: [String: String?] = changes.reduce(into: [:]) { $0.updateValue(usual[$1.0], forKey: $1.0) }
            _ = try await engine.applySettings(back, plan: server.plan)
            for engine in [engine, MariaDB(addedBuilds: EachRelease.engines)] {
                let expected = try #require(engine.expectation(server.plan))
                #expect(await engine.probe(server.plan.address, expecting: expected) == .healthy)
            }
        }
    }

    /// No probe saw the session that had the account; the next start repairs everything.
    @Test(arguments: [
        "ALTER USER roost_admin@localhost IDENTIFIED BY 'x'", "DROP USER roost_admin@localhost",
        "REVOKE ALL PRIVILEGES, GRANT OPTION FROM roost_admin@localhost",
    ])
    func whatRunsAsRoostIsGivenAwayAtTheOpeningAfterARepairByAStart(_ change: String) async throws {
        try await TestServer.with { server in
            try await engine.open(server.plan)
            for statement in [
                "CREATE TABLE data.c (a INT)", "CREATE TABLE data.gone (a INT)",
                "CREATE DEFINER=roost_admin@localhost VIEW data.v AS SELECT User FROM mysql.global_priv",
                "CREATE DEFINER=roost_admin@localhost TRIGGER data.t BEFORE INSERT ON data.c FOR EACH ROW "
                    + "SET GLOBAL max_connections = 11",
                // A view that cannot be made again.
                "CREATE DEFINER=roost_admin@localhost VIEW data.broken AS SELECT a FROM data.gone",
                "DROP TABLE data.gone",
            ] { try server.administration(statement) }
            #expect(try server.client(["mariadb", "-e", change]).status == 0)
            try await server.restart()
            try await engine.open(server.plan)
            let definers =
                "SELECT DEFINER FROM information_schema.VIEWS WHERE TABLE_SCHEMA = 'data' AND TABLE_NAME = 'v' UNION ALL "
                + "SELECT DEFINER FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = 'data'"
            #expect(try server.administration(definers) == [["root@%"], ["root@%"]])
            let expected = try #require(engine.expectation(server.plan))
            let left = AccountDrift(
                .rights, "the view data.broken runs as Roost's own account and could not be changed; drop it",
                isMendable: false)
            #expect(await engine.probe(server.plan.address, expecting: expected) == .drifted([left]))
            try server.administration("DROP VIEW data.broken")
            #expect(await engine.probe(server.plan.address, expecting: expected) == .healthy)
        }
    }

    @Test func theServersOwnAccountIsMadeAgain() async throws {
        try await TestServer.with { server in
            try await engine.open(server.plan)
            let expected = try #require(engine.expectation(server.plan))
            #expect(await engine.probe(server.plan.address, expecting: expected) == .healthy)
            for change in [
                "DROP USER 'mariadb.sys'@localhost", "ALTER USER 'mariadb.sys'@localhost ACCOUNT UNLOCK",
                "REVOKE ALL PRIVILEGES, GRANT OPTION FROM 'mariadb.sys'@localhost",
            ] {
                #expect(try server.client(["mariadb", "-e", change]).status == 0)
                let drift = try await drift(server, expected)
                #expect(drift.contains { $0.kind == .serverDatabase }, "\(change): \(drift)")
                try await engine.mendAccounts(drift, server.plan)
                #expect(await engine.probe(server.plan.address, expecting: expected) == .healthy, "\(change)")
                try server.administration("FLUSH TABLES")
                #expect(
                    try server.administration("SELECT COUNT(*) FROM mysql.user WHERE User = 'mariadb.sys'") == [["1"]])
            }
            try server.administration("DROP USER 'mariadb.sys'@localhost")
            try await server.restart()
            #expect(try server.administration("SELECT COUNT(*) FROM mysql.user WHERE User = 'mariadb.sys'") == [["1"]])
        }
    }

    /// Defaults that users set for all sessions do not apply to Roost's sessions, including those of the start-up
    /// file.
    @Test func whatPeopleSetForSessionsLeavesRoostsAlone() async throws {
        let config = [
            "sql_safe_updates": "1", "autocommit": "0", "max_join_size": "1", "group_concat_max_len": "4",
            "max_recursive_iterations": "0", "lock_wait_timeout": "0", "innodb_lock_wait_timeout": "0",
            "wait_timeout": "1", "idle_transaction_timeout": "1", "net_read_timeout": "1", "completion_type": "RELEASE",
        ]
        #expect(MariaDBSettingRules.refusals(config, memory: .mebibytes(256), hasZone: { _ in true }) == [])
        try await TestServer.with(config: config) { server in
            try await engine.open(server.plan)
            let expected = try #require(engine.expectation(server.plan))
            #expect(await engine.probe(server.plan.address, expecting: expected) == .healthy)
            try await engine.addUser("anna", password: "p", plan: server.plan)
            try await engine.removeUser("anna", plan: server.plan)
            let climb =
                "CREATE ROLE r; CREATE ROLE r2; GRANT ALL ON `%`.* TO r; GRANT r TO r2; DROP USER 'mariadb.sys'@localhost"
            #expect(try server.client(["mariadb", "-e", climb]).status == 0)
            try await engine.mendAccounts(try await drift(server, expected), server.plan)
            #expect(await engine.probe(server.plan.address, expecting: expected) == .healthy)
        }
    }
}
