import Foundation
import RoostModel
import Testing

@testable import RoostEngines

/// Text that MySQL's server, programs and files exchange with Roost.
@Suite struct MySQLTextTests {
    // Stored by MySQL 9.7.4 with caching_sha2_password_digest_rounds=5000: HEX(authentication_string).
    static let stored: [(password: String, hex: String)] = [
        (
            "password",
            "24412430303524593F49521D131A1619705513014A2507700D0F2559614B4B644362595141304B4E68373034507A6A57"
                + "6C57567631455162316A35424B714A30692E424F4E33"
        ),
        (
            "shownSecret1",
            "24412430303524787C7169143244515C1C65156D74013E3C733E275A5148614B59314F39304E69696A5949454C654C36"
                + "6B5336647946574A346E7A5436754C35394743487742"
        ),
        (
            "x",
            "24412430303524773E29224B51593214360E30675C6F29565D5D49492F6D3767315A325843676638774573633768"
                + "346E666E4F4136724164592E5738472F726A53354C716C2F"
        ),
    ]

    @Test(arguments: stored) func aPasswordIsStoredAsTheServerStoresIt(_ password: String, _ hex: String) throws {
        let bytes = stride(from: 0, to: hex.count, by: 2).compactMap {
            UInt8(hex.dropFirst($0).prefix(2), radix: 16)
        }
        let salt = String(decoding: bytes[7..<27], as: UTF8.self)
        #expect(Array(CachingSHA2Password.hash(password, salt: salt).utf8) == bytes)
    }

    @Test func aSaltFollowsFromTheAccountThePasswordAndASecret() {
        let salt = CachingSHA2Password.salt(account: "root", password: "a", key: "k")
        #expect(salt.count == 20 && salt.utf8.count == 20)
        #expect(salt == CachingSHA2Password.salt(account: "root", password: "a", key: "k"))
        for (account, password, key) in [("roost_admin", "a", "k"), ("root", "b", "k"), ("root", "a", "l")] {
            #expect(salt != CachingSHA2Password.salt(account: account, password: password, key: key))
        }
        #expect(CachingSHA2Password.randomSalt() != CachingSHA2Password.randomSalt())
    }

    // MARK: Builds and data

    static let words: [(words: String, version: String?)] = [
        ("/opt/m/bin/mysqld  Ver 9.7.4-2 for Linux on x86_64 ((Debian))\n", "9.7.4"),
        ("/usr/sbin/mysqld  Ver 8.4.0 for Linux on x86_64 (MySQL Community Server - GPL)\n", "8.4.0"),
        ("mysqld  Ver 8.0.36 for Linux on x86_64 (MySQL Community Server - GPL)\n", nil),
        ("mysqld  Ver 10.11.19-MariaDB-0+deb12u1 for debian-linux-gnu on x86_64 (Debian 12)\n", nil),
        ("", nil), ("mysqld: cannot open shared object file\n", nil),
    ]

    @Test(arguments: words) func onlyAServerThatIsNewEnoughIsABuild(_ words: String, _ version: String?) {
        #expect(MySQL.version(words) == version.flatMap(EngineVersion.init))
    }

    static let histories: [(text: String, version: String?)] = [
        (#"{"file_format":"1","upgrade_history":[{"date":"d","version":"9.7.4-2","initialize":true}]}"#, "9.7.4"),
        (#"{"upgrade_history":[{"version":"8.4.0"},{"version":"9.7.1"}]}"#, "9.7.1"),
        (#"{"upgrade_history":[]}"#, nil), ("", nil), ("nonsense", nil),
        (#"{"upgrade_history":[{"version":"x"}]}"#, nil),
    ]

    @Test(arguments: histories) func aDirectorySaysWhoWroteItLast(_ text: String, _ version: String?) {
        #expect(MySQLUpgradeHistory.version(text) == version.flatMap(EngineVersion.init))
    }

    @Test func theVersionOfADirectoryIsReadFromPlainFilesAlone() throws {
        let engine = MySQL(addedBuilds: "/nonexistent")
        let folder = try PrivateFolder()
        defer { folder.remove() }
        #expect(engine.versionOfData(at: folder.path) == nil)
        try folder.write(["mysql.ibd": "", "mysql_upgrade_history": #"{"upgrade_history":[{"version":"9.7.4"}]}"#])
        #expect(engine.versionOfData(at: folder.path) == EngineVersion("9.7.4"))
        // A pipe would block the process that opens it.
        try FileManager.default.removeItem(atPath: "\(folder.path)/mysql_upgrade_history")
        #expect(mkfifo("\(folder.path)/mysql_upgrade_history", 0o600) == 0)
        #expect(engine.versionOfData(at: folder.path) == nil)
    }

    @Test func aDirectoryToCopyKeepsNothingOfItsServersIdentity() throws {
        let folder = try PrivateFolder()
        defer { folder.remove() }
        try folder.write(["auto.cnf": "", "private_key.pem": "", "ca.pem": "", "ibdata1": "", "mysql.ibd": ""])
        try MySQL.removeIdentity(from: folder.path)
        #expect(Set(try FileManager.default.contentsOfDirectory(atPath: folder.path)) == ["ibdata1", "mysql.ibd"])
        #expect(throws: EngineError.self) { try MySQL.removeIdentity(from: "\(folder.path)/none") }
    }

    /// A replica continues where the binary log of its image ends. What the other member had received, and its name, are
    /// not the replica's.
    @Test(
        arguments: [
            ("binlog.000007", true), ("binlog.index", true), ("binlog.state", true), ("relay.000003", false),
            ("relay.index", false), ("master.info", false), ("relay-log.info", false), ("auto.cnf", false),
            ("mysqld-auto.cnf", false), ("ib_buffer_pool", false),
        ] as [(String, Bool)])
    func aReplicaKeepsTheBinaryLogAndACloneKeepsNone(_ name: String, _ isKeptByReplicas: Bool) {
        #expect(CopiedFiles.isOfOriginal(name))
        #expect(CopiedFiles.isOfMember(name) == !isKeptByReplicas)
    }

    // MARK: Settings

    static let complaints: [(line: String, complaint: String?)] = [
        (
            "2026-11-25T17:03:30.7Z 0 [ERROR] [MY-000067] [Server] unknown variable 'bogus=1'.",
            "unknown variable 'bogus=1'"
        ),
        (
            "2026-11-25T17:03:30.6Z 0 [ERROR] [MY-000077] [Server] /a b@9/mysqld: Error while setting value 'x' to 'y'.",
            "/a b@9/mysqld: Error while setting value 'x' to 'y'"
        ),
        (
            "2026-11-25T17:03:30.6Z 0 [ERROR] [MY-000077] [Server] /opt/m@9/mysqld: Error while setting value 'x' to 'y'.",
            "Error while setting value 'x' to 'y'"
        ),
        (
            "mysqld: Character set 'klingon' is not a compiled character set",
            "Character set 'klingon' is not a compiled character set"
        ),
        ("2026-11-25T17:03:30.7Z 0 [ERROR] [MY-010119] [Server] Aborting", nil),
        ("2026-11-25T17:03:30.7Z 0 [System] [MY-015015] [Server] MySQL Server - start.", nil),
        ("2026-11-25T17:03:30.7Z 0 [ERROR] [MY-010746] [Server] Parsing options for plugin 'InnoDB' failed.", nil),
        ("2026-11-25T17:03:30.7Z 0 [ERROR] [MY-000067] [Server] unknown variable 'innodb_redo_log_capacity=1'.", nil),
        (
            "2026-11-25T17:03:52.1Z 0 [Warning] [MY-011070] [Server] 'x' is deprecated and will be removed in a future release.",
            nil
        ),
        ("", nil),
    ]

    @Test(arguments: complaints) func theEnginesWordsAreReadWithoutItsStamps(_ line: String, _ complaint: String?) {
        #expect(MySQLSettingRules.complaint(line, about: ["bogus"]) == complaint)
    }

    private func refusals(_ config: [String: String], memory: ByteCount = .mebibytes(512)) -> [String] {
        MySQLSettingRules.refusals(config, memory: memory) { $0 == "Europe/Paris" }
    }

    @Test(arguments: [
        "super_read_only", "gtid_mode", "enforce_gtid_consistency", "log_replica_updates", "replica_net_timeout",
        "skip_replica_start", "mysqlx", "mysqlx_port", "admin_address", "persisted_globals_load", "partial_revokes",
        "caching_sha2_password_private_key_path", "auto_generate_certs", "tls_ciphersuites", "early_plugin_load",
        "authentication_policy", "mandatory_roles", "group_replication_group_name", "innodb_directories", "init_file",
        "innodb_redo_log_encrypt", "initialize", "offline_mode", "innodb_dedicated_server", "upgrade",
        "source_verify_checksum",
    ])
    func whatRoostRestsOnIsNotForTheBuildFile(_ name: String) {
        #expect(refusals([name: "1"]).count == 1)
    }

    @Test(arguments: [
        "max_connections", "innodb_redo_log_capacity", "sql_mode", "binlog_row_image", "activate_all_roles_on_login",
        "temptable_max_ram", "innodb_io_capacity", "performance_schema", "regexp_time_limit",
    ])
    func whatIsNobodysBusinessIsAllowed(_ name: String) {
        #expect(refusals([name: "1M"]).isEmpty)
    }

    @Test func aStorageEngineThatTheServerWouldNotStartWithIsRefused() {
        #expect(refusals(["default_storage_engine": "innodb"]).isEmpty)
        #expect(refusals(["default-storage-engine": "foo"]).count == 1)
        #expect(refusals(["default_tmp_storage_engine": "RocksDB"]).count == 1)
    }

    @Test func buffersMustLeaveRoomInTheMemoryLimit() {
        #expect(refusals(["innodb_buffer_pool_size": "300M"]).isEmpty)
        #expect(refusals(["innodb_buffer_pool_size": "400M"]).count == 1)
        #expect(refusals(["innodb_buffer_pool_size": "8M"], memory: MySQLSizing.minimum).isEmpty)
    }
}
