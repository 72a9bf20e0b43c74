import Foundation
import RoostControl
import RoostEngines
import RoostModel
import RoostStore

extension ControlPlane {
    package func snapshots(_ id: ServiceID?) async throws(Problem) -> [SnapshotInfo] {
        try await host.snapshots().filter { snapshot in
            guard let id else { return true }
            return snapshot.application == "\(id.application)" && snapshot.service == "\(id.service)"
        }
    }

    package func restore(
        _ id: ServiceID, snapshot: String, _ request: RestoreRequest
    ) async throws(Problem) -> OperationInfo {
        guard let record = try await host.snapshotRecord(id, snapshot) else {
            throw Problem(
                .snapshotNotFound, "'\(id.service)' has no snapshot '\(snapshot)'",
                next: ["roost snapshot ls \(id.service) -A \(id.application)"])
        }
        guard catalog.successor(of: record.manifest.service.engine) != nil else {
            throw Problem(
                .engineNotFound, "the snapshot needs \(record.manifest.service.engine), which is not on this machine",
                next: ["roost engine ls"])
        }
        let dryRun = request.dryRun ?? false
        if let standing = try await records.service(id) {
            return try await restoreInPlace(standing.value, record, request, dryRun: dryRun)
        }
        if dryRun { return dryOperation("restore", id) }
        return try await bringBack(id, record)
    }

    private func restoreInPlace(
        _ service: Service, _ record: SnapshotRecord, _ request: RestoreRequest, dryRun: Bool
    ) async throws(Problem) -> OperationInfo {
        let id = service.id
        guard takes(service.engine, dataOf: record.manifest.service.engine) else {
            throw Problem(
                .conflict,
                "the snapshot is of \(record.manifest.service.engine), and '\(id.service)' runs \(service.engine), "
                    + "which does not go back; a destroyed service comes back with the engine of its snapshot",
                next: [
                    "roost destroy \(id.service) (its present data are kept as a snapshot)",
                    "then roost snapshot restore \(id.service) \(record.id)",
                ])
        }
        if dryRun { return dryOperation("restore", id) }
        try requireConfirmation(
            request.confirm, name: "\(id.service)",
            "restoring '\(id.service)' replaces its present data (which are kept as a snapshot)",
            command: "roost snapshot restore \(id.service) \(record.id) --yes")
        let keep = newSnapshotID()
        let operation = try await wish("restore", for: id) { service in
            service.intent = .restore(snapshot: record.id, keep: keep)
        }
        await events.add("restore_started", "restoring \(id.service) from \(record.id)", service: id)
        return operation
    }

    /// Whether a server of `engine` may start on data of `other` as they are: of its own series, and not of a newer release.
    private func takes(_ engine: EngineIdentity, dataOf other: EngineIdentity) -> Bool {
        guard engine.name == other.name, let length = catalog.engine(named: engine.name)?.family.seriesLength else {
            return false
        }
        return other.version <= engine.version
            && other.version.components.prefix(length) == engine.version.components.prefix(length)
    }

    /// Makes a destroyed service again: its identity, credentials and, where they are free, its ports.
    private func bringBack(_ id: ServiceID, _ record: SnapshotRecord) async throws(Problem) -> OperationInfo {
        _ = try await createApplication(id.application)
        let operation = try await records.again { () async throws(Problem) in
            let application = try await findApplication(id.application)
            let found = try await records.allocations()
            var allocations = found.value
            var service = try placed(record.manifest.service, &allocations)
            service.intent = .restore(snapshot: record.id, keep: newSnapshotID())
            service.generation += 1
            var owner = application.value
            owner.order.removeAll { $0 == id.service }
            owner.order.append(id.service)
            let journal = try operations.journal(
                "restore", application: id.application, service: id,
                targets: [OperationRecord.Target(service: id, generation: service.generation)])
            try await records.commit([
                Records.put(service, at: Records.key(id), expecting: 0),
                Records.put(owner, at: Records.key(id.application), expecting: application.revision),
                Records.put(allocations, at: Allocations.key, expecting: found.revision), journal.write,
            ])
            return journal.record
        }
        await environmentFiles.write(id.application)
        await events.add("restore_started", "bringing back \(id.service) from \(record.id)", service: id)
        await operations.follow(operation)
        await reconcilers.wake(id)
        return operation.info
    }

    /// The service with ports of its own: those it had, where nobody has taken them meanwhile.
    private func placed(_ service: Service, _ allocations: inout Allocations) throws(Problem) -> Service {
        func port(_ wanted: PortNumber, _ range: PortRange) throws(Problem) -> PortNumber {
            if !allocations.ports.contains(wanted), host.isFreeAgain(wanted) {
                allocations.ports.insert(wanted)
                return wanted
            }
            return try allocations.takePort(from: range, isFree: host.isFree)
        }
        let endpoint = try port(service.endpoint, settings.ports)
        var instances: [Service.Instance] = []
        for instance in service.instances {
            allocations.nextServerID = max(allocations.nextServerID, instance.serverID + 1)
            instances.append(
                Service.Instance(
                    index: instance.index, host: instance.host, port: try port(instance.port, settings.ports),
                    internalPort: try port(instance.internalPort, settings.internalPorts),
                    serverID: instance.serverID, seeded: true))
        }
        var custom = service.custom
        custom?.ports = try (service.custom?.ports ?? []).map { named throws(Problem) in
            // One of them is the service's own endpoint.
            let isMain = named.endpoint == service.endpoint
            return ServicePort(
                name: named.name, kind: named.kind,
                endpoint: isMain ? endpoint : try port(named.endpoint, settings.ports),
                internalPort: isMain
                    ? instances.first?.internalPort ?? named.internalPort
                    : try port(named.internalPort, settings.internalPorts))
        }
        if let user = custom?.user { custom?.user = try placed(user, &allocations) }
        return Service(
            id: service.id, uid: service.uid, type: service.type, engine: service.engine, settings: service.settings,
            endpoint: endpoint,
            readEndpoint: try port(service.readEndpoint, settings.ports), instances: instances,
            credentials: service.credentials, epoch: service.epoch + 1, generation: service.generation,
            restartGeneration: service.restartGeneration, custom: custom, createdAt: service.createdAt)
    }

    /// The user it had, unless somebody else has it meanwhile.
    private func placed(_ user: ServerUser, _ allocations: inout Allocations) throws(Problem) -> ServerUser {
        let pool = host.serverUsers()
        if pool.contains(user), allocations.users.insert(user.name).inserted { return user }
        return try takeCustomUser(&allocations)
    }

    private func dryOperation(_ kind: String, _ id: ServiceID) -> OperationInfo {
        OperationInfo(
            id: "dry-run", kind: kind, application: "\(id.application)", service: "\(id.service)", state: .done,
            steps: [], error: nil, startedAt: Date(), endedAt: Date())
    }
}
