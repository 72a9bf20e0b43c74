/// `roost replication SERVICE --json` and `GET …/services/{s}/replication`: the members of a service and how far its
/// replicas are behind.
package struct ReplicationInfo: Codable, Equatable, Sendable {
    package let application: String
    package let service: String
    /// The primary's name: `data.0`. Null if no member is the primary.
    @Nullable package private(set) var primary: String?
    package let epoch: UInt64
    package let replication: ServiceInfo.Replication
    /// The members, in the order of their numbers.
    package let instances: [ServiceInfo.Instance]

    package init(_ service: ServiceInfo) {
        application = service.application
        self.service = service.service
        _primary = Nullable(wrappedValue: service.instances.first { $0.role == "primary" }?.name)
        epoch = service.epoch
        replication = service.replication
        instances = service.instances
    }

    /// Whether a monitor may rest: the primary is up, no replica is missing, catching up or broken, and commits wait for
    /// one if they should. True for a service without replicas whose instance is up.
    package var isHealthy: Bool {
        instances.contains { $0.role == "primary" && $0.state == .up }
            && ["none", "online"].contains(replication.status)
    }
}
