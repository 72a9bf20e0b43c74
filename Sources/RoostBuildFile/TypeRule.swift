import RoostModel

/// The rule of the engine catalog for one `type:` of the build file: what a service of this type may declare.
package struct TypeRule: Equatable, Sendable {
    package let type: ServiceType
    /// False if the type is planned: a service of it is refused as not supported yet.
    package let isBuilt: Bool
    /// Keys that services of this type take.
    package let keys: Set<ServiceKey>
    package let minimumMemory: ByteCount
    /// The largest value of `instances`.
    package let mostInstances: Int
    /// Whether an even value of `instances` is refused.
    package let needsOddInstances: Bool
    /// Versions of the installed engines that serve the type.
    package let versions: [EngineVersion]
    /// Rules for names of databases: their length, and which are the server's own.
    package let names: NameRules

    package init(
        type: ServiceType, isBuilt: Bool = true, keys: Set<ServiceKey> = ServiceKey.sql, minimumMemory: ByteCount,
        mostInstances: Int = 1, needsOddInstances: Bool = false,
        versions: [EngineVersion],
        names: NameRules = NameRules(ownDatabases: ["mysql", "information_schema", "performance_schema", "sys"])
    ) {
        self.type = type
        self.isBuilt = isBuilt
        self.keys = keys
        self.minimumMemory = minimumMemory
        self.mostInstances = mostInstances
        self.needsOddInstances = needsOddInstances
        self.versions = versions
        self.names = names
    }

    /// Known types: if the catalog has no rule for one of them, it is refused as not supported yet instead of as unknown.
    /// A rule takes precedence, and today's catalog has one for each.
    static let comingTypes = ["postgresql", "redis", "valkey", "mongodb", "custom"]
}

/// A key of a service in the build file.
package enum ServiceKey: String, CaseIterable, Sendable {
    case type, version, instances, memory, cpus, durability
    case maxLoss = "max_loss"
    case routing, config, extensions, backups, databases, expose, accounts, members, verify, notify
    // Keys of `type: custom`, as dotCloud names them.
    case approot, builder, buildscript, environment, ports, postbuild, postinstall, prebuild, process, processes,
        requirements, systempackages

    /// Keys that services of an SQL engine take.
    package static let sql: Set<ServiceKey> = [
        .type, .version, .instances, .memory, .cpus, .durability, .maxLoss, .routing, .config, .backups, .databases,
        .expose, .accounts, .members, .verify, .notify,
    ]

    /// Keys that services of `type: custom` take. `expose` is not one of them: Roost could not require TLS of their
    /// clients.
    package static let custom: Set<ServiceKey> = [
        .type, .instances, .memory, .cpus, .notify, .approot, .buildscript, .environment, .ports, .postinstall,
        .process,
        .processes, .systempackages,
    ]

    /// Whether Roost implements the key. An unimplemented key is refused, never ignored.
    var isBuilt: Bool {
        self != .backups && (Self.sql.contains(self) || Self.custom.contains(self) || self == .extensions)
    }

    /// The only type that takes the key; nil if several types do.
    var onlyType: String? {
        switch self {
        case .type, .version, .instances, .memory, .cpus, .durability, .maxLoss, .routing, .config, .backups,
            .databases, .expose, .accounts, .members, .verify, .notify:
            nil
        case .extensions: "postgresql"
        case .approot, .builder, .buildscript, .environment, .ports, .postbuild, .postinstall, .prebuild, .process,
            .processes, .requirements, .systempackages:
            "custom"
        }
    }
}
