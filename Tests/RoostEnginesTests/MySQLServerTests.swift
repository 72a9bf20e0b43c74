import Foundation
import RoostModel
import Testing

@testable import RoostEngines

/// Behaviour that only a real server can prove. The tests run one at a time: each starts a server.
@Suite(
    .serialized, .enabled(if: MySQLTree.tarball != nil, MySQLTree.absence), MySQLTree(), .timeLimit(.minutes(15)))
struct MySQLTests {
    /// The build that the suite unpacked.
    static var engine: MySQL { MySQL(addedBuilds: MySQLTree.engines) }

    @Suite(.serialized, MySQLSeed()) struct ServerTests {
        let engine = MySQLTests.engine
    }

    @Test func theAddedBuildIsFoundWithEverythingThatItNeeds() throws {
        let build = try #require(Self.engine.builds().first)
        #expect(build.identity.name == "mysql" && build.identity.version.description.hasPrefix("9."))
        for name in ["mysqld", "mysql", "mysqldump", "mysqladmin", "mysql_tzinfo_to_sql"] {
            #expect(build.programs[name]?.hasSuffix("/bin/\(name)") == true, "\(name)")
        }
        #expect(build.folders.count == 4, "\(build.folders)")
        #expect(build.programFolders.first?.hasSuffix("/bin") == true)
        let catalog = EngineCatalog(addedBuilds: MySQLTree.engines)
        #expect(try catalog.resolve(type: .mysql, version: nil).identity == build.identity)
        #expect(try catalog.resolve(type: .mysql, version: EngineVersion("10.11")).identity.name == "mariadb")
    }

    // MARK: Asking the engine before anything changes

    static let taken: [[String: String]] = [
        ["max_connections": "200"], ["max-connections": "200", "wait_timeout": "60"],
        ["innodb_buffer_pool_size": "128M"], ["sql_mode": ""], ["sql_mode": "ANSI_QUOTES,TRADITIONAL"],
        ["slow_query_log": "1", "long_query_time": "0.25"], ["transaction-isolation": "READ-COMMITTED"],
        ["character_set_server": "latin1", "collation_server": "latin1_german1_ci"], ["event_scheduler": "ON"],
        ["default_time_zone": "+05:30"], ["lower_case_table_names": "0"], ["innodb_redo_log_capacity": "200M"],
        ["binlog_row_image": "MINIMAL"],
    ]

    @Test(arguments: taken) func theEngineTakes(_ config: [String: String]) async throws {
        let build = try #require(Self.engine.builds().first)
        try await Self.engine.check(config: config, memory: .mebibytes(512), build: build)
    }

    static let refused: [(name: String, value: String, words: String)] = [
        ("bogus", "1", "unknown variable 'bogus=1'"),
        // An abbreviation would pass by the names that are reserved.
        ("max_connec", "5", "unknown variable 'max_connec=5'"),
        ("max_connections", "abc", "Error while setting value 'abc' to 'max_connections'"),
        ("max_connections", "0", "max_connections: 0 locks everyone out, including Roost"),
        ("lower_case_table_names", "1", "lower_case_table_names: it is fixed at 0 when"),
        ("max_connections", "10; SHUTDOWN", "Error while setting value '10; SHUTDOWN' to 'max_connections'"),
        ("sort_buffer_size", "100", "option 'sort_buffer_size': unsigned value 100 adjusted to 32768"),
        ("innodb_lock_wait_timeout", "-1", "option 'innodb-lock-wait-timeout': value -1 adjusted to 1"),
        ("innodb_flush_neighbors", "zzz", "Error while setting value 'zzz' to 'innodb-flush-neighbors'"),
        ("sql_mode", "FOO", "Error while setting value 'FOO' to 'sql_mode'"),
        ("character_set_server", "klingon", "Character set 'klingon' is not a compiled character set"),
        ("collation_server", "utf8mb4_bogus", "Unknown collation: 'utf8mb4_bogus'"),
        ("slow_query_log", "maybe", "option 'slow_query_log': boolean value 'maybe' was not recognized"),
        ("expire_logs", "3", "unknown variable 'expire_logs=3'"),
    ]

    @Test(arguments: refused) func theEngineRefuses(_ name: String, _ value: String, words: String) async throws {
        let build = try #require(Self.engine.builds().first)
        do throws(EngineError) {
            try await Self.engine.check(config: [name: value], memory: .mebibytes(512), build: build)
            Issue.record("\(name)=\(value) was taken")
        } catch {
            guard case .configRefused(let lines) = error else {
                Issue.record(error)
                return
            }
            #expect(lines.contains { $0.hasPrefix(words) }, "\(lines)")
            #expect(!lines.contains { $0.contains("Aborting") || $0.contains("redo_log") }, "\(lines)")
        }
    }

    @Test func lessMemoryThanItNeedsIsRefused() async throws {
        let build = try #require(Self.engine.builds().first)
        await #expect(throws: EngineError.self) {
            try await Self.engine.check(config: [:], memory: .mebibytes(128), build: build)
        }
        try await Self.engine.check(config: [:], memory: MySQLSizing.minimum, build: build)
    }
}

/// A seed of the build that the suite around it unpacked.
struct MySQLSeed: SuiteTrait, TestScoping {
    @concurrent func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        try await Seed(MySQLTests.engine).provideScope(for: test, testCase: testCase, performing: function)
    }
}

extension MySQLTests.ServerTests {
    // MARK: A fresh directory

    @Test func aFreshDirectoryHoldsNoAccountThatAnybodyCouldUse() async throws {
        let seed = try #require(Seed.path)
        let build = try #require(engine.builds().first)
        #expect(engine.versionOfData(at: seed) == build.identity.version)
        let names = try FileManager.default.contentsOfDirectory(atPath: seed)
        #expect(!names.contains { $0 == "auto.cnf" || $0.hasSuffix(".pem") }, "\(names)")
        try await TestServer.with(engine) { server in
            let accounts = try server.administration(
                "SELECT CONCAT(User, '@', Host), account_locked FROM mysql.user ORDER BY 1")
            #expect(
                accounts == [
                    ["mysql.infoschema@localhost", "Y"], ["mysql.session@localhost", "Y"],
                    ["mysql.sys@localhost", "Y"],
                    ["roost_admin@localhost", "N"], ["root@%", "N"],
                ])
            #expect(try server.administration("SELECT COUNT(*) FROM mysql.proxies_priv") == [["0"]])
            #expect(try server.administration("SELECT @@global.gtid_executed") == [[""]], "nothing of it is logged")
            let paris = try server.administration("SELECT CONVERT_TZ('2026-07-01 12:00', 'UTC', 'Europe/Paris')")
            #expect(paris == [["2026-07-01 14:00:00"]])
        }
    }

    @Test func copiesOfOneDirectoryBecomeDifferentServers() async throws {
        var identities: [[[String?]]] = []
        for _ in 0..<2 {
            try await TestServer.with(engine) { server in
                let key = try String(contentsOfFile: "\(server.plan.folders.data)/private_key.pem", encoding: .utf8)
                identities.append(try server.administration("SELECT @@server_uuid") + [[key]])
            }
        }
        #expect(identities.count == 2 && identities[0][0] != identities[1][0] && identities[0][1] != identities[1][1])
    }

    // MARK: Opening

    @Test func bootsClosedAndOpensWithItsDatabases() async throws {
        try await TestServer.with(engine) { server in
            server.plan = try TestServer.plan(folder: server.folder, databases: ["data", "word`press"])
                .at(server.plan.internalPort)
            #expect(await engine.probe(server.plan.address) == .closed)
            let early = try server.client(["mysql", "-e", "CREATE DATABASE early", "information_schema"])
            #expect(early.errors.contains("1290"), "\(early.errors)")
            // Accounts are repaired in a closed server too, and the server stays closed.
            try await engine.applyAccounts(server.plan)
            #expect(try server.administration("SELECT @@global.super_read_only") == [["1"]])
            try await engine.open(server.plan)
            #expect(await engine.probe(server.plan.address) == .healthy)
            let databases = try server.administration(
                "SELECT SCHEMA_NAME, DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA "
                    + "WHERE SCHEMA_NAME IN ('data', 'word`press') ORDER BY 1")
            #expect(databases == [["data", "utf8mb4_0900_ai_ci"], ["word`press", "utf8mb4_0900_ai_ci"]])
            let before = try server.administration("SELECT @@global.gtid_executed")
            #expect(before != [[""]])
            try await engine.open(server.plan)
            try await engine.applyAccounts(server.plan)
            #expect(try server.administration("SELECT @@global.gtid_executed") == before, "nothing is logged twice")
            try await server.restart()
            #expect(await engine.probe(server.plan.address) == .closed)
            #expect(try server.administration("SELECT @@global.gtid_executed") == before)
        }
    }

    @Test func nothingOfTheSystemsConfigurationLeaksIn() async throws {
        try await TestServer.with(engine) { server in
            let variables = try server.administration("SHOW GLOBAL VARIABLES")
            let foreign = variables.filter { row in
                ["/etc", "/usr", "/var/lib", "/run/", "/tmp"].contains { row[1]?.hasPrefix($0) == true }
                    && row[1]?.hasPrefix(server.folder) == false && row[1]?.hasPrefix(MySQLTree.engines) == false
            }
            #expect(foreign.isEmpty)
            let wanted = [
                "bind_address": "127.0.0.1", "sync_binlog": "1", "innodb_flush_log_at_trx_commit": "1",
                "gtid_mode": "ON", "enforce_gtid_consistency": "ON", "binlog_format": "ROW",
                "log_replica_updates": "ON", "server_id": "77", "super_read_only": "ON", "skip_name_resolve": "ON",
                "log_bin": "ON", "character_set_server": "utf8mb4", "local_infile": "OFF", "secure_file_priv": "NULL",
                "time_zone": "SYSTEM", "system_time_zone": "UTC", "event_scheduler": "OFF", "partial_revokes": "ON",
                "persisted_globals_load": "OFF", "replica_net_timeout": "4", "skip_replica_start": "ON",
                "innodb_buffer_pool_size": "\(MySQLSizing(memory: .mebibytes(256)).bufferPool.bytes)",
            ]
            let found = variables.reduce(into: [String: String]()) { found, row in
                if let name = row[0] { found[name] = row[1] }
            }
            for (name, value) in wanted { #expect(found[name] == value, "\(name)") }
            let listeners = try server.administration("SHOW PLUGINS").filter { $0[0] == "mysqlx" && $0[1] == "ACTIVE" }
            #expect(listeners.isEmpty)
        }
    }

    @Test(arguments: [MySQLSizing.minimum, .mebibytes(512), .gibibytes(4)])
    func everySizeIsTakenAsItIs(_ memory: ByteCount) async throws {
        try await TestServer.with(engine, memory: memory) { server in
            let log = try String(contentsOfFile: "\(server.folder)/error.log", encoding: .utf8)
            let harmless = [
                "Generating a new UUID", "self signed", "is deprecated", "Insecure configuration for --pid-file",
                "open_files_limit", "max_open_files",
            ]
            let warnings = log.split(separator: "\n").filter { line in
                (line.contains("[Warning]") || line.contains("[ERROR]")) && !harmless.contains(where: line.contains)
            }
            #expect(warnings.isEmpty)
            for option in MySQLSizing(memory: memory).options {
                let value = try server.administration("SELECT @@global.\(option.name)")
                let wanted = option.value == "ON" ? "1" : option.value == "OFF" ? "0" : option.value
                #expect(value == [[wanted]], "\(option.name)")
            }
        }
    }

    // MARK: Looking

    @Test func aServerThatHangsIsUnknownAndOneThatIsGoneStartsAgain() async throws {
        try await TestServer.with(engine) { server in
            _ = await engine.probe(server.plan.address)
            try await server.suspend()
            guard case .unknown = await engine.probe(server.plan.address) else {
                Issue.record("a stopped process gives no answer")
                return
            }
            server.signal(SIGCONT)
            #expect(await engine.probe(server.plan.address) == .closed)
            server.kill()
            guard case .starting = await engine.probe(server.plan.address) else {
                Issue.record("nobody listens")
                return
            }
        }
    }

    // MARK: Settings

    @Test func settingsChangeInPlaceWhereTheEngineCanAndAreNamedWhereItCannot() async throws {
        try await TestServer.with(engine) { server in
            try await engine.open(server.plan)
            let usual = MySQLSizing(memory: .mebibytes(256)).options
            let larger = MySQLSizing(memory: .mebibytes(1024)).options.filter { !usual.contains($0) }
            var changes: [String: String?] = larger.reduce(into: [:]) { $0.updateValue($1.value, forKey: $1.name) }
            changes["wait_timeout"] = "100"
            changes["sql_mode"] = "ANSI_QUOTES,NO_BACKSLASH_ESCAPES"
            changes["max_allowed_packet"] = "32M"
            changes["long_query_time"] = "0.5"
            changes["default_time_zone"] = "+02:00"
            changes["transaction_isolation"] = "READ-COMMITTED"
            changes["innodb_redo_log_capacity"] = "128M"
            changes["back_log"] = "200"
            changes["ssl_cert"] = "/x"
            let left = try await engine.applySettings(changes, plan: server.plan)
            #expect(left == ["back_log", "ssl_cert"])
            let found = try server.administration(
                "SELECT @@global.innodb_buffer_pool_size, @@global.time_zone, @@global.transaction_isolation")
            #expect(
                found == [["\(MySQLSizing(memory: .mebibytes(1024)).bufferPool.bytes)", "+02:00", "READ-COMMITTED"]])
            // Roost's own statements mean the same, whatever users set for all sessions.
            try await engine.addUser("o'hara\\", password: "p", plan: server.plan)
            #expect(try await engine.users(server.plan).first?.name == "o'hara\\")
            try await engine.applyAccounts(server.plan)
            let defaults: [String: String?] = ["wait_timeout": String?.none, "back_log": nil, "sql_mode": nil]
            #expect(try await engine.applySettings(defaults, plan: server.plan) == ["back_log"])
            #expect(try server.administration("SELECT @@global.wait_timeout") == [["28800"]])
            await #expect(throws: EngineError.self) {
                _ = try await engine.applySettings(["sql_mode": "NONSENSE"], plan: server.plan)
            }
        }
    }

    @Test func everythingInForceCanBeAskedForAgainWithoutClosingTheServer() async throws {
        try await TestServer.with(engine) { server in
            try await engine.open(server.plan)
            let effective = engine.launch(server.plan, build: server.build).effective
            _ = try await engine.applySettings(effective.mapValues { $0 }, plan: server.plan)
            #expect(await engine.probe(server.plan.address) == .healthy)
        }
    }

    @Test func logsAreTrimmedToASizeAndTheNewestStays() async throws {
        try await TestServer.with(engine) { server in
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
}
