import RoostModel

/// Settings of a server that belongs to a group. Pure.
enum MariaDBGroup {
    /// Older releases truncate acknowledged transactions of a restarted replica (MDEV-33465).
    private static let oldest = "10.11.9"

    struct Setting {
        let option: Option
        /// Whether a running server takes it, while it follows nobody.
        var isDynamic = true
    }

    /// The settings have no effect on a primary, and a server takes them when it begins to follow: one that becomes a member
    /// is not restarted. The switches of synchronous replication are not among them: with those in the file, the first
    /// statement of a primary without replicas would wait for ever.
    static let options =
        [
            Setting(option: Option("slave_parallel_threads", 4)),
            Setting(option: Option("slave_parallel_mode", "optimistic")),
            // A replica that acknowledges a transaction has it on disk.
            Setting(option: Option("sync_relay_log", 1)),
            // Attempts at one a second: for ever.
            Setting(option: Option("master_retry_count", Int64(UInt32.max)), isDynamic: false),
        ] + waiting.map { Setting(option: $0) }

    /// How commits wait: until a replica has them, and before others can see them.
    static let waiting = [
        Option("rpl_semi_sync_master_wait_point", "AFTER_SYNC"),
        Option("rpl_semi_sync_master_timeout", MariaDBReplicationStatus.patience),
        Option("rpl_semi_sync_master_wait_no_slave", true),
    ]

    /// Switches that change with the server's part.
    private static let switches: Set = ["rpl_semi_sync_master_enabled", "rpl_semi_sync_slave_enabled"]

    /// Variables that probes do not compare with the configuration: the switches of a member, and what a service that
    /// is alone again took when it was a member.
    static func exempt(_ plan: ServerPlan) -> Set<String> {
        plan.group == nil ? Set(options.map(\.option.name)) : switches
    }

    static func refusal(_ version: EngineVersion) -> String? {
        guard let oldest = EngineVersion(Self.oldest), version < oldest else { return nil }
        return "replicas need MariaDB \(oldest) or newer, and this is \(version): older releases can lose acknowledged "
            + "writes when a replica restarts"
    }
}
