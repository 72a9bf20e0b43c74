import RoostModel

/// Options of a copy that differ from a service's. Pure.
enum MySQLCopies {
    /// Nil if as in a service.
    static func durability(_ profile: ServerProfile) -> [Option]? {
        let isBuilding = profile == .building
        guard isBuilding || profile == .clone(isDurable: false) else { return nil }
        return [
            // Not 0 in a clone: commits survive a crash of the server, though not of the host.
            Option("innodb_flush_log_at_trx_commit", isBuilding ? 0 : 2),
            Option("innodb_doublewrite", false),
            Option("innodb_flush_method", "nosync"),
            Option("innodb_redo_log_capacity", MySQLConfiguration.redoLogCapacity),
        ]
    }

    /// Replaces the replication options: no binary log, and no relay log to continue with.
    static func identity(_ plan: ServerPlan) -> [Option] {
        [
            Option("server_id", Int64(plan.serverID)),
            // A dump may set the GTIDs of the transactions that it contains.
            Option("gtid_mode", true),
            Option("enforce_gtid_consistency", true),
            Option("disable_log_bin", true),
            Option("log_replica_updates", false),
            Option("relay_log", "relay"),
            Option("relay_log_index", "relay.index"),
            Option("skip_replica_start", true),
            // Read-only at boot, like a service.
            Option("super_read_only", true),
        ]
    }

    /// Options that override the user's settings.
    static func fixed(_ profile: ServerProfile) -> [Option] {
        guard profile.isCopy else { return [] }
        let always = [
            Option("event_scheduler", false),
            Option("innodb_buffer_pool_load_at_startup", false),
            Option("innodb_buffer_pool_dump_at_shutdown", false),
        ]
        guard profile == .building else { return always }
        // The user's limit is for clients; a dump must load whatever the size of its statements.
        return always + [Option("max_allowed_packet", .gibibytes(1))]
    }
}
