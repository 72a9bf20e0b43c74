import Foundation
import RoostModel
import Testing

/// `type: postgresql` as its users see it.
@Suite
struct PostgreSQLTests {
    private static let one = BuildFiles.services("data: {type: postgresql, memory: 192M}")

    // MARK: Clients

    @Test(
        .enabled(
            if: FileManager.default.isExecutableFile(atPath: Programs.python),
            "the Python clients are not installed; scripts/setup --tests does it"))
    func psycopgWorksThroughTheEndpoint() async throws {
        try await withRoost { roost in
            try await roost.push(Self.one)
            let variables = try await roost.roost("env", "-A", "ramen", "--format", "json").expectSuccess().output
            let outcome = try await Command.run(
                Programs.python, ["\(Programs.checkout)/Tests/clients/postgresql_roundtrip.py"], input: variables)
            #expect(outcome.status == 0, "\(outcome)")
        }
    }

    @Test func runOpensTheClientSignedInAndReadsADump() async throws {
        try await withRoost { roost in
            try await roost.push(Self.one)
            // Without a command `run` opens the engine's own client.
            try await roost.roost(
                "run", "data", "-A", "ramen",
                input: "create table t as select n from generate_series(1, 20000) n;"
            ).expectSuccess()
            let dump = try await roost.roost("run", "data", "-A", "ramen", "--", "pg_dump", "--no-owner")
            try dump.expectSuccess()
            #expect(try await roost.sql("drop table t; select current_user") == "postgres")
            try await roost.roost("run", "data", "-A", "ramen", "--", "psql", "-q", input: dump.output).expectSuccess()
            #expect(try await roost.sql("select count(*), max(n) from t") == "20000|20000")
        }
    }

    @Test func aStoppedOrMissingServerIsToldInTheClientsOwnWords() async throws {
        try await withRoost { roost in
            try await roost.push(Self.one)
            let shown = try await roost.info(showPassword: true)
            try await roost.roost("destroy", "data", "-A", "ramen", "--yes", "--no-keep").expectSuccess()
            #expect(try await Command.run("/usr/bin/psql", [try #require(shown.url), "-c", "select 1"]).status != 0)
            #expect(roost.servers(of: "postgres").isEmpty)
        }
    }

    // MARK: Restarts and faults

    @Test func aRestartKeepsAddressPasswordAndRows() async throws {
        try await withRoost { roost in
            try await roost.push(Self.one)
            try await roost.sql("create table t as select 42 as n")
            let before = try await roost.info(showPassword: true)
            try await roost.roost("restart", "data", "-A", "ramen").expectSuccess()
            let after = try await roost.info(showPassword: true)
            #expect(after.instances.first?.pid != before.instances.first?.pid)
            #expect(after.url == before.url && before.url?.hasPrefix("postgresql://postgres:") == true)
            #expect(try await roost.sql("select n from t") == "42")
        }
    }

    @Test func aKilledPostmasterComesBackThoughItsSessionsLivedOn() async throws {
        try await withRoost { roost in
            try await roost.push(Self.one)
            try await roost.sql("create table t (n int)")
            let pid = try await roost.pid()
            let shown = try await roost.info(showPassword: true)
            async let writer = Command.run(
                "/usr/bin/psql",
                [try #require(shown.url), "-qc", "do $$ begin loop insert into t values (1); commit; end loop; end $$"])
            try await eventually("rows are written") { try await roost.sql("select count(*) > 10 from t") == "t" }
            kill(pid, SIGKILL)
            #expect(try await writer.status != 0, "its session has ended")
            try await eventually("another server serves") {
                let answer = try await Command.run(
                    "/usr/bin/psql", [shown.url ?? "", "-Atc", "select count(*) > 10 from t"])
                return answer.output == "t\n"
            }
            #expect(try await roost.pid() != pid)
            try await roost.waitReady()
        }
    }

    @Test func aKilledDaemonTakesNothingWithIt() async throws {
        try await withRoost { roost in
            try await roost.push(Self.one)
            let before = try await roost.info(showPassword: true)
            await roost.killDaemon()
            let answer = try await Command.run(
                "/usr/bin/psql", [try #require(before.url), "-Atc", "create table t as select 42 as n"])
            #expect(answer.status == 0, "\(answer)")
            try await roost.start()
            try await roost.waitReady()
            let after = try await roost.info(showPassword: true)
            #expect(after.instances.first?.pid == before.instances.first?.pid, "adopted, not started again")
            #expect(try await roost.sql("select n from t") == "42")
        }
    }

    // MARK: Settings

    @Test func settingsChangeInPlaceOrWithARestart() async throws {
        try await withRoost { roost in
            try await roost.push(Self.one)
            let pid = try await roost.pid()
            try await roost.push(
                BuildFiles.services("data: {type: postgresql, memory: 192M, config: {work_mem: 9MB}}"))
            #expect(try await roost.sql("show work_mem") == "9MB")
            #expect(try await roost.pid() == pid, "in place")
            try await roost.push(
                BuildFiles.services(
                    "data: {type: postgresql, memory: 192M, config: {work_mem: 9MB, max_connections: 33}}"))
            #expect(try await roost.sql("show max_connections") == "33")
            #expect(try await roost.pid() != pid)

            try await roost.roost("scale", "data:memory=256M", "-A", "ramen").expectSuccess()
            #expect(try await roost.sql("show shared_buffers") == "64MB")
            let info = try await roost.info()
            if info.limitsEnforced {
                let limit = ProcessTable.memoryLimit(of: try await roost.pid())
                #expect(limit == ByteCount.mebibytes(256).bytes)
            }
        }
    }

    @Test func wrongSettingsAreRefusedInTheEnginesWordsBeforeAnythingChanges() async throws {
        try await withRoost(arguments: ["--ready", "0"]) { roost in
            let wrong: [(config: String, words: String)] = [
                ("{bogus: 1}", "unrecognized configuration parameter \"bogus\""),
                ("{work_mem: 1kB}", "outside the valid range for parameter \"work_mem\""),
                ("{fsync: off}", "committed data must survive a crash"),
                ("{shared_buffers: 300MB}", "the buffers would take"),
            ]
            for (config, words) in wrong {
                let outcome = try await roost.tryPush(
                    BuildFiles.services("data: {type: postgresql, memory: 192M, config: \(config)}"))
                #expect(outcome.status == 2 && outcome.errors.contains(words), "\(outcome)")
            }
            let outcome = try await roost.tryPush(
                BuildFiles.services("data: {type: postgresql, extensions: [hstore, no_such_thing]}"))
            #expect(outcome.status == 2, "\(outcome)")
            #expect(outcome.errors.contains("data.extensions"), "\(outcome)")
            #expect(outcome.errors.contains("postgresql-\(Self.major(roost))-no-such-thing"), "\(outcome)")
            #expect(roost.servers(of: "postgres").isEmpty)
        }
    }

    /// The only major version that Debian has.
    private static func major(_ roost: Roost) -> String {
        // Without the folder there is no server, and the test fails.
        ((try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []).max() ?? "none"
    }

    @Test func extensionsAreThereInEachDatabase() async throws {
        try await withRoost { roost in
            try await roost.push(Self.one)
            let more =
                "data: {type: postgresql, memory: 192M, databases: [more], extensions: [hstore, pg_stat_statements]}"
            try await roost.push(BuildFiles.services(more))
            for database in ["data", "more"] {
                let outcome = try await roost.roost(
                    "run", "data", "-A", "ramen", "--", "psql", "-d", database, "-XAtc",
                    "select 'a=>1'::hstore -> 'a', count(*) > 0 from pg_stat_statements")
                #expect(outcome.output == "1|t\n", "\(outcome)")
            }
            let without = try await roost.push(Self.one)
            #expect(try await roost.sql("select 'a=>1'::hstore -> 'a'") == "1", "\(without)")
        }
    }

    // MARK: Accounts

    @Test func aRotationHasNoGraceTime() async throws {
        try await withRoost { roost in
            try await roost.push(Self.one)
            let old = try await roost.info(showPassword: true)
            let refused = try await roost.roost("password", "rotate", "data", "-A", "ramen", "--grace", "1h")
            #expect(refused.status != 0 && refused.errors.contains("one password"), "\(refused)")
            try await roost.roost("password", "rotate", "data", "-A", "ramen").expectSuccess()
            let new = try await roost.info(showPassword: true)
            #expect(try await Command.run("/usr/bin/psql", [try #require(new.url), "-c", "select 1"]).status == 0)
            #expect(try await Command.run("/usr/bin/psql", [try #require(old.url), "-c", "select 1"]).status != 0)
        }
    }

    @Test func usersComeAndGo() async throws {
        try await withRoost { roost in
            try await roost.push(Self.one)
            let cook: UserInfo = try await roost.json(UserInfo.self, "user", "add", "data", "cook", "-A", "ramen")
            let shown = try await roost.info(showPassword: true)
            let url = "postgresql://cook:\(cook.password ?? "")@\(shown.endpoint.host):\(shown.endpoint.port)/data"
            #expect(try await Command.run("/usr/bin/psql", [url, "-c", "create table pot (n int)"]).status == 0)
            try await roost.roost("user", "rm", "data", "cook", "-A", "ramen", "--yes").expectSuccess()
            #expect(try await Command.run("/usr/bin/psql", [url, "-c", "select 1"]).status != 0)
            #expect(try await roost.sql("select count(*) from pot") == "0", "what it made stays")
            try await aReaderOfChangesNeedsASetting(roost)
        }
    }

    private func aReaderOfChangesNeedsASetting(_ roost: Roost) async throws {
        let refused = try await roost.problem("user", "add", "data", "reader", "-A", "ramen", "--replication", "cdc")
        #expect(refused.status == 2 && refused.error.message.contains("wal_level: logical"), "\(refused)")
        func build(_ config: String) -> String {
            BuildFiles.services("data: {type: postgresql, memory: 192M, config: {\(config)}}")
        }
        try await roost.push(build("wal_level: logical"))
        try await roost.waitReady()
        let added: UserInfo = try await roost.json(
            UserInfo.self, "user", "add", "data", "reader", "-A", "ramen", "--replication", "cdc")
        let shown = try await roost.info(showPassword: true)
        #expect(shown.problems == [])
        let url = "postgresql://reader:\(added.password ?? "")@\(shown.endpoint.host):\(shown.endpoint.port)/data"
        let slots = "select count(*) from pg_replication_slots where slot_name = 'mine'"
        let make = "select pg_create_logical_replication_slot('mine', 'pgoutput')"
        #expect(try await Command.run("/usr/bin/psql", [url, "-c", make]).status == 0)
        let logical = "\(url)?replication=database"
        #expect(try await Command.run("/usr/bin/psql", [logical, "-c", "IDENTIFY_SYSTEM"]).status == 0)
        let physical = try await Command.run("/usr/bin/psql", ["\(url)?replication=true", "-c", "IDENTIFY_SYSTEM"])
        #expect(physical.status != 0 && physical.errors.contains("replication connection"), "\(physical)")
        try await roost.roost("snapshot", "new", "data", "-A", "ramen").expectSuccess()
        try await roost.roost("restart", "data", "-A", "ramen").expectSuccess()
        #expect(try await roost.sql(slots) == "1", "a restart keeps positions")
        try await roost.roost("snapshot", "restore", "data", "-A", "ramen", "--yes").expectSuccess()
        #expect(try await roost.sql(slots) == "0", "data that are older keep none")
        #expect(try await Command.run("/usr/bin/psql", [url, "-c", make]).status == 0)
        let lowered = try await roost.tryPush(build("work_mem: 5MB"))
        #expect(lowered.status == 2 && lowered.errors.contains("must stay"), "\(lowered)")
        try await roost.roost("user", "rm", "data", "reader", "-A", "ramen", "--yes").expectSuccess()
        #expect(try await roost.sql(slots) == "0", "nobody is left to read it")
        try await roost.push(build("work_mem: 5MB"))
        try await roost.waitReady()
        #expect(try await roost.sql("show wal_level") == "replica")
    }

    // MARK: Removal and exposure

    @Test func destroyKeepsASnapshotThatRestoreBringsBack() async throws {
        try await withRoost { roost in
            try await roost.push(Self.one)
            try await roost.sql("create table t as select 42 as n")
            let before = try await roost.info(showPassword: true)
            try await roost.roost("destroy", "data", "-A", "ramen", "--yes").expectSuccess()
            // A directory that is made ready ahead has a server of its own for a moment.
            let left = roost.servers(of: "postgres")
            #expect(left.isEmpty, "\(left)")
            let kept: ItemList<SnapshotInfo> = try await roost.json(
                ItemList<SnapshotInfo>.self, "snapshot", "ls", "data", "-A", "ramen")
            let snapshot = try #require(kept.items.first)
            try await roost.roost("snapshot", "restore", "data", snapshot.id, "-A", "ramen", "--yes").expectSuccess()
            try await roost.waitReady()
            #expect(try await roost.sql("select n from t") == "42")
            #expect(try await roost.info(showPassword: true).password == before.password)
        }
    }

    @Test func anExposedServiceTakesTLSAlone() async throws {
        try await withRoost { roost in
            try await roost.push(Self.one)
            try await roost.sql("create table t as select 42 as n")
            try await roost.push(
                BuildFiles.services("data: {type: postgresql, memory: 192M, expose: network}"))
            try await roost.waitReady()
            let shown = try await roost.info(showPassword: true)
            let url = try #require(shown.url)
            #expect(url.hasSuffix("/data?sslmode=require"), "\(url)")
            let encrypted = try await Command.run("/usr/bin/psql", [url, "-Atc", "select n from t"])
            #expect(encrypted.output == "42\n", "\(encrypted)")
            let plain = try await Command.run(
                "/usr/bin/psql", [url.replacing("sslmode=require", with: "sslmode=disable"), "-c", "select 1"])
            #expect(plain.status != 0 && plain.errors.contains("no encryption"), "\(plain)")
            // The service's own client verifies the server by Roost's authority.
            #expect(try await roost.sql("select ssl from pg_stat_ssl where pid = pg_backend_pid()") == "t")

            try await roost.push(BuildFiles.services("data: {type: postgresql, memory: 192M, expose: local}"))
            try await roost.waitReady()
            #expect(try await roost.sql("select n from t") == "42")
        }
    }
}

extension Roost {
    /// Runs statements through `roost run`; returns the last one's answer.
    @discardableResult
    func sql(
        _ statements: String, _ service: String = "data", sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> String {
        let outcome = try await roost("run", service, "-A", "ramen", "--", "psql", "-qXAtc", statements)
        try #require(outcome.status == 0, "\(outcome)", sourceLocation: sourceLocation)
        return outcome.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// The running processes of a server program, without those at work on a directory that is being made ready.
    func servers(of program: String) -> [RunningProcess] {
        let making = ["--single", "--boot", "--check"]
        return processes.filter { process in
            process.program == program && !making.contains { process.arguments.contains($0) }
        }
    }
}
