import Foundation
import Logging
import RoostAgentProtocol
import RoostControl
import RoostModel
import RoostStore

extension ControlPlane {
    package func snapshots(_ id: ServiceID?) async throws(Problem) -> [SnapshotInfo] {
        let all = try await agent.call(ListSnapshots())
        guard let id else { return try await named(all) }
        return all.filter { $0.application == "\(id.application)" && $0.service == "\(id.service)" }
    }

    /// Snapshots of a clone are listed under the clone's name: its server's name is internal.
    private func named(_ snapshots: [SnapshotInfo]) async throws(Problem) -> [SnapshotInfo] {
        guard snapshots.contains(where: { $0.application == "\(ApplicationName.clones)" }) else { return snapshots }
        let clones = try await copies.all()
        return snapshots.map { snapshot in
            guard snapshot.application == "\(ApplicationName.clones)",
                let clone = clones.first(where: { "\($0.id.service)" == snapshot.service })?.clone
            else { return snapshot }
            return snapshot.told(
                application: clone.origin.application.map { "\($0)" } ?? "",
                service: "clone:\(clone.name?.rawValue ?? "")")
        }
    }

    // MARK: Taking and removing

    private static let kept: TimeInterval = 30 * 24 * 3600
    private static let keptCount = 24

    package func takeSnapshot(_ id: ServiceID, _ request: SnapshotRequest) async throws(Problem) -> OperationInfo {
        try await takeSnapshot(try await findService(id).value, named: "\(id.service)", request)
    }

    /// `name` is the service's or the clone's name, as people know it.
    func takeSnapshot(
        _ service: Service, named name: String, _ request: SnapshotRequest
    ) async throws(Problem) -> OperationInfo {
        let id = service.id
        try refuseEnding(service)
        try refuseLostFiles(service, to: "snapshotted")
        guard service.custom == nil || request.stop ?? false else {
            throw Problem(
                .usage, "'\(name)' is a custom service: its processes must be stopped for a snapshot",
                next: ["roost snapshot new \(name) --stop"])
        }
        let kept = request.keepSeconds ?? Self.kept
        guard kept.isFinite, kept >= 0, kept <= 10 * 365 * 24 * 3600 else {
            throw Problem(.usage, "a snapshot's lifetime must be between 0 s (unlimited) and 10 years")
        }
        let count = request.keepCount ?? Self.keptCount
        guard (1...1000).contains(count) else {
            throw Problem(.usage, "the number of snapshots to keep must be between 1 and 1000")
        }
        let terms = SnapshotTerms(
            reason: SnapshotRecord.manual, maxPause: try maxPause(request.maxPauseMilliseconds),
            expiresAt: kept > 0 ? Date().addingTimeInterval(kept) : nil, mayStop: request.stop ?? false)
        let snapshot = newSnapshotID()
        if terms.mayStop {
            let expiresAt = terms.expiresAt
            // If the daemon dies before older snapshots are removed, one more stays until the next snapshot.
            return try await wish("snapshot", for: id, result: snapshot) { spec, service throws(Problem) in
                try refuseGroup(service, "stopped for a snapshot")
                spec.ask(for: .image(keep: snapshot, expiresAt: expiresAt))
            } completing: { [self] in
                do throws(Problem) { try await keepNewest(count, of: id) } catch {
                    logger.warning("Old snapshots could not be removed", metadata: ["reason": "\(error.message)"])
                }
            }
        }
        let operation = try await operations.begin(
            "snapshot", application: service.clone?.origin.application, service: id,
            interruption: "roostd stopped before the snapshot was taken; nothing was kept")
        background.add { [self] in
            await operations.perform(operation.id) {
                let began = ContinuousClock.now
                await operations.begin("snapshot", on: operation.id)
                do throws(Problem) {
                    let taken = try await snapshotTaker.take(id, as: snapshot, terms)
                    let pause = taken.pauseMilliseconds.map { ", pause \($0.rounded(toPlaces: 1)) ms" } ?? ""
                    await operations.note(
                        "snapshot (\(taken.method)\(pause))", took: began.duration(to: .now), on: operation.id)
                    try await keepNewest(count, of: id)
                    return .done(result: snapshot)
                } catch {
                    return .failed(error.message)
                }
            }
        }
        return operation
    }

    /// Removes the oldest snapshots beyond the count, of those that people asked for.
    private func keepNewest(_ count: Int, of id: ServiceID) async throws(Problem) {
        let used = try await snapshotsInUse()
        let own = try await snapshots(id).filter { $0.reason == SnapshotRecord.manual && !used.contains($0.id) }
            .sorted { $0.createdAt > $1.createdAt }
        for old in own.dropFirst(count) {
            _ = try await agent.run(RemoveSnapshot(id, old.id))
            await events.add(
                "snapshot_removed", "snapshot \(old.id) was removed: \(count) newer ones are kept", service: id)
        }
    }

    package func removeSnapshot(
        _ id: ServiceID, snapshot: String, confirm: String?, dryRun: Bool
    ) async throws(Problem) -> SnapshotInfo {
        guard let info = try await snapshots(id).first(where: { $0.id == snapshot }) else {
            throw Problem(
                .snapshotNotFound, "'\(id.service)' has no snapshot '\(snapshot)'",
                next: ["roost snapshot ls \(id.service) -A \(id.application)"])
        }
        guard !(try await snapshotsInUse().contains(snapshot)) else {
            throw Problem(
                .conflict, "snapshot \(snapshot) is needed by a clone or a restore",
                next: ["roost clone ls", "roost clone rm NAME  # for each clone made from it"])
        }
        if dryRun { return info }
        try requireConfirmation(
            confirm, name: snapshot, "removing snapshot \(snapshot) of '\(id.service)' cannot be undone",
            command: "roost snapshot rm \(id.service) \(snapshot) --yes")
        _ = try await agent.run(RemoveSnapshot(id, snapshot))
        await events.add("snapshot_removed", "snapshot \(snapshot) was removed on request", service: id)
        return info
    }

    /// Snapshots that are needed: by a restore or an upgrade under way, and by clones that can be reset to them.
    func snapshotsInUse() async throws(Problem) -> Set<String> { try await records.snapshotsInUse() }

    // MARK: Bringing back

    package func restore(
        _ id: ServiceID, snapshot: String, _ request: RestoreRequest
    ) async throws(Problem) -> OperationInfo {
        guard let record = try await agent.call(FindSnapshot(id, snapshot)).record else {
            throw Problem(
                .snapshotNotFound, "'\(id.service)' has no snapshot '\(snapshot)'",
                next: ["roost snapshot ls \(id.service) -A \(id.application)"])
        }
        guard try await engines.now().successor(of: record.manifest.service.engine) != nil else {
            throw Problem(
                .engineNotFound,
                "the snapshot needs \(record.manifest.service.engine), which is not installed on this machine",
                next: ["roost engine ls"])
        }
        let dryRun = request.dryRun ?? false
        if let standing = try await records.service(id) {
            return try await restoreInPlace(standing.value, named: "\(id.service)", record, request)
        }
        if dryRun { return dryOperation("restore", id) }
        return try await bringBack(id, record)
    }

    func restoreInPlace(
        _ service: Service, named name: String, _ record: SnapshotRecord, _ request: RestoreRequest
    ) async throws(Problem) -> OperationInfo {
        let id = service.id
        guard takes(service.engine, dataOf: record.manifest.service.engine) else {
            throw Problem(
                .conflict,
                "the snapshot is from \(record.manifest.service.engine), but '\(id.service)' runs \(service.engine), "
                    + "which cannot use its data; a destroyed service is restored with the engine of its snapshot",
                next: [
                    "roost destroy \(id.service)  # its current data is kept as a snapshot",
                    "then roost snapshot restore \(id.service) \(record.id)",
                ])
        }
        try refuseGroup(service, "restored")
        if request.dryRun ?? false { return dryOperation("restore", id) }
        try requireConfirmation(
            request.confirm, name: name,
            "restoring '\(name)' replaces its current data (which is kept as a snapshot)",
            command: "roost snapshot restore \(name) \(record.id) --yes")
        let keep = newSnapshotID()
        let operation = try await wish("restore", for: id) { spec, service throws(Problem) in
            try refuseGroup(service, "restored")
            spec.ask(for: .restore(snapshot: record.id, keep: keep))
        }
        await events.add("restore_started", "restoring \(name) from \(record.id)", service: id)
        return operation
    }

    /// Whether a server of `engine` may start on unchanged data of `other`: of the same series, and not of a newer
    /// release.
    private func takes(_ engine: EngineIdentity, dataOf other: EngineIdentity) -> Bool {
        guard engine.name == other.name, let length = engines.known.family(named: engine.name)?.seriesLength else {
            return false
        }
        return other.version <= engine.version
            && other.version.components.prefix(length) == engine.version.components.prefix(length)
    }

    /// Makes a destroyed service again: its identity, its credentials and, if they are free, its ports.
    private func bringBack(_ id: ServiceID, _ record: SnapshotRecord) async throws(Problem) -> OperationInfo {
        _ = try await createApplication(id.application)
        let operation = try await records.again { () async throws(Problem) in
            let application = try await findApplication(id.application)
            let found = try await records.allocations()
            var allocations = found.value
            var service = try await placed(record.manifest.service, &allocations)
            service.spec.advance()
            service.spec.ask(for: .restore(snapshot: record.id, keep: newSnapshotID()))
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
        return placed
    }

    /// Refuses changes of one instance's data in a service of several instances, which are not built yet.
    func refuseGroup(_ service: Service, _ what: String) throws(Problem) {
        guard service.isGroup || service.settings.instances > 1 else { return }
        throw Problem(
            .notBuiltYet, "a service with several instances cannot be \(what) yet",
            next: ["roost scale \(service.id.service):instances=1 --yes  # scale up again afterwards"])
    }

    /// The service's previous ports, if nothing listens on them, and as many others in their place.
    private func ports(
        of service: Service, _ allocations: Allocations
    ) async throws(Problem) -> (own: Set<PortNumber>, others: FreePorts) {
        let outside =
            [service.endpoint, service.readEndpoint] + service.instances.map(\.port)
            + (service.custom?.ports ?? []).map(\.endpoint)
        let inside = service.instances.map(\.internalPort) + (service.custom?.ports ?? []).map(\.internalPort)
        let own = try await agent.call(FindFreePorts(among: outside + inside, areOwn: true))
        let others = try await FreePorts.ask(
            machine, for: [(settings.ports, outside.count), (settings.internalPorts, inside.count)],
            besides: allocations.ports)
        return (own, others)
    }

    /// The service's previous user, unless another service or home has it meanwhile.
    private func placed(_ user: ServerUser, _ allocations: inout Allocations) async throws(Problem) -> ServerUser {
        if !allocations.users.contains(user.name), case .ours = try await agent.call(ClaimUser(exactly: user)) {
            allocations.users.insert(user.name)
            return user
        }
        return try await takeCustomUser(&allocations)
    }

    private func dryOperation(_ kind: String, _ id: ServiceID) -> OperationInfo {
        OperationInfo(
            id: "dry-run", kind: kind, application: "\(id.application)", service: "\(id.service)", state: .done,
            steps: [], error: nil, startedAt: Date(), endedAt: Date())
    }
}
