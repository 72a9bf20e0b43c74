/// Settings that only Roost makes because one of its guarantees depends on them, with the reason. Pure.
enum ReservedSettings {
    /// The reason why a setting is not allowed in the build file. Nil if it is allowed. Names are written with `_`.
    static func reason(for name: String) -> String? {
        for prefix in ["skip_", "loose_", "enable_", "disable_", "maximum_"] where name.hasPrefix(prefix) {
            return "write the setting itself, without '\(prefix)'"
        }
        for (reason, names) in exact where names.contains(name) { return reason }
        for (reason, prefixes) in beginnings where prefixes.contains(where: name.hasPrefix) { return reason }
        let isPlace = ["_dir", "_file", "_path", "_directory", "_tmpdir", "_filename"].contains(where: name.hasSuffix)
        return isPlace ? place : nil
    }

    private static let place = "Roost sets all file locations"
    private static let program = "Roost controls how the server starts"
    private static let network = "Roost controls where the server listens"
    private static let transport = "Roost sets up TLS; see 'expose'"
    private static let durability = "committed data must survive a crash"
    private static let replication = "it is reserved for replication"
    private static let access = "Roost manages accounts and privileges"
    private static let limits = "Roost sets the limits of the server's processes"
    private static let format = "it is fixed when the data directory is created"

    private static let exact: [(reason: String, names: Set<String>)] = [
        (
            place,
            [
                "basedir", "datadir", "tmpdir", "socket", "language", "log_error", "log_tc", "log_isam", "log_basename",
                "log_ddl_recovery", "secure_file_priv", "ignore_db_dirs", "innodb_directories", "secure_log_path",
                "persisted_globals_load", "persist_only_admin_x509_subject",
            ]
        ),
        (
            program,
            [
                "user", "chroot", "console", "help", "verbose", "version", "bootstrap", "gdb", "no_defaults",
                "print_defaults", "getopt_prefix_matching", "tc_heuristic_recover", "group", "daemonize", "one_thread",
                "silent_startup", "exit_info", "external_locking", "init_connect", "initialize", "initialize_insecure",
                "validate_config", "no_monitor", "upgrade", "offline_mode", "shared_memory",
                "innodb_dedicated_server",
            ]
        ),
        (network, ["port", "bind_address", "extra_port", "extra_max_connections"]),
        (transport, ["ssl", "tls_version", "require_secure_transport"]),
        (
            durability,
            [
                "innodb_flush_log_at_trx_commit", "sync_binlog", "innodb_doublewrite", "innodb_flush_method",
                "sync_frm",
                "innodb_force_recovery", "innodb_log_checksums", "innodb_read_only", "innodb_fast_shutdown",
                "innodb_use_atomic_writes",
            ]
        ),
        (
            replication,
            [
                "read_only", "log_bin", "log_slave_updates", "log_slave_update", "binlog_format", "binlog_checksum",
                "binlog_do_db", "binlog_ignore_db", "expire_logs_days", "init_rpl_role", "server_id", "server_uid",
                "encrypt_binlog", "sql_log_bin", "flashback", "super_read_only", "log_replica_updates",
                "enforce_gtid_consistency", "binlog_encryption", "binlog_order_commits", "binlog_error_action",
                "binlog_gtid_simple_recovery", "server_id_bits", "max_relay_log_size",
            ]
        ),
        (
            access,
            [
                "safe_user_create", "secure_auth", "old_passwords", "des_key", "symbolic_links",
                "allow_suspicious_udfs",
                "partial_revokes", "authentication_policy", "mandatory_roles",
                "auto_generate_certs", "default_authentication_plugin", "check_proxy_users",
            ]
        ),
        (limits, ["memlock", "large_pages", "core_file", "open_files_limit", "stack_trace"]),
        (format, ["innodb_page_size", "innodb_undo_tablespaces", "aria_block_size", "innodb_checksum_algorithm"]),
    ]

    private static let beginnings: [(reason: String, prefixes: [String])] = [
        (program, ["defaults_", "debug", "version_", "plugin", "feedback", "wsrep", "init_", "early_plugin"]),
        (network, ["proxy_protocol", "mysqlx", "admin_"]),
        (transport, ["ssl_", "tls_"]),
        (
            replication,
            [
                "gtid_", "relay_", "replicate_", "rpl_", "report_", "master_", "slave_",
                "replica_", "source_", "group_replication", "sync_relay", "sync_master", "sync_source", "log_bin_index",
            ]
        ),
        (access, ["strict_password", "unix_socket", "disconnect_on", "caching_sha2_password_", "sha256_password_"]),
        // Encryption needs a key, which cannot be provided here: the engine would not start.
        (
            "encryption at rest is not supported yet",
            [
                "innodb_encrypt", "innodb_redo_log_encrypt", "innodb_undo_log_encrypt", "aria_encrypt", "encrypt_",
                "keyring",
            ]
        ),
    ]
}
