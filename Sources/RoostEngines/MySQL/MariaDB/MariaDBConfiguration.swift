import RoostModel

/// The files that a MariaDB server starts from. The server reads no system files besides. Pure.
struct MariaDBConfiguration {
    /// The log size of every fresh directory too: if it differs, a server recreates its log at its start (40 ms).
    static let logFileSize = ByteCount.mebibytes(96)
    /// Retention and file size of binary logs, kept for replicas that were disconnected.
    static let binlogExpiry: Duration = .seconds(3 * 24 * 3600)
    static let binlogFileSize = ByteCount.mebibytes(128)

    let plan: ServerPlan
    /// Nil to leave out build-dependent options, none of which can be changed on a running server.
    var build: EngineBuild?

    /// All options by name.
    var options: [Option] {
        [Option("getopt_prefix_matching", false)]
            + generated.merged(
                places + network + durability + replication + behaviour + security
                    + MariaDBSizing(memory: plan.settings.memory).options(plan.profile),
                fixed: MariaDBCopies.fixed(plan.profile)
                    + (build.map { MariaDBCopies.recovery(plan.profile, $0.identity.version) } ?? []))
    }

    /// Options that a running server is compared with.
    var effective: [String: String] { ServerFiles.effective(options, following: ["gtid_domain_id"]) }

    var files: [String: String] {
        generated.all(group: "mariadbd", options: options, accounts: MariaDBAccounts(plan: plan).startFile)
    }

    // MARK: Parts

    private var generated: ServerFiles { ServerFiles(plan: plan) }

    /// Locations of a build's own files.
    static func places(of build: EngineBuild) -> [Option] {
        let charsets = build.folders["character_sets_dir"]
        // In every layout the messages are one folder above the character sets.
        let messages = charsets.map { $0.split(separator: "/").dropLast().map { "/\($0)" }.joined() }
        return [
            build.folders["basedir"].map { Option("basedir", $0) },
            build.folders["plugin_dir"].map { Option("plugin_dir", $0) },
            charsets.map { Option("character_sets_dir", $0) }, messages.map { Option("lc_messages_dir", $0) },
        ].compactMap { $0 }
    }

    private var places: [Option] {
        (build.map(Self.places) ?? []) + [
            Option("datadir", plan.folders.data),
            Option("tmpdir", plan.folders.data),
            Option("slave_load_tmpdir", plan.folders.data),
            Option("socket", plan.folders.socket),
            Option("pid_file", "\(plan.folders.run)/server.pid"),
            Option("general_log_file", "\(plan.folders.logs)/general.log"),
            Option("slow_query_log_file", "\(plan.folders.logs)/slow.log"),
            Option("init_file", generated.path(ServerFiles.accounts)),
        ]
    }

    private var network: [Option] {
        [
            Option("bind_address", "127.0.0.1"),
            Option("port", Int64(plan.internalPort.number)),
            // All clients connect through the router, from 127.0.0.1: failing clients must not get that address
            // blocked.
            Option("skip_name_resolve", true),
            Option("host_cache_size", 0),
            Option("max_connect_errors", Int64(UInt32.max)),
        ]
    }

    private var durability: [Option] {
        if let copy = MariaDBCopies.durability(plan.profile, build?.identity.version) { return copy }
        return [
            Option("innodb_flush_log_at_trx_commit", 1),
            Option("sync_binlog", 1),
            Option("innodb_doublewrite", true),
            Option("innodb_log_file_size", Self.logFileSize),
        ]
    }

    private var replication: [Option] {
        if plan.profile.isCopy { return MariaDBCopies.identity(plan) }
        return [
            Option("server_id", Int64(plan.serverID)),
            Option("gtid_domain_id", Int64(plan.domainID)),
            Option("gtid_strict_mode", true),
            Option("log_bin", "binlog"),
            Option("log_bin_index", "binlog.index"),
            Option("log_slave_updates", true),
            Option("binlog_format", "ROW"),
            Option("binlog_expire_logs_seconds", Self.binlogExpiry.components.seconds),
            Option("max_binlog_size", Self.binlogFileSize),
            Option("relay_log", "relay"),
            Option("relay_log_index", "relay.index"),
            Option("skip_slave_start", true),
            Option("slave_net_timeout", 4),
            // Read-only at boot; opened once the epoch is checked.
            Option("read_only", true),
        ] + (plan.group == nil ? [] : MariaDBGroup.options.map(\.option))
    }

    private var behaviour: [Option] {
        [
            Option("character_set_server", "utf8mb4"),
            // The character set's default collation, so that tables that name only the character set match those that
            // name nothing.
            Option("collation_server", "utf8mb4_general_ci"),
            Option("max_allowed_packet", ByteCount.mebibytes(64)),
            Option("log_output", "FILE"),
            Option("event_scheduler", false),
            // Rows are logged rather than statements, so functions and triggers need no right over the log.
            Option("log_bin_trust_function_creators", true),
        ]
    }

    private var security: [Option] {
        [
            // Only Roost has FILE, and even with FILE only this folder of sockets would be reachable.
            Option("secure_file_priv", plan.folders.run),
            Option("local_infile", false),
            Option("symbolic_links", false),
            // Disables reports to the vendor. Not every build has the option, hence `loose_`.
            Option("loose_feedback", false),
        ] + generated.encryption
    }
}
