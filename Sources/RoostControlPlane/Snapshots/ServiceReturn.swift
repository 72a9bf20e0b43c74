import RoostAgentProtocol
import RoostControl
import RoostModel
import RoostStore

/// Brings destroyed services back from their snapshots.
struct ServiceReturn: Sendable {
    let applications: any ApplicationsAPI
    let records: Records
    let changes: ServiceChanges
    let events: EventLog
    let machine: KnownMachine
    let settings: DaemonSettings

    /// Makes a destroyed service again: its identity, its credentials and, if they are free, its ports.
    func bringBack(_ id: ServiceID, _ record: SnapshotRecord) async throws(Problem) -> OperationInfo {
        _ = try await applications.create(id.application)
        let operation = try await records.again { () async throws(Problem) in
            let application = try await records.findApplication(id.application)
            let found = try await records.allocations()
            var allocations = found.value
            var service = try await placed(record.manifest.service, &allocations)
            service.spec.advance()
            service.spec.ask(for: .restore(snapshot: record.id, keep: TimedID.make()))
            var owner = application.value
            owner.order.removeAll { $0 == id.service }
            owner.order.append(id.service)
            var draft = ServiceChanges.Draft()
            try draft.create(service)
            draft.add([
                try Records.put(owner, at: Records.key(id.application), expecting: application.revision),
                try Records.put(allocations, at: Allocations.key, expecting: found.revision),
            ])
            return try await changes.commit(
                draft, beginning: .init(kind: "restore", application: id.application, service: id),
                filesOf: id.application)
        }
        await events.add(
            "restore_started", "restoring the destroyed service \(id.service) from \(record.id)", service: id)
        return operation.info
    }

    /// The service with its previous ports, or with others where they have been taken meanwhile.
    private func placed(_ service: Service, _ allocations: inout Allocations) async throws(Problem) -> Service {
        let (own, others) = try await ports(of: service, allocations)
        func port(_ wanted: PortNumber, _ range: PortRange) throws(Problem) -> PortNumber {
            if !allocations.ports.contains(wanted), own.contains(wanted) {
                allocations.ports.insert(wanted)
                return wanted
            }
            return try allocations.takePort(from: range, isFree: others.contains)
        }
        let endpoint = try port(service.endpoint, settings.ports)
        var members: [ServiceStatus.Member] = []
        // Replicas are seeded from the primary again.
        for instance in service.instances where instance.index == service.status.primary {
            allocations.nextServerID = max(allocations.nextServerID, instance.serverID + 1)
            members.append(
                ServiceStatus.Member(
                    index: instance.index, host: instance.host, port: try port(instance.port, settings.ports),
                    internalPort: try port(instance.internalPort, settings.internalPorts),
                    serverID: instance.serverID, seeded: true))
        }
        var custom = service.custom
        custom?.ports = try (service.custom?.ports ?? []).map { named throws(Problem) in
            // The service's own endpoint is among the named ports.
            let isMain = named.endpoint == service.endpoint
            return ServicePort(
                name: named.name, kind: named.kind,
                endpoint: isMain ? endpoint : try port(named.endpoint, settings.ports),
                internalPort: isMain
                    ? members.first?.internalPort ?? named.internalPort
                    : try port(named.internalPort, settings.internalPorts))
        }
        if let user = custom?.user { custom?.user = try await placed(user, &allocations) }
        var placed = Service(
            id: service.id, uid: service.uid, type: service.type, engine: service.engine, settings: service.settings,
            endpoint: endpoint,
            readEndpoint: try port(service.readEndpoint, settings.ports), instances: members,
            credentials: service.credentials, epoch: service.epoch + 1, generation: service.generation,
            restartGeneration: service.restartGeneration, custom: custom, createdAt: service.createdAt)
        placed.status.primary = service.status.primary
        // Passwords that are void stay void.
        let passwords = service.status.currentReplicationPasswords
        let number = max(passwords.next ?? passwords.number, service.spec.replicationPasswords ?? 0)
        if number > 0 {
            placed.status.replicationPasswords = ReplicationPasswords(number: number)
            placed.spec.replicationPasswords = number
        }
        placed.spec.changeReaders = service.spec.changeReaders
        return placed
    }

    /// The service's previous ports, if nothing listens on them, and as many others in their place.
    private func ports(
        of service: Service, _ allocations: Allocations
    ) async throws(Problem) -> (own: Set<PortNumber>, others: FreePorts) {
        let outside =
            [service.endpoint, service.readEndpoint] + service.instances.map(\.port)
            + (service.custom?.ports ?? []).map(\.endpoint)
        let inside = service.instances.map(\.internalPort) + (service.custom?.ports ?? []).map(\.internalPort)
        let own = try await machine.agent.call(FindFreePorts(among: outside + inside, areOwn: true))
        let others = try await FreePorts.ask(
            machine, for: [(settings.ports, outside.count), (settings.internalPorts, inside.count)],
            besides: allocations.ports)
        return (own, others)
    }

    /// The service's previous user, unless another service or home has it meanwhile.
    private func placed(_ user: ServerUser, _ allocations: inout Allocations) async throws(Problem) -> ServerUser {
        if !allocations.users.contains(user.name), case .ours = try await machine.agent.call(ClaimUser(exactly: user)) {
            allocations.users.insert(user.name)
            return user
        }
        return try await allocations.takeCustomUser(of: machine)
    }
}
