import RoostModel

/// Settings that users may make, and those that a running server takes. Pure.
///
/// A key of `config:` is an option's path in the server's own configuration file (`operationProfiling.mode`,
/// `net.maxIncomingConnections`); a server parameter is below `setParameter.`. Settings that Roost's guarantees depend
/// on are refused here, with the reason; unknown settings are refused by the server itself.
enum MongoDBSettingRules {
    /// Problems found before the engine is asked, one line each.
    static func refusals(_ config: [String: String]) -> [String] {
        config.sorted { $0.key < $1.key }.compactMap { name, _ in reason(against: name).map { "\(name): \($0)" } }
            + SettingBounds.mongodb.refusals(config)
    }

    /// A path that has a value and is also a section of another setting.
    static func clashes(_ config: [String: String]) -> [String] {
        config.keys.sorted().filter { name in config.keys.contains { $0.hasPrefix("\(name).") } }
            .map { "\($0): it has both a value and settings below it" }
    }

    /// The reason why a setting is not allowed in the build file. Nil if it is allowed, or if the engine does not know
    /// it and will say so.
    static func reason(against name: String) -> String? {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard !parts.contains(where: \.isEmpty), !name.contains("-") else {
            return "not an option path; write it as in the manual, such as operationProfiling.mode"
        }
        if name == "setParameter" { return "name the parameter, such as setParameter.cursorTimeoutMillis" }
        if let parameter = parts.first == "setParameter" ? parts.dropFirst().joined(separator: ".") : nil {
            return reason(againstParameter: parameter)
        }
        if open.contains(where: { name == $0 || name.hasPrefix("\($0).") }) { return nil }
        return sections.first { name == $0.path || name.hasPrefix("\($0.path).") }?.reason
    }

    private static func reason(againstParameter name: String) -> String? {
        parameters.first { $0.names.contains(name) || $0.beginnings.contains(where: name.hasPrefix) }?.reason
    }

    // MARK: In place

    /// The way to apply a changed option to a running server.
    enum Change: Equatable {
        case parameter(String)
        /// An option of the command `profile`, which sets it for the whole server.
        case profile(String)
        case cache
        case member
        case restart
    }

    static func change(of name: String) -> Change {
        switch name {
        case MongoDBConfiguration.cacheOption: .cache
        case MongoDBConfiguration.memberSetting: .member
        case "operationProfiling.slowOpThresholdMs": .profile("slowms")
        case "operationProfiling.slowOpSampleRate": .profile("sampleRate")
        case _ where name.hasPrefix("setParameter."): .parameter(String(name.dropFirst("setParameter.".count)))
        default: .restart
        }
    }

    /// A value in the types that the server may expect, likeliest first.
    static func forms(_ text: String) -> [BSONValue] {
        var forms: [BSONValue] = []
        if let number = Int64(text) {
            forms.append(.int(number))
        } else if let number = Double(text), number.isFinite {
            forms.append(.double(number))
        }
        if let value = Bool(text) { forms.append(.bool(value)) }
        return forms + [.string(text)]
    }

    // MARK: What is Roost's

    /// Settings that are allowed within sections that are otherwise Roost's.
    private static let open = [
        "net.maxIncomingConnections", "net.compression", "net.wireObjectCheck", "security.javascriptEnabled",
        "storage.wiredTiger.collectionConfig", "storage.wiredTiger.indexConfig",
        "storage.journal.commitIntervalMs", "storage.syncPeriodSecs", "storage.oplogMinRetentionHours",
        "systemLog.verbosity", "systemLog.quiet", "systemLog.component", "systemLog.traceAllExceptions",
    ]

    private static let place = "Roost sets all file locations"
    private static let program = "Roost controls how the server starts"
    private static let network = "Roost controls where the server listens"
    private static let transport = "Roost sets up TLS; see 'expose'"
    private static let durability = "committed data must survive a crash"
    private static let replication = "it is reserved for replication"
    private static let access = "Roost manages accounts and privileges"
    private static let telemetry = "telemetry to the vendor is not allowed"
    private static let sharding = "sharded clusters are not supported yet"

    private static let sections: [(path: String, reason: String)] = [
        ("storage.dbPath", place),
        ("storage.directoryPerDB", "it is fixed when the data directory is created"),
        ("storage.engine", "it is fixed when the data directory is created"),
        ("storage.journal", durability),
        ("storage.wiredTiger.engineConfig", "buffer sizes follow from 'memory'"),
        ("storage", program),
        ("systemLog", "Roost manages the server's log; see 'roost logs SERVICE'"),
        ("net.tls", transport), ("net.ssl", transport), ("net", network),
        ("security", access),
        ("replication", replication),
        ("sharding", sharding),
        ("processManagement", program),
        ("cloud", telemetry),
        ("setParameter", "name the parameter, such as setParameter.cursorTimeoutMillis"),
    ]

    private static let parameters: [(reason: String, names: Set<String>, beginnings: [String])] = [
        (
            access,
            [
                "authenticationMechanisms", "authSchemaVersion", "clusterAuthMode", "saslHostName", "saslServiceName",
                "saslauthdPath", "authorizationManagerCacheSize",
            ],
            ["enableLocalhost", "auth", "ldap", "sasl", "oidc"]
        ),
        (transport, ["suppressNoTLSPeerCertificateWarning", "sslMode"], ["tls", "ssl", "opensslC"]),
        (
            program,
            [
                "shutdownTimeoutMillisForSignaledShutdown", "automationServiceDescriptor", "honorSystemUmask",
                "processUmask", "diagnosticDataCollectionDirectoryPath", "startupAuthSchemaValidation",
            ],
            ["failpoint", "enableTest", "testing", "diagnosticDataCollection", "failPoint"]
        ),
        (
            durability,
            [
                "wiredTigerEngineRuntimeConfig", "recoverFromOplogAsStandalone", "takeUnstableCheckpointOnShutdown",
                "startupRecoveryForRestore", "syncdelay", "allowUnsafeUntimestampedWrites", "crashOnInvalidBSONError",
            ],
            ["wiredTigerSkip"]
        ),
        (
            replication,
            [
                "enableMajorityReadConcern", "createRollbackDataFiles", "enableElectionHandoff", "writePeriodicNoops",
                "changeSyncSourceThresholdMillis", "heartBeatFrequencyMs", "maxNumSyncSourceChangesPerHour",
                "maxSyncSourceLagSecs", "periodicNoopIntervalSecs", "priorityTakeoverFreshnessWindowSeconds",
                "waitForSecondaryBeforeNoopWriteMS", "enableDefaultWriteConcernUpdatesForInitiate",
                "forceRollbackViaRefetch",
            ],
            [
                "repl", "oplog", "initialSync", "rollback", "skipShardingConfiguration", "bgSync",
                "fileBasedInitialSync", "numInitialSync",
            ]
        ),
        (telemetry, [], ["cloudFreeMonitoring"]),
    ]
}
