import Foundation
import RoostModel
import Testing

@testable import RoostEngines

/// Text from users that goes into SQL, option files and settings.
@Suite struct MariaDBTextTests {
    static let literals: [(text: String, sql: String)] = [
        ("plain", "'plain'"), ("o'hara", "'o''hara'"), ("back\\slash", "'back\\\\slash'"), ("", "''"),
        ("\\'; DROP", "'\\\\''; DROP'"), ("nul\0l", "'nul\\0l'"), ("two\nlines", "'two\nlines'"), ("日本", "'日本'"),
    ]

    @Test(arguments: literals) func aLiteralStaysText(_ text: String, _ sql: String) {
        #expect(SQLText.literal(text) == sql)
    }

    @Test func namesAreQuotedAndPatternsAreNone() {
        #expect(SQLText.identifier("a`b") == "`a``b`")
        #expect(SQLText.grantedDatabase("my_shop%\\") == "`my\\_shop\\%\\\\`")
    }

    static let digests: [(password: String, hash: String)] = [
        // Expected values are the answers of SELECT PASSWORD(…).
        ("", "*BE1BDEC0AA74B4DCB079943E70528096CCA985F8"), ("password", "*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19"),
        ("root", "*81F5E21E35407D884A6CD4A731AEBFB6AF209E1B"),
    ]

    @Test(arguments: digests) func aPasswordIsStoredAsTheServerStoresIt(_ password: String, _ hash: String) {
        #expect(NativePassword.hash(password) == hash)
    }

    // MARK: Option files

    static let values = [
        "plain", "a#b", "a;b", "'quoted'", "\"quoted\"", "it's", "back\\slash\\n", " blanks ", "[section]",
        "!include /x",
        "a=b", "$HOME", "日本", "\\\"", "trailing\\",
    ]

    @Test(arguments: values) func aValueIsReadAsItWasWritten(_ value: String) throws {
        let folder = try PrivateFolder()
        defer { folder.remove() }
        try folder.write(["my.cnf": OptionFile.text(group: "client", [Option("password", value)])])
        let read = try TestProgram.run(
            "/usr/bin/mariadb", ["--defaults-file=\(folder.path)/my.cnf", "--print-defaults"])
        #expect(read.output.split(separator: "\n").last == "--password=\(value) ")
    }

    @Test(arguments: ["a\nb", "a\rb", "a\0b", "a\u{2028}b", "a\u{1b}b", "a\tb"])
    func aValueThatCouldBeginAnotherLineIsNone(_ value: String) {
        #expect(!OptionFile.canHold(value))
        #expect(!refusals(["sql_mode": value]).isEmpty)
    }

    // MARK: Settings

    private func refusals(_ config: [String: String], memory: ByteCount = .mebibytes(512)) -> [String] {
        MariaDBSettingRules.refusals(config, memory: memory) { $0 == "Europe/Paris" }
    }

    static let reserved = [
        "datadir", "port", "bind-address", "bind_address", "socket", "server_id", "log_bin", "log-bin", "sync_binlog",
        "innodb_flush_log_at_trx_commit", "read_only", "read-only", "init_file", "init-connect", "plugin_load",
        "plugin-load-add", "plugin_dir", "secure_file_priv", "ssl_key", "ssl", "tls_version",
        "require_secure_transport",
        "gtid_domain_id", "gtid_strict_mode", "binlog_format", "skip_grant_tables", "skip-networking", "loose_datadir",
        "loose-innodb_flush_log_at_trx_commit", "enable_bind_address", "disable_log_bin", "maximum_max_connections",
        "slow_query_log_file", "general-log-file", "log_slow_query_file", "innodb_data_home_dir", "tmpdir",
        "innodb_tmpdir", "innodb_log_group_home_dir", "innodb_page_size", "user", "chroot", "wsrep_provider", "debug",
        "debug_no_sync", "innodb_force_recovery", "innodb_flush_method", "rpl_semi_sync_master_enabled", "relay_log",
        "replicate_do_db", "slave_skip_errors", "proxy_protocol_networks", "extra_port", "memlock", "feedback",
        "innodb_encrypt_tables", "defaults_file", "getopt_prefix_matching", "innodb_data_file_path", "language",
    ]

    @Test(arguments: reserved) func whatRoostRestsOnIsNotForTheBuildFile(_ name: String) {
        #expect(refusals([name: "1"]).count == 1)
    }

    @Test(arguments: [
        "max_connections", "innodb_buffer_pool_size", "sql_mode", "wait_timeout", "slow_query_log", "event_scheduler",
        "character_set_server", "innodb_file_per_table", "log_bin_trust_function_creators", "local_infile",
        "binlog_expire_logs_seconds", "max_binlog_size", "performance_schema",
        "long-query-time",
        "max_allowed_packet", "innodb_log_file_size", "default_storage_engine", "thread_handling",
    ])
    func whatIsNobodysBusinessIsAllowed(_ name: String) {
        #expect(refusals([name: "1M"]).isEmpty)
    }

    @Test(arguments: [
        "", "a b", "max_connections\n[client", "Max_Connections", "a=b", "é", "1x", "#x", "[mysqld]", "_x",
    ])
    func whatIsNoNameIsRefused(_ name: String) {
        #expect(!refusals([name: "1"]).isEmpty)
    }

    @Test func oneSettingInTwoSpellingsIsRefused() {
        #expect(refusals(["max-connections": "1", "max_connections": "2"]).count == 1)
    }

    static let zones: [(value: String, isTaken: Bool)] = [
        ("SYSTEM", true), ("+02:00", true), ("-9:30", true), ("+14:00", true), ("+15:00", false),
        ("Europe/Paris", true),
        ("Mars", false), ("../../etc/passwd", false), ("/etc/passwd", false), ("", false),
    ]

    @Test(arguments: zones) func aTimeZoneIsOneThatTheServerWillStartWith(_ value: String, _ isTaken: Bool) {
        #expect(refusals(["default_time_zone": value]).isEmpty == isTaken)
    }

    static let buffers: [(config: [String: String], memory: Int64, isTaken: Bool)] = [
        (["innodb_buffer_pool_size": "300M"], 512, true), (["innodb_buffer_pool_size": "512M"], 512, false),
        (["innodb_buffer_pool_size": "1T"], 512, false), (["innodb-buffer-pool-size": "1G"], 1024, false),
        (["key_buffer_size": "400M"], 512, false), (["key_buffer_size": "8E"], 512, true),
        (["innodb_buffer_pool_size": "9223372036854775807", "key_buffer_size": "9223372036854775807"], 512, false),
        // A value below the usual one is always accepted.
        (["innodb_buffer_pool_size": "8M"], 128, true),
    ]

    @Test(arguments: buffers)
    func buffersMustLeaveRoomInTheMemoryLimit(_ config: [String: String], _ memory: Int64, _ isTaken: Bool) {
        #expect(refusals(config, memory: .mebibytes(memory)).isEmpty == isTaken)
    }

    static let forms: [(value: String, literals: [String])] = [
        ("200", ["200", "'200'"]), ("64M", ["67108864", "'64M'"]), ("1g", ["1073741824", "'1g'"]), ("ON", ["'ON'"]),
        ("0.5", ["0.5", "'0.5'"]), ("-1", ["-1", "'-1'"]),
        ("18446744073709551615", ["18446744073709551615", "'18446744073709551615'"]),
        ("99999999999T", ["'99999999999T'"]), ("+02:00", ["'+02:00'"]), ("1; SHUTDOWN", ["'1; SHUTDOWN'"]),
        ("", ["''"]),
        ("1 OR 1", ["'1 OR 1'"]), ("0x10", ["'0x10'"]), ("-", ["'-'"]),
    ]

    @Test(arguments: forms) func aValueBecomesANumberOrText(_ value: String, _ literals: [String]) {
        #expect(SettingText.literals(value) == literals)
    }

    // MARK: Data

    @Test func theVersionOfADirectoryIsReadFromPlainFilesAlone() throws {
        let engine = MariaDB(addedBuilds: "/nonexistent")
        let folder = try PrivateFolder()
        defer { folder.remove() }
        #expect(engine.versionOfData(at: folder.path) == nil)
        try FileManager.default.createDirectory(atPath: "\(folder.path)/mysql", withIntermediateDirectories: false)
        #expect(engine.versionOfData(at: folder.path) == nil)
        try folder.write(["mysql_upgrade_info": "10.11.19-MariaDB"])
        #expect(engine.versionOfData(at: folder.path) == EngineVersion("10.11.19"))
        try folder.write(["mariadb_upgrade_info": "11.4.2-MariaDB\n"])
        #expect(engine.versionOfData(at: folder.path) == EngineVersion("11.4.2"))
        try folder.write(["mariadb_upgrade_info": "nonsense"])
        #expect(engine.versionOfData(at: folder.path) == nil)
        // A pipe would block the process that opens it.
        try FileManager.default.removeItem(atPath: "\(folder.path)/mariadb_upgrade_info")
        try FileManager.default.removeItem(atPath: "\(folder.path)/mysql_upgrade_info")
        #expect(mkfifo("\(folder.path)/mariadb_upgrade_info", 0o600) == 0)
        #expect(engine.versionOfData(at: folder.path) == nil)
    }
}
