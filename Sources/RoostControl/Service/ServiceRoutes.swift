import RoostModel

/// The routes of one service, from its document and the gate of each instance. Pure.
package enum ServiceRoutes {
    /// `instancesAreOpen`: each instance's own port lets connections through whatever its gate, because servers
    /// reach themselves and each other through it.
    package static func make(
        _ service: Service, wire: String, gates: [Int: Route.Gate], instancesAreOpen: Bool = false
    ) -> [Route] {
        guard let primary = service.primary else { return [] }
        let isExposed = service.settings.expose == .network || service.clone?.isExposed ?? false
        let reach: Route.Reach = isExposed ? .network : .loopback
        let draining = service.spec.readersUntil == nil ? [] : service.surplus
        let readable = readable(service, gates)
        let readers = readable.filter { !draining.contains($0.index) }
        let shared = [
            Route(
                name: name(of: service.id, .primary), purpose: .primary, wire: wire, reach: reach,
                port: service.endpoint, backend: backend(primary), gate: gates[primary.index] ?? .held,
                epoch: service.epoch),
            // Without a readable replica, reads go to the primary. A replica that is to leave gets no new connection; the
            // open ones go on for as long as it is a backend.
            Route(
                name: name(of: service.id, .read), purpose: .read, wire: wire, reach: reach, port: service.readEndpoint,
                backend: backend(readers.first ?? primary),
                others: readers.dropFirst().map { .init(backend($0), weight: 1) }
                    + readable.filter { draining.contains($0.index) }.map { .init(backend($0), weight: 0) },
                gate: readers.isEmpty ? gates[primary.index] ?? .held : .open, epoch: service.epoch),
        ]
        let own = service.instances.map { instance in
            Route(
                name: name(of: InstanceID(service.id, instance.index)), purpose: .instance, wire: wire, reach: reach,
                port: instance.port, backend: backend(instance),
                gate: instancesAreOpen ? .open : gates[instance.index] ?? .held, epoch: service.epoch,
                instanceGate: instancesAreOpen ? gates[instance.index] ?? .held : nil,
                refusesAtOnce: instancesAreOpen && service.isGroup ? true : nil)
        }
        return shared + own + named(service, wire: wire, reach: reach, gate: gates[primary.index] ?? .held)
    }

    /// Open connections of clients at each replica that waits for its readers to end, by index. `reports`: the router's
    /// report on each route; nil if it gave none.
    ///
    /// A replica is missing if the number is not known: the router does not tell it, or servers of the group connect to
    /// each other through the instance's port as well.
    package static func readers(of service: Service, routes: [Route], _ reports: [RouteStatus]?) -> [Int: Int] {
        guard let reports, service.spec.readersUntil != nil,
            let shared = reports.first(where: { $0.name == name(of: service.id, .read) })?.busyBackends
        else { return [:] }
        var readers: [Int: Int] = [:]
        for member in service.instances where service.surplus.contains(member.index) {
            let name = name(of: InstanceID(service.id, member.index))
            guard let route = routes.first(where: { $0.name == name }), route.instanceGate == nil,
                let own = reports.first(where: { $0.name == name })
            else { continue }
            let open = shared.first { $0.backend == backend(member) }?.openConnections ?? 0
            readers[member.index] = open + own.openConnections
        }
        return readers
    }

    /// The replicas that clients of the read endpoint may read from. One that stays behind is read at its own port.
    private static func readable(_ service: Service, _ gates: [Int: Route.Gate]) -> [ServiceStatus.Member] {
        service.instances.filter {
            $0.index != service.status.primary && $0.leaving == nil && gates[$0.index] == .open
                && !service.isDelayed($0.index)
        }
    }

    /// Routes of a custom service's ports, except the port that is its endpoint already.
    private static func named(_ service: Service, wire: String, reach: Route.Reach, gate: Route.Gate) -> [Route] {
        (service.custom?.ports ?? []).filter { $0.endpoint != service.endpoint }.map { port in
            Route(
                name: "\(service.id)/\(namedPort)\(port.name)", purpose: .primary, wire: wire, reach: reach,
                port: port.endpoint, backend: Route.Backend(host: "127.0.0.1", port: port.internalPort), gate: gate,
                epoch: service.epoch)
        }
    }

    /// `ramen/web/port.admin`
    private static let namedPort = "port."

    /// `ramen/data` and `ramen/data/read`.
    package static func name(of service: ServiceID, _ purpose: Route.Purpose) -> String {
        switch purpose {
        case .primary: "\(service)"
        case .read: "\(service)/read"
        case .instance: preconditionFailure("an instance's route is named by its instance")
        }
    }

    /// `ramen/data.0`
    package static func name(of instance: InstanceID) -> String { "\(instance)" }

    /// The service that a route of any purpose belongs to; nil if the name is not a route's.
    package static func service(ofRoute name: String) -> ServiceID? {
        let parts = name.split(separator: "/")
        guard parts.count == 2 || (parts.count == 3 && (parts[2] == "read" || parts[2].hasPrefix(namedPort))),
            let application = ApplicationName(stored: String(parts[0])),
            let service = parts[1].split(separator: ".").first.flatMap({ ServiceName(rawValue: String($0)) })
        else { return nil }
        return ServiceID(application, service)
    }

    private static func backend(_ instance: ServiceStatus.Member) -> Route.Backend {
        Route.Backend(host: "127.0.0.1", port: instance.internalPort)
    }
}
