import Foundation
import RoostModel
import Testing

@testable import RoostEngines

@Suite struct MySQLConfigurationTests {
    let build: EngineBuild
    let engine = MySQL(addedBuilds: "/nonexistent")

    init() throws {
        build = EngineBuild(
            identity: try #require(EngineIdentity("mysql@9.7.4")),
            programs: ["mysqld": "/opt/m/bin/mysqld", "mysql": "/opt/m/bin/mysql"],
            folders: [
                "basedir": "/opt/m", "plugin_dir": "/opt/m/lib/plugin", "character_sets_dir": "/opt/m/share/charsets",
                "lc_messages_dir": "/opt/m/share",
            ], origin: "test", programFolders: ["/opt/m/bin"])
    }

    @Test func aLaunchNamesItsOneFileAndHoldsNoPassword() throws {
        let plan = try TestServer.plan(folder: "/home/x", previousPassword: "oldSecret1")
        let launch = engine.launch(plan, build: build)
        #expect(launch.program == "/opt/m/bin/mysqld")
        #expect(launch.arguments == ["--defaults-file=/home/x/conf/server.cnf"])
        #expect(Set(launch.files.keys) == ["server.cnf", "accounts.sql"])
        for secret in ["shownSecret1", "administrationSecret1", "oldSecret1"] {
            #expect(!launch.files.values.contains { $0.contains(secret) })
            #expect(!launch.effective.values.contains(secret))
        }
        #expect(engine.launch(plan, build: build).files == launch.files, "written twice it is the same")
        for option in ["basedir=\"/opt/m\"", "lc_messages_dir=\"/opt/m/share\"", "persisted_globals_load=\"OFF\""] {
            #expect(launch.files["server.cnf"]?.contains("\n\(option)\n") == true, "\(option)")
        }
    }

    @Test func aRunningServerIsComparedByWhatPeopleAndThePlanCanChange() throws {
        let launch = engine.launch(try TestServer.plan(folder: "/x", config: ["max-connections": "7"]), build: build)
        #expect(launch.files["server.cnf"]?.contains("super_read_only=\"ON\"\n") == true)
        // The option is not set in place: that would close a server that serves.
        #expect(launch.effective["super_read_only"] == nil && launch.effective["gtid_mode"] == nil)
        #expect(launch.effective["max_connections"] == "7")
        #expect(launch.effective["collation_server"] == "utf8mb4_0900_ai_ci")
        #expect(launch.effective["server_id"] == "77")
    }

    @Test func onlyAnExposedServerHasRoostsCertificate() throws {
        let certificate = ServerCertificate(certificate: "C", key: "K", authority: "A")
        let local = engine.launch(try TestServer.plan(folder: "/x"), build: build)
        let exposed = engine.launch(try TestServer.plan(folder: "/x", certificate: certificate), build: build)
        #expect(local.files["server-key.pem"] == nil && local.effective["ssl_key"] == nil)
        #expect(local.files["accounts.sql"]?.contains("REQUIRE SSL") == false)
        #expect(exposed.files["server-key.pem"] == "K" && exposed.files["server-cert.pem"] == "C")
        #expect(exposed.effective["require_secure_transport"] == "ON")
        #expect(exposed.files["accounts.sql"]?.contains("'root'@'%' REQUIRE SSL") == true)
        #expect(exposed.files["accounts.sql"]?.contains("'roost_admin'@'localhost' REQUIRE NONE") == true)
    }

    @Test func everyStatementOfTheStartFileIsOneLine() throws {
        let plan = try TestServer.plan(folder: "/x", previousPassword: "old")
        let lines = MySQLAccounts(plan: plan).startFile.split(separator: "\n")
        #expect(lines.allSatisfy { $0.hasSuffix(";") })
        #expect(lines[0].hasPrefix("SET SESSION sql_mode = '', autocommit = 1, "))
        #expect(lines[1] == "SET SESSION sql_log_bin = 0;")
    }

    @Test func aPasswordThatIsRightAlreadyIsNotSetAgain() throws {
        let accounts = MySQLAccounts(plan: try TestServer.plan(folder: "/x", previousPassword: "old"))
        func changesPassword(_ standing: [[String?]]) -> Bool {
            accounts.statements(standing: standing).contains { $0.hasPrefix("ALTER USER 'root'@'%' IDENTIFIED") }
        }
        let hashes = accounts.startFile.matches(of: #/ALTER USER 'root'@'%' IDENTIFIED WITH \w+ AS '([^']+)'/#)
            .map { String($0.1) }
        let (old, new) = (try #require(hashes.first), try #require(hashes.last))
        #expect(old != new)
        #expect(!changesPassword([[new, old]]))
        for standing in [[], [[new, nil]], [[old, nil]], [[old, new]]] as [[[String?]]] {
            #expect(changesPassword(standing))
        }
    }

    // MARK: Sizes

    static let pools: [(memory: Int64, pool: Int64, connections: String)] = [
        (320, 32, "64"), (512, 144, "102"), (768, 328, "153"), (1024, 512, "204"), (4096, 2560, "819"),
        (8192, 5632, "1000"), (65_536, 50_048, "1000"), (131_072, 100_096, "1000"),
    ]

    @Test(arguments: pools) func aMemoryLimitGivesSizes(_ memory: Int64, _ pool: Int64, _ connections: String) {
        let sizing = MySQLSizing(memory: .mebibytes(memory))
        #expect(sizing.bufferPool == .mebibytes(pool))
        #expect(sizing.options.first { $0.name == "max_connections" }?.value == connections)
    }

    @Test func moreMemoryNeverMeansASmallerPoolAndAlwaysLeavesRoom() {
        var last = ByteCount(bytes: 0)
        for memory in stride(from: MySQLSizing.minimum.bytes >> 20, through: 80_000, by: 37) {
            let sizing = MySQLSizing(memory: .mebibytes(memory))
            #expect(sizing.bufferPool >= last)
            #expect(sizing.buffers.use(sizing.options).bytes + sizing.buffers.rest.bytes <= memory << 20, "\(memory)")
            last = sizing.bufferPool
        }
    }

    // MARK: The client

    private func client(_ arguments: [String], authority: String? = nil, build: EngineBuild?) throws -> ClientCommand {
        try engine.client(
            ClientRequest(
                arguments: arguments, host: "127.0.0.1", port: try #require(PortNumber(21000)), user: "root",
                password: "s3cret", database: "data", authority: authority), build: build)
    }

    @Test func theBuildsOwnClientComesFirst() throws {
        let own = try client([], build: build)
        #expect(own.arguments == ["mysql", "--defaults-file={files}/my.cnf"])
        #expect(own.path == ["{files}", "/opt/m/bin"])
        #expect(own.files["my.cnf"]?.contains("[mysqldump]\nsingle-transaction=\"ON\"\n") == true)
        #expect(own.files["my.cnf"]?.contains("loose-set-gtid-purged=\"OFF\"\n") == true)
        let other = try client([], build: nil)
        #expect(other.arguments.first == "mariadb" && other.path == ["{files}"])
        #expect(other.files["my.cnf"]?.contains("gtid") == false)
    }

    static let verified: [(program: String, option: String)] = [
        ("mysql", "--ssl-mode=VERIFY_IDENTITY"), ("mysqldump", "--ssl-mode=VERIFY_IDENTITY"),
        ("mariadb", "--ssl-verify-server-cert"), ("/usr/bin/mariadb-dump", "--ssl-verify-server-cert"),
    ]

    @Test(arguments: verified) func eachProgramIsToldInItsOwnWordsToVerify(_ program: String, _ option: String) throws {
        let command = try client([program], authority: "PEM", build: build)
        #expect(
            command.arguments == [program, "--defaults-file={files}/my.cnf", "--ssl-ca={files}/ca.pem", option])
        #expect(try client(["mysql"], authority: "PEM", build: nil).arguments.last == "--ssl-verify-server-cert")
    }
}
