import Foundation
import RoostModel
import Testing

/// `type: mysql` where Oracle's MySQL was added: the behaviour of every engine, with MySQL's own sign-on.
@Suite(
    .enabled(if: VendorTarball.mysql.isHere, VendorTarball.mysql.absence), UnpackedMySQL())
struct MySQLTests {
    private static let one = BuildFiles.services("data: {type: mysql, memory: 320M, config: {max_connections: 50}}")

    /// A roostd whose home has the engine.
    private func withMySQL(_ body: (Roost) async throws -> Void) async throws {
        try await withRoost(startsDaemon: false) { roost in
            let engines = "\(roost.home)/engines"
            try FileManager.default.createDirectory(
                atPath: engines, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o711])
            for name in try FileManager.default.contentsOfDirectory(atPath: UnpackedMySQL.engines) {
                try FileManager.default.createSymbolicLink(
                    atPath: "\(engines)/\(name)", withDestinationPath: "\(UnpackedMySQL.engines)/\(name)")
            }
            try await roost.start()
            try await body(roost)
        }
    }

    @Test func itIsPreferredAndChangesInPlaceAndSurvivesEachDeath() async throws {
        try await withMySQL { roost in
            try await roost.push(Self.one)
            let first = try await roost.info(showPassword: true)
            #expect(first.engine.hasPrefix("mysql@9."), "\(first.engine)")
            #expect(
                try await roost.query("select @@character_set_database, @@collation_database") == [
                    "utf8mb4\tutf8mb4_0900_ai_ci"
                ])
            try await roost.query("create table t as select 42 as n")

            // The setting changes in place, on the same connection.
            try await roost.withSession { session in
                try await roost.push(
                    BuildFiles.services("data: {type: mysql, memory: 320M, config: {max_connections: 60}}"))
                #expect(try await session.query("select @@global.max_connections") == ["60"])
            }
            #expect(try await roost.pid() == first.instances.first?.pid)

            // A wrong setting changes nothing.
            for config in ["{no_such_setting: 1}", "{max_connections: plenty}", "{super_read_only: 0}"] {
                let refused = try await roost.tryPush(
                    BuildFiles.services("data: {type: mysql, memory: 384M, config: \(config)}"))
                #expect(refused.status == 2, "\(refused)")
            }
            let small = try await roost.tryPush(BuildFiles.services("data: {type: mysql, memory: 192M}"))
            #expect(small.status == 2 && small.errors.contains("320"), "\(small)")
            #expect(try await roost.pid() == first.instances.first?.pid)

            try await roost.roost("restart", "data", "-A", "ramen").expectSuccess()
            #expect(try await roost.query("select n, @@max_connections from t") == ["42\t60"])

            kill(try await roost.pid(), SIGKILL)
            try await eventually("the server is back") { try await roost.connect(first).status == 0 }
            try await roost.waitReady()
            #expect(try await roost.query("select n from t") == ["42"])

            let before = try await roost.info(showPassword: true)
            await roost.killDaemon()
            #expect(try await roost.connect(before, statement: "insert into t values (43)").status == 0)
            try await roost.start()
            try await roost.waitReady()
            #expect(try await roost.info(showPassword: true) == before, "adopted, not started again")
            #expect(try await roost.query("select count(*) from t") == ["2"])
        }
    }

    @Test(
        .enabled(
            if: FileManager.default.isExecutableFile(atPath: Programs.python),
            "the Python clients are not installed; scripts/setup --tests does it"))
    func itsClientsSignOnAndRunAndDumps() async throws {
        try await withMySQL { roost in
            for client in ["pymysql", "mysql.connector"] {
                // Both clients meet a server that has not seen the password yet.
                try await roost.push(Self.one)
                let variables = try await roost.roost("env", "-A", "ramen", "--format", "json").expectSuccess().output
                let outcome = try await Command.run(
                    Programs.python, ["\(Programs.checkout)/Tests/clients/mysql_roundtrip.py", client],
                    input: variables)
                #expect(outcome.status == 0, "\(outcome)")
                try await roost.query("drop table dish")
                try await roost.roost("restart", "data", "-A", "ramen").expectSuccess()
            }
            let run = ["run", "data", "-A", "ramen", "--"]
            let version = try await roost.roost(run + ["mysql", "--version"])
            #expect(version.output.contains("Ver 9."), "the build's own comes first: \(version)")
            let dump = "create table t (n int primary key);\ninsert into t values (1), (2);\n"
            try await roost.roost(run + ["mysql"], input: dump).expectSuccess()
            let dumped = try await roost.roost(run + ["mysqldump", "data"]).expectSuccess().output
            try await roost.roost(run + ["mysql", "-e", "drop table t"]).expectSuccess()
            try await roost.roost(run + ["mysql"], input: dumped).expectSuccess()
            #expect(try await roost.roost(run + ["mysql", "-Ne", "select sum(n) from t"]).output == "3\n")
        }
    }

    @Test func aRotationHasItsGraceAndADestroyedServiceComesBack() async throws {
        try await withMySQL { roost in
            try await roost.push(Self.one)
            let old = try await roost.info(showPassword: true)
            try await roost.query("create table t as select 42 as n")
            try await roost.withSession { session in
                try await roost.roost("password", "rotate", "data", "-A", "ramen", "--grace", "1h").expectSuccess()
                let new = try await roost.info(showPassword: true)
                #expect(try await roost.connect(new).status == 0)
                #expect(try await roost.connect(old).status == 0, "still in its grace time")
                #expect(try await session.query("select 1") == ["1"])
                try await roost.roost("password", "rotate", "data", "-A", "ramen", "--grace", "0s").expectSuccess()
                #expect(try await roost.connect(new).status != 0)
                #expect(try await roost.connect(old).status != 0)
            }
            let last = try await roost.info(showPassword: true)
            try await roost.roost("destroy", "data", "-A", "ramen", "--yes").expectSuccess()
            let kept: ItemList<SnapshotInfo> = try await roost.json(
                ItemList<SnapshotInfo>.self, "snapshot", "ls", "data", "-A", "ramen")
            let snapshot = try #require(kept.items.first)
            try await roost.roost("snapshot", "restore", "data", snapshot.id, "-A", "ramen", "--yes").expectSuccess()
            try await roost.waitReady()
            #expect(try await roost.info().endpoint == last.endpoint, "its address is the one it had")
            let answer = try await roost.connect(last, statement: "select n from t")
            #expect(answer.output == "42\n", "\(answer)")
        }
    }

    @Test func exposedItTakesTLSAlone() async throws {
        try await withMySQL { roost in
            try await roost.push(Self.one)
            try await roost.query("create table t as select 42 as n")
            try await roost.push(BuildFiles.services("data: {type: mysql, memory: 320M, expose: network}"))
            try await roost.waitReady()
            let shown = try await roost.info(showPassword: true)
            let encrypted = try await roost.connect(
                shown, statement: "show status like 'Ssl_version'",
                options: ["--ssl", "--skip-ssl-verify-server-cert"])
            #expect(encrypted.output.contains("TLSv1"), "\(encrypted)")
            #expect(try await roost.connect(shown, options: ["--skip-ssl"]).status != 0)
            for program in ["mysql", "mariadb"] {
                let ran = try await roost.roost("run", "data", "-A", "ramen", "--", program, "-Ne", "select n from t")
                #expect(ran.output == "42\n", "\(ran)")
            }
        }
    }

    @Test func itStaysWithinTheLeastMemory() async throws {
        try await withMySQL { roost in
            try await roost.push(BuildFiles.services("data: {type: mysql, memory: 320M}"))
            try await roost.query("create table t (n int auto_increment primary key, filler varchar(2000))")
            try await roost.query("insert into t (filler) values (repeat('x', 2000))")
            let pid = try await roost.pid()
            try await roost.withSession { session in
                for _ in 0..<14 { try await session.query("insert into t (filler) select filler from t") }
                #expect(try await session.query("select count(*) from t") == ["16384"])
                _ = try await session.query("select filler, count(*) from t group by filler order by 2")
            }
            #expect(try await roost.pid() == pid, "its limit did not end it")
        }
    }
}

/// The unpacked tarball, laid out for the time of a suite like an added engine in a home.
struct UnpackedMySQL: SuiteTrait, TestScoping {
    @TaskLocal static var engines = "/nonexistent"

    @concurrent func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        let tarball = try #require(VendorTarball.mysql.path)
        let folder = "/tmp/roost-mysql-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        do {
            let laidOut = try await Command.run(
                "\(Programs.checkout)/Tests/clients/lay-out-engine", [tarball, folder])
            try #require(laidOut.status == 0, "\(laidOut)")
            try await Self.$engines.withValue(folder) { try await function() }
        } catch {
            Issue.record(error)
        }
        try FileManager.default.removeItem(atPath: folder)
    }
}
