/// Settings that Roost makes itself because its guarantees depend on them, with the reason. Pure.
enum RedisReservedSettings {
    /// The reason why a setting is not allowed in the build file; nil if it is allowed.
    static func reason(for name: String) -> String? {
        for (reason, names) in exact where names.contains(name) { return reason }
        for (reason, prefixes) in beginnings where prefixes.contains(where: name.hasPrefix) { return reason }
        return nil
    }

    private static let place = "Roost sets all file locations"
    private static let program = "Roost controls how the server starts"
    private static let network = "Roost controls where the server listens"
    private static let transport = "Roost sets up TLS; see 'expose'"
    private static let durability = "written data must survive a crash"
    private static let replication = "it is reserved for replication"
    private static let access = "Roost manages accounts and privileges"
    private static let limits = "Roost sets the limits of the server's processes; see 'memory' and 'cpus'"

    private static let exact: [(reason: String, names: Set<String>)] = [
        (
            place,
            [
                "dir", "dbfilename", "appendfilename", "appenddirname", "logfile", "pidfile", "unixsocket",
                "unixsocketperm", "unixsocketgroup", "aclfile",
            ]
        ),
        (
            program,
            [
                "daemonize", "supervised", "include", "loadmodule", "rename-command", "set-proc-title",
                "proc-title-template", "always-show-logo", "watchdog-period", "ignore-warnings", "sentinel",
            ]
        ),
        (network, ["port", "bind", "bind-source-addr", "protected-mode", "socket-mark-id", "mptcp"]),
        (
            durability,
            [
                "appendonly", "no-appendfsync-on-rewrite", "aof-load-truncated", "aof-use-rdb-preamble",
                "aof-disable-auto-gc", "aof-load-corrupt-tail-max-size", "save", "rdbchecksum", "rdb-version-check",
                "rdb-del-sync-files", "stop-writes-on-bgsave-error",
            ]
        ),
        ("it follows from 'durability'", ["appendfsync"]),
        (
            replication,
            [
                "replicaof", "slaveof", "masterauth", "masteruser", "primaryauth", "primaryuser", "import-mode",
                "propagation-error-behavior", "dual-channel-replication-enabled",
            ]
        ),
        (
            access,
            [
                "requirepass", "user", "acl-pubsub-default", "enable-debug-command", "enable-module-command",
                "enable-protected-configs", "sanitize-dump-payload",
            ]
        ),
        (limits, ["oom-score-adj", "oom-score-adj-values", "maxmemory-clients", "disable-thp"]),
        ("it is fixed at 16; with fewer databases than its data has, the server would not start", ["databases"]),
    ]

    private static let beginnings: [(reason: String, prefixes: [String])] = [
        (program, ["syslog-", "shutdown-", "crash-"]),
        (limits, ["server-cpulist", "bio-cpulist", "aof-rewrite-cpulist", "bgsave-cpulist"]),
        (network, ["rdma-"]),
        (transport, ["tls-"]),
        (
            replication,
            [
                "repl-", "replica-", "slave-", "primary-", "master-", "min-replicas-", "min-slaves-", "cluster-",
                "slot-migration-",
            ]
        ),
    ]
}
