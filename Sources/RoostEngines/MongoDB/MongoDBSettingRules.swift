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
            .map { "\($0): it has a value and settings below it" }
    }

    /// The reason why a setting is not allowed in the build file. Nil if it is allowed, or if the engine does not know
    /// it and will say so.
    static func reason(against name: String) -> String? {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard !parts.contains(where: \.isEmpty), !name.contains("-") else {
            return "no path of an option; write it as the manual does, such as operationProfiling.mode"
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

    private static let place = "Roost says where files are"
    private static let program = "Roost decides how the server is started"
    private static let network = "Roost decides where the server listens"
    private static let transport = "Roost sets up TLS; see 'expose'"
    private static let durability = "what is committed must survive a crash"
    private static let replication = "Roost keeps it for replication"
    private static let access = "Roost looks after who may do what"
    private static let telemetry = "no server reports to its vendor"
    private static let sharding = "sharded clusters are not built yet"

    private static let sections: [(path: String, reason: String)] = [
        ("storage.dbPath", place),
        ("storage.directoryPerDB", "it is fixed when a data directory is made"),
        ("storage.engine", "it is fixed when a data directory is made"),
        ("storage.journal", durability),
        ("storage.wiredTiger.engineConfig", "buffers follow from 'memory'"),
        ("storage", program),
        ("systemLog", "the log is what 'roost logs SERVICE' shows"),
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
            ["enableMajorityReadConcern", "createRollbackDataFiles", "enableElectionHandoff", "writePeriodicNoops"],
            ["repl", "oplog", "initialSync", "rollback", "skipShardingConfiguration"]
        ),
        (telemetry, [], ["cloudFreeMonitoring"]),
    ]
}
