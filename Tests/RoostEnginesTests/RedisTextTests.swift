import Foundation
import RoostModel
import Testing

@testable import RoostEngines

/// Decisions about Redis and Valkey that need no server.
@Suite struct RedisTextTests {
    // MARK: Accounts

    @Test func aServerStartsWithNobodyButRoost() throws {
        let access = RedisAccess(plan: try TestServer.plan(folder: "/f", user: "default"))
        let lines = access.bootFile.split(separator: "\n")
        #expect(lines.count == 2)
        #expect(lines[0] == "user roost_admin on \(RedisAccess.hash("administrationSecret1")) ~* &* +@all")
        #expect(lines[1] == "user default off resetpass ~* &* +@all")
    }

    @Test func aPasswordStandsThereAsItsHashAlone() throws {
        // Test vector of FIPS 180-2: "abc".
        #expect(
            RedisAccess.hash("abc") == "#ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        let plan = try TestServer.plan(folder: "/f", user: "default", previousPassword: "oldSecret1")
        let access = RedisAccess(plan: plan)
        let words = access.shown(isOn: true)
        #expect(
            words.prefix(7) == [
                "ACL", "SETUSER", "default", "reset", "on", RedisAccess.hash("shownSecret1"),
                RedisAccess.hash("oldSecret1"),
            ])
        #expect(access.shown(isOn: false)[4] == "off")
        let all = (words + access.administration + [access.bootFile]).joined()
        #expect(!all.contains("Secret1"))
    }

    @Test func theListOfUsersTakesWhatIsWellFormedAlone() {
        let hash = String(repeating: "0123456789abcdef", count: 4)
        let text = """
            cook \(hash)
            default \(hash)
            roost_admin \(hash)
            cook \(hash)
            short 0123
            upper \(hash.uppercased())
            a b \(hash)
            a;b \(hash)
            \(String(repeating: "n", count: 65)) \(hash)

            """
        var list = RedisUserList(text)
        #expect(list.users == [.init(name: "cook", hash: hash)])
        list.insert(.init(name: "baker", hash: hash))
        #expect(list.text == "baker \(hash)\ncook \(hash)\n")
        #expect(RedisUserList(list.text) == list)
        list.remove("cook")
        #expect(list.users.map(\.name) == ["baker"])
    }

    // MARK: Sizes

    static let sizes: [(memory: Int64, data: Int64, value: Int64, clients: Int64)] = [
        (64, 28, 4, 8), (128, 67, 8, 16), (256, 144, 16, 32), (512, 297, 32, 64), (1024, 604, 64, 128),
        (8192, 4905, 512, 1024), (65_536, 39_312, 512, 4096),
    ]

    @Test(arguments: sizes)
    func dataEndWellBelowTheLimit(_ memory: Int64, _ data: Int64, _ value: Int64, _ clients: Int64) {
        let sizing = RedisSizing(memory: .mebibytes(memory))
        #expect(sizing.data == .mebibytes(data))
        #expect(sizing.value == .mebibytes(value))
        #expect(sizing.clients == .mebibytes(clients))
        // The program, the data, and one value in three places fit.
        #expect(16 + data + 3 * value <= memory)
    }

    // MARK: Configuration

    @Test func theFileNamesEverythingThatRoostRestsOn() throws {
        let plan = try TestServer.plan(folder: "/f", user: "default", config: ["timeout": "5", "maxmemory": "1mb"])
        let text = try #require(RedisConfiguration(plan: plan).files["server.conf"])
        for line in [
            "dir \"/f/data\"", "unixsocket \"/f/run/server.sock\"", "unixsocketperm \"700\"", "bind \"127.0.0.1\"",
            "port \"\(plan.internalPort)\"", "appendonly \"yes\"", "appendfsync \"always\"", "save \"\"",
            "aclfile \"/f/conf/users.acl\"", "maxmemory-policy \"noeviction\"", "enable-debug-command \"no\"",
            "timeout \"5\"", "maxmemory \"1mb\"", "oom-score-adj \"relative\"",
        ] {
            #expect(text.contains("\n\(line)\n"), "\(line)")
        }
        #expect(text.matches(of: /\nmaxmemory "/).count == 1)
        #expect(!text.contains("Secret1") && !text.contains("tls-port"))
    }

    @Test func anExposedServerHasNoPlainPort() throws {
        let certificate = ServerCertificate(certificate: "C", key: "K", authority: "A")
        let plan = try TestServer.plan(folder: "/f", user: "default", certificate: certificate)
        let configuration = RedisConfiguration(plan: plan)
        #expect(
            configuration.files["server.conf"]?.contains("\nport \"0\"\ntls-port \"\(plan.internalPort)\"\n") == true)
        #expect(configuration.files["server-key.pem"] == "K")
        #expect(configuration.effective["port"] == "0")
    }

    @Test func aValueCannotBeginAnotherSetting() {
        let text = RedisConfiguration.text([Option("proc", #"a" b\"#)])
        #expect(text.hasSuffix("\n" + #"proc "a\" b\\""# + "\n"))
    }

    @Test func runningServersAreComparedByWhatPeopleCanChange() throws {
        let plan = try TestServer.plan(folder: "/f", user: "default", config: ["timeout": "5"])
        let effective = RedisConfiguration(plan: plan).effective
        #expect(effective["timeout"] == "5" && effective["maxmemory"] != nil && effective["appendfsync"] == "always")
        for name in ["dir", "unixsocket", "aclfile", "appendonly", "oom-score-adj", "bind"] {
            #expect(effective[name] == nil, "\(name)")
        }
    }

    static let reserved = [
        "dir", "port", "tls-port", "appendonly", "appendfsync", "save", "aclfile", "user", "requirepass", "replicaof",
        "slaveof", "repl-backlog-size", "slave-priority", "cluster-enabled", "include", "loadmodule", "rename-command",
        "enable-debug-command", "databases", "oom-score-adj", "maxmemory-clients", "syslog-enabled", "unixsocketperm",
    ]

    @Test(arguments: reserved)
    func whatRoostRestsOnIsRefusedWithAReason(_ name: String) {
        let refusals = RedisSettingRules.refusals([name: "1"], memory: .mebibytes(256))
        #expect(refusals.count == 1 && refusals[0].hasPrefix("\(name): "), "\(refusals)")
    }

    static let amounts: [(name: String, value: String, isTaken: Bool)] = [
        ("maxmemory", "144mb", true), ("maxmemory", "145mb", false), ("maxmemory", "100M", true),
        ("maxmemory", "0", false),
        ("maxmemory", "1g", false), ("maxmemory", "99999999999999999999", false), ("maxmemory", "much", true),
        ("proto-max-bulk-len", "32mb", true), ("proto-max-bulk-len", "512mb", false),
        ("client-query-buffer-limit", "1gb", false),
    ]

    @Test(arguments: amounts)
    func memoryIsNotGivenAwayTwice(_ name: String, _ value: String, _ isTaken: Bool) {
        #expect(RedisSettingRules.refusals([name: value], memory: .mebibytes(256)).isEmpty == isTaken)
    }

    // MARK: The server's words

    static let outputs: [(output: String, verdict: RedisSettingRules.Verdict)] = [
        (
            "\n*** FATAL CONFIG FILE ERROR (Redis 7.0.15) ***\nReading the configuration file, at line 3\n"
                + ">>> 'maxmemory-policy \"bogus\"'\nargument(s) must be one of the following: volatile-lru\n",
            .refused(setting: "maxmemory-policy", words: "argument(s) must be one of the following: volatile-lru")
        ),
        (
            "*** FATAL CONFIG FILE ERROR (Version 9.1.2) ***\nReading the configuration file, at line 15\n>>> 'foo'\n"
                + "Bad directive or wrong number of arguments\n",
            .refused(setting: "foo", words: "Bad directive or wrong number of arguments")
        ),
        (
            "28518:M 25 Nov 2026 16:58:06.434 * Configuration loaded\n"
                + "28518:M 25 Nov 2026 16:58:06.467 # Configured to not listen anywhere, exiting.\n", .taken
        ),
        (
            "1:M 25 Nov 2026 16:58:06.434 # Current maximum open files is 9. maxclients has been reduced to 3.\n"
                + "1:M 25 Nov 2026 16:58:06.467 # Configured to not listen anywhere, exiting.\n",
            .refused(setting: "maxclients", words: "Current maximum open files is 9. maxclients has been reduced to 3.")
        ),
        ("1:M 25 Nov 2026 16:58:06.434 # Out of luck\n", .unclear("Out of luck")), ("", .unclear("no output")),
    ]

    @Test(arguments: outputs)
    func theServersWordsAreUnderstood(_ output: String, _ verdict: RedisSettingRules.Verdict) {
        #expect(RedisSettingRules.verdict(output) == verdict)
    }

    static let versions: [(answer: String, title: String, version: String?)] = [
        (
            "Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=ae4d7c971a948f0\n", "Redis",
            "7.0.15"
        ),
        ("Valkey server v=9.1.2 sha=00000000:0 malloc=jemalloc-5.3.1 bits=64\n", "Valkey", "9.1.2"),
        ("Valkey server v=9.1.2 sha=00000000:0\n", "Redis", nil), ("usage: redis-server\n", "Redis", nil),
        ("", "Redis", nil),
    ]

    @Test(arguments: versions)
    func aProgramIsWhatItSays(_ answer: String, _ title: String, _ version: String?) {
        #expect(Redis.version(answer, title: title) == version.flatMap(EngineVersion.init))
    }

    // MARK: Health

    static func account(_ flag: String) -> RedisAnswer {
        .list([.text("flags"), .list([.text(flag), .text("sanitize-payload")]), .text("passwords"), .list([])])
    }

    static let looks: [(account: RedisAnswer, facts: String, health: Health)] = [
        (account("on"), "# Persistence\r\nloading:0\r\n", .healthy), (account("off"), "loading:0\r\n", .closed),
        (account("off"), "loading:1\r\nloading_loaded_perc:12.34\r\n", .starting("it is loading its data, 12.34 %")),
        (account("on"), "loading:0\r\nrole:slave\r\n", .closed),
        (account("on"), "loading:0\r\nrole:master\r\n", .healthy),
        (account("on"), "loading:1\r\n", .starting("it is loading its data")),
        (.none, "loading:0\r\n", .unhealthy("its user list is not available")),
    ]

    @Test(arguments: looks)
    func answersTellHowItIs(_ account: RedisAnswer, _ facts: String, _ health: Health) {
        #expect(RedisHealth.read(account: account, facts: .text(facts)) == health)
    }

    // MARK: Replication

    static let parts: [(facts: String, report: ReplicationReport)] = [
        (
            "role:master\r\nmaster_replid:abc\r\nmaster_repl_offset:42\r\n",
            ReplicationReport(
                role: .primary, received: .redis(history: "abc", offset: 42),
                applied: .redis(history: "abc", offset: 42), isSynchronous: false)
        ),
        (
            "role:master\r\nmaster_replid:abc\r\nmaster_repl_offset:42\r\nmin_slaves_good_slaves:0\r\n",
            ReplicationReport(
                role: .primary, received: .redis(history: "abc", offset: 42),
                applied: .redis(history: "abc", offset: 42), isSynchronous: true)
        ),
        (
            "role:slave\r\nmaster_port:31000\r\nmaster_link_status:up\r\nmaster_last_io_seconds_ago:0\r\n"
                + "master_sync_in_progress:0\r\nslave_repl_offset:7\r\nmaster_replid:abc\r\n",
            ReplicationReport(
                role: .replica, link: .up, source: PortNumber(31000), received: .redis(history: "abc", offset: 7),
                applied: .redis(history: "abc", offset: 7), secondsBehind: 0)
        ),
        (
            "role:slave\r\nmaster_port:31000\r\nmaster_link_status:down\r\nmaster_sync_in_progress:0\r\n"
                + "master_link_down_since_seconds:9\r\nslave_repl_offset:7\r\nmaster_replid:abc\r\n",
            ReplicationReport(
                role: .replica, link: .connecting(reason: "it has had no connection to the primary for 9 s"),
                source: PortNumber(31000), received: .redis(history: "abc", offset: 7),
                applied: .redis(history: "abc", offset: 7))
        ),
        (
            "role:slave\r\nmaster_port:31000\r\nmaster_link_status:down\r\nmaster_sync_in_progress:1\r\n"
                + "master_sync_perc:12.5\r\nslave_repl_offset:7\r\n",
            // The replica's old data are being replaced, and its offset does not count.
            ReplicationReport(
                role: .replica, link: .connecting(reason: "it is copying the primary's data, 12.5 %"),
                source: PortNumber(31000))
        ),
    ]

    @Test(arguments: parts)
    func itsPartInReplicationIsRead(_ facts: String, _ report: ReplicationReport) {
        #expect(RedisReplication.read(.text(facts)) == report)
    }

    static let faults: [(fault: RedisFault, isListening: Bool, health: Health)] = [
        (.unanswered("No such file or directory"), false, .starting("it is not listening on its socket yet")),
        (.unanswered("Resource temporarily unavailable"), true, .unknown("Resource temporarily unavailable")),
        (.refused("LOADING Redis is loading the dataset in memory"), true, .starting("it is loading its data")),
        (.refused("BUSY Redis is busy running a script."), true, .unhealthy(RedisHealth.busy)),
        (
            .refused("WRONGPASS invalid username-password pair"), true,
            .lockedOut("it refuses Roost's own account, which a restart restores")
        ),
        (.refused("ERR max number of clients reached"), true, .crowded("ERR max number of clients reached")),
        (.refused("ERR odd"), true, .unhealthy("ERR odd")),
    ]

    @Test(arguments: faults)
    func refusalsTellHowItIs(_ fault: RedisFault, _ isListening: Bool, _ health: Health) {
        #expect(RedisHealth.read(fault, isListening: isListening) == health)
    }

    // MARK: Files

    static let manifests: [(text: String, base: String?)] = [
        (
            "file appendonly.aof.2.base.rdb seq 2 type b\nfile appendonly.aof.7.incr.aof seq 7 type i\n",
            "appendonly.aof.2.base.rdb"
        ),
        ("file appendonly.aof.1.incr.aof seq 1 type i\n", nil), ("file ../../x seq 1 type b\n", nil),
        ("file .. seq 1 type b", nil), ("file", nil), ("type b", nil), ("", nil),
    ]

    @Test(arguments: manifests)
    func theManifestNamesTheLogsBase(_ text: String, _ base: String?) {
        #expect(RedisLogManifest.base(text) == base)
    }

    /// An empty dump as Redis 7.0.15 writes it.
    static let dump: [UInt8] =
        Array("REDIS0010".utf8) + [0xFA, 9] + Array("redis-ver".utf8) + [6] + Array("7.0.15".utf8) + [0xFA, 10]
        + Array("redis-bits".utf8) + [0xC0, 0x40, 0xFA, 5] + Array("ctime".utf8) + [0xC2, 0xDD, 0x12, 0x07, 0x6B, 0xFF]

    @Test func aDumpsHeaderIsRead() {
        #expect(
            RedisDumpHeader.fields(Self.dump) == ["redis-ver": "7.0.15", "redis-bits": "64", "ctime": "1795625693"])
        #expect(RedisDumpHeader.fields(Array("VALKEY080".utf8) + Self.dump.dropFirst(9))["redis-ver"] == "7.0.15")
        #expect(RedisDumpHeader.fields(Array("SQLite format 3".utf8)) == [:])
    }

    @Test func noHeaderIsReadBeyondItsEnd() {
        for count in 0..<Self.dump.count {
            let fields = RedisDumpHeader.fields(Array(Self.dump.prefix(count)))
            #expect(fields.allSatisfy { ["7.0.15", "64", "1795625693"].contains($0.value) })
        }
        #expect(RedisDumpHeader.fields(Array("REDIS0010".utf8) + [0xFA, 0x7F, 0xFF, 1, 2]) == [:])
        #expect(RedisDumpHeader.fields(Array("REDIS0010".utf8) + [0xFA, 0x80, 0, 0, 0, 1, 2]) == [:])
    }

    // MARK: Clients

    private func command(_ arguments: [String], _ flavour: Redis.Flavour = .redis, authority: String? = nil) throws
        -> ClientCommand
    {
        let build = EngineBuild(
            identity: EngineIdentity(name: flavour.rawValue, version: try #require(EngineVersion("7.0.15"))),
            programs: [flavour.client: "/x/bin/\(flavour.client)"], origin: "test", programFolders: ["/x/bin"])
        return try Redis(flavour, addedBuilds: "/nonexistent").client(
            ClientRequest(
                arguments: arguments, host: "127.0.0.1", port: try #require(PortNumber(20_000)), user: "default",
                password: "pw", database: "data", authority: authority), build: build)
    }

    @Test func theClientIsSignedInWithoutASecretInItsArguments() throws {
        let address = ["-h", "127.0.0.1", "-p", "20000", "--user", "default"]
        #expect(try command([]).arguments == ["redis-cli"] + address)
        #expect(try command(["redis-cli", "get", "x"]).arguments == ["redis-cli"] + address + ["get", "x"])
        #expect(try command(["/opt/bin/valkey-cli"]).arguments == ["/opt/bin/valkey-cli"] + address)
        #expect(try command([], .valkey).arguments[0] == "valkey-cli")
        #expect(try command(["redis-cli"], .valkey).arguments[0] == "valkey-cli", "the one that the build brings")
        #expect(try command(["redis-cli"]).environment["REDISCLI_AUTH"] == "pw")
        #expect(try command(["sh", "-c", "x"]).arguments == ["sh", "-c", "x"])
    }

    @Test func otherCommandsFindTheServiceInTheirEnvironment() throws {
        let plain = try command(["sh"])
        #expect(plain.environment["REDIS_URL"] == "redis://default:pw@127.0.0.1:20000/0")
        #expect(plain.files == [:] && plain.path == ["/x/bin"])
        let encrypted = try command([], authority: "PEM")
        #expect(encrypted.arguments.suffix(3) == ["--tls", "--cacert", "{files}/ca.pem"])
        #expect(encrypted.environment["REDIS_URL"] == "rediss://default:pw@127.0.0.1:20000/0")
        #expect(encrypted.files == ["ca.pem": "PEM"])
    }
}
