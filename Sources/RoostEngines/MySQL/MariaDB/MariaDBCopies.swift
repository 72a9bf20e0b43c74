import RoostModel

/// Options of a copy that differ from a service's. Pure.
enum MariaDBCopies {
    /// The value of `innodb_flush_log_at_trx_commit`. Not 0 in a clone: commits survive a crash of the server, though
    /// not of the host. Nil if as in a service.
    static func flushing(_ profile: ServerProfile) -> Int64? {
        switch profile {
        case .building: 0
        case .clone(isDurable: false): 2
        case .service, .clone(isDurable: true): nil
        }
    }

    /// Nil if as in a service.
    static func durability(_ profile: ServerProfile, _ version: EngineVersion?) -> [Option]? {
        guard let flushing = flushing(profile) else { return nil }
        return [
            Option("innodb_flush_log_at_trx_commit", flushing),
            Option("innodb_doublewrite", false),
        ] + (version.map { [Option(flushMethod($0), "nosync")] } ?? []) + [
            // The file is recreated and written in full at each start.
            Option("innodb_temp_data_file_path", "ibtmp1:6M:autoextend"),
            // The same in every profile: if the size differs from the directory's, the log is recreated at the start.
            Option("innodb_log_file_size", MariaDBConfiguration.logFileSize),
        ]
    }

    /// Deprecated since 11.0 without a replacement: a server that no longer has the option ignores it, and is slower.
    static func flushMethod(_ version: EngineVersion) -> String {
        ((version.components.first ?? 0) < 12 ? "" : "loose_") + "innodb_flush_method"
    }

    /// Replaces the replication options: no binary log, and no relay log to continue with.
    static func identity(_ plan: ServerPlan) -> [Option] {
        [
            Option("server_id", Int64(plan.serverID)),
            Option("gtid_domain_id", Int64(plan.domainID)),
            Option("relay_log", "relay"),
            Option("relay_log_index", "relay.index"),
            Option("skip_slave_start", true),
            // Read-only at boot, like a service.
            Option("read_only", true),
        ]
    }

    /// Options that override the user's settings.
    static func fixed(_ profile: ServerProfile) -> [Option] {
        guard profile.isCopy else { return [] }
        let always = [
            // Not DISABLED: then a dump could neither create nor drop events.
            Option("event_scheduler", false),
            Option("innodb_buffer_pool_load_at_startup", false),
            Option("innodb_buffer_pool_dump_at_shutdown", false),
        ]
        guard profile == .building else { return always }
        // The user's limit is for clients; a dump must load whatever the size of its statements.
        return always + [Option("max_allowed_packet", .gibibytes(1))]
    }

    /// Whether a server of this version commits prepared transactions within the start that serves.
    ///
    /// Since 11.2 every server has a second component that takes part in transactions (ALTER TABLE … ALGORITHM=COPY,
    /// LOCK=NONE), so the server keeps a transaction coordinator log, and with that log `tc_heuristic_recover` ends
    /// the server after the recovery (`TC_LOG::using_heuristic_recover` in its source). 11.0 and 11.1 are no longer
    /// maintained and were not tested.
    static func recoversWhileStarting(_ version: EngineVersion) -> Bool { (version.components.first ?? 0) < 11 }

    /// Commits prepared transactions. The snapshot of a running server may hold transactions that are prepared in the
    /// tables but committed only in its binary log, which the copy does not have. These include acknowledged
    /// transactions; the others were in progress, and committing them is allowed too.
    static func recovery(_ profile: ServerProfile, _ version: EngineVersion) -> [Option] {
        guard profile.isCopy, recoversWhileStarting(version) else { return [] }
        return [Option("tc_heuristic_recover", "COMMIT")]
    }
}
