import RoostModel

/// What the options of a copy have in place of a service's. Pure.
enum MariaDBCopies {
    /// Not 0 in a clone: what is committed outlives a crash of the server, if not one of the machine. Nil: as in a service.
    static func flushing(_ profile: ServerProfile) -> Int64? {
        switch profile {
        case .building: 0
        case .clone(isDurable: false): 2
        case .service, .clone(isDurable: true): nil
        }
    }

    /// Nil: as in a service.
    static func durability(_ profile: ServerProfile, _ version: EngineVersion?) -> [Option]? {
        guard let flushing = flushing(profile) else { return nil }
        return [
            Option("innodb_flush_log_at_trx_commit", flushing),
            Option("innodb_doublewrite", false),
        ] + (version.map { [Option(flushMethod($0), "nosync")] } ?? []) + [
            // Made anew, and written in full, at each start.
            Option("innodb_temp_data_file_path", "ibtmp1:6M:autoextend"),
            // Of whatever profile: another size than the directory's would have the log made anew at the start.
            Option("innodb_log_file_size", MariaDBConfiguration.logFileSize),
        ]
    }

    /// Deprecated since 11.0 with nothing in its place: a server that has it no longer goes without, and is slower.
    static func flushMethod(_ version: EngineVersion) -> String {
        ((version.components.first ?? 0) < 12 ? "" : "loose_") + "innodb_flush_method"
    }

    /// In place of replication: no binary log, and no relay log to go on with.
    static func identity(_ plan: ServerPlan) -> [Option] {
        [
            Option("server_id", Int64(plan.serverID)),
            Option("gtid_domain_id", Int64(plan.domainID)),
            Option("relay_log", "relay"),
            Option("relay_log_index", "relay.index"),
            Option("skip_slave_start", true),
            // Closed at boot, as a service is.
            Option("read_only", true),
        ]
    }

    /// What wins over the user's settings.
    static func fixed(_ profile: ServerProfile) -> [Option] {
        guard profile.isCopy else { return [] }
        let always = [
            // Not DISABLED: then events could neither be made by a dump nor be dropped.
            Option("event_scheduler", false),
            Option("innodb_buffer_pool_load_at_startup", false),
            Option("innodb_buffer_pool_dump_at_shutdown", false),
        ]
        guard profile == .building else { return always }
        // What clients may send is theirs to limit; what a dump holds, it holds.
        return always + [Option("max_allowed_packet", .gibibytes(1))]
    }

    /// Whether a server of this version commits prepared transactions within the start that serves.
    ///
    /// From 11.2 on a second part of every server takes part in transactions (ALTER TABLE … ALGORITHM=COPY, LOCK=NONE), so
    /// the server keeps a transaction coordinator log, and with one `tc_heuristic_recover` ends the server as soon as it is
    /// through (`TC_LOG::using_heuristic_recover` in its source). 11.0 and 11.1 are no longer maintained and not tried.
    static func recoversWhileStarting(_ version: EngineVersion) -> Bool { (version.components.first ?? 0) < 11 }

    /// In an image of a server that ran, transactions may stand between its binary log, which is not in the copy, and the
    /// tables. Acknowledged transactions are among them; the others were under way, and may be committed too.
    static func recovery(_ profile: ServerProfile, _ version: EngineVersion) -> [Option] {
        guard profile.isCopy, recoversWhileStarting(version) else { return [] }
        return [Option("tc_heuristic_recover", "COMMIT")]
    }
}
