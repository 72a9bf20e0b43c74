import Foundation
import RoostModel
import Testing

@testable import RoostEngines

/// Behaviour that only a real server can prove. The tests run one at a time: each starts a server.
@Suite(.serialized, EachRelease(engine: "mariadb"), Seed(), .timeLimit(.minutes(5))) struct MariaDBServerTests {
    let engine = TestServer.mariadb

    // MARK: A fresh directory

    @Test func aFreshDirectoryHoldsNoAccountThatAnybodyCouldUse() async throws {
        let seed = try #require(Seed.path)
        let build = try #require(TestServer.mariadb.builds().first)
        #expect(engine.versionOfData(at: seed) == build.identity.version)
        #expect(!FileManager.default.fileExists(atPath: "\(seed)/ib_buffer_pool"))
        try await TestServer.with { server in
            let accounts = try server.administration("SELECT CONCAT(User, '@', Host) FROM mysql.global_priv ORDER BY 1")
            #expect(accounts == [["mariadb.sys@localhost"], ["roost_admin@localhost"], ["root@%"]])
            let locked = try server.administration(
                "SELECT JSON_VALUE(Priv, '$.account_locked') FROM mysql.global_priv WHERE User = 'mariadb.sys'")
            #expect(locked == [["1"]])
            #expect(try server.administration("SELECT COUNT(*) FROM mysql.proxies_priv") == [["0"]])
            let paris = try server.administration("SELECT CONVERT_TZ('2026-07-01 12:00', 'UTC', 'Europe/Paris')")
            #expect(paris == [["2026-07-01 14:00:00"]])
        }
    }

    @Test func aFreshDirectoryStartsWithoutMakingItsLogAnew() async throws {
        try await TestServer.with { server in
            let log = try String(contentsOfFile: "\(server.folder)/error.log", encoding: .utf8)
            #expect(!log.contains("Resizing redo log"))
            #expect(!log.contains("[ERROR]"), "\(server.logTail)")
            // The start-up file's errors have no mark.
            #expect(!log.contains("ERROR:"), "\(server.logTail)")
        }
    }

    // MARK: Opening

    @Test func bootsClosedAndOpensWithItsDatabases() async throws {
        try await TestServer.with { server in
            server.plan = try TestServer.plan(folder: server.folder, databases: ["data", "word`press"])
                .at(server.plan.internalPort)
            #expect(await engine.probe(server.plan.address) == .closed)
            #expect(
                try server.client(["mariadb", "-e", "CREATE DATABASE early", "information_schema"]).errors.contains(
                    "1290"))
            try await engine.open(server.plan)
            #expect(await engine.probe(server.plan.address) == .healthy)
            let databases = try server.administration("SHOW DATABASES").compactMap { $0.first ?? nil }
            #expect(Set(databases).isSuperset(of: ["data", "word`press"]))
            let before = try server.administration("SELECT @@global.gtid_binlog_pos")
            try await engine.open(server.plan)
            try await engine.applyAccounts(server.plan)
            #expect(try server.administration("SELECT @@global.gtid_binlog_pos") == before, "nothing is logged twice")
        }
    }

    @Test func nothingOfTheSystemsConfigurationLeaksIn() async throws {
        try await TestServer.with { server in
            let words = try TestProgram.run(
                server.build.programs["mariadbd"] ?? "",
                ["--defaults-file=\(server.folder)/conf/server.cnf", "--print-defaults"])
            let read = Set(words.output.split(whereSeparator: \.isWhitespace).filter { $0.hasPrefix("--") })
            let written = MariaDBConfiguration(plan: server.plan, build: server.build).options
            #expect(read == Set(written.map { "--\($0.name)=\($0.value)" }.map { Substring($0) }))
            let variables = try server.administration("SHOW GLOBAL VARIABLES")
            let foreign = variables.filter { row in
                ["/etc", "/var/lib", "/run/", "/tmp"].contains { row[1]?.hasPrefix($0) == true }
                    && row[1]?.hasPrefix(server.folder) == false && row[1]?.hasPrefix(EachRelease.engines) == false
            }
            #expect(foreign.isEmpty)
            let wanted = [
                "bind_address": "127.0.0.1", "sync_binlog": "1", "innodb_flush_log_at_trx_commit": "1",
                "gtid_strict_mode": "ON", "binlog_format": "ROW", "log_slave_updates": "ON", "server_id": "77",
                "gtid_domain_id": "9", "read_only": "ON", "skip_name_resolve": "ON", "log_bin": "ON",
                "character_set_server": "utf8mb4", "binlog_expire_logs_seconds": "259200", "local_infile": "OFF",
                "time_zone": "SYSTEM", "system_time_zone": "UTC", "event_scheduler": "OFF", "slave_net_timeout": "4",
                "innodb_buffer_pool_size": "\(MariaDBSizing(memory: .mebibytes(256)).bufferPool.bytes)",
            ]
            for row in variables {
                guard let name = row[0], let value = wanted[name] else { continue }
                #expect(row[1] == value, "\(name)")
            }
            let plugins = try server.administration(
                "SELECT PLUGIN_NAME FROM information_schema.PLUGINS WHERE PLUGIN_NAME = 'FEEDBACK' AND PLUGIN_STATUS = 'ACTIVE'"
            )
            #expect(plugins.isEmpty)
        }
    }

    @Test(arguments: [ByteCount.mebibytes(128), .mebibytes(512), .gibibytes(4)])
    func everySizeIsTakenAsItIs(_ memory: ByteCount) async throws {
        try await TestServer.with(memory: memory) { server in
            let log = try String(contentsOfFile: "\(server.folder)/error.log", encoding: .utf8)
            let warnings = log.split(separator: "\n").filter {
                $0.contains("[Warning]") && !$0.contains("max_open_files") && !$0.contains("Aborted connection")
            }
            #expect(warnings.isEmpty)
            let names = MariaDBSizing(memory: memory).options
            for option in names {
                let value = try server.administration("SELECT @@global.\(option.name)")
                let wanted = option.value == "ON" ? "1" : option.value == "OFF" ? "0" : option.value
                #expect(value == [[wanted]], "\(option.name)")
            }
        }
    }

    // MARK: Looking

    @Test func looksShareOneConnectionAndFindTheServerAgainAfterARestart() async throws {
        try await TestServer.with { server in
            func signOns() throws -> Int {
                let rows = try server.administration("SHOW GLOBAL STATUS LIKE 'Connections'")
                return try #require(rows.first?[1].flatMap { Int($0) })
            }
            _ = await engine.probe(server.plan.address)
            let before = try signOns()
            for _ in 0..<20 { #expect(await engine.probe(server.plan.address) == .closed) }
            #expect(try signOns() == before + 1, "only the question itself signed on")
            try await server.restart()
            #expect(await engine.probe(server.plan.address) == .closed)
        }
    }

    @Test func aServerThatHangsIsUnknownAndOneThatIsGoneStartsAgain() async throws {
        try await TestServer.with { server in
            _ = await engine.probe(server.plan.address)
            try await server.suspend()
            for _ in 0..<2 {
                guard case .unknown = await engine.probe(server.plan.address) else {
                    Issue.record("a stopped process gives no answer")
                    break
                }
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
}
