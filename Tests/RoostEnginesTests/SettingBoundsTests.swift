import RoostModel
import Testing

@testable import RoostEngines

/// Values that would lock users out of a server, lose acknowledged writes or break Roost's work are refused; values
/// that work are taken.
@Suite struct SettingBoundsTests {
    static let memory = ByteCount.mebibytes(512)

    static func refusals(_ engine: String, _ name: String, _ value: String) -> [String] {
        switch engine {
        case "mariadb": MariaDBSettingRules.refusals([name: value], memory: memory, hasZone: { _ in true })
        case "mysql": MySQLSettingRules.refusals([name: value], memory: memory, hasZone: { _ in true })
        case "postgresql": PostgreSQLSettingRules.refusals([name: value], memory: memory)
        case "mongodb": MongoDBSettingRules.refusals([name: value])
        default: RedisSettingRules.refusals([name: value], memory: memory)
        }
    }

    static let locking: [(engine: String, name: String, value: String, least: String)] = [
        ("redis", "maxclients", "1", "16"), ("redis", "maxclients", "15", "16"),
        ("redis", "maxmemory", "1", "4mb"), ("redis", "maxmemory", "3mb", "4mb"),
        ("redis", "client-output-buffer-limit", "normal 1 1 1", "1mb"),
        ("redis", "client-output-buffer-limit", "replica 0 0 0 normal 0 512kb 60", "1mb"),
        ("mariadb", "max_connections", "1", "10"), ("mariadb", "max-connections", "9", "10"),
        ("mariadb", "max_user_connections", "1", "10"), ("mariadb", "max_user_connections", "-1", "10"),
        ("mariadb", "max_password_errors", "1", "10"), ("mariadb", "max_allowed_packet", "1K", "64K"),
        ("mariadb", "max_statement_time", "0.001", "1"),
        ("mariadb", "max_session_mem_used", "8192", "8M"), ("mariadb", "thread_stack", "128K", "256K"),
        ("mariadb", "thread_handling", "no-threads", "one connection at a time"),
        ("mariadb", "transaction_read_only", "ON", "nothing could be written"),
        ("mysql", "max_connections", "1", "10"), ("mysql", "max_user_connections", "2", "10"),
        ("mysql", "max_execution_time", "1", "1000"),
        ("mysql", "transaction_read_only", "1", "nothing could be written"),
        ("mariadb", "max_connect_errors", "1", "100"), ("mysql", "connect_timeout", "2", "5"),
        ("mariadb", "binlog_commit_wait_usec", "60000000", "1000000"),
        ("mariadb", "innodb_flush_log_at_timeout", "2700", "at most 10"),
        ("mysql", "innodb-flush-log-at-timeout", "11", "at most 10"),
        ("mariadb", "enforce_storage_engine", "MEMORY", "CREATE TABLE"),
        ("mariadb", "default-storage-engine", "blackhole", "CREATE TABLE"),
        ("mysql", "default_storage_engine", "MyISAM", "CREATE TABLE"),
        ("mariadb", "event_scheduler", "DISABLED", "write OFF"), ("mysql", "event-scheduler", "disabled", "write OFF"),
        ("mariadb", "tx_read_only", "1", "nothing could be written"),
        ("postgresql", "authentication_timeout", "1", "5s"), ("postgresql", "authentication_timeout", "4999ms", "5s"),
        ("postgresql", "session_replication_role", "Replica", "foreign keys"),
        ("redis", "busy-reply-threshold", "1", "100"), ("redis", "lua-time-limit", "99", "100"),
        ("mongodb", "setParameter.notablescan", "true", "whole collection"),
        ("mongodb", "storage.syncPeriodSecs", "0", "at least 1"),
        ("postgresql", "max_connections", "1", "10"), ("postgresql", "statement_timeout", "1", "1s"),
        ("postgresql", "Statement_Timeout", "999ms", "1s"), ("postgresql", "transaction_timeout", "0.5s", "1s"),
        ("mongodb", "net.maxIncomingConnections", "5", "20"), ("mongodb", "setParameter.maxSessions", "1", "1000"),
    ]

    @Test(arguments: locking)
    func whatDoesHarmIsRefusedWithWhatWorks(
        _ engine: String, _ name: String, _ value: String, least: String
    ) {
        let refusals = Self.refusals(engine, name, value)
        #expect(refusals.count == 1 && refusals.first?.hasPrefix("\(name): ") == true, "\(refusals)")
        #expect(refusals.first?.contains(least) == true, "\(refusals)")
    }

    static let roomy: [(engine: String, name: String, value: String)] = [
        ("redis", "maxclients", "16"), ("redis", "maxmemory", "4mb"), ("redis", "timeout", "1"),
        ("redis", "client-output-buffer-limit", "normal 0 0 0"),
        ("redis", "client-output-buffer-limit", "pubsub 32kb 8kb 60"),
        // Roost's own sessions set these for themselves.
        ("mariadb", "wait_timeout", "1"), ("mariadb", "autocommit", "0"), ("mysql", "autocommit", "0"),
        ("mariadb", "lock_wait_timeout", "0"), ("mariadb", "max_recursive_iterations", "0"),
        ("mysql", "cte_max_recursion_depth", "0"), ("postgresql", "lock_timeout", "1"),
        ("postgresql", "idle_in_transaction_session_timeout", "1"), ("postgresql", "idle_session_timeout", "1"),
        ("mariadb", "default_storage_engine", "InnoDB"), ("mariadb", "event_scheduler", "ON"),
        ("mariadb", "innodb_flush_log_at_timeout", "10"), ("postgresql", "authentication_timeout", "5"),
        ("postgresql", "authentication_timeout", "1min"), ("redis", "busy-reply-threshold", "0"),
        ("mongodb", "storage.syncPeriodSecs", "60"), ("mongodb", "setParameter.notablescan", "false"),
        ("mariadb", "max_connections", "10"), ("mariadb", "max_user_connections", "0"),
        ("mariadb", "lower_case_table_names", "0"), ("mysql", "lower-case-table-names", "0"),
        ("mariadb", "max_statement_time", "0"), ("mariadb", "max_statement_time", "1"),
        ("mariadb", "thread_handling", "pool-of-threads"), ("mariadb", "transaction_read_only", "OFF"),
        ("mysql", "max_connections", "10"), ("mysql", "max_execution_time", "0"),
        ("postgresql", "max_connections", "10"), ("postgresql", "statement_timeout", "0"),
        ("postgresql", "statement_timeout", "1min"), ("postgresql", "transaction_timeout", "1000"),
        ("mongodb", "net.maxIncomingConnections", "20"), ("mongodb", "setParameter.maxSessions", "1000"),
    ]

    @Test(arguments: roomy) func theLeastItselfIsTaken(_ engine: String, _ name: String, _ value: String) {
        #expect(Self.refusals(engine, name, value) == [])
    }

    /// Settings that are reserved altogether.
    @Test(arguments: [
        ("postgresql", "superuser_reserved_connections"), ("postgresql", "reserved_connections"),
        ("postgresql", "listen_addresses"), ("redis", "bind"), ("redis", "requirepass"), ("redis", "port"),
        ("redis", "aclfile"), ("mariadb", "bind_address"), ("mysql", "offline_mode"), ("mysql", "init_connect"),
        ("mongodb", "net.bindIp"), ("mongodb", "security.authorization"), ("mongodb", "net.unixDomainSocket.enabled"),
    ])
    func whatDecidesWhoGetsInIsRoosts(_ engine: String, _ name: String) {
        #expect(Self.refusals(engine, name, "1").count == 1)
    }

    /// The directory is made before the build file is read: another value would not fit the data, or would hide them.
    @Test(arguments: [
        ("mariadb", "lower_case_table_names", "1"), ("mariadb", "lower-case-table-names", "2"),
        ("mysql", "lower_case_table_names", "1"), ("mariadb", "innodb_page_size", "8K"),
        ("mysql", "innodb_page_size", "8K"), ("mariadb", "innodb_undo_tablespaces", "4"),
        ("mariadb", "innodb_checksum_algorithm", "crc32"), ("mariadb", "aria_block_size", "4096"),
        ("mysql", "innodb_data_file_path", "ibdata1:100M:autoextend"), ("redis", "databases", "4"),
        ("redis", "appendfilename", "other"), ("mongodb", "storage.directoryPerDB", "true"),
        ("mongodb", "storage.wiredTiger.engineConfig.directoryForIndexes", "true"),
    ])
    func whatIsFixedWhenADirectoryIsMadeIsRefused(_ engine: String, _ name: String, _ value: String) {
        #expect(Self.refusals(engine, name, value).count == 1)
    }

    // MARK: Names

    static let catalog = EngineCatalog(addedBuilds: "/nonexistent")

    static let databases: [(engine: String, name: String, isTaken: Bool)] = [
        ("postgresql", String(repeating: "x", count: 63), true),
        ("postgresql", String(repeating: "x", count: 64), false),
        ("mongodb", String(repeating: "x", count: 63), true), ("mongodb", String(repeating: "x", count: 64), false),
        ("mariadb", String(repeating: "x", count: 64), true), ("mariadb", String(repeating: "x", count: 65), false),
        ("mysql", String(repeating: "x", count: 64), true), ("mysql", String(repeating: "x", count: 65), false),
        ("mariadb", "mysql", false), ("mariadb", "sys", false), ("mariadb", "information_schema", false),
        ("mariadb", "Performance_Schema", false), ("mariadb", "local", true), ("mysql", "mysql", false),
        ("postgresql", "template0", false), ("postgresql", "template1", false), ("postgresql", "roost_admin", false),
        ("postgresql", "roost_spare", false), ("postgresql", "postgres", true), ("postgresql", "mysql", true),
        ("mongodb", "local", false), ("mongodb", "config", false), ("mongodb", "admin", false),
        ("mongodb", "a.b", false), ("mongodb", "a$", false), ("mongodb", "a b", false),
    ]

    @Test(arguments: databases) func aDatabasesNameIsItsServersToJudge(
        _ engine: String, _ name: String, isTaken: Bool
    ) throws {
        let names = try #require(Self.catalog.engine(named: engine)?.family.names)
        #expect((names.databaseFault(name) == nil) == isTaken)
        let owner = names.ownerFault(name, of: "service", type: ServiceType(rawValue: engine))
        #expect((owner == nil) == isTaken)
        if let owner {
            #expect(owner.contains("'\(name)'") && owner.contains("its default database has the same name"))
        }
    }

    @Test(arguments: [("mysql", 32), ("mariadb", 80), ("postgresql", 63), ("mongodb", 63), ("redis", 32)])
    func aUsersNameIsAsLongAsItsServerTakes(_ engine: String, _ longest: Int) throws {
        let family = try #require(Self.catalog.engine(named: engine)?.family)
        #expect(family.userFault(String(repeating: "x", count: longest)) == nil)
        #expect(family.userFault(String(repeating: "x", count: longest + 1))?.contains("1 to \(longest)") == true)
        #expect(family.userFault("") != nil && family.userFault("a'b") != nil)
        // Programs would take a leading hyphen for an option.
        #expect(family.userFault("-") != nil && family.userFault("-x") != nil && family.userFault("x-") == nil)
    }
}
