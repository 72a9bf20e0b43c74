import RoostAgentProtocol
import RoostControl
import RoostModel

/// Applications, services and clones as the API shows them.
struct Descriptions: Sendable {
    let statusCache: StatusCache
    let files: EnvironmentFiles
    let machine: KnownMachine
    let comparisons: ComparisonBook

    func application(_ application: Application, _ services: [Service]) throws(Problem) -> ApplicationInfo {
        let places = Dictionary(
            application.order.enumerated().map { ($0.element, $0.offset) }, uniquingKeysWith: { first, _ in first })
        let sorted = services.sorted {
            (places[$0.id.service] ?? .max, $0.id) < (places[$1.id.service] ?? .max, $1.id)
        }
        var infos: [ServiceInfo] = []
        for service in sorted { infos.append(try self.service(service, showPassword: false)) }
        let worst: [ServiceInfo.State] = [.down, .degraded, .creating, .running, .stopped]
        let state = worst.first { state in infos.contains { $0.state == state } } ?? .stopped
        return ApplicationInfo(
            name: "\(application.name)", createdAt: application.createdAt, services: infos, state: state)
    }

    func service(_ service: Service, showPassword: Bool) throws(Problem) -> ServiceInfo {
        ServiceDescription(
            service: service, status: statusCache.status(of: service.id),
            connection: try files.connection(service), showPassword: showPassword,
            limitsEnforced: machine.facts.enforcesLimits, comparison: comparisons.note(of: service)?.last
        ).info
    }

    func clone(_ service: Service, showPassword: Bool) throws(Problem) -> CloneInfo {
        guard let clone = service.clone else { throw Problem(.failed, "\(service.id) is not a clone") }
        let (kind, image) =
            switch clone.origin {
            case .template(_, let version): ("template", version)
            case .snapshot(_, let id): ("service", id)
            }
        return CloneInfo(
            name: clone.name?.rawValue ?? "", source: clone.origin.source, sourceKind: kind, image: image,
            service: try self.service(service, showPassword: showPassword), durable: clone.isDurable, terms: clone.terms
        )
    }
}
