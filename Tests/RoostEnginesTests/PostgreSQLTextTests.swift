import RoostModel
import Testing

@testable import RoostEngines

/// Decisions about PostgreSQL that need no server.
struct PostgreSQLTextTests {
    let plan: ServerPlan

    init() throws { plan = try TestServer.plan(folder: "/x", user: "postgres") }

    // MARK: Text

    @Test(arguments: [("plain", "'plain'"), ("o'hara", "'o''hara'"), ("back\\slash", "'back\\slash'")])
    func textStaysTextInSQL(_ text: String, _ literal: String) {
        #expect(PostgreSQLText.literal(text) == literal)
    }

    @Test(arguments: [("plain", "'plain'"), ("o'hara", "'o''hara'"), ("back\\slash", "'back\\\\slash'")])
    func textStaysTextInASettingsFile(_ text: String, _ setting: String) {
        #expect(PostgreSQLText.setting(text) == setting)
    }

    @Test func aQuoteInANameIsDoubled() {
        #expect(PostgreSQLText.identifier("a\"b") == "\"a\"\"b\"")
    }

    // MARK: Builds

    @Test(arguments: [
        ("postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)\n", "15.20"), ("postgres (PostgreSQL) 17.2\n", "17.2"),
        ("postgres (PostgreSQL) 18beta1\n", nil), ("postgres (PostgreSQL) 14.9\n", nil), ("", nil),
        ("redis 7.0", nil),
    ])
    func aProgramsVersionIsRead(_ output: String, _ version: String?) {
        #expect(PostgreSQL.version(output) == version.flatMap { EngineVersion($0) })
    }

    @Test func newerVersionsSortTextByThemselves() {
        #expect(PostgreSQL.arguments("/d", major: 15).contains("--data-checksums"))
        #expect(!PostgreSQL.arguments("/d", major: 16).contains("--locale-provider=builtin"))
        #expect(PostgreSQL.arguments("/d", major: 17).contains("--locale-provider=builtin"))
    }

    // MARK: Configuration

    @Test func whatPromisesRestOnStandsOnTheCommandLine() {
        let words = PostgreSQLConfiguration(plan: plan, caller: "root").arguments(major: 15)
        for setting in [
            "fsync=on", "full_page_writes=on", "synchronous_commit=on", "wal_level=replica", "wal_log_hints=on",
            "listen_addresses=127.0.0.1", "hba_file=/x/conf/pg_hba.conf", "ident_file=/x/conf/pg_ident.conf",
            "unix_socket_directories=/x/run", "config_file=/x/conf/server.conf", "session_preload_libraries=",
        ] {
            #expect(words.contains { $0.lowercased() == setting }, "\(setting)")
        }
        #expect(!words.contains { $0.hasPrefix("allow_alter_system") })
        #expect(
            PostgreSQLConfiguration(plan: plan, caller: "root").arguments(major: 17).contains {
                $0 == "allow_alter_system=OFF"
            })
        #expect(!words.joined().contains("Secret"))
    }

    @Test func theUsersSettingsReplaceRoosts() throws {
        let plan = try TestServer.plan(
            folder: "/x", user: "postgres", config: ["Work_Mem": "9MB", "TimeZone": "Europe/Paris"])
        let options = PostgreSQLConfiguration(plan: plan, caller: "root").options
        #expect(options.filter { $0.name == "work_mem" } == [Option("work_mem", "9MB")])
        #expect(options.filter { $0.name == "timezone" } == [Option("timezone", "Europe/Paris")])
    }

    @Test func onlyWhatPeopleOrThePlanCanChangeIsCompared() {
        let effective = PostgreSQLConfiguration(plan: plan, caller: "root").effective
        #expect(effective["shared_buffers"] == "64MB")
        #expect(effective["port"] == "\(plan.internalPort)")
        #expect(effective["shared_preload_libraries"] == "")
        #expect(effective["log_timezone"] == nil && effective["fsync"] == nil)
    }

    @Test func noPasswordIsInAnyFile() {
        let configuration = PostgreSQLConfiguration(plan: plan, caller: "root")
        for text in configuration.files.merging(configuration.bootFiles, uniquingKeysWith: { $1 }).values {
            #expect(!text.contains("Secret"))
        }
    }

    @Test func aServerThatBootsLetsInRoostAlone() {
        let closed = PostgreSQLAccess.closed.hostRules(applicationUser: "anna").split(separator: "\n")
            .filter { !$0.hasPrefix("#") }
        #expect(closed == ["local all roost_admin peer map=roost", "local replication roost_admin peer map=roost"])
        let open = PostgreSQLAccess.open(requiresTLS: false).hostRules(applicationUser: "an\"na")
            .split(separator: "\n").dropFirst(3)
        #expect(
            open == [
                "host all roost_admin all reject", "local all \"an\"\"na\" peer map=roost",
                "host all all 127.0.0.1/32 scram-sha-256",
            ])
        let network = PostgreSQLAccess.open(requiresTLS: true).hostRules(applicationUser: "anna")
        #expect(network.contains("\nhostssl all all 127.0.0.1/32 scram-sha-256\n"))
        let own = PostgreSQLAccess.identities(caller: "root", applicationUser: "anna")
        #expect(own.hasSuffix("\nroost \"root\" roost_admin\nroost \"root\" \"anna\"\n"))
        let guest = PostgreSQLAccess.identities(caller: "root", applicationUser: "anna", guest: "nobody")
        #expect(guest == own + "roost \"nobody\" roost_admin\n")
    }

    @Test(arguments: [
        (nil, false), ("", false), ("12\n/d\n17\n5432\n/run\n127.0.0.1\n 1  2\n", false),
        ("12\n/d\n17\n5432\n/run\n127.0.0.1\n 1  2\nstarting\n", false),
        ("12\n/d\n17\n5432\n/run\n127.0.0.1\n 1  2\nstopping\n", false),
        ("12\n/d\n17\n5432\n/run\n127.0.0.1\n 1  2\nready   \n", true),
        ("12\n/d\n17\n5432\n/run\n127.0.0.1\n 1  2\nstandby \n", true),
    ])
    func aStartingServerIsNotAsked(_ file: String?, _ isAsked: Bool) {
        #expect((PostmasterFile.reasonToWait(file) == nil) == isAsked)
    }

    // MARK: Sizes and settings

    @Test(arguments: [(128, 32, 25), (256, 64, 51), (512, 128, 102), (1024, 256, 204), (16_384, 4096, 500)])
    func buffersAndSessionsFollowTheMemory(_ memory: Int64, _ buffers: Int64, _ sessions: Int64) {
        let sizing = PostgreSQLSizing(memory: .mebibytes(memory))
        #expect(sizing.sharedBuffers == .mebibytes(buffers))
        #expect(sizing.connections == sessions)
    }

    @Test(arguments: [
        ("shared_buffers", "460MB"), ("shared_buffers", "60000"), ("shared_buffers", "1GB"), ("wal_buffers", "400MB"),
    ])
    func buffersThatLeaveNoRoomAreRefused(_ name: String, _ value: String) throws {
        let words = PostgreSQLSettingRules.refusals([name: value], memory: .mebibytes(512))
        #expect(words.first?.contains("the default for shared_buffers is 128M") == true, "\(words)")
    }

    @Test(arguments: ["shared_buffers", "wal_buffers"]) func buffersThatFitAreLeftToTheEngine(_ name: String) {
        for value in ["200MB", "1024", "-1", "nonsense"] {
            #expect(PostgreSQLSettingRules.refusals([name: value], memory: .mebibytes(512)).isEmpty)
        }
    }

    @Test(arguments: [
        "fsync", "FSYNC", "synchronous_commit", "full_page_writes", "port", "listen_addresses", "hba_file", "ssl",
        "ssl_ca_file", "wal_level", "archive_command", "shared_preload_libraries", "include", "roost.gate",
        "password_encryption", "data_directory", "log_directory", "unix_socket_group", "dynamic_library_path",
        "primary_conninfo", "superuser_reserved_connections", "allow_alter_system", "a=b", "x'y", "a.b.c", "max-x",
    ])
    func whatRoostRestsOnIsRefused(_ name: String) {
        #expect(PostgreSQLSettingRules.refusals([name: "on"], memory: .mebibytes(512)).count == 1)
    }

    @Test(arguments: [
        ("max_connections", "3"), ("min_wal_size", "16MB"), ("max_wal_size", "8"), ("work_mem", "1\nfsync = off"),
    ])
    func aValueThatTheEngineWouldNotStartWithIsRefused(_ name: String, _ value: String) {
        #expect(PostgreSQLSettingRules.refusals([name: value], memory: .mebibytes(512)).count == 1)
    }

    @Test func aNameInTwoSpellingsIsRefused() {
        let words = PostgreSQLSettingRules.refusals(["timezone": "UTC", "TimeZone": "UTC"], memory: .mebibytes(512))
        #expect(words.count == 1 && words[0].contains("twice"))
    }

    @Test func theEnginesWordsAreReadWithTheirHints() {
        let output = """
            2026-11-25 16:50:12.545 GMT [1] LOG:  skipping missing configuration file "/x/postgresql.auto.conf"
            2026-11-25 16:50:12.545 GMT [1] LOG:  invalid value for parameter "log_statement": "some"
            2026-11-25 16:50:12.545 GMT [1] HINT:  Available values: none, ddl, mod, all.
            2026-11-25 16:50:12.545 GMT [1] LOG:  unrecognized configuration parameter "bogus" in file "/x/s.conf" line 2
            2026-11-25 16:50:12.545 GMT [1] FATAL:  configuration file "/x/s.conf" contains errors
            """
        let words = PostgreSQLComplaint.read(output)
        #expect(
            words == [
                "invalid value for parameter \"log_statement\": \"some\" (Available values: none, ddl, mod, all.)",
                "unrecognized configuration parameter \"bogus\"",
            ])
        #expect(words.compactMap(PostgreSQLComplaint.unknownName) == ["bogus"])
    }

    // MARK: Accounts and databases

    @Test func onlyNewerServersLetTheShownUserMakeRoles() {
        func statements(_ major: Int) -> String {
            PostgreSQLAccounts(applicationUser: "postgres", verifier: "SCRAM-SHA-256$x", major: major)
                .statements(exists: true).joined(separator: "\n")
        }
        #expect(statements(15).contains(" NOCREATEROLE "))
        #expect(statements(16).contains(" CREATEROLE "))
        #expect(statements(15).contains("NOSUPERUSER") && statements(16).contains("NOREPLICATION"))
        #expect(!statements(15).contains("CREATE ROLE"))
    }

    @Test func databasesAreMadeGivenAndSealedOnce() {
        let standing = [
            PostgreSQLDatabase(name: "postgres", owner: "roost_admin", isUntouched: true),
            PostgreSQLDatabase(name: "data", owner: "postgres", isUntouched: false),
            PostgreSQLDatabase(name: "old", owner: "cook", isUntouched: false),
        ]
        let changes = PostgreSQLDatabase.changes(
            wanted: ["data", "old", "new"], owner: "postgres", standing: standing)
        #expect(
            changes.creations == [
                "CREATE DATABASE \"new\" OWNER \"postgres\" TEMPLATE template0",
                "REVOKE ALL ON DATABASE \"new\" FROM PUBLIC",
            ])
        #expect(
            changes.others == [
                "ALTER DATABASE \"old\" OWNER TO \"postgres\"",
                "ALTER DATABASE \"postgres\" OWNER TO \"postgres\"", "REVOKE ALL ON DATABASE \"postgres\" FROM PUBLIC",
            ])
        let after = ["data", "old", "new", "postgres"].map {
            PostgreSQLDatabase(name: $0, owner: "postgres", isUntouched: false)
        }
        let again = PostgreSQLDatabase.changes(wanted: ["data", "old", "new"], owner: "postgres", standing: after)
        #expect(again == PostgreSQLDatabase.Changes())
    }

    /// The spare database goes to the first database alone, once; a user's database of that name stays the user's.
    @Test(arguments: ["roost_admin", "cook"])
    func theSpareDatabaseBecomesTheFirst(owner: String) {
        let standing = [
            PostgreSQLDatabase(name: "roost_spare", owner: owner, isUntouched: false),
            PostgreSQLDatabase(name: "postgres", owner: "postgres", isUntouched: false),
        ]
        let changes = PostgreSQLDatabase.changes(
            wanted: ["data", "orders"], owner: "postgres", standing: standing)
        let create = { (name: String) in
            [
                "CREATE DATABASE \"\(name)\" OWNER \"postgres\" TEMPLATE template0",
                "REVOKE ALL ON DATABASE \"\(name)\" FROM PUBLIC",
            ]
        }
        let taken = [
            "ALTER DATABASE roost_spare RENAME TO \"data\"", "ALTER DATABASE \"data\" OWNER TO \"postgres\"",
        ]
        let isRoosts = owner == "roost_admin"
        #expect(changes.creations == (isRoosts ? [] : create("data")) + create("orders"))
        #expect(changes.others == (isRoosts ? taken : []))
        let named = PostgreSQLDatabase.changes(
            wanted: ["data", "roost_spare"], owner: "postgres", standing: standing)
        #expect(named.creations == create("data"), "one that is wanted by its name is nobody's spare")
    }

    // MARK: Extensions

    @Test func librariesStandInOneOrder() {
        #expect(PostgreSQLExtensions.preloaded(["hstore", "postgis"]) == [])
        let one = PostgreSQLExtensions.preloaded(["pg_stat_kcache", "pgaudit"])
        #expect(one == ["pg_stat_statements", "pg_stat_kcache", "pgaudit"])
        #expect(PostgreSQLExtensions.preloaded(["pgaudit", "pg_stat_kcache"]) == one)
    }

    @Test(arguments: [
        ("postgis", "postgresql-15-postgis-3"), ("vector", "postgresql-15-pgvector"),
        ("pg_cron", "postgresql-15-cron"), ("plpython3u", "postgresql-plpython3-15"), ("hll", "postgresql-15-hll"),
    ])
    func aMissingExtensionNamesItsPackage(_ name: String, _ package: String) {
        let build = EngineIdentity("postgresql@15.4").unsafelyUnwrapped
        let words = PostgreSQLExtensions.refusals([name, "hstore"], of: build, isPackaged: true) { $0 == "hstore" }
        #expect(words.count == 1 && words[0].contains("'\(package)'"))
        // No package adds to a build that an operator added.
        let added = PostgreSQLExtensions.refusals([name], of: build, isPackaged: false) { _ in false }
        #expect(added.count == 1 && added[0].contains("is not part of the added build postgresql@15.4"))
    }

    // MARK: Client

    @Test func clientsSignOnWithoutASecretInTheirArguments() throws {
        let request = ClientRequest(
            arguments: ["pg_dump", "-Fc"], host: "127.0.0.1", port: plan.internalPort, user: "postgres",
            password: "pass:word\\", database: "data", authority: "PEM")
        let command = try PostgreSQL(addedBuilds: "/nonexistent").client(request, build: nil)
        #expect(command.arguments == ["pg_dump", "-Fc"])
        #expect(command.files == ["ca.pem": "PEM"])
        #expect(command.environment["PGPASSWORD"] == "pass:word\\")
        #expect(command.environment["PGSSLMODE"] == "verify-ca")
        #expect(command.environment["PGDATABASE"] == "data")
        #expect(!command.arguments.joined().contains("pass:word"))
    }
}
