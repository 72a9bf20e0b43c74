import RoostModel

/// The rule for the right to read a server's changes (`replication: [cdc]`), which tools for change data capture need.
/// Pure.
package struct ChangeReaderRule {
    package static let setting = "wal_level"
    package static let value = "logical"

    private let family: EngineFamily
    private let settings: ServiceSettings

    package init(_ family: EngineFamily, _ settings: ServiceSettings) {
        self.family = family
        self.settings = settings
    }

    package struct Fault: Equatable, Sendable {
        /// A clause.
        package let reason: String
        package let next: [String]
    }

    /// The reason why a user of the service cannot get the right. Nil if a user can get it.
    package func fault(_ service: ServiceName) -> Fault? {
        switch family.wire {
        case "mysql": return nil
        case "postgresql":
            if isLogical { return nil }
            return Fault(
                reason: "PostgreSQL's log does not contain what readers of changes need. Push "
                    + "'config: {\(Self.setting): \(Self.value)}' for '\(service)' first, which restarts its servers "
                    + "(config is stated as a whole: keep its other settings), then add the user again",
                next: ["roost push --dry-run", "roost push"])
        case "mongodb":
            return Fault(
                reason: "MongoDB needs no such right: every user may open change streams on the databases of the "
                    + "service. Add the user without it",
                next: ["roost user add \(service) NAME"])
        case "redis":
            return Fault(
                reason: "\(family.name) has no log of changes that a client may read: its replication sends all data, "
                    + "to replicas alone. Use streams, or keyspace notifications",
                next: ["roost user add \(service) NAME"])
        default:
            return Fault(reason: "\(family.name) services have no such right", next: [])
        }
    }

    /// The reason why a service with these readers cannot have the settings. A PostgreSQL server with their slots would
    /// not start.
    package func fault(readers: [String], of service: ServiceName) -> String? {
        guard family.wire == "postgresql", let first = readers.first, !isLogical else { return nil }
        return
            "'\(Self.setting): \(Self.value)' must stay while users read changes (\(readers.joined(separator: ", "))); "
            + "remove them first: 'roost user rm \(service) \(first)'"
    }

    private var isLogical: Bool {
        settings.config.contains { $0.key.lowercased() == Self.setting && $0.value.lowercased() == Self.value }
    }
}
