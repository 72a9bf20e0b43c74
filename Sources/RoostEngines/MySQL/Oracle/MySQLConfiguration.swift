import RoostModel

/// The files that a MySQL server starts from. The server reads no system files besides. Pure.
struct MySQLConfiguration {
    /// The log size of every fresh directory too, so that no server recreates its log at its first start.
    static let redoLogCapacity = ByteCount.mebibytes(96)
    /// Retention and file size of binary logs, kept for replicas that were disconnected.
    static let binlogExpiry: Duration = .seconds(3 * 24 * 3600)
    static let binlogFileSize = ByteCount.mebibytes(128)

    let plan: ServerPlan
    let build: EngineBuild

    /// All options by name.
    var options: [Option] {
        generated.merged(
            places + network + durability + replication + behaviour + security
                + MySQLSizing(memory: plan.settings.memory).options(plan.profile),
            fixed: MySQLCopies.fixed(plan.profile))
    }

    /// Options that a running server is compared with.
    var effective: [String: String] { ServerFiles.effective(options, following: []) }

    var files: [String: String] {
        generated.all(group: "mysqld", options: options, accounts: MySQLAccounts(plan: plan).startFile)
    }

    /// Locations of the build's own files.
    static func places(of build: EngineBuild) -> [Option] {
        ["basedir", "plugin_dir", "character_sets_dir", "lc_messages_dir"].compactMap { name in
            build.folders[name].map { Option(name, $0) }
        }
    }

    // MARK: Parts

    private var generated: ServerFiles { ServerFiles(plan: plan) }

    private var places: [Option] {
        Self.places(of: build) + [
            Option("datadir", plan.folders.data),
            Option("tmpdir", plan.folders.data),
            Option("replica_load_tmpdir", plan.folders.data),
            Option("socket", plan.folders.socket),
            Option("pid_file", "\(plan.folders.run)/server.pid"),
            Option("general_log_file", "\(plan.folders.logs)/general.log"),
            Option("slow_query_log_file", "\(plan.folders.logs)/slow.log"),
            Option("init_file", generated.path(ServerFiles.accounts)),
            // Settings of SET PERSIST are stored in the data directory, and would override this file.
            Option("persisted_globals_load", false),
        ]
    }

    private var network: [Option] {
        [
            Option("bind_address", "127.0.0.1"),
            Option("port", Int64(plan.internalPort.number)),
            // The X plugin's port would be the same for all servers of the host.
            Option("mysqlx", false),
            // All clients connect through the router, from 127.0.0.1: failing clients must not get that address
            // blocked.
            Option("skip_name_resolve", true),
            Option("host_cache_size", 0),
            Option("max_connect_errors", Int64(UInt32.max)),
        ]
    }

    private var durability: [Option] {
        if let copy = MySQLCopies.durability(plan.profile) { return copy }
        return [
            Option("innodb_flush_log_at_trx_commit", 1),
            Option("sync_binlog", 1),
            Option("innodb_doublewrite", true),
            Option("innodb_redo_log_capacity", Self.redoLogCapacity),
        ]
    }

    private var replication: [Option] {
        if plan.profile.isCopy { return MySQLCopies.identity(plan) }
        return [
            Option("server_id", Int64(plan.serverID)),
            Option("gtid_mode", true),
            Option("enforce_gtid_consistency", true),
            Option("log_bin", "binlog"),
            Option("log_bin_index", "binlog.index"),
            Option("log_replica_updates", true),
            Option("binlog_expire_logs_seconds", Self.binlogExpiry.components.seconds),
            Option("max_binlog_size", Self.binlogFileSize),
            Option("relay_log", "relay"),
            Option("relay_log_index", "relay.index"),
            Option("skip_replica_start", true),
            Option("replica_net_timeout", 4),
            Option("replica_preserve_commit_order", true),
            // A restarted replica still has what it received, so it can succeed a primary that is lost. (With ON, it
            // would remove what it has acknowledged and not applied.)
            Option("relay_log_recovery", false),
            // Read-only at boot; opened once the epoch is checked.
            Option("super_read_only", true),
        ] + MySQLGroup.loading(build) + (plan.group == nil ? [] : MySQLGroup.options)
    }

    private var behaviour: [Option] {
        [
            Option("character_set_server", "utf8mb4"),
            // The character set's default collation, so that tables that name only the character set match those that
            // name nothing.
            Option("collation_server", "utf8mb4_0900_ai_ci"),
            Option("max_allowed_packet", ByteCount.mebibytes(64)),
            Option("log_output", "FILE"),
            Option("event_scheduler", false),
            // Rows are logged rather than statements, so functions and triggers need no right over the log.
            Option("log_bin_trust_function_creators", true),
        ]
    }

    /// Without Roost's certificate the server generates one, and keys for the password exchange, in its data
    /// directory: some clients sign on only over TLS, others only without (Connector/Python, PyMySQL).
    private var security: [Option] {
        [
            Option("auto_generate_certs", true),
            Option("caching_sha2_password_auto_generate_rsa_keys", true),
            Option("secure_file_priv", "NULL"),
            Option("local_infile", false),
            // Allows rights on all databases except on the server's own tables.
            Option("partial_revokes", true),
        ] + generated.encryption
    }
}
