import RoostModel

/// What the options of a copy have in place of a service's. Pure.
enum MySQLCopies {
    /// Nil: as in a service.
    static func durability(_ profile: ServerProfile) -> [Option]? {
        let isBuilding = profile == .building
        guard isBuilding || profile == .clone(isDurable: false) else { return nil }
        return [
            // Not 0 in a clone: what is committed outlives a crash of the server, if not one of the machine.
            Option("innodb_flush_log_at_trx_commit", isBuilding ? 0 : 2),
            Option("innodb_doublewrite", false),
            Option("innodb_flush_method", "nosync"),
            Option("innodb_redo_log_capacity", MySQLConfiguration.redoLogCapacity),
        ]
    }

    /// In place of replication: no binary log, and no relay log to go on with.
    static func identity(_ plan: ServerPlan) -> [Option] {
        [
            Option("server_id", Int64(plan.serverID)),
            // A dump may set which transactions it holds.
            Option("gtid_mode", true),
            Option("enforce_gtid_consistency", true),
            Option("disable_log_bin", true),
            Option("log_replica_updates", false),
            Option("relay_log", "relay"),
            Option("relay_log_index", "relay.index"),
            Option("skip_replica_start", true),
            // Closed at boot, as a service is.
            Option("super_read_only", true),
        ]
    }

    /// What wins over the user's settings.
    static func fixed(_ profile: ServerProfile) -> [Option] {
        guard profile.isCopy else { return [] }
        let always = [
            Option("event_scheduler", false),
            Option("innodb_buffer_pool_load_at_startup", false),
            Option("innodb_buffer_pool_dump_at_shutdown", false),
        ]
        guard profile == .building else { return always }
        // What clients may send is theirs to limit; what a dump holds, it holds.
        return always + [Option("max_allowed_packet", .gibibytes(1))]
    }
}
