import RoostAgentProtocol
import RoostControl
import RoostModel

/// Requests to restore snapshots of services and clones, into the service itself or into one that is made again.
struct RestoreRequests: Sendable {
    let records: Records
    let services: ServiceRegistry
    let engines: Engines
    let events: EventLog
    let returns: ServiceReturn
    let agent: any Agent

    func restore(
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
        if dryRun { return .dryRun("restore", of: id) }
        return try await returns.bringBack(id, record)
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
        try refuseWhilePaused(service)
        // The restored data are of another replica set than the members that would get them.
        if engines.known.family(named: service.engine.name)?.electsItself ?? false {
            try refuseGroup(service, "restored in place")
        }
        if request.dryRun ?? false { return .dryRun("restore", of: id) }
        try requireConfirmation(
            request.confirm, name: name,
            "restoring '\(name)' replaces its current data (which is kept as a snapshot)",
            command: "roost snapshot restore \(name) \(record.id) --yes")
        let keep = TimedID.make()
        let operation = try await services.requestChange("restore", for: id) { spec, _ in
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
}
