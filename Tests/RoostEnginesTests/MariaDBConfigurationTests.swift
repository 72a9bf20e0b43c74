import Foundation
import RoostModel
import Testing

@testable import RoostEngines

@Suite struct MariaDBConfigurationTests {
    let build: EngineBuild
    let engine = MariaDB(addedBuilds: "/nonexistent")

    init() throws {
        build = EngineBuild(
            identity: try #require(EngineIdentity("mariadb@10.11.19")), programs: ["mariadbd": "/usr/sbin/mariadbd"],
            folders: ["basedir": "/usr", "plugin_dir": "/p", "character_sets_dir": "/usr/share/mysql/charsets"],
            origin: "test", programFolders: [])
    }

    static let secrets = ["shownSecret1", "administrationSecret1", "oldSecret1"]

    @Test func aLaunchNamesItsOneFileAndHoldsNoPassword() throws {
        let plan = try TestServer.plan(folder: "/home/x", previousPassword: "oldSecret1")
        let launch = engine.launch(plan, build: build)
        #expect(launch.program == "/usr/sbin/mariadbd")
        #expect(launch.arguments == ["--defaults-file=/home/x/conf/server.cnf"])
        #expect(Set(launch.files.keys) == ["server.cnf", "accounts.sql"])
        for secret in Self.secrets {
            #expect(!launch.files.values.contains { $0.contains(secret) })
            #expect(!launch.effective.values.contains(secret))
            #expect(launch.files["accounts.sql"]?.contains(NativePassword.hash(secret)) == true)
        }
    }

    @Test func aRunningServerIsComparedByWhatPeopleAndThePlanCanChange() throws {
        let launch = engine.launch(try TestServer.plan(folder: "/x"), build: build)
        #expect(launch.files["server.cnf"]?.contains("read_only=\"ON\"\n") == true)
        // The option is not set in place: that would close a server that serves.
        #expect(launch.effective["read_only"] == nil)
        // A newer Roost may write these options otherwise, and must restart no server for it.
        for name in ["slave_net_timeout", "secure_file_priv", "tmpdir", "loose_feedback", "getopt_prefix_matching"] {
            #expect(launch.effective[name] == nil, "\(name)")
        }
        // A key that leaves the build file goes back to Roost's value, not to the engine's.
        #expect(launch.effective["character_set_server"] == "utf8mb4")
        #expect(launch.effective["max_connections"] == "85")
        #expect(launch.effective["server_id"] == "77")
    }

    @Test func theUsersSettingsReplaceRoostsSizesAndComeLast() throws {
        let plan = try TestServer.plan(folder: "/x", config: ["max-connections": "7", "tmp_memory_table_size": "1M"])
        let launch = engine.launch(plan, build: build)
        let lines = launch.files["server.cnf"]?.split(separator: "\n") ?? []
        #expect(lines.filter { $0.hasPrefix("max_connections=") } == ["max_connections=\"7\""])
        // The alias of a setting that Roost makes too.
        #expect(lines.last == "tmp_memory_table_size=\"1M\"")
        #expect(launch.effective["max_connections"] == "7")
    }

    @Test func onlyAnExposedServerHasTLS() throws {
        let certificate = ServerCertificate(certificate: "C", key: "K", authority: "A")
        let local = engine.launch(try TestServer.plan(folder: "/x"), build: build)
        let exposed = engine.launch(try TestServer.plan(folder: "/x", certificate: certificate), build: build)
        #expect(local.files["server-key.pem"] == nil && local.effective["ssl_key"] == nil)
        #expect(local.files["accounts.sql"]?.contains("REQUIRE SSL") == false)
        #expect(exposed.files["server-key.pem"] == "K" && exposed.files["server-cert.pem"] == "C")
        #expect(exposed.effective["require_secure_transport"] == "ON")
        #expect(exposed.files["accounts.sql"]?.contains("'root'@'%' IDENTIFIED") == true)
        #expect(exposed.files["accounts.sql"]?.contains("REQUIRE SSL") == true)
        #expect(exposed.files["server.cnf"]?.contains("bind_address=\"127.0.0.1\"\n") == true)
    }

    @Test func everyStatementOfTheStartFileIsOneLine() throws {
        let plan = try TestServer.plan(folder: "/x", previousPassword: "old")
        let text = MariaDBAccounts(plan: plan).startFile
        let lines = text.split(separator: "\n")
        #expect(lines.allSatisfy { $0.hasSuffix(";") })
        #expect(lines[0].hasPrefix("SET SESSION sql_mode = '', autocommit = 1, "))
        #expect(lines[1] == "SET SESSION sql_log_bin = 0;")
    }

    // MARK: Releases

    /// The option's effect depends on the release: from 11.2 on a server started with it never serves.
    @Test(arguments: [("10.11.19", true), ("11.4.2", false), ("11.8.9", false), ("12.1.2", false)])
    func aCopyCommitsWhatIsPreparedInItsOwnStartOnlyWhereTheReleaseGoesOnBehindIt(
        _ version: String, _ isWithin: Bool
    ) throws {
        let build = EngineBuild(
            identity: try #require(EngineIdentity("mariadb@\(version)")), programs: [:], folders: [:], origin: "test",
            programFolders: [])
        let plan = try TestServer.plan(folder: "/x")
        for profile in [ServerProfile.building, .clone(isDurable: false), .clone(isDurable: true)] {
            let options = MariaDBConfiguration(plan: plan.of(profile), build: build).options
            #expect(options.contains { $0.name == "tc_heuristic_recover" } == isWithin, "\(profile)")
        }
        let own = MariaDBConfiguration(plan: plan, build: build).options
        #expect(!own.contains { $0.name == "tc_heuristic_recover" }, "a service recovers by its binary log")
        let copy = MariaDBConfiguration(plan: plan.of(.building), build: build).options.map(\.name)
        // The option is deprecated: where a later release does not know it, a copy must start all the same.
        #expect(copy.contains(version.hasPrefix("12") ? "loose_innodb_flush_method" : "innodb_flush_method"))
    }

    @Test(
        arguments: [
            (
                "x [Note] Please restart without --tc-heuristic-recover\nx [ERROR] Can't init tc log\nx [ERROR] Aborting",
                nil
            ),
            (
                "x [ERROR] Heuristic crash recovery failed\nx [Note] Please restart without --tc-heuristic-recover",
                "heuristic crash recovery failed"
            ),
            (
                "x [Note] a\nx [ERROR] InnoDB: Plugin initialization aborted\nx [ERROR] Aborting",
                "x [ERROR] InnoDB: Plugin initialization aborted; x [ERROR] Aborting"
            ),
            ("", ""),
        ] as [(String, String?)])
    func onlyASaidRecoveryIsOne(_ words: String, _ fault: String?) {
        #expect(MariaDBRecovery.fault(words, succeeded: false) == fault)
    }

    @Test func aReleaseThatEndsByItselfInOrderHasRecovered() {
        #expect(MariaDBRecovery.fault("", succeeded: true) == nil)
        #expect(MariaDBRecovery.fault("[ERROR] Heuristic crash recovery failed", succeeded: true) != nil)
    }

    // MARK: Sizes

    static let pools: [(memory: Int64, pool: Int64, connections: String)] = [
        (128, 24, "42"), (192, 48, "64"), (256, 80, "85"), (512, 224, "170"), (768, 400, "256"), (1024, 576, "341"),
        (4096, 2752, "1000"), (16_384, 12_032, "1000"), (65_536, 50_176, "1000"), (131_072, 100_352, "1000"),
    ]

    @Test(arguments: pools) func aMemoryLimitGivesSizes(_ memory: Int64, _ pool: Int64, _ connections: String) {
        let sizing = MariaDBSizing(memory: .mebibytes(memory))
        #expect(sizing.bufferPool == .mebibytes(pool))
        #expect(sizing.options.first { $0.name == "max_connections" }?.value == connections)
    }

    @Test func moreMemoryNeverMeansASmallerPoolAndAlwaysLeavesRoom() {
        var last = ByteCount(bytes: 0)
        for memory in stride(from: Int64(128), through: 80_000, by: 37) {
            let sizing = MariaDBSizing(memory: .mebibytes(memory))
            #expect(sizing.bufferPool >= last)
            #expect(sizing.buffers.use(sizing.options).bytes + (64 << 20) <= memory << 20, "\(memory)")
            last = sizing.bufferPool
        }
    }

    @Test func theLeastMemoryIsOneThatTheTableHolds() {
        #expect(engine.family.minimumMemory == .mebibytes(128))
        #expect(engine.family.defaultMemory == .mebibytes(512))
    }

    // MARK: The client

    private func client(_ arguments: [String], authority: String? = nil) throws -> ClientCommand {
        try engine.client(
            ClientRequest(
                arguments: arguments, host: "127.0.0.1", port: try #require(PortNumber(21000)), user: "root",
                password: "s3cret\"\\#", database: "data", authority: authority), build: build)
    }

    static let commands: [(typed: [String], run: [String])] = [
        ([], ["mysql", "--defaults-file={files}/my.cnf"]),
        (["mysql", "-e", "select 1"], ["mysql", "--defaults-file={files}/my.cnf", "-e", "select 1"]),
        (["/opt/bin/mariadb-dump", "data"], ["/opt/bin/mariadb-dump", "--defaults-file={files}/my.cnf", "data"]),
        (["mysqladmin", "ping"], ["mysqladmin", "--defaults-file={files}/my.cnf", "ping"]),
        // A user who names an option file means that file.
        (["mysql", "--no-defaults", "-u", "x"], ["mysql", "--no-defaults", "-u", "x"]),
        (["mysql", "--defaults-extra-file=/x"], ["mysql", "--defaults-extra-file=/x"]),
        (["python3", "import.py"], ["python3", "import.py"]), (["mysqltuner.pl"], ["mysqltuner.pl"]),
    ]

    @Test(arguments: commands) func aCommandFindsItsCredentials(_ typed: [String], _ run: [String]) throws {
        let command = try client(typed)
        #expect(command.arguments == run)
        #expect(command.environment["MYSQL_HOME"] == "{files}")
        #expect(command.environment["MYSQL_TCP_PORT"] == "21000")
        #expect(!command.arguments.joined().contains("s3cret"))
        #expect(command.files["my.cnf"]?.contains("password=\"s3cret\\\"\\\\#\"\n") == true)
    }

    @Test func anExposedServiceIsTrustedByItsAuthorityAlone() throws {
        let command = try client(["mysql"], authority: "PEM")
        #expect(
            command.arguments == [
                "mysql", "--defaults-file={files}/my.cnf", "--ssl-ca={files}/ca.pem", "--ssl-verify-server-cert",
            ])
        #expect(command.files["ca.pem"] == "PEM")
    }

    @Test func theDefaultClientIsTheOneThatTheBuildHas() throws {
        let request = ClientRequest(
            arguments: [], host: "h", port: try #require(PortNumber(1)), user: "u", password: "p", database: "d",
            authority: nil)
        #expect(try engine.client(request, build: nil).arguments.first == "mariadb")
        #expect(try engine.client(request, build: build).arguments.first == "mysql")
    }
}
