/// Settings that Roost makes itself because its guarantees depend on them, with the reason. Pure.
enum PostgreSQLReserved {
    /// The reason why a setting is not allowed in the build file; nil if it is allowed. Names in lower case.
    static func reason(for name: String) -> String? {
        for (reason, names) in exact where names.contains(name) { return reason }
        for (reason, prefixes) in beginnings where prefixes.contains(where: name.hasPrefix) { return reason }
        let isPlace = ["_dir", "_file", "_path", "_directory", "_directories"].contains(where: name.hasSuffix)
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
    private static let logging = "Roost manages the server's log; see 'roost logs SERVICE'"
    private static let libraries = "list the extension in 'extensions'; Roost loads its library"

    private static let exact: [(reason: String, names: Set<String>)] = [
        (place, ["temp_tablespaces", "default_tablespace", "jit_provider"]),
        (
            program,
            [
                "include", "include_dir", "include_if_exists", "cluster_name", "event_source", "bonjour",
                "allow_system_table_mods", "allow_alter_system", "allow_in_place_tablespaces", "exit_on_error",
                "restart_after_crash", "ignore_system_indexes", "post_auth_delay", "pre_auth_delay",
                "remove_temp_files_after_crash", "send_abort_for_crash", "send_abort_for_kill",
            ]
        ),
        (network, ["port", "listen_addresses", "superuser_reserved_connections", "reserved_connections"]),
        (
            durability,
            [
                "fsync", "synchronous_commit", "full_page_writes", "wal_sync_method", "data_sync_retry",
                "zero_damaged_pages", "ignore_checksum_failure", "ignore_invalid_pages", "recovery_init_sync_method",
            ]
        ),
        (
            replication,
            [
                "wal_log_hints", "wal_keep_size", "wal_sender_timeout", "max_wal_senders",
                "max_replication_slots", "max_slot_wal_keep_size", "hot_standby", "hot_standby_feedback",
                "promote_trigger_file", "restore_command", "track_commit_timestamp", "transaction_read_only",
                "default_transaction_read_only", "vacuum_defer_cleanup_age", "synchronous_standby_names",
                "synchronized_standby_slots", "standby_slot_names", "sync_replication_slots",
                "idle_replication_slot_timeout",
            ]
        ),
        (
            access,
            [
                "password_encryption", "db_user_namespace", "role", "session_authorization", "row_security",
                "scram_iterations", "md5_password_warnings", "createrole_self_grant",
            ]
        ),
        (limits, ["huge_pages", "huge_page_size", "shared_memory_type", "max_files_per_process"]),
        (
            logging,
            [
                "log_destination", "log_filename", "log_file_mode", "log_rotation_age", "log_rotation_size",
                "log_truncate_on_rotation", "logging_collector", "log_timezone",
            ]
        ),
        (libraries, ["shared_preload_libraries", "session_preload_libraries", "local_preload_libraries"]),
    ]

    private static let beginnings: [(reason: String, prefixes: [String])] = [
        (program, ["roost.", "debug_", "trace_", "bonjour_", "backtrace_", "wal_consistency", "data_directory"]),
        (network, ["unix_socket", "tcp_"]),
        (transport, ["ssl", "krb_", "gss_"]),
        (replication, ["archive_", "recovery_", "primary_", "max_standby_", "wal_receiver_", "wal_retrieve_"]),
        (logging, ["syslog_"]),
    ]
}
